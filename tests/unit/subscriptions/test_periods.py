"""Periods follow one another from the first day on, whatever the months are like (B8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions import changes
from chalicelib.subscriptions.rules import Subscription
from tests.unit.subscriptions.contracts import MOMENT, ZONES, a_subscription, paid_on, renewed_by

MONTHLY = Terms("P1M")


def _ends(start: date, period: str, zone: str, times: int) -> list[date]:
    """The ends of its first periods, each of them paid."""
    now = a_subscription(start, zone, Terms(period))
    ends = [now.end]
    for _ in range(times - 1):
        now = paid_on(now, now.end)
        assert now.start == ends[-1]
        ends.append(now.end)
    return ends


@pytest.mark.parametrize("zone", ZONES)
def test_months_from_the_31st_do_not_drift(zone: str) -> None:
    found = _ends(date(2027, 1, 31), "P1M", zone, 14)
    months = [
        "02-28",
        "03-31",
        "04-30",
        "05-31",
        "06-30",
        "07-31",
        "08-31",
        "09-30",
        "10-31",
        "11-30",
        "12-31",
    ]
    assert [f"{day:%m-%d}" for day in found[:11]] == months
    assert found[11:] == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]


@pytest.mark.parametrize("zone", ZONES)
def test_years_from_the_29th_of_february_come_back_to_it(zone: str) -> None:
    assert _ends(date(2028, 2, 29), "P1Y", zone, 5) == [
        date(2029, 2, 28),
        date(2030, 2, 28),
        date(2031, 2, 28),
        date(2032, 2, 29),
        date(2033, 2, 28),
    ]


@pytest.mark.parametrize(
    ("start", "period", "ends"),
    [
        (date(2026, 11, 30), "P3M", [date(2027, 2, 28), date(2027, 5, 30), date(2027, 8, 30)]),
        (date(2027, 8, 31), "P6M", [date(2028, 2, 29), date(2028, 8, 31), date(2029, 2, 28)]),
        (date(2026, 12, 15), "P30D", [date(2027, 1, 14), date(2027, 2, 13), date(2027, 3, 15)]),
    ],
)
def test_other_periods_are_counted_from_the_first_day_too(start: date, period: str, ends: list[date]) -> None:
    assert _ends(start, period, "Europe/Madrid", 3) == ends


@given(st.dates(date(2020, 1, 1), date(2032, 12, 31)), st.sampled_from(["P1M", "P3M", "P1Y"]))
def test_every_day_belongs_to_one_period(start: date, period: str) -> None:
    ends = _ends(start, period, "America/Santiago", 12)
    assert ends == sorted(set(ends))
    assert all(end.day == start.day or (end + timedelta(days=1)).day == 1 for end in ends)


@pytest.mark.parametrize("zone", ZONES)
@given(start=st.dates(date(2020, 1, 1), date(2032, 12, 31)))
def test_a_period_begins_and_ends_with_a_day_where_it_was_sold(zone: str, start: date) -> None:
    sold = a_subscription(start, zone, MONTHLY)
    for day in (sold.start, sold.end):
        assert local_date(sold.start_of(day), zone) == day
        assert local_date(sold.start_of(day) - MOMENT, zone) == day - timedelta(days=1)


def _last(subscription: Subscription) -> list[date]:
    return [changes.last_day(subscription, one) for one in subscription.installments]


def test_an_instalment_knows_the_last_day_of_its_own_period() -> None:
    sold = a_subscription(date(2027, 1, 31), terms=Terms("P3M", installments=3, cutoff_days=40))
    assert _last(sold) == [date(2027, 4, 29)] * 3
    assert _last(renewed_by(sold, date(2027, 3, 20))) == [date(2027, 4, 29)] * 3 + [date(2027, 7, 30)]


def test_an_instalment_of_the_period_before_the_present_one_is_still_of_that() -> None:
    sold = a_subscription(date(2027, 1, 31), terms=Terms("P3M", installments=3, cutoff_days=40))
    after = paid_on(sold, date(2027, 3, 20))
    assert [one.start for one in after.pending] == [date(2027, 1, 31)] * 2 + [date(2027, 4, 30)] * 2
    assert [changes.last_day(after, one) for one in after.pending] == [
        date(2027, 4, 29),
        date(2027, 4, 29),
        date(2027, 7, 30),
        date(2027, 7, 30),
    ]
