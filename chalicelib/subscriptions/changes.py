"""How a subscription changes: it is renewed, charged, paid, suspended, ended. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.money import Money
from chalicelib.kernel.periods import add_period
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions import installments
from chalicelib.subscriptions.installments import Installment, schedule
from chalicelib.subscriptions.rules import Notice, Subscription, Why, planned_renewal

# How often it is looked whether a notice has left.
LOOK_EVERY = timedelta(hours=1)


def started(
    id: str,
    customer_id: str,
    order_id: str | None,
    product: str,
    name: str,
    price: Money,
    terms: Terms,
    start: date,
    zone: str,
    now: datetime,
) -> Subscription:
    """A subscription whose first instalment is paid, by its order or as staff says."""
    end = add_period(start, terms.period)
    first, *later = schedule(start, end, price, terms)
    paid = replace(first, status="paid", order_id=order_id)
    return Subscription(
        id=id,
        customer_id=customer_id,
        order_id=order_id,
        product=product,
        name=name,
        status="active",
        start=start,
        end=end,
        zone=zone,
        price=price,
        terms=terms,
        auto_renew=terms.auto_renew,
        created_at=now,
        anchor=start,
        installments=(paid, *later),
    )


def next_installment(subscription: Subscription) -> Installment:
    """The first instalment of the next period: to charge it is to renew."""
    return next_installments(subscription)[0]


def next_installments(subscription: Subscription) -> tuple[Installment, ...]:
    """All instalments of the next period, as things stand."""
    start, end = subscription.end, _end(subscription, subscription.number + 1)
    return schedule(start, end, subscription.price, subscription.terms)


def last_day(subscription: Subscription, one: Installment) -> date:
    """The last day of the period that an instalment is of; it may be owed of an earlier one."""
    number = subscription.number + 1
    while _end(subscription, number - 1) > one.start:
        number -= 1
    return _end(subscription, number) - timedelta(days=1)


def announced(subscription: Subscription, now: datetime) -> Subscription:
    """Its renewal is being announced; whether that has left is looked at later."""
    return replace(subscription, notice=Notice(subscription.end, now + LOOK_EVERY))


def looked(
    subscription: Subscription, sent_at: datetime | None, *, failed: bool, now: datetime
) -> Subscription:
    """The subscription after a look at its notice, which has left, cannot be delivered, or is on its way."""
    on_its_way = sent_at is None and not failed
    notice = Notice(subscription.end, now + LOOK_EVERY if on_its_way else None, sent_at)
    return replace(subscription, notice=notice)


def charged(
    subscription: Subscription, one: Installment, order_id: str, day: date, payable_until: datetime | None
) -> Subscription:
    """An instalment is asked for, on `day`; the first one of the next period renews the subscription."""
    if one.start != subscription.end:
        return with_installment(subscription, one, installments.charged(one, order_id, day, payable_until))
    late_days = (day - planned_renewal(subscription)).days
    asked = installments.charged(one, order_id, day, payable_until, late_days)
    return replace(subscription, installments=(*subscription.installments, asked))


def retried(subscription: Subscription, one: Installment, now: datetime) -> Subscription:
    """A declined card is charged anew."""
    planned = local_date(one.retry_at or now, subscription.zone)
    late_days = (local_date(now, subscription.zone) - planned).days
    return with_installment(subscription, one, installments.retried(one, late_days))


def installment_of(subscription: Subscription, order_id: str) -> Installment | None:
    """The instalment that an order charges; None if it is not one of the current period, or owed."""
    return next((one for one in subscription.installments if one.order_id == order_id), None)


def order_ids(subscription: Subscription) -> Iterator[str]:
    """The orders by which its instalments have been asked for so far, or would be up to its next period."""
    for period in range(subscription.number + 1):
        start = _end(subscription, period)
        for number in range(1, subscription.terms.installments + 1):
            yield installments.order_id(subscription.id, start, number)


def paid(subscription: Subscription, one: Installment, now: datetime) -> Subscription:
    """An instalment was paid; if the next period has waited for it, that begins, where this one ended."""
    done = with_installment(subscription, one, installments.paid(one))
    over = subscription.status == "past_due" or subscription.start_of(subscription.end) <= now
    return begun(done) if over and one.start == subscription.end else done


def begun(subscription: Subscription) -> Subscription:
    """The subscription in its next period, whose first instalment is paid."""
    end = _end(subscription, subscription.number + 1)
    later = schedule(subscription.end, end, subscription.price, subscription.terms)[1:]
    kept = (one for one in subscription.installments if one.is_owed or one.start == subscription.end)
    return replace(
        subscription,
        status="active" if subscription.status == "past_due" else subscription.status,
        start=subscription.end,
        end=end,
        number=subscription.number + 1,
        installments=(*kept, *later),
        notice=None,
    )


def lapsed(subscription: Subscription) -> Subscription:
    """The period has ended, and the next one is not paid yet."""
    return replace(subscription, status="past_due")


def suspended(subscription: Subscription) -> Subscription:
    """The subscription whose money is contested; one that has ended stays so."""
    return subscription if subscription.status == "ended" else replace(subscription, status="suspended")


def resumed(subscription: Subscription) -> Subscription:
    """The subscription whose money is contested no more; what is overdue by then happens now."""
    return replace(subscription, status="active") if subscription.status == "suspended" else subscription


def ended(subscription: Subscription, why: Why, now: datetime) -> Subscription:
    """The subscription after its end: what was asked for already stays owed, but for the next period."""
    if subscription.status == "ended":
        return subscription
    after = without(subscription, lambda one: one.status == "scheduled" or one == subscription.renewal)
    return replace(after, status="ended", auto_renew=False, ended_at=now, ended_because=why)


def given_back(subscription: Subscription, one: Installment, now: datetime) -> Subscription:
    """An instalment's money has gone back for good: it has ended, or only the next period is not paid."""
    if one.start < subscription.end:
        return ended(subscription, "money_given_back", now)
    return with_installment(resumed(subscription), one, replace(one, status="canceled"))


def without(subscription: Subscription, which: Callable[[Installment], bool]) -> Subscription:
    """The subscription of which some instalments are not owed any more."""
    kept = (installments.canceled(one) if which(one) else one for one in subscription.installments)
    return replace(subscription, installments=tuple(kept))


def with_installment(subscription: Subscription, before: Installment, after: Installment) -> Subscription:
    """The subscription with one instalment as it is now."""
    kept = (after if one == before else one for one in subscription.installments)
    return replace(subscription, installments=tuple(kept))


def _end(subscription: Subscription, number: int) -> date:
    return add_period(subscription.anchor, subscription.terms.period, number)
