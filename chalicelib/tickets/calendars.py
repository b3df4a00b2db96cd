"""How a business calendar is written down, and what can be wrong with that.

A definition is made of texts, as they stand in a document:
`{"id": "cl", "zone": "America/Santiago", "country": "CL", "week": {"mon": "09:00-13:00 14:00-18:00", …},
"own_days": {"2026-12-24": ""}, "half_days": {"12-31": "09:00-13:00"}}`.
Own days are closed (`""`) or opened by the company, whatever weekday and law say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from chalicelib.kernel.business import DAY, Calendar, HalfDay, Hours, Opening, OwnDay
from chalicelib.kernel.errors import FieldError, Invalid, pointer_step
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.walls import is_zone

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPENING = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)", re.ASCII)
NAME = re.compile(r"[\w-]{1,64}", re.ASCII)
# Any leap year: a half day may be 29 February.
LEAP = 2000
# The last year of most countries' rules is 2099 or 2100. These stay: with other years, all versions change.
YEARS = range(2020, 2100)
OFFICE = {day: "09:00-18:00" for day in WEEKDAYS[:5]}


@dataclass(frozen=True)
class Definition:
    """A calendar in texts; `region` is a state or community, `carnival` closes its Monday and Tuesday."""

    id: str
    zone: str
    country: str
    region: str | None = None
    carnival: bool = False
    week: Mapping[str, str] = field(default_factory=lambda: OFFICE)
    own_days: Mapping[str, str] = field(default_factory=dict)
    half_days: Mapping[str, str] = field(default_factory=dict)


class CalendarNotValid(Invalid):
    """A definition that no calendar can be made of; `errors` names every faulty field."""

    code = "calendar_not_valid"


def faults(definition: Definition) -> Iterator[FieldError]:
    """Everything wrong with a definition that can be told without knowing the world's holidays."""
    if not NAME.fullmatch(definition.id):
        yield FieldError("/id", Fault("name.calendar"))
    if not is_zone(definition.zone):
        yield FieldError("/zone", Fault("zone", name=definition.zone))
    yield from _week_faults(definition.week)
    yield from _day_faults("own_days", definition.own_days, _date_fault)
    yield from _day_faults("half_days", definition.half_days, _day_of_year_fault)
    for name, text in definition.half_days.items():
        if not text.strip():
            yield FieldError(f"/half_days{pointer_step(name)}", Fault("hours.half_day"))


def calendar_of(definition: Definition, holidays: frozenset[date], years: range) -> Calendar:
    """The calendar of a definition without faults, closed on `holidays`, which are all of those `years`."""
    return Calendar(
        id=definition.id,
        zone=definition.zone,
        week=tuple(hours(definition.week.get(day, "")) for day in WEEKDAYS),
        holidays=tuple(sorted(holidays)),
        first_year=years[0],
        last_year=years[-1],
        own_days=tuple(
            OwnDay(date.fromisoformat(day), hours(text)) for day, text in sorted(definition.own_days.items())
        ),
        half_days=tuple(
            HalfDay(int(day[:2]), int(day[3:]), hours(text))
            for day, text in sorted(definition.half_days.items())
        ),
    )


def hours(text: str) -> Hours:
    """`"09:00-13:00 14:00-18:00"` as opening hours, in order; `Fault`. Nothing is no hours."""
    found = tuple(_opening(word) for word in text.split())
    if any(one.closes <= one.opens for one in found):
        raise Fault("hours.order")
    if any(before.closes > after.opens for before, after in pairwise(found)):
        raise Fault("hours.overlap")
    return found


def written(those: Hours) -> str:
    """Opening hours as `hours` reads them."""
    return " ".join(f"{_clock(one.opens)}-{_clock(one.closes)}" for one in those)


def unusual_days(calendar: Calendar, year: int) -> Iterator[tuple[date, Hours]]:
    """The days of a year that are not as their weekday: holidays, half days and own days; `CalendarEnds`."""
    day = date(year, 1, 1)
    while day.year == year:
        if (found := calendar.hours(day)) != calendar.week[day.weekday()]:
            yield day, found
        day += DAY


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _opening(word: str) -> Opening:
    match = OPENING.fullmatch(word)
    if match is None:
        raise Fault("hours", text=word)
    opens, opens_at, closes, closes_at = (int(part or 0) for part in match.groups())
    return Opening(opens * 60 + opens_at, closes * 60 + closes_at if match[3] else 24 * 60)


def _week_faults(week: Mapping[str, str]) -> Iterator[FieldError]:
    yield from _day_faults("week", week, _weekday_fault)
    if not any(text.strip() for text in week.values()):
        yield FieldError("/week", Fault("hours.never"))


def _day_faults(
    name: str, days: Mapping[str, str], day_fault: Callable[[str], Fault | None]
) -> Iterator[FieldError]:
    for day, text in days.items():
        pointer = f"/{name}{pointer_step(day)}"
        if fault := day_fault(day):
            yield FieldError(pointer, fault)
        try:
            hours(text)
        except Fault as fault:
            yield FieldError(pointer, fault)


def _weekday_fault(text: str) -> Fault | None:
    return None if text in WEEKDAYS else Fault("day", day=text, days=", ".join(WEEKDAYS))


def _date_fault(text: str) -> Fault | None:
    return None if _is_date(text) else Fault("day.date", day=text)


def _day_of_year_fault(text: str) -> Fault | None:
    return None if _is_date(f"{LEAP}-{text}") else Fault("day.of_year", day=text)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
