"""Subscriptions of a year, and their renewals, as the tests of their schedule need them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.kernel.clock import start_of
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions import changes
from chalicelib.subscriptions.installments import Installment
from chalicelib.subscriptions.rules import Notice, Subscription

ZONE = "Europe/Madrid"
ZONES = ("Europe/Madrid", "America/Sao_Paulo", "America/Santiago")
DAY, HOUR, MOMENT = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
START, END = date(2026, 1, 1), date(2027, 1, 1)
NOW = datetime(2026, 1, 1, 10, tzinfo=UTC)
YEARLY = Terms("P1Y", notice_days=30, cutoff_days=10, grace_days=5)


def a_subscription(
    start: date = START, zone: str = ZONE, terms: Terms = YEARLY, **changed: Any
) -> Subscription:
    """One for 100.00 EUR, whose first instalment is paid; of the whole year 2026, if nothing else is said."""
    begun = changes.started(
        id="sub_1",
        customer_id="cus_1",
        order_id="ord_1",
        product="multipack",
        name="Multipack",
        price=Money(10_000, "EUR"),
        terms=terms,
        start=start,
        zone=zone,
        now=NOW,
    )
    return replace(begun, **changed)


def midnight(day: date) -> datetime:
    """The first instant of a day in Madrid."""
    return start_of(day, ZONE)


def noticed(sent_at: datetime | None = None, **changed: Any) -> Subscription:
    """Its renewal was announced in time, or at that instant."""
    before = a_subscription(**changed)
    sent_at = sent_at or before.start_of(before.end - 30 * DAY)
    return replace(before, notice=Notice(before.end, None, sent_at))


def renewed_by(
    before: Subscription, day: date, order_id: str = "ord_2", payable_until: datetime | None = None
) -> Subscription:
    """Its renewal was charged on a day by an order, and is not paid yet."""
    return changes.charged(before, changes.next_installment(before), order_id, day, payable_until)


def the_renewal(subscription: Subscription) -> Installment:
    """The first instalment of the next period."""
    assert subscription.renewal
    return subscription.renewal


def paid_on(before: Subscription, day: date, order_id: str = "ord_2") -> Subscription:
    """The next period, which was charged and paid on a day, and has begun."""
    asked = renewed_by(before, day, order_id)
    return changes.paid(asked, the_renewal(asked), asked.start_of(max(day, before.end)))
