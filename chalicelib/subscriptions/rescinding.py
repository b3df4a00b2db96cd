"""Ending a contract before its time: what is cancelled with it, stays owed and is given back (A2). Pure.

The plan is all there is to it: a preview shows it, and to rescind is to carry it out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.money import Money, total
from chalicelib.subscriptions import changes
from chalicelib.subscriptions.installments import Installment
from chalicelib.subscriptions.refusals import SubscriptionEnded
from chalicelib.subscriptions.rules import Subscription


@dataclass(frozen=True)
class Rescission:
    """What happens when a subscription ends on `effective_on`, at `ends_at`.

    `canceled` are the instalments that nobody has to pay (any more), `still_owed` those that stay due, `paid`
    is what came in for the current period and the next one, and `refund` what of it is given back, None for
    nothing: all that was paid for a period that never begins, and of the current one as the terms say.
    """

    subscription_id: str
    effective_on: date
    ends_at: datetime
    canceled: tuple[Installment, ...]
    still_owed: tuple[Installment, ...]
    paid: Money
    refund: Money | None


def planned(
    subscription: Subscription,
    effective_on: date | None,
    now: datetime,
    forgiven: frozenset[str] = frozenset(),
) -> Rescission:
    """What it means to end it on a day of its zone, without one today.

    Where nothing was charged since its customer asked to leave, nothing from that day on is owed when it ends
    today. The orders `forgiven` are not either. `SubscriptionEnded`; `Invalid` for a day that is past, or
    after the end that it has anyway.
    """
    if subscription.status == "ended":
        raise SubscriptionEnded(id=subscription.id)
    today = local_date(now, subscription.zone)
    on = effective_on or today
    if fault := _fault(subscription, on, today):
        raise Invalid(errors=[fault])
    unpaid = [one for one in subscription.installments if one.status != "paid"]
    asked_at = subscription.frozen_at if on == today else None
    since = local_date(asked_at, subscription.zone) if asked_at else on
    owed = [
        one
        for one in unpaid
        if one.is_owed and one.order_id not in forgiven and not _falls_away(subscription, one, since)
    ]
    came_in = _sum(subscription, paid_of(subscription))
    ahead = _sum(subscription, (one for one in paid_of(subscription) if one.start >= subscription.end))
    unused = _unused(subscription, came_in.minor - ahead.minor, on) if subscription.terms.refund_unused else 0
    refund = Money(ahead.minor + unused, ahead.currency)
    return Rescission(
        subscription_id=subscription.id,
        effective_on=on,
        ends_at=max(now, subscription.start_of(on)),
        canceled=tuple(one for one in unpaid if one not in owed),
        still_owed=tuple(owed),
        paid=came_in,
        refund=refund if refund.minor else None,
    )


def rescinded(subscription: Subscription, plan: Rescission, now: datetime) -> Subscription:
    """The subscription after its plan was carried out: it has ended, or will by itself on that day."""
    after = changes.without(subscription, lambda one: one in plan.canceled)
    if plan.ends_at > now:
        return replace(after, ends_on=plan.effective_on, auto_renew=False)
    # What was due before and could not be asked for yet stays owed, too.
    return replace(changes.ended(after, "rescinded", now), installments=after.installments)


def paid_of(subscription: Subscription) -> tuple[Installment, ...]:
    """The instalments of the current period, and of the next one, whose money is in."""
    paid = (one for one in subscription.installments if one.status == "paid")
    return tuple(one for one in paid if one.start >= subscription.start)


def _fault(subscription: Subscription, on: date, today: date) -> FieldError | None:
    if on < today:
        return FieldError("/effective_on", Fault("past", today=today.isoformat()))
    # While a renewal can still be paid late, the period is over, and today is the only day there is.
    last = max(today, subscription.ends_on or subscription.end)
    if on > last:
        return FieldError("/effective_on", Fault("after_end", last=last.isoformat()))
    return None


def _falls_away(subscription: Subscription, one: Installment, on: date) -> bool:
    """Whether an unpaid instalment is not owed when it ends on a day: due from then on, or a renewal's."""
    return one.due_on >= on or one.start >= subscription.end


def _sum(subscription: Subscription, those: Iterable[Installment]) -> Money:
    return total((one.amount for one in those), subscription.price.currency)


def _unused(subscription: Subscription, paid: int, on: date) -> int:
    """Minor units of what was paid that exceed the price of the days used, which is rounded down."""
    days = (subscription.end - subscription.start).days
    used = min(max(0, (on - subscription.start).days), days)
    return max(0, paid - subscription.price.minor * used // days)
