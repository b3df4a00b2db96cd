"""Queue workers and schedules of the flows."""

from __future__ import annotations

from typing import Any

from chalice import Blueprint, Rate
from chalice.app import CloudWatchEvent, SQSEvent

from chalicelib import wiring
from chalicelib.edge import workers
from chalicelib.flows import charging, reconciliation, settlement

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="charges", batch_size=1)
def charge_worker(event: SQSEvent) -> Any:
    """Ask the provider for the charge of each `{"payment_id"}`."""
    return workers.each_message(
        event,
        lambda body, now: charging.charge(
            body["payment_id"], wiring.gateways(), wiring.vendor().store_url, now
        ),
    )


@bp.on_sqs_message(queue="settlements", batch_size=5)
def settlement_worker(event: SQSEvent) -> Any:
    """Settle each stored provider event `{"event_id"}`, ask about each pending `{"payment_id"}`."""
    return workers.each_message(event, lambda body, now: settlement.work(body, wiring.gateways(), now))


@bp.schedule(Rate(15, unit=Rate.MINUTES))
def reconcile(event: CloudWatchEvent) -> None:
    """Take up what the fast path left: events, charges, settlements and e-mails (B5)."""
    workers.once(event, lambda _, now: reconciliation.reconcile(wiring.reach(), now))
