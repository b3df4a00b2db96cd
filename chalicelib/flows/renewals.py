"""What a subscription does by itself: it is announced, renewed, charged, charged anew, and ends (B8, A2).

To renew is to charge the first instalment of the next period, by an order whose id follows from subscription
and period: it cannot be done twice, and everything about invoices, ways to pay and late money is as for any
other order. The period itself begins where the one before it ends, once that order is paid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from chalicelib.billing import store as billing
from chalicelib.customers import store as customers
from chalicelib.flows import attempts
from chalicelib.flows.attempts import PayBy
from chalicelib.flows.ending import about_order
from chalicelib.flows.placing import put
from chalicelib.flows.quote import Quote
from chalicelib.flows.reach import Reach, Vendor
from chalicelib.kernel.clock import local_date, rfc3339
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.kernel.formats import STYLES, day
from chalicelib.kernel.terms import Terms
from chalicelib.mail import store as mails
from chalicelib.mail.rules import mail_id
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order, OrderItem
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import changes, installments
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.installments import Installment
from chalicelib.subscriptions.rules import Step, Subscription, next_step
from chalicelib.tasks import service as tasks

T = TypeVar("T")

# More than can be due at once after any outage that there should be; the rest is left to the next tick.
MOST_STEPS = 20


class NoWayToPay(Exception):
    """The vendor takes no money in the customer's currency: the subscription stays due until he does."""


def sweep(reach: Reach, now: datetime) -> None:
    """Have every subscription that is due taken up by a worker."""
    for subscription_id in subscriptions.due(now):
        reach.settlements({"subscription_id": subscription_id, "at": rfc3339(now)})


def run(subscription_id: str, vendor: Vendor, now: datetime) -> None:
    """Do everything that is due of a subscription by `now`, one thing after the other; each happens once."""
    for _ in range(MOST_STEPS):
        if not retrying(lambda: _step(subscription_id, vendor, now)):
            return


def declined(event: Event, reach: Reach, now: datetime) -> None:
    """A card on file was declined: it is charged anew later, as the ladder of the terms says."""
    payment = billing.payments.get(event.subject)
    order = orders.get(payment.order_id)
    if payment.card_id and order.awaits(payment.id):
        _change_installment(order, lambda terms, one: installments.declined(one, terms, event.at))


def given_up(event: Event, reach: Reach, now: datetime) -> None:
    """An order was closed unpaid: its instalment is not asked for any more, and finance told if it is owed.

    One whose invoice was declared void is not owed.
    """
    order = orders.get(event.subject)
    if event.name == "order.canceled":
        _change_installment(order, lambda terms, one: installments.canceled(one))
        return
    found = installment_of(order)
    if found and found[1].is_owed and found[1].start < found[0].end:
        tasks.open_once(about_order("installment_unpaid", order.id, found[0], now))


def notice_subject(subscription: Subscription) -> str:
    """What a notice is about: the period that ends, of which there is one notice."""
    return f"{subscription.id}:{subscription.end.isoformat()}"


def installment_of(order: Order) -> tuple[Subscription, Installment] | None:
    """The instalment that an order charges, with its subscription."""
    ids = [item.subscription_id for item in order.items if item.subscription_id]
    subscription = subscriptions.find(ids[0]) if ids else None
    one = changes.installment_of(subscription, order.id) if subscription else None
    return (subscription, one) if subscription and one else None


def _step(subscription_id: str, vendor: Vendor, now: datetime) -> bool:
    before = subscriptions.get(subscription_id)
    step = next_step(before)
    if step is None or step.at > now:
        return False
    writing = Transaction()
    after = STEPS[step.kind](writing, before, step, vendor, now)
    writing.save(subscriptions.row(after))
    if action := ACTIONS.get(step.kind):
        writing.audit(Change(after.id, after.customer_id, action, before.status, after.status, SYSTEM, now))
    writing.commit()
    return True


