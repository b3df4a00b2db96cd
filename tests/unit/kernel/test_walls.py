"""Wall times and instants, where clocks are changed: both ways are monotone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import parse_instant, start_of
from chalicelib.kernel.walls import is_zone, reached, shown

# Havana's midnight comes twice or never; Lord Howe's clocks move by half an hour.
ZONES = ("America/Santiago", "Europe/Madrid", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe")
ANY_ZONE = st.sampled_from(ZONES)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
WALLS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31))
HOUR = timedelta(hours=1)


def _changes(zone: str) -> list[datetime]:
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + HOUR * n for n in range(365 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


# Instants around the changes of clocks, where random ones hardly ever fall.
def _near(zone: str) -> st.SearchStrategy[datetime]:
    near = st.builds(
        lambda change, minutes: change + timedelta(minutes=minutes),
        st.sampled_from(_changes(zone) or [datetime(2026, 6, 1, tzinfo=UTC)]),
        st.integers(-120, 120),
    )
    return near | INSTANTS


@given(st.data(), ANY_ZONE)
def test_a_later_instant_never_shows_an_earlier_time(data: st.DataObject, zone: str) -> None:
    one, other = sorted((data.draw(_near(zone)), data.draw(_near(zone))))
    assert shown(one, zone) <= shown(other, zone)


@given(WALLS, WALLS, ANY_ZONE)
def test_a_later_time_is_never_reached_earlier(one: datetime, other: datetime, zone: str) -> None:
    first, last = sorted((one, other))
    assert reached(first, zone) <= reached(last, zone)


@given(st.data(), ANY_ZONE)
def test_a_time_is_reached_at_the_first_instant_that_shows_it(data: st.DataObject, zone: str) -> None:
    wall = data.draw(_near(zone)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    instant, moment = reached(wall, zone), timedelta(microseconds=1)
    assert shown(instant - moment, zone) <= wall <= shown(instant, zone)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), ANY_ZONE)
def test_midnight_is_reached_when_the_day_begins(day: date, zone: str) -> None:
    assert reached(datetime(day.year, day.month, day.day), zone) == start_of(day, zone)


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        # From 24:00 to 01:00: all of the first hour is one instant.
        ("America/Santiago", "2026-09-06T00:00", "2026-09-06T04:00:00Z"),
        ("America/Santiago", "2026-09-06T00:59:59.999999", "2026-09-06T04:00:00Z"),
        ("America/Santiago", "2026-09-06T01:00", "2026-09-06T04:00:00Z"),
        ("America/Santiago", "2026-09-06T01:01", "2026-09-06T04:01:00Z"),
        # From 24:00 back to 23:00.
        ("America/Santiago", "2026-04-04T23:30", "2026-04-05T02:30:00Z"),
        ("America/Santiago", "2026-04-05T00:00", "2026-04-05T04:00:00Z"),
        ("Europe/Madrid", "2026-03-29T02:30", "2026-03-29T01:00:00Z"),
        ("Europe/Madrid", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        ("Europe/Madrid", "2026-10-25T03:00", "2026-10-25T02:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z"),
    ],
)
def test_a_skipped_time_is_reached_with_the_change_and_a_repeated_one_the_first_time(
    zone: str, wall: str, instant: str
) -> None:
    assert reached(datetime.fromisoformat(wall), zone) == parse_instant(instant)


@pytest.mark.parametrize(
    ("instant", "wall"),
    [
        ("2026-04-05T02:59:00Z", "2026-04-04T23:59"),
        ("2026-04-05T03:00:00Z", "2026-04-05T00:00"),
        ("2026-04-05T03:59:59Z", "2026-04-05T00:00"),
        ("2026-04-05T04:01:00Z", "2026-04-05T00:01"),
    ],
)
def test_the_clock_stands_still_while_an_hour_comes_again(instant: str, wall: str) -> None:
    assert shown(parse_instant(instant), "America/Santiago") == datetime.fromisoformat(wall)


@pytest.mark.parametrize(
    "name", ["", "Madrid", "Europe", "../../etc/passwd", "Europe/Madrid\0", "/etc/passwd"]
)
def test_what_is_no_zone_is_not_taken_for_one(name: str) -> None:
    assert not is_zone(name)
    assert is_zone("Europe/Madrid")
