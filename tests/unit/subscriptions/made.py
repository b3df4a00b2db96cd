"""A yearly subscription in three instalments, as the tests of cancelling and of its trace need it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions.changes import charged, next_installment, started
from chalicelib.subscriptions.rules import Subscription

BOUGHT = datetime(2026, 1, 31, 10, tzinfo=UTC)
TERMS = Terms("P1Y", installments=3, cutoff_days=15, self_cancel=True, grace_days=5)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def a_subscription(terms: Terms = TERMS, **changed: Any) -> Subscription:
    """From 31 January 2026 to 30 January 2027 in Madrid; its renewal is certain from 16 January 2027 on."""
    made = started(
        id="sub_1",
        customer_id="cus_1",
        order_id="ord_1",
        product="multipack",
        name="Multipack anual",
        price=Money(29700, "EUR"),
        terms=terms,
        start=date(2026, 1, 31),
        zone="Europe/Madrid",
        now=BOUGHT,
    )
    return replace(made, **changed)


def renewed(subscription: Subscription) -> Subscription:
    """The next period is charged, and not paid yet."""
    day = subscription.end - 20 * DAY
    return charged(subscription, next_installment(subscription), "ord_2", day, None)
