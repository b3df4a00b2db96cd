"""Settling what a provider has: fetch its object, judge it, book it in one transaction (B5).

A message is only a hint. What is booked is the provider's own object, fetched when the event is settled,
so that order, repetition and age of messages do not matter; and a charge of which no message ever comes is
asked about by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.billing import expiry, invoices, provider_events, reversals, rules
from chalicelib.billing import store as billing
from chalicelib.billing.cards import Card, card_id
from chalicelib.billing.gateways import Capturing, Gateway, ProviderPayment, StoredCard
from chalicelib.billing.provider_events import ProviderEvent
from chalicelib.billing.rules import Invoice, Payment
from chalicelib.billing.verdicts import NEEDS_A_PERSON, Sighting, Verdict, judge
from chalicelib.flows.parts import leave_parts
from chalicelib.kernel.events import SYSTEM, Actor, Change, Event
from chalicelib.orders import rules as order_rules
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.storage.transaction import Stale, Transaction, retrying
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task


def settle(event_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """Settle one stored provider event; settling it again changes nothing.

    Raises `ProviderUnavailable`: the event stays due and is settled later.
    """
    event = billing.events.find(event_id)
    if event is None or event.settled_at or event.provider_id is None:
        return
    gateway = gateways[event.provider]
    found = captured(gateway, gateway.fetch(event.provider_id))
    retrying(lambda: _settle(event_id, found, now))


def ask(payment_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """Ask the provider what became of a charge that may be paid, whether or not it ever told us.

    Raises `ProviderUnavailable`: the payment stays due and is asked about later.
    """
    payment = billing.payments.get(payment_id)
    if not rules.to_be_asked(payment, now):
        return
    gateway = gateways[payment.provider]
    take(payment_id, captured(gateway, gateway.find(payment.id, payment.provider_id)), now)


def captured(gateway: Gateway, found: ProviderPayment | None) -> ProviderPayment | None:
    """The charge as it stands after its money was taken, if its payer has agreed and it would be booked.

    Our own rows are read right before, so that nobody pays for what was paid otherwise or given up. What is
    not taken is left as it is: the worker that closes what an order does not wait for closes that too. Raises
    `ProviderUnavailable`.
    """
    if found is None or not found.approved or not isinstance(gateway, Capturing):
        return found
    payment = billing.payments.find(found.reference) if found.reference else None
    order = orders.find(payment.order_id) if payment else None
    as_paid = sighting(replace(found, status="paid"))
    verdict = judge(payment, order.status if order else None, as_paid, announced=False)
    return gateway.capture(found.provider_id) if verdict == "accept" else found


def take(payment_id: str, found: ProviderPayment | None, now: datetime) -> None:
    """Book what the provider has for a charge whose money had not come in."""
    retrying(lambda: _take_stock(payment_id, found, now))


def _settle(event_id: str, found: ProviderPayment | None, now: datetime) -> None:
    event = billing.events.get(event_id)
    if event.settled_at:
        return
    writing = Transaction()
    if provider_events.still_to_come(event, found.status if found else None, now):
        writing.save(billing.events.row(provider_events.postponed(event, now)))
    else:
        payment = billing.payments.find(found.reference) if found and found.reference else None
        verdict = _book(writing, payment, found, now, event)
        writing.save(billing.events.row(provider_events.settled(event, verdict, now)))
    writing.commit()


def _take_stock(payment_id: str, found: ProviderPayment | None, now: datetime) -> None:
    payment = billing.payments.get(payment_id)
    if payment.came_in:
        return
    writing = Transaction()
    if _book(writing, payment, found, now) == "not_paid":
        if payment.is_open and found is None and expiry.has_lapsed(payment, now):
            _close(writing, payment, "lapsed", now)
        else:
            writing.save(billing.payments.row(rules.asked(payment, now)))
    writing.commit()


def _book(
    writing: Transaction,
    payment: Payment | None,
    found: ProviderPayment | None,
    now: datetime,
    event: ProviderEvent | None = None,
) -> Verdict:
    order = orders.find(payment.order_id) if payment else None
    seen = sighting(found) if found else None
    announced = event is not None and event.announces_payment
    verdict = judge(payment, order.status if order else None, seen, announced=announced)
    if verdict == "accept" and payment and order and found:
        _accept(writing, payment, order, found, now)
        _keep_card(writing, payment, found.card, now)
    elif verdict == "already_booked" and payment and seen and reversals.tells_news(payment, seen):
        writing.save(billing.payments.row(reversals.questioned(payment, now)))
        writing.emit(Event("payment.questioned", payment.id, now))
    elif verdict == "closed" and payment:
        _close(writing, payment, "closed_by_provider", now)
    elif verdict in NEEDS_A_PERSON:
        _ask_finance(writing, verdict, payment, found, event, now)
        if payment and payment.is_looked_at and (event is None or _is_of(payment, found)):
            writing.save(billing.payments.row(rules.held(payment, verdict)))
    return verdict


def sighting(found: ProviderPayment) -> Sighting:
    """What of a provider's object is judged."""
    refunded = found.amount if found.status == "refunded" else found.refunded
    return Sighting(found.provider_id, found.amount, found.status, refunded, found.disputed)


