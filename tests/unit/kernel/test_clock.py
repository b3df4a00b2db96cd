"""Instants, market dates and calendar periods, where calendars are awkward."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import (
    local_date,
    parse_instant,
    place_in_time,
    rfc3339,
    sortable,
    start_of,
    utc_now,
)
from chalicelib.kernel.markets import MARKETS, market_of
from chalicelib.kernel.periods import add_period

ZONES = st.sampled_from(sorted({market.zone for market in MARKETS.values()}))
DAYS = st.dates(date(2000, 1, 1), date(2037, 12, 31))
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))


# Instants as text


@given(INSTANTS)
def test_a_sortable_text_keeps_every_microsecond(instant: datetime) -> None:
    assert parse_instant(sortable(instant)) == instant


@given(INSTANTS, INSTANTS)
def test_sortable_texts_sort_as_their_instants_do(one: datetime, other: datetime) -> None:
    assert (sortable(one) < sortable(other)) == (one < other)


@given(INSTANTS, INSTANTS, st.text(), st.text())
def test_places_in_time_sort_by_instant_and_then_by_id(
    one: datetime, other: datetime, id: str, other_id: str
) -> None:
    assert (place_in_time(one, id) < place_in_time(other, other_id)) == ((one, id) < (other, other_id))
    assert sortable(one) < place_in_time(one, id)


@given(INSTANTS)
def test_the_api_shows_whole_seconds_in_utc(instant: datetime) -> None:
    shown = rfc3339(instant.astimezone(timezone(timedelta(hours=-3))))
    assert shown.endswith("Z")
    assert parse_instant(shown) == instant.replace(microsecond=0)


def test_an_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        parse_instant("2026-11-22T10:00:00")


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC


# Days of a market


@given(DAYS, ZONES)
def test_a_day_contains_its_own_instants_and_no_others(day: date, zone: str) -> None:
    start, end = start_of(day, zone), start_of(day + timedelta(days=1), zone)
    assert timedelta(hours=23) <= end - start <= timedelta(hours=25)
    assert local_date(start, zone) == day
    assert local_date(end - timedelta(microseconds=1), zone) == day
    assert local_date(start - timedelta(microseconds=1), zone) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "zone", "start"),
    [
        # In Santiago this Sunday has no midnight: at 24:00 clocks go on to 01:00.
        (date(2026, 9, 6), "America/Santiago", "2026-09-06T04:00:00Z"),
        (date(2026, 9, 7), "America/Santiago", "2026-09-07T03:00:00Z"),
        (date(2026, 4, 5), "America/Santiago", "2026-04-05T04:00:00Z"),
        (date(2026, 3, 29), "Europe/Madrid", "2026-03-28T23:00:00Z"),
        (date(2026, 3, 30), "Europe/Madrid", "2026-03-29T22:00:00Z"),
        (date(2026, 11, 22), "America/Sao_Paulo", "2026-11-22T03:00:00Z"),
    ],
)
def test_a_day_begins_at_its_first_instant_even_without_a_midnight(day: date, zone: str, start: str) -> None:
    assert rfc3339(start_of(day, zone)) == start


def test_the_missing_midnight_of_santiago_really_is_missing() -> None:
    first = start_of(date(2026, 9, 6), "America/Santiago").astimezone(ZoneInfo("America/Santiago"))
    assert (first.hour, first.minute) == (1, 0)


# Periods


@pytest.mark.parametrize(
    ("day", "period", "after"),
    [
        (date(2026, 1, 31), "P1M", date(2026, 2, 28)),
        (date(2028, 1, 31), "P1M", date(2028, 2, 29)),
        (date(2026, 1, 31), "P2M", date(2026, 3, 31)),
        (date(2026, 1, 31), "P13M", date(2027, 2, 28)),
        (date(2026, 3, 31), "P1M", date(2026, 4, 30)),
        (date(2026, 12, 31), "P1M", date(2027, 1, 31)),
        (date(2028, 2, 29), "P1Y", date(2029, 2, 28)),
        (date(2028, 2, 29), "P4Y", date(2032, 2, 29)),
        (date(2026, 2, 28), "P2Y", date(2028, 2, 28)),
        (date(2026, 11, 22), "P14D", date(2026, 12, 6)),
        (date(2028, 2, 22), "P7D", date(2028, 2, 29)),
        (date(2026, 11, 22), "P12M", date(2027, 11, 22)),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_last_of_the_month(day: date, period: str, after: date) -> None:
    assert add_period(day, period) == after


@pytest.mark.parametrize(
    ("day", "period", "times", "after"),
    [
        (date(2026, 1, 31), "P1M", 0, date(2026, 1, 31)),
        (date(2026, 1, 31), "P1M", 2, date(2026, 3, 31)),
        (date(2026, 1, 31), "P1M", 25, date(2028, 2, 29)),
        (date(2028, 2, 29), "P1Y", 3, date(2031, 2, 28)),
        (date(2028, 2, 29), "P1Y", 4, date(2032, 2, 29)),
        (date(2026, 8, 31), "P6M", 3, date(2028, 2, 29)),
        (date(2026, 11, 22), "P14D", 3, date(2027, 1, 3)),
    ],
)
def test_what_recurs_is_counted_from_its_first_day(day: date, period: str, times: int, after: date) -> None:
    assert add_period(day, period, times) == after


@given(DAYS, st.integers(1, 120))
def test_so_many_months_are_a_month_so_many_times(day: date, months: int) -> None:
    assert add_period(day, "P1M", months) == add_period(day, f"P{months}M")
    assert add_period(day, "P1D", months) == day + timedelta(days=months)


@given(DAYS, st.integers(1, 120))
def test_twelve_months_are_a_year_and_months_never_skip_one(day: date, months: int) -> None:
    moved = add_period(day, f"P{months}M")
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1
    assert add_period(day, "P12M") == add_period(day, "P1Y")


@pytest.mark.parametrize("period", ["", "P", "1M", "P0M", "P1W", "P1.5M", "PT1H", "P-1M", "P1M2D", "p1m"])
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        add_period(date(2026, 1, 1), period)


# Markets


@pytest.mark.parametrize(
    ("country", "currency", "zone"),
    [
        ("BR", "BRL", "America/Sao_Paulo"),
        ("CL", "CLP", "America/Santiago"),
        ("ES", "EUR", "Europe/Madrid"),
        ("PT", "EUR", "Europe/Madrid"),
        ("XX", "EUR", "Europe/Madrid"),
    ],
)
def test_a_country_decides_on_currency_and_zone(country: str, currency: str, zone: str) -> None:
    assert (market_of(country).currency, market_of(country).zone) == (currency, zone)
