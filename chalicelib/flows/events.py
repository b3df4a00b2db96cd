"""Queue workers and schedules of the flows."""

from __future__ import annotations

from typing import Any

from chalice import Blueprint, Rate
from chalice.app import CloudWatchEvent, SQSEvent

from chalicelib import wiring
from chalicelib.edge import workers
from chalicelib.flows import (
    alerting,
    charging,
    documents,
    expiry,
    inbound,
    leaving_steps,
    reconciliation,
    renewals,
)
from chalicelib.flows.settlements import work

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="charges", batch_size=1)
def charge_worker(event: SQSEvent) -> Any:
    """Ask the provider for the charge of each `{"payment_id"}`."""
    return workers.each_message(
        event,
        lambda body, now: charging.charge(body["payment_id"], wiring.gateways(), wiring.links(), now),
    )


@bp.on_sqs_message(queue="settlements", batch_size=5)
def settlement_worker(event: SQSEvent) -> Any:
    """Settle each `{"event_id"}`, ask about each `{"payment_id"}`, make each `{"refund_id"}`.

    And close each overdue `{"order_id"}`, do what is due of each `{"subscription_id"}`, and carry each
    `{"cancellation_id"}` on.
    """
    return workers.each_message(event, lambda body, now: work(body, wiring.gateways(), wiring.reach(), now))


@bp.on_sqs_message(queue="documents", batch_size=5)
def document_worker(event: SQSEvent) -> Any:
    """Make the PDF of each `{"invoice_id"}`, `{"credit_note_id"}` or `{"cancellation_id"}`, and the file of
    each `{"export_id"}`.
    """
    return workers.each_message(
        event,
        lambda body, now: documents.work(body, wiring.archive(), wiring.reach(), wiring.exports(), now),
    )


@bp.on_sqs_message(queue="inbound", batch_size=1)
def inbound_worker(event: SQSEvent) -> Any:
    """Take in each e-mail of which SES tells; a log says its id, not what it is about (V6)."""
    return workers.each_message(
        event,
        lambda receipt, now: inbound.receive(receipt, wiring.post(), now) if receipt else None,
        read=wiring.inbox().receipt,
        logged=lambda receipt: receipt.message_id if receipt else "no mail",
    )


@bp.schedule(Rate(1, unit=Rate.HOURS))
def boleto_expiry(event: CloudWatchEvent) -> None:
    """Have orders closed whose boleto was not paid in time (S7)."""
    workers.once(event, lambda _, now: expiry.sweep(wiring.reach(), now))


@bp.schedule(Rate(1, unit=Rate.HOURS), name="renewals")
def renewal_sweep(event: CloudWatchEvent) -> None:
    """Have subscriptions announced, renewed, charged and ended whose time has come (B8)."""
    workers.once(event, lambda _, now: renewals.sweep(wiring.reach(), now))


@bp.schedule(Rate(15, unit=Rate.MINUTES))
def cancellations(event: CloudWatchEvent) -> None:
    """Have cases of customers who leave decided by silence, and their steps looked after (C7, C14)."""
    workers.once(event, lambda _, now: leaving_steps.sweep(wiring.reach(), now))


@bp.schedule(Rate(5, unit=Rate.MINUTES))
def sla_alerts(event: CloudWatchEvent) -> None:
    """Tell the team of answers that are at risk or overdue, each alert once (R7)."""
    workers.once(
        event,
        lambda _, now: workers.all_or_raise(
            alerting.due(now), lambda id: alerting.alert(id, wiring.reach(), now), name=str
        ),
    )


@bp.schedule(Rate(15, unit=Rate.MINUTES))
def reconcile(event: CloudWatchEvent) -> None:
    """Take up what the fast path left: events, charges, settlements, documents, e-mails (B5)."""
    workers.once(event, lambda _, now: reconciliation.reconcile(wiring.reach(), now))
