"""The vendor's service levels as they are kept, and what they promise to a ticket (R7, B9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache

from chalicelib.kernel.business import Calendar
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.events import SYSTEM, Actor, Change
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tickets import store
from chalicelib.tickets.calendars import CalendarNotValid
from chalicelib.tickets.levels import (
    CURRENT,
    Home,
    LevelsNotValid,
    ServiceLevels,
    faults,
    under,
    unkeepable,
    usual_levels,
)
from chalicelib.tickets.sla import Clock, started


def current(home: Home, now: datetime) -> ServiceLevels:
    """The service levels; the usual ones are made and kept by whoever asks first."""
    return store.find_levels() or change(usual_levels(home), SYSTEM, now, only_if_none=True)


def change(
    levels: ServiceLevels, actor: Actor, now: datetime, *, only_if_none: bool = False
) -> ServiceLevels:
    """Put other service levels in place of those there are; `LevelsNotValid` names every faulty field.

    Calendars are made anew, by the laws that are known now. No promise that was given moves.
    """
    made = _made(levels, now)

    def attempt() -> ServiceLevels:
        before = store.find_levels()
        if before and only_if_none:
            return before
        after = replace(
            levels,
            versions={one.id: one.version for one in made},
            version=before.version if before else None,
        )
        if after == before:
            return before
        writing = Transaction()
        writing.save(store.levels_row(after), *map(store.calendar_row, made))
        was = "in force" if before else None
        writing.audit(Change(CURRENT, None, "service levels changed", was, "in force", actor, now))
        writing.commit()
        return after

    return retrying(attempt)


class CalendarNotFound(NotFound):
    """No such calendar among the service levels in force."""

    code = "calendar_not_found"
    thing = {"en": "calendar", "es": "el calendario", "pt-BR": "o calendário"}


def calendar(id: str, home: Home, now: datetime) -> Calendar:
    """A calendar as it is in force. `CalendarNotFound`."""
    levels = current(home, now)
    if id not in levels.versions:
        raise CalendarNotFound(id=id)
    return _in_force(levels, id)


def started_clock(kind: str, priority: str, country: str, home: Home, now: datetime) -> Clock:
    """The promise to a new ticket of a customer of a country, from now on. `CalendarEnds`."""
    levels = current(home, now)
    kept = _in_force(levels, levels.calendar_id(country))
    return started(levels.read_policies().of(kind, priority), kept, now)


def calendar_of(clock: Clock, home: Home, now: datetime) -> Calendar:
    """What a promise goes on by: its calendar as it is by now, or as it was if there is none any more."""
    return calendar_under(current(home, now), clock)


def calendar_under(levels: ServiceLevels, clock: Clock) -> Calendar:
    """What a promise goes on by under the service levels in force; see `calendar_of`."""
    if clock.last.calendar in levels.versions:
        return _in_force(levels, clock.last.calendar)
    return promised_by(clock)


def promised_by(clock: Clock) -> Calendar:
    """The calendar that a promise was last counted by, as it was then."""
    return _calendar(clock.last.calendar, clock.last.version)


def _in_force(levels: ServiceLevels, id: str) -> Calendar:
    return _calendar(id, levels.versions[id])


@cache
def _calendar(id: str, version: str) -> Calendar:
    kept = store.find_calendar(id, version)
    if kept is None:
        raise LookupError(f"no calendar {id} {version}")
    return kept


def _made(levels: ServiceLevels, now: datetime) -> list[Calendar]:
    """The calendars of service levels, by which all their promises can be kept. `LevelsNotValid`."""
    # Imported where it is needed: see there.
    from chalicelib.tickets.public_holidays import make_calendar

    made, errors = [], [*faults(levels)]
    for at, definition in enumerate(levels.calendars):
        try:
            made.append(make_calendar(definition))
        except CalendarNotValid as refusal:
            errors += under(f"/calendars/{at}", refusal.errors)
    if errors := errors or [*unkeepable(levels, made, now)]:
        raise LevelsNotValid(errors=errors)
    return made
