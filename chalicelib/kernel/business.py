"""Business time: which days and hours count, and when so much of it has been counted (R7, B9).

A budget of 48 hours is read in one of two modes:

`business_days`: two business days of 24 hours, whatever the opening hours are. The time of day is kept and
business days are advanced; a start on another day counts from the first instant of the next business day.
A day is worth 24 hours also where clocks are changed in it.
`office_hours`: only real time within the opening hours of business days counts.

Counting ends at the first instant at which the budget is used up. Where that is 00:00 of a day, the time was
up with the end of the business day before, and the day itself, business day or not, is not touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import takewhile
from typing import Literal

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.plain import to_json
from chalicelib.kernel.walls import reached, shown

Mode = Literal["business_days", "office_hours"]
DAY = timedelta(days=1)
NOTHING = timedelta(0)

# From and until, on the same axis: wall times, or instants in UTC.
Span = tuple[datetime, datetime]


class CalendarEnds(ValueError):
    """A day lies in a year whose holidays a calendar does not know."""


@dataclass(frozen=True)
class Opening:
    """Opening hours without a break, in minutes of the day: 9:00 to 24:00 is `Opening(540, 1440)`."""

    opens: int
    closes: int


Hours = tuple[Opening, ...]


@dataclass(frozen=True)
class OwnDay:
    """The company's word on one date, above weekday and holidays: its opening hours, or none."""

    date: date
    hours: Hours


@dataclass(frozen=True)
class HalfDay:
    """Other hours on a day of every year, if it is a business day at all."""

    month: int
    day: int
    hours: Hours


@dataclass(frozen=True)
class Calendar:
    """The business days of a company and their opening hours.

    `week` has the hours of seven weekdays from Monday on; a day without any is not a business day, nor are
    the `holidays`, known for all of the years from `first_year` to `last_year`.
    """

    id: str
    zone: str
    week: tuple[Hours, ...]
    holidays: tuple[date, ...]
    first_year: int
    last_year: int
    own_days: tuple[OwnDay, ...] = ()
    half_days: tuple[HalfDay, ...] = ()

    @cached_property
    def version(self) -> str:
        """A digest of all that decides: two calendars of one version count alike."""
        return hashlib.sha256(to_json(self).encode()).hexdigest()[:12]

    def hours(self, day: date) -> Hours:
        """The opening hours of a date, none if it is not a business day; `CalendarEnds`."""
        if not self.first_year <= day.year <= self.last_year:
            raise CalendarEnds(f"the calendar {self.id} knows no holidays of {day.year}")
        if (own := self._own.get(day)) is not None:
            return own
        usual = self.week[day.weekday()]
        if not usual or day in self._closed:
            return ()
        return self._half.get((day.month, day.day), usual)

    def is_business_day(self, day: date) -> bool:
        """Whether a date counts; `CalendarEnds`."""
        return bool(self.hours(day))

    @cached_property
    def _closed(self) -> frozenset[date]:
        return frozenset(self.holidays)

    @cached_property
    def _own(self) -> dict[date, Hours]:
        return {one.date: one.hours for one in self.own_days}

    @cached_property
    def _half(self) -> dict[tuple[int, int], Hours]:
        return {(one.month, one.day): one.hours for one in self.half_days}


@dataclass(frozen=True)
class Segment:
    """Business time without a break: `counted` is what it is worth, `start` and `end` are in UTC."""

    start: datetime
    end: datetime
    counted: timedelta


def spend(calendar: Calendar, mode: Mode, start: datetime, budget: timedelta) -> tuple[Segment, ...]:
    """The segments, at most one for each opening, that from `start` on add up to a budget; `CalendarEnds`.

    The end of the last one is when the budget is used up. No budget is used up by nothing.
    """
    if mode == "office_hours":
        spans = _fill(_openings(calendar, start), start.astimezone(UTC), budget)
        return tuple(Segment(first, last, last - first) for first, last in spans)
    walls = _fill(_days(calendar, start), shown(start, calendar.zone), budget)
    zone = calendar.zone
    return tuple(Segment(reached(first, zone), reached(last, zone), last - first) for first, last in walls)


def elapsed(calendar: Calendar, mode: Mode, start: datetime, end: datetime) -> timedelta:
    """The business time between two instants; `CalendarEnds`."""
    if mode == "office_hours":
        return _within(_openings(calendar, start), start, end)
    return _within(_days(calendar, start), shown(start, calendar.zone), shown(end, calendar.zone))


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """The first instant from `at` on at which somebody is there, in UTC; `CalendarEnds`."""
    return next(max(opens, at) for opens, closes in _openings(calendar, at) if closes > at).astimezone(UTC)


def cut(segments: Iterable[Segment], mode: Mode, zone: str, at: datetime) -> tuple[Segment, ...]:
    """What of some segments lies before an instant, each worth what it was by then."""
    return tuple(one if one.end <= at else _until(one, mode, zone, at) for one in segments if one.start < at)


def counted(segments: Iterable[Segment]) -> timedelta:
    """The business time of segments together."""
    return sum((one.counted for one in segments), NOTHING)


def _until(one: Segment, mode: Mode, zone: str, at: datetime) -> Segment:
    passed = at - one.start if mode == "office_hours" else shown(at, zone) - shown(one.start, zone)
    return Segment(one.start, at.astimezone(UTC), passed)


def _fill(spans: Iterator[Span], start: datetime, budget: timedelta) -> Iterator[Span]:
    """The first parts of spans, from `start` on, that are as long as a budget together."""
    while budget > NOTHING:
        opens, closes = next(spans)
        first = max(opens, start)
        if first < closes:
            last = min(closes, first + budget)
            yield first, last
            budget -= last - first


def _within(spans: Iterator[Span], start: datetime, end: datetime) -> timedelta:
    """How much of spans lies between `start` and `end`."""
    reaching = takewhile(lambda span: span[0] < end, spans)
    parts = (min(closes, end) - max(opens, start) for opens, closes in reaching)
    return sum((part for part in parts if part > NOTHING), NOTHING)


def _days(calendar: Calendar, start: datetime) -> Iterator[Span]:
    """Business days, as wall times."""
    for day in _dates(shown(start, calendar.zone).date()):
        if calendar.is_business_day(day):
            yield _wall(day, 0), _wall(day, 1440)


def _openings(calendar: Calendar, start: datetime) -> Iterator[Span]:
    """Opening hours, as instants."""
    for day in _dates(local_date(start, calendar.zone)):
        for one in calendar.hours(day):
            yield (
                reached(_wall(day, one.opens), calendar.zone),
                reached(_wall(day, one.closes), calendar.zone),
            )


def _dates(day: date) -> Iterator[date]:
    while True:
        yield day
        day += DAY


def _wall(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)
