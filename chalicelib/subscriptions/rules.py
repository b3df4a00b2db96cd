"""A subscription, its current period, and what happens by itself when (B8). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from chalicelib.kernel.clock import local_date, start_of
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions.installments import Installment

Status = Literal["active", "past_due", "suspended", "ended"]
Why = Literal[
    "renewal_canceled",
    "not_renewable",
    "unpaid",
    "notice_undelivered",
    "rescinded",
    "withdrawn",
    "money_given_back",
]

# The least that a renewal is announced before it is charged (Spain, art. 97.1 p), whatever the terms say.
LEAST_NOTICE = timedelta(days=15)


@dataclass(frozen=True)
class Notice:
    """The announcement that the period which ends on `end` will be renewed (B8).

    `sent_at` is when it left. Until then it is looked after, next at `look_at`; None once it has left, or
    cannot be delivered.
    """

    end: date
    look_at: datetime | None
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Subscription:
    """`start` (inclusive) and `end` (exclusive) are dates in `zone`; without an order, staff granted it.

    This is period `number` since `anchor`, from which all are counted. `suspended` while the money that paid
    for it is contested, `past_due` when it has ended and its renewal is not paid yet. `price` is that of a
    whole period; `installments` are its parts, with those of earlier periods that are still owed. Once it is
    renewed, the next period's first one is there too: that is what can happen once only. It begins where
    this one ends, if it is paid by then.
    `case_id` is the case of its customer, who has asked to leave (C1), and `frozen_at` since when nothing is
    charged for that: the case ends it, or lets it go on.
    `renewal_canceled_at` is since when it will not be renewed; `ends_on` is the day on which it was agreed
    to end before its time.
    """

    id: str
    customer_id: str
    order_id: str | None
    product: str
    name: str
    status: Status
    start: date
    end: date
    zone: str
    price: Money
    terms: Terms
    auto_renew: bool
    created_at: datetime
    anchor: date
    number: int = 1
    installments: tuple[Installment, ...] = ()
    notice: Notice | None = None
    renewal_canceled_at: datetime | None = None
    ends_on: date | None = None
    ended_at: datetime | None = None
    ended_because: Why | None = None
    frozen_at: datetime | None = None
    case_id: str | None = None
    version: int | None = None

    @property
    def cancel_renewal_until(self) -> datetime:
        """The cut-off: the exclusive last instant at which its renewal can be cancelled (A1).

        As the terms say; if the renewal was announced too late for that, as long as it cannot be charged.
        """
        agreed = self.start_of(self.end - timedelta(days=self.terms.cutoff_days))
        sent_at = self.notice.sent_at if self.notice else None
        if sent_at is None:
            return agreed
        return max(agreed, self.start_of(local_date(sent_at, self.zone) + LEAST_NOTICE))

    @property
    def last_day(self) -> date:
        """The last day of the current period."""
        return self.end - timedelta(days=1)

    @property
    def renewal(self) -> Installment | None:
        """The first instalment of the next period, as soon as it is renewed."""
        return next((one for one in self.installments if one.start == self.end), None)

    @property
    def pending(self) -> tuple[Installment, ...]:
        """The instalments that are still owed."""
        return tuple(one for one in self.installments if one.is_owed)

    @property
    def is_stopped(self) -> bool:
        """Whether it would be renewed, had its customer not asked to leave."""
        return self.frozen_at is not None and self.renewal_canceled_at == self.frozen_at

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must look at it: for the next thing that happens by itself."""
        step = next_step(self)
        return step.at if step else None

    def start_of(self, day: date) -> datetime:
        """The first instant of a day where it was sold."""
        return start_of(day, self.zone)


@dataclass(frozen=True)
class Step:
    """Something that happens by itself at an instant, or as soon as possible after it.

    `charge` an instalment, `retry` a declined card; `notify` of the renewal, and `look` whether that has
    left; `renew`; `begin` the next period, which is paid; let it `lapse` as that is not; `end` it, and why.
    """

    kind: Literal["charge", "retry", "notify", "look", "renew", "begin", "lapse", "end"]
    at: datetime
    installment: Installment | None = None
    why: Why | None = None


