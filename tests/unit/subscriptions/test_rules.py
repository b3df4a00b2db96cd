"""Until when a renewal can be cancelled (A1), and until when a product is held (R1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.kernel.clock import parse_instant, rfc3339
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions.changes import ended, resumed, suspended
from chalicelib.subscriptions.rules import Subscription, holds


def _subscription(end: date, zone: str, cutoff_days: int) -> Subscription:
    return Subscription(
        id="sub_1",
        customer_id="cus_1",
        order_id=None,
        product="multipack",
        name="Multipack",
        status="active",
        start=date(2025, 1, 1),
        anchor=date(2025, 1, 1),
        end=end,
        zone=zone,
        price=Money(100, "EUR"),
        terms=Terms("P1Y", cutoff_days=cutoff_days),
        auto_renew=True,
        created_at=datetime(2025, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("end", "zone", "days", "until"),
    [
        (date(2026, 12, 31), "Europe/Madrid", 0, "2026-12-30T23:00:00Z"),
        (date(2026, 12, 31), "Europe/Madrid", 15, "2026-12-15T23:00:00Z"),
        (date(2026, 4, 10), "Europe/Madrid", 15, "2026-03-25T23:00:00Z"),
        (date(2026, 4, 10), "Europe/Madrid", 10, "2026-03-30T22:00:00Z"),
        (date(2026, 9, 7), "America/Santiago", 1, "2026-09-06T04:00:00Z"),
        (date(2028, 3, 1), "America/Sao_Paulo", 1, "2028-02-29T03:00:00Z"),
    ],
)
def test_the_cut_off_is_the_start_of_a_day_of_the_market(end: date, zone: str, days: int, until: str) -> None:
    assert rfc3339(_subscription(end, zone, days).cancel_renewal_until) == until


@pytest.mark.parametrize(
    ("grace", "at", "held"),
    [
        (0, "2026-12-30T22:59:59Z", True),
        (0, "2026-12-30T23:00:00Z", False),
        (5, "2027-01-04T22:59:59Z", True),
        (5, "2027-01-04T23:00:00Z", False),
    ],
)
def test_a_product_is_held_to_the_end_of_its_period_and_its_days_of_grace(
    grace: int, at: str, held: bool
) -> None:
    subscription = _subscription(date(2026, 12, 31), "Europe/Madrid", 0)
    subscription = replace(subscription, terms=Terms("P1Y", grace_days=grace))
    assert holds(subscription, parse_instant(at)) is held
    assert not holds(replace(subscription, status="ended"), parse_instant(at))


def test_a_subscription_whose_money_is_contested_is_not_held_until_that_is_over() -> None:
    active = _subscription(date(2026, 12, 31), "Europe/Madrid", 0)
    now = parse_instant("2026-01-01T00:00:00Z")
    off = suspended(active)
    over = ended(off, "money_given_back", now)
    assert [holds(one, now) for one in (active, off, resumed(off), over)] == [True, False, True, False]
    assert resumed(off) == active
    # What has ended stays so.
    assert suspended(over) == resumed(over) == ended(over, "unpaid", now) == over
