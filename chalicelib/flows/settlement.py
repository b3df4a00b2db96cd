"""Settling what a provider reported: fetch its object, judge it, book it in one transaction (B5).

A message is only a hint. What is booked is the provider's own object, fetched when the event is settled,
so that order, repetition and age of messages do not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from chalicelib.billing import rules
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import Gateway, ProviderPayment
from chalicelib.billing.rules import NEEDS_A_PERSON, Payment, ProviderEvent, Verdict
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.orders import rules as order_rules
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task

# How long an event that announces money stays open while the provider's object does not show it yet.
PATIENCE = timedelta(days=3)


class NotYetPaid(Exception):
    """The event announces money that the provider's object does not show yet: ask again later."""


def settle(event_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """Settle one stored provider event; settling it again changes nothing.

    Raises `ProviderUnavailable` and `NotYetPaid`: the event stays due and is settled later.
    """
    event = billing.events.find(event_id)
    if event is None or event.settled_at or event.provider_id is None:
        return
    found = gateways[event.provider].fetch(event.provider_id)
    if (
        event.announces_payment
        and not (found and found.status == "paid")
        and now < event.received_at + PATIENCE
    ):
        raise NotYetPaid(event_id)
    retrying(lambda: _book(event_id, found, now))


def _book(event_id: str, found: ProviderPayment | None, now: datetime) -> None:
    event = billing.events.find(event_id)
    if event is None or event.settled_at:
        return
    payment = billing.payments.find(found.reference) if found and found.reference else None
    order = orders.find(payment.order_id) if payment else None
    verdict = _verdict(payment, order, found)
    writing = Transaction()
    writing.save(billing.events.row(rules.settled(event, verdict, now)))
    if verdict == "accept" and payment and order and found:
        _accept(writing, payment, order, found, now)
    elif verdict in NEEDS_A_PERSON and found:
        _ask_finance(writing, event, verdict, payment, found, now)
    writing.commit()


def _verdict(payment: Payment | None, order: Order | None, found: ProviderPayment | None) -> Verdict:
    if found is None:
        return "not_paid"
    return rules.judge(
        payment,
        order.status if order else None,
        provider_id=found.provider_id,
        amount=found.amount,
        is_paid=found.status == "paid",
    )


def _accept(
    writing: Transaction, payment: Payment, order: Order, found: ProviderPayment, now: datetime
) -> None:
    invoice = billing.invoices.get(payment.invoice_id)
    writing.save(
        billing.payments.row(rules.paid(payment, found.provider_id, now)),
        billing.invoices.row(rules.invoice_paid(invoice, now)),
        orders.row(order_rules.paid(order, now)),
    )
    writing.emit(Event("order.paid", order.id, now, {"payment_id": payment.id}))
    for subject in (payment, invoice, order):
        writing.audit(
            Change(subject.id, order.customer_id, "payment received", subject.status, "paid", SYSTEM, now)
        )


def _ask_finance(
    writing: Transaction,
    event: ProviderEvent,
    verdict: Verdict,
    payment: Payment | None,
    found: ProviderPayment,
    now: datetime,
) -> None:
    facts = {
        "provider": event.provider,
        "provider_id": found.provider_id,
        "amount": f"{found.amount.decimal()} {found.amount.currency}",
        "reference": found.reference or "",
    }
    if payment:
        facts |= {
            "expected": f"{payment.amount.decimal()} {payment.amount.currency}",
            "payment_id": payment.id,
            "order_id": payment.order_id,
            "customer_id": payment.customer_id,
        }
    subject = f"{event.provider}:{found.provider_id}"
    tasks.add_once(writing, new_task("finance", f"payment_{verdict}", subject, facts, now))