def _is_of(payment: Payment, found: ProviderPayment | None) -> bool:
    """Whether the object is the charge that we made, and not another one under the same reference."""
    return found is not None and found.provider_id == payment.provider_id


def _accept(
    writing: Transaction, payment: Payment, order: Order, found: ProviderPayment, now: datetime
) -> None:
    """Book a provider's money; if that is contested or gone already, nothing is activated before a review."""
    troubled = sighting(found).troubled
    accept(writing, payment, order, found.provider_id, found.paid_at or now, SYSTEM, now, on_hold=troubled)
    if troubled:
        writing.emit(Event("payment.questioned", payment.id, now))


def accept(
    writing: Transaction,
    payment: Payment,
    order: Order,
    provider_id: str,
    paid_at: datetime,
    actor: Actor,
    now: datetime,
    *,
    on_hold: bool = False,
) -> Payment:
    """Book money that pays an order: payment, invoice and order are paid, and activated by the event.

    `on_hold`: the order is suspended at once, until a review. Raises `Stale` when somebody else was quicker,
    as committing would.
    """
    invoice = billing.invoices.get(payment.invoice_id)
    after = rules.paid(payment, provider_id, paid_at)
    after = reversals.questioned(after, now) if on_hold else after
    done = order_rules.paid(order, payment.id, now)
    done = order_rules.suspended(done, (), now) if on_hold else done
    writing.save(
        billing.payments.row(after),
        billing.invoices.row(_paid(invoice, paid_at)),
        orders.row(done),
    )
    leave_parts(writing, order, now, paid_by=payment.id)
    writing.emit(Event("order.paid", order.id, now, {"payment_id": payment.id}))
    for subject, state in ((payment, "paid"), (invoice, "paid"), (order, done.stage)):
        writing.audit(
            Change(subject.id, order.customer_id, "payment received", subject.status, state, actor, now)
        )
    return after


def _paid(invoice: Invoice, paid_at: datetime) -> Invoice:
    """The order was read first: if its invoice cannot be paid any more, both have changed in between."""
    try:
        return invoices.paid(invoice, paid_at)
    except ValueError as error:
        raise Stale(str(error)) from error


def _keep_card(writing: Transaction, payment: Payment, kept: StoredCard | None, now: datetime) -> None:
    """Put the card on file that the customer asked to keep (S5)."""
    if not (kept and payment.keep_card):
        return
    id = card_id(payment.customer_id, payment.provider, kept.token)
    if billing.cards.find(id) is None:
        card = Card(
            id, payment.customer_id, payment.provider, kept.token, kept.brand, kept.last4, kept.expires, now
        )
        writing.save(billing.cards.row(card))
        by = Actor(payment.customer_id, "store")
        writing.audit(Change(id, payment.customer_id, "card kept", None, "on file", by, now))


def _close(writing: Transaction, payment: Payment, why: str, now: datetime) -> None:
    closed = rules.failed(payment, why, now)
    writing.save(billing.payments.row(closed))
    writing.emit(Event("payment.failed", payment.id, now))
    writing.audit(
        Change(payment.id, payment.customer_id, "payment.failed", payment.status, "failed", SYSTEM, now)
    )


def _ask_finance(
    writing: Transaction,
    verdict: Verdict,
    payment: Payment | None,
    found: ProviderPayment | None,
    event: ProviderEvent | None,
    now: datetime,
) -> None:
    provider = event.provider if event else payment.provider if payment else ""
    provider_id = found.provider_id if found else (event.provider_id if event else None) or ""
    facts = {"provider": provider, "provider_id": provider_id}
    if found:
        facts |= {"amount": str(found.amount), "status": found.status, "reference": found.reference or ""}
    if payment:
        facts |= {
            "expected": str(payment.amount),
            "payment_id": payment.id,
            "order_id": payment.order_id,
            "customer_id": payment.customer_id,
        }
    subject = f"{provider}:{provider_id}"
    tasks.add_once(writing, new_task("finance", f"payment_{verdict}", subject, facts, now))