class SubscriptionNotFound(NotFound):
    """No such subscription, or somebody else's."""

    code = "subscription_not_found"
    thing = {"en": "subscription", "es": "la suscripción", "pt-BR": "a assinatura"}


def next_step(subscription: Subscription) -> Step | None:
    """The earliest of what is ahead of it; None for what has come to its end."""
    return min(_steps(subscription), key=lambda step: step.at, default=None)


def grace_until(subscription: Subscription, renewal: Installment) -> datetime:
    """Until when (exclusive) a renewal that was not paid by the end of its period is waited for."""
    return _unpaid(replace(subscription, status="past_due"), renewal).at


def holds(subscription: Subscription, now: datetime) -> bool:
    """Whether its product counts as held (R1): until its end, and while its renewal can still be paid."""
    if subscription.status == "past_due":
        return True
    days = subscription.terms.grace_days if subscription.auto_renew else 0
    until = subscription.start_of(subscription.end + timedelta(days=days))
    return subscription.status == "active" and now < until


def planned_renewal(subscription: Subscription) -> date:
    """The day on which its renewal is charged if nothing is late: at the cut-off, and not without notice."""
    cutoff = subscription.end - timedelta(days=subscription.terms.cutoff_days)
    return max(cutoff, _planned_notice(subscription) + LEAST_NOTICE)


def _planned_notice(subscription: Subscription) -> date:
    return subscription.end - max(timedelta(days=subscription.terms.notice_days), LEAST_NOTICE)


def _steps(subscription: Subscription) -> Iterator[Step]:
    charged = subscription.status != "suspended" and subscription.frozen_at is None
    if charged:
        yield from _collecting(subscription)
    if subscription.status == "ended":
        return
    if subscription.ends_on:
        yield Step("end", subscription.start_of(subscription.ends_on), why="rescinded")
    elif subscription.renewal and subscription.renewal.status == "paid":
        yield Step("begin", subscription.start_of(subscription.end))
    elif subscription.is_stopped:
        # Whether it is renewed or ends is for its customer's case to say, also after its end.
        return
    elif not subscription.auto_renew:
        why: Why = "renewal_canceled" if subscription.renewal_canceled_at else "not_renewable"
        yield Step("end", subscription.start_of(subscription.end), why=why)
    elif charged:
        yield _unpaid(subscription, subscription.renewal) if subscription.renewal else _renewing(subscription)


def _collecting(subscription: Subscription) -> Iterator[Step]:
    """Instalments are owed to their end, also of what will not be renewed or has ended (A2)."""
    for one in subscription.installments:
        if one.status == "scheduled":
            yield Step("charge", subscription.start_of(one.due_on), one)
        elif one.status == "charged" and one.retry_at:
            yield Step("retry", one.retry_at, one)


def _renewing(subscription: Subscription) -> Step:
    """No charge without a notice that has left in time (B8)."""
    notice, terms = subscription.notice, subscription.terms
    if notice is None:
        return Step("notify", subscription.start_of(_planned_notice(subscription)))
    if notice.look_at:
        return Step("look", notice.look_at)
    if notice.sent_at:
        return Step("renew", subscription.cancel_renewal_until)
    end = subscription.end + timedelta(days=terms.grace_days)
    return Step("end", subscription.start_of(end), why="notice_undelivered")


def _unpaid(subscription: Subscription, renewal: Installment) -> Step:
    """Whoever is asked late, after an outage, has as long to pay as he would have had."""
    if subscription.status == "active":
        day = max(subscription.end, renewal.due_on + timedelta(days=1))
        return Step("lapse", subscription.start_of(day))
    days = subscription.terms.grace_days + renewal.late_days
    end = subscription.start_of(subscription.end + timedelta(days=days))
    return Step("end", max(end, renewal.payable_until or end), why="unpaid")