def _charge(
    writing: Transaction, before: Subscription, step: Step, vendor: Vendor, now: datetime
) -> Subscription:
    """Ask for an instalment; the first one of the next period renews."""
    one = step.installment or changes.next_installment(before)
    customer = customers.get(before.customer_id)
    how, faults = attempts.means(customer, PayBy(), vendor, now)
    if faults:
        raise NoWayToPay(f"{before.id}: {faults[0].code}")
    if how.due_date:
        # Nobody has to pay for a period before it begins: its slip lasts until then.
        how = replace(how, due_date=max(how.due_date, one.start))
    item = OrderItem(
        product=before.product,
        kind="subscription",
        name=before.name,
        quantity=1,
        unit_price=one.amount,
        subscription_id=before.id,
        note=_note(before, one, customer.locale),
    )
    order_id = installments.order_id(before.id, one.start, one.number)
    order = put(writing, order_id, customer, Quote((item,), one.amount), how, vendor, SYSTEM, now).order
    return changes.charged(before, one, order_id, local_date(now, before.zone), order.expires_at)


def _retry(
    writing: Transaction, before: Subscription, step: Step, vendor: Vendor, now: datetime
) -> Subscription:
    """Charge a declined card anew, or in whatever way its holder pays by now."""
    one = _required(step.installment)
    order = orders.get(one.order_id or "")
    if order.status == "pending_payment":
        attempts.try_again(writing, order, vendor, now)
    return changes.retried(before, one, now)


def _notify(
    writing: Transaction, before: Subscription, step: Step, vendor: Vendor, now: datetime
) -> Subscription:
    writing.emit(Event("renewal.announced", before.id, now, {"end": before.end.isoformat()}))
    return changes.announced(before, now)


def _look(
    writing: Transaction, before: Subscription, step: Step, vendor: Vendor, now: datetime
) -> Subscription:
    """Only a notice that has left counts; when it did is what its claim says (B8)."""
    mail = mails.find(mail_id("renewal_notice", notice_subject(before)))
    sent_at = mail.claimed_at if mail and mail.status == "sent" else None
    failed = mail is not None and mail.is_undelivered
    return changes.looked(before, sent_at, failed=failed, now=now)


def _begin(
    writing: Transaction, before: Subscription, step: Step, vendor: Vendor, now: datetime
) -> Subscription:
    return changes.begun(before)


def _lapse(
    writing: Transaction, before: Subscription, step: Step, vendor: Vendor, now: datetime
) -> Subscription:
    writing.emit(Event("subscription.past_due", before.id, now))
    return changes.lapsed(before)


def _end(
    writing: Transaction, before: Subscription, step: Step, vendor: Vendor, now: datetime
) -> Subscription:
    writing.emit(Event("subscription.ended", before.id, now))
    return changes.ended(before, _required(step.why), now)


def _note(before: Subscription, one: Installment, locale: str) -> str:
    """Which part of what an instalment pays, as its invoice says it."""
    first, last = (day(STYLES[locale], on) for on in (one.start, changes.last_day(before, one)))
    part = f" ({one.number}/{one.of})" if one.of > 1 else ""
    return f"{first} – {last}{part}"


def _change_installment(order: Order, change: Callable[[Terms, Installment], Installment]) -> None:
    def attempt() -> None:
        if not (found := installment_of(order)):
            return
        before, one = found
        after = changes.with_installment(before, one, change(before.terms, one))
        if after != before:
            writing = Transaction()
            writing.save(subscriptions.row(after))
            writing.commit()

    retrying(attempt)


def _required(value: T | None) -> T:
    if value is None:
        raise ValueError("a step of this kind says what it is about")
    return value


STEPS: Mapping[str, Callable[[Transaction, Subscription, Step, Vendor, datetime], Subscription]] = {
    "charge": _charge,
    "retry": _retry,
    "notify": _notify,
    "look": _look,
    "renew": _charge,
    "begin": _begin,
    "lapse": _lapse,
    "end": _end,
}
# What a step leaves in the audit trail; looking at a notice is no change.
ACTIONS: Mapping[str, str] = {
    "charge": "instalment charged",
    "retry": "card charged again",
    "notify": "renewal announced",
    "renew": "renewal charged",
    "begin": "renewed",
    "lapse": "renewal overdue",
    "end": "ended",
}
