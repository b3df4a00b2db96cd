"""The period of a report: whole days of the vendor's, at most a year and a day of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reports.periods import DAY, MOST_DAYS, NotAPeriod, Period, check_days, lately, period_of

MADRID = "Europe/Madrid"
# Already December in Madrid.
NOW = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, ("2026-12-01", "2026-12-31")),
        ("2026-02-10", None, ("2026-02-10", "2026-02-28")),
        (None, "2028-02-10", ("2028-02-01", "2028-02-10")),
        ("2025-12-31", None, ("2025-12-31", "2025-12-31")),
        ("2025-07-03", "2026-03-01", ("2025-07-03", "2026-03-01")),
    ],
)
def test_what_is_left_out_of_a_period_is_the_rest_of_a_month(
    first: str | None, last: str | None, expected: tuple[str, str]
) -> None:
    begin, end = (date.fromisoformat(day) if day else None for day in (first, last))
    period = period_of(begin, end, MADRID, NOW)
    assert (str(period.first), str(period.last)) == expected


def test_the_current_month_is_that_of_the_vendors_zone() -> None:
    assert period_of(None, None, "America/Santiago", NOW).first == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        (MADRID, "2026-10-23T22:00+00:00", "2026-10-25T23:00+00:00"),
        ("America/Sao_Paulo", "2026-10-24T03:00+00:00", "2026-10-26T03:00+00:00"),
    ],
)
def test_a_period_is_from_midnight_to_the_midnight_after_its_last_day(
    zone: str, start: str, end: str
) -> None:
    # In Madrid, summer time ends within it.
    period = Period(date(2026, 10, 24), date(2026, 10, 25), zone)
    assert period.start == datetime.fromisoformat(start)
    assert period.end == datetime.fromisoformat(end)


@given(DAYS, st.integers(0, MOST_DAYS - 1))
def test_a_day_to_a_leap_year_of_days_are_a_period(first: date, days: int) -> None:
    check_days(first, first + days * DAY)


@given(DAYS, st.integers(1, 5000), st.booleans())
def test_other_days_are_none_and_the_code_says_why(first: date, days: int, backwards: bool) -> None:
    last = first - days * DAY if backwards else first + (MOST_DAYS - 1 + days) * DAY
    with pytest.raises(NotAPeriod) as refused:
        check_days(first, last)
    assert refused.value.code == ("before_from" if backwards else "period_too_long")


@given(DAYS, st.booleans())
def test_a_period_of_which_one_day_is_asked_is_always_one(day: date, is_first: bool) -> None:
    period = period_of(day if is_first else None, None if is_first else day, MADRID, NOW)
    check_days(period.first, period.last)
    assert period.start < period.end


@given(DAYS, st.integers(0, MOST_DAYS - 1))
def test_its_days_are_all_from_the_first_to_the_last(first: date, more: int) -> None:
    last = min(first + more * DAY, date(2199, 12, 31))
    days = list(Period(first, last, MADRID).days)
    assert (days[0], days[-1]) == (first, last)
    assert all(after - before == DAY for before, after in pairwise(days))


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, ("2026-09-01", "2026-12-01")),
        ("2026-01-01", None, ("2026-01-01", "2026-04-02")),
        (None, "2026-04-02", ("2026-01-01", "2026-04-02")),
        ("2025-07-03", "2026-03-01", ("2025-07-03", "2026-03-01")),
    ],
)
def test_a_list_of_what_happened_lately_is_of_92_days(
    first: str | None, last: str | None, expected: tuple[str, str]
) -> None:
    begin, end = (date.fromisoformat(day) if day else None for day in (first, last))
    period = lately(begin, end, MADRID, NOW)
    assert (str(period.first), str(period.last)) == expected
