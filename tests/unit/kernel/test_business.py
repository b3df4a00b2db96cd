"""Business days, opening hours and what is counted of them, on calendars made by hand (R7, B9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.business import (
    Calendar,
    CalendarEnds,
    HalfDay,
    Mode,
    Opening,
    OwnDay,
    counted,
    cut,
    spend,
)
from chalicelib.kernel.clock import parse_instant
from chalicelib.kernel.plain import from_json, to_json
from chalicelib.kernel.walls import reached

MORNING, AFTERNOON = Opening(9 * 60, 13 * 60), Opening(14 * 60, 18 * 60)
SPLIT, ROUND_THE_CLOCK = (MORNING, AFTERNOON), (Opening(0, 24 * 60),)
TWO_DAYS = timedelta(hours=48)

PLAIN = Calendar("plain", "America/Santiago", (SPLIT,) * 5 + ((), ()), (date(2026, 12, 8),), 2026, 2027)
NEVER_CLOSED = Calendar("never", "America/Santiago", (ROUND_THE_CLOCK,) * 7, (), 2026, 2027)
MADRID = replace(NEVER_CLOSED, zone="Europe/Madrid")


def _at(wall: str, zone: str = PLAIN.zone) -> datetime:
    return reached(datetime.fromisoformat(wall), zone)


def _due(calendar: Calendar, mode: Mode, start: str, hours: int = 48) -> datetime:
    return spend(calendar, mode, _at(start, calendar.zone), timedelta(hours=hours))[-1].end


# Which days and hours


def test_a_day_without_opening_hours_and_a_holiday_are_no_business_days() -> None:
    assert PLAIN.hours(date(2026, 12, 7)) == SPLIT
    assert not PLAIN.is_business_day(date(2026, 12, 5))
    assert not PLAIN.is_business_day(date(2026, 12, 8))


def test_the_company_closes_days_and_opens_holidays_and_weekends() -> None:
    own = (
        OwnDay(date(2026, 12, 7), ()),
        OwnDay(date(2026, 12, 8), SPLIT),
        OwnDay(date(2026, 12, 5), (MORNING,)),
    )
    calendar = replace(PLAIN, own_days=own)
    assert not calendar.is_business_day(date(2026, 12, 7))
    assert calendar.hours(date(2026, 12, 8)) == SPLIT
    assert calendar.hours(date(2026, 12, 5)) == (MORNING,)


def test_a_half_day_is_one_every_year_on_which_it_is_a_business_day() -> None:
    calendar = replace(PLAIN, half_days=(HalfDay(12, 24, (MORNING,)), HalfDay(12, 8, (MORNING,))))
    assert calendar.hours(date(2026, 12, 24)) == calendar.hours(date(2027, 12, 24)) == (MORNING,)
    assert calendar.hours(date(2026, 12, 8)) == ()
    assert replace(calendar, own_days=(OwnDay(date(2026, 12, 24), SPLIT),)).hours(date(2026, 12, 24)) == SPLIT


def test_a_year_whose_holidays_are_not_known_is_not_guessed() -> None:
    for day in (date(2025, 12, 31), date(2028, 1, 1)):
        with pytest.raises(CalendarEnds, match="plain knows no holidays"):
            PLAIN.hours(day)
    with pytest.raises(CalendarEnds):
        spend(PLAIN, "business_days", _at("2027-12-31T12:00"), TWO_DAYS)
    with pytest.raises(CalendarEnds):
        spend(replace(PLAIN, week=((),) * 7), "office_hours", _at("2026-12-31T12:00"), TWO_DAYS)


def test_calendars_that_count_differently_have_different_versions() -> None:
    others = (
        replace(PLAIN, zone="Europe/Madrid"),
        replace(PLAIN, week=(SPLIT,) * 6 + ((),)),
        replace(PLAIN, holidays=()),
        replace(PLAIN, own_days=(OwnDay(date(2026, 12, 7), ()),)),
        replace(PLAIN, half_days=(HalfDay(12, 24, (MORNING,)),)),
        replace(PLAIN, last_year=2028),
    )
    assert len({one.version for one in (PLAIN, *others)}) == 7
    assert replace(PLAIN).version == PLAIN.version
    assert len(PLAIN.version) == 12


def test_a_calendar_can_be_kept_as_text_and_is_the_same_again() -> None:
    full = replace(PLAIN, own_days=(OwnDay(date(2026, 12, 7), ()),), half_days=(HalfDay(12, 24, (MORNING,)),))
    read: Calendar = from_json(to_json(full), Calendar)
    assert (read, read.version) == (full, full.version)


# What is counted


def test_the_lunch_break_and_closed_days_do_not_count_in_office_hours() -> None:
    parts = spend(PLAIN, "office_hours", _at("2026-12-04T12:00"), timedelta(hours=10))
    assert [(part.start, part.end, part.counted) for part in parts] == [
        (_at("2026-12-04T12:00"), _at("2026-12-04T13:00"), timedelta(hours=1)),
        (_at("2026-12-04T14:00"), _at("2026-12-04T18:00"), timedelta(hours=4)),
        (_at("2026-12-07T09:00"), _at("2026-12-07T13:00"), timedelta(hours=4)),
        (_at("2026-12-07T14:00"), _at("2026-12-07T15:00"), timedelta(hours=1)),
    ]


def test_a_start_when_the_break_begins_counts_from_its_end() -> None:
    (part,) = spend(PLAIN, "office_hours", _at("2026-12-04T13:00"), timedelta(hours=1))
    assert part.start == _at("2026-12-04T14:00")


def test_a_half_day_is_a_whole_one_in_business_days_and_its_hours_in_office_hours() -> None:
    calendar = replace(PLAIN, half_days=(HalfDay(12, 24, (MORNING,)),))
    assert _due(calendar, "business_days", "2026-12-23T15:00", 24) == _at("2026-12-24T15:00")
    # 3 hours on the 23rd, 4 on the 24th; the 25th is a Friday like others here.
    assert _due(calendar, "office_hours", "2026-12-23T15:00", 8) == _at("2026-12-25T10:00")


def test_a_budget_that_ends_with_a_day_ends_at_midnight_before_what_is_closed() -> None:
    assert _due(PLAIN, "business_days", "2026-12-03T00:00") == _at("2026-12-05T00:00")
    assert _due(PLAIN, "business_days", "2026-12-05T11:00", 24) == _at("2026-12-08T00:00")
    assert _due(PLAIN, "business_days", "2026-12-03T00:01") == _at("2026-12-07T00:01")
    assert _due(PLAIN, "office_hours", "2026-12-03T09:00", 16) == _at("2026-12-04T18:00")


def test_no_budget_is_used_up_by_nothing() -> None:
    assert spend(PLAIN, "business_days", _at("2026-12-03T00:00"), timedelta(0)) == ()


@pytest.mark.parametrize(
    ("mode", "start", "hours", "due"),
    [
        # Saturday 4 April has 25 hours: one of them is not counted by the day, all by the office.
        ("business_days", "2026-04-05T02:00:00Z", 24, "2026-04-06T03:00:00Z"),
        ("office_hours", "2026-04-05T02:00:00Z", 24, "2026-04-06T02:00:00Z"),
        ("business_days", "2026-04-04T03:00:00Z", 24, "2026-04-05T04:00:00Z"),
        ("office_hours", "2026-04-04T03:00:00Z", 25, "2026-04-05T04:00:00Z"),
        # In its last hour, which is shown a second time, nothing is left to count of the day.
        ("business_days", "2026-04-05T03:30:00Z", 1, "2026-04-05T05:00:00Z"),
        ("office_hours", "2026-04-05T03:30:00Z", 1, "2026-04-05T04:30:00Z"),
        # Sunday 6 September begins at 01:00.
        ("business_days", "2026-09-05T04:00:00Z", 24, "2026-09-06T04:00:00Z"),
        ("business_days", "2026-09-05T04:30:00Z", 24, "2026-09-06T04:00:00Z"),
        ("business_days", "2026-09-06T04:00:00Z", 24, "2026-09-07T04:00:00Z"),
        ("office_hours", "2026-09-05T04:30:00Z", 24, "2026-09-06T04:30:00Z"),
    ],
)
def test_open_days_on_which_clocks_are_changed(mode: Mode, start: str, hours: int, due: str) -> None:
    parts = spend(NEVER_CLOSED, mode, parse_instant(start), timedelta(hours=hours))
    assert parts[-1].end == parse_instant(due)


def test_the_hour_that_madrid_repeats_on_an_open_sunday() -> None:
    saturday = _at("2026-10-24T12:00", MADRID.zone)
    assert spend(MADRID, "business_days", saturday, TWO_DAYS)[-1].end - saturday == timedelta(hours=49)
    assert spend(MADRID, "office_hours", saturday, TWO_DAYS)[-1].end - saturday == TWO_DAYS


@pytest.mark.parametrize(("mode", "hours"), [("business_days", 12), ("office_hours", 13)])
def test_until_noon_of_that_sunday_thirteen_hours_passed_and_twelve_of_the_day(
    mode: Mode, hours: int
) -> None:
    parts = spend(MADRID, mode, _at("2026-10-25T00:00", MADRID.zone), timedelta(hours=20))
    noon = cut(parts, mode, MADRID.zone, _at("2026-10-25T12:00", MADRID.zone))
    assert counted(noon) == timedelta(hours=hours)


def test_what_begins_at_the_cut_is_not_before_it() -> None:
    parts = spend(PLAIN, "business_days", _at("2026-12-04T12:00"), TWO_DAYS)
    assert cut(parts, "business_days", PLAIN.zone, parts[1].start) == parts[:1]


@pytest.mark.parametrize("mode", ["business_days", "office_hours"])
@pytest.mark.parametrize(
    ("calendar", "change"),
    [
        (NEVER_CLOSED, "2026-04-05T03:00Z"),
        (NEVER_CLOSED, "2026-09-06T04:00Z"),
        (MADRID, "2026-03-29T01:00Z"),
        (MADRID, "2026-10-25T01:00Z"),
    ],
)
@pytest.mark.parametrize("hours", [1, 24])
def test_who_asks_a_minute_later_is_not_due_earlier_while_clocks_are_changed(
    calendar: Calendar, change: str, mode: Mode, hours: int
) -> None:
    starts = [parse_instant(change) + timedelta(minutes=minutes) for minutes in range(-1600, 180)]
    dues = [spend(calendar, mode, start, timedelta(hours=hours))[-1].end for start in starts]
    assert dues == sorted(dues)
    assert all(due > start for due, start in zip(dues, starts, strict=True))


# What segments tell

STARTS = st.datetimes(datetime(2026, 1, 2), datetime(2027, 6, 1), timezones=st.just(UTC))
BUDGETS = st.timedeltas(timedelta(microseconds=1), timedelta(hours=200))
MODES: st.SearchStrategy[Mode] = st.sampled_from(("business_days", "office_hours"))
CALENDARS = st.sampled_from((PLAIN, NEVER_CLOSED, MADRID))


@given(CALENDARS, MODES, STARTS, BUDGETS)
def test_segments_follow_each_other_and_add_up_to_the_budget(
    calendar: Calendar, mode: Mode, start: datetime, budget: timedelta
) -> None:
    parts = spend(calendar, mode, start, budget)
    assert counted(parts) == budget
    edges = [start, *(edge for part in parts for edge in (part.start, part.end))]
    assert edges == sorted(edges)
    assert all(edge.tzinfo is UTC for edge in edges)
    assert all(part.counted > timedelta(0) for part in parts)


@given(CALENDARS, MODES, STARTS, BUDGETS, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_what_is_cut_off_is_what_the_rest_takes_from_there_on(
    calendar: Calendar, mode: Mode, start: datetime, budget: timedelta, later: timedelta
) -> None:
    parts, at = spend(calendar, mode, start, budget), start + later
    before = cut(parts, mode, calendar.zone, at)
    rest = spend(calendar, mode, at, budget - counted(before))
    assert timedelta(0) <= counted(before) <= budget
    assert (*before, *rest)[-1].end == parts[-1].end
