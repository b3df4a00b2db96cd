"""When 48 business hours are over, by the calendars of Chile, Spain and Brazil (R7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.business import Calendar, Mode, spend
from chalicelib.kernel.clock import local_date, local_time
from chalicelib.tickets.calendars import Definition
from chalicelib.tickets.public_holidays import make_calendar

BUDGET = timedelta(hours=48)
DEFINITIONS = {
    "CL": Definition("cl", "America/Santiago", "CL"),
    "ES": Definition("es", "Europe/Madrid", "ES"),
    "ES Madrid": Definition("es-md", "Europe/Madrid", "ES", "MD"),
    "ES Catalonia": Definition("es-ct", "Europe/Madrid", "ES", "CT"),
    "BR": Definition("br", "America/Sao_Paulo", "BR"),
    "BR São Paulo": Definition("br-sp", "America/Sao_Paulo", "BR", "SP"),
    "BR Carnival": Definition("br-carnival", "America/Sao_Paulo", "BR", carnival=True),
}


CALENDARS = {name: make_calendar(definition) for name, definition in DEFINITIONS.items()}


def _due(calendar: Calendar, mode: Mode, start: datetime) -> datetime:
    return spend(calendar, mode, start, BUDGET)[-1].end


@pytest.mark.parametrize(
    ("name", "mode", "start", "due"),
    [
        ("CL", "business_days", "2026-11-06T15:00-03:00", "2026-11-10T15:00-03:00"),
        ("CL", "office_hours", "2026-11-06T15:00-03:00", "2026-11-13T18:00-03:00"),
        ("CL", "business_days", "2026-11-07T11:00-03:00", "2026-11-11T00:00-03:00"),
        # 18 and 19 September are holidays.
        ("CL", "business_days", "2026-09-17T16:00-03:00", "2026-09-22T16:00-03:00"),
        # Clocks are put forward on Sunday, at midnight: 95 hours.
        ("CL", "business_days", "2026-09-04T17:00-04:00", "2026-09-08T17:00-03:00"),
        ("ES Madrid", "business_days", "2026-12-04T18:00+01:00", "2026-12-10T18:00+01:00"),
        ("ES Catalonia", "business_days", "2026-12-04T18:00+01:00", "2026-12-09T18:00+01:00"),
        # Clocks are put back on Sunday: 97 hours.
        ("ES", "business_days", "2026-10-23T12:00+02:00", "2026-10-27T12:00+01:00"),
        ("BR São Paulo", "business_days", "2026-11-19T10:00-03:00", "2026-11-24T10:00-03:00"),
        ("BR", "business_days", "2026-02-13T15:00-03:00", "2026-02-17T15:00-03:00"),
        ("BR Carnival", "business_days", "2026-02-13T15:00-03:00", "2026-02-19T15:00-03:00"),
        # Over Holy Week and the day of 25 hours.
        ("CL", "business_days", "2026-04-02T20:00-03:00", "2026-04-07T20:00-04:00"),
        ("CL", "office_hours", "2026-04-02T17:00-03:00", "2026-04-13T11:00-04:00"),
        # A start in the midnight that is not there, on Sunday.
        ("CL", "business_days", "2026-09-06T04:00Z", "2026-09-09T00:00-03:00"),
    ],
)
def test_48_business_hours_are_over(name: str, mode: Mode, start: str, due: str) -> None:
    found = _due(CALENDARS[name], mode, datetime.fromisoformat(start))
    expected = datetime.fromisoformat(due)
    assert found == expected
    assert local_time(found, CALENDARS[name].zone).utcoffset() == expected.utcoffset()


def test_real_hours_differ_where_clocks_are_changed() -> None:
    start = datetime.fromisoformat("2026-09-04T17:00-04:00")
    assert _due(CALENDARS["CL"], "business_days", start) - start == timedelta(hours=95)
    start = datetime.fromisoformat("2026-10-23T12:00+02:00")
    assert _due(CALENDARS["ES"], "business_days", start) - start == timedelta(hours=97)


NAMES = st.sampled_from(sorted(DEFINITIONS))
MODES: st.SearchStrategy[Mode] = st.sampled_from(("business_days", "office_hours"))
STARTS = st.datetimes(datetime(2024, 1, 1), datetime(2034, 12, 31), timezones=st.just(UTC))
MOMENT = timedelta(microseconds=1)


@given(NAMES, MODES, STARTS, st.timedeltas(timedelta(0), timedelta(days=7)))
def test_who_asks_later_is_not_due_earlier(name: str, mode: Mode, start: datetime, later: timedelta) -> None:
    calendar = CALENDARS[name]
    assert _due(calendar, mode, start) <= _due(calendar, mode, start + later)


@given(NAMES, MODES, STARTS, st.timedeltas(MOMENT, timedelta(hours=200)))
def test_nothing_is_due_on_a_day_that_is_no_business_day_but_at_its_very_beginning(
    name: str, mode: Mode, start: datetime, budget: timedelta
) -> None:
    calendar = CALENDARS[name]
    due = spend(calendar, mode, start, budget)[-1].end
    assert calendar.is_business_day(local_date(due - MOMENT, calendar.zone))
    if not calendar.is_business_day(local_date(due, calendar.zone)):
        assert local_time(due, calendar.zone).time().isoformat() == "00:00:00"


@given(NAMES, STARTS)
def test_whole_business_days_keep_the_time_of_day(name: str, start: datetime) -> None:
    calendar = CALENDARS[name]
    wall = local_time(start, calendar.zone)
    kept = wall.time() if calendar.is_business_day(wall.date()) else datetime.min.time()
    assert local_time(_due(calendar, "business_days", start), calendar.zone).time() == kept
