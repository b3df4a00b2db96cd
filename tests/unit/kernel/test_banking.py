"""Banking days of Brazil: what no calendar of holidays tells (S7)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.banking import add_banking_days, is_banking_day, next_banking_day

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
DAY = timedelta(days=1)


def _d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    "day",
    [
        *("2026-01-01", "2026-02-16", "2026-02-17", "2026-04-03", "2026-04-21", "2026-05-01", "2026-06-04"),
        *("2026-09-07", "2026-10-12", "2026-11-02", "2026-11-20", "2026-12-25", "2026-12-31"),
        *("2025-03-03", "2025-03-04", "2025-06-19", "2026-11-21", "2026-11-22", "2026-11-15"),
    ],
)
def test_banks_are_closed(day: str) -> None:
    assert not is_banking_day(_d(day))


@pytest.mark.parametrize(
    "day",
    [
        *("2026-02-18", "2026-12-24", "2026-12-30", "2026-11-23", "2026-10-28", "2026-07-09"),
        # Consciousness day was no national holiday yet.
        "2023-11-20",
    ],
)
def test_banks_are_open(day: str) -> None:
    assert is_banking_day(_d(day))


@pytest.mark.parametrize(
    ("due", "payable", "cleared"),
    [
        ("2026-11-28", "2026-11-30", "2026-12-03"),
        ("2026-02-16", "2026-02-18", "2026-02-23"),
        ("2026-12-25", "2026-12-28", "2027-01-04"),
        ("2026-12-31", "2027-01-04", "2027-01-07"),
        ("2026-04-03", "2026-04-06", "2026-04-09"),
    ],
)
def test_a_slip_is_payable_on_the_next_banking_day_and_cleared_three_later(
    due: str, payable: str, cleared: str
) -> None:
    assert next_banking_day(_d(due)) == _d(payable)
    assert add_banking_days(_d(payable), 3) == _d(cleared)


@given(st.integers(1900, 2199))
def test_carnival_follows_easter(year: int) -> None:
    tuesday = easter(year) - 47 * DAY
    assert tuesday.weekday() == 1
    assert not is_banking_day(tuesday)
    assert not is_banking_day(easter(year) - 2 * DAY)
    assert not is_banking_day(easter(year) + 60 * DAY)


@given(DAYS, st.integers(0, 20))
def test_counting_skips_exactly_the_days_without_banks(day: date, count: int) -> None:
    later = add_banking_days(day, count)
    between = [day + DAY * n for n in range(1, (later - day).days + 1)]
    assert sum(map(is_banking_day, between)) == count
    assert count == 0 or is_banking_day(later)


@given(DAYS)
def test_banks_are_never_closed_for_more_than_five_days(day: date) -> None:
    assert next_banking_day(day) - day <= 5 * DAY
