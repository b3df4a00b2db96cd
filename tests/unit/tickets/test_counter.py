"""The product and a clerk who counts minutes agree on 10,000 due instants (R7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from chalicelib.kernel.business import Calendar, Mode, elapsed, spend
from chalicelib.tickets.calendars import OFFICE, WEEKDAYS, YEARS, Definition, calendar_of
from chalicelib.tickets.public_holidays import make_calendar
from chalicelib.tickets.sla import Policy, answered, paused, resumed, started, taken
from tests.unit.tickets.counter import BEGIN, END, Sign, Tally, always, desk, five_days, siesta, six_days

# Of each of twelve clerks: 12,000 in all.
CASES = 1000
SIESTA = {day: "09:00-13:00 16:30-20:00" for day in WEEKDAYS[:5]} | {"sat": "10:00-14:00"}
PLACES = {
    "CL": Definition("cl", "America/Santiago", "CL"),
    "BR-SP": Definition("br", "America/Sao_Paulo", "BR", "SP"),
    "ES-CT": Definition("es", "Europe/Madrid", "ES", "CT"),
}


def _due(calendar: Calendar, mode: Mode, start: datetime, minutes: int) -> datetime:
    return spend(calendar, mode, start, timedelta(minutes=minutes))[-1].end


def _disagreements(
    calendar: Calendar, mode: Mode, tally: Tally, random: Random
) -> list[tuple[datetime, int, datetime, datetime]]:
    span = (END - BEGIN - timedelta(days=90)) // timedelta(minutes=1)
    found = []
    for _ in range(CASES):
        start = BEGIN + timedelta(days=4, minutes=random.randrange(span))
        minutes = random.choice((48 * 60, 48 * 60, 36 * 60, random.randrange(1, 72 * 60)))
        due = _due(calendar, mode, start, minutes)
        if due != (told := tally.due(start, minutes)):
            found.append((start, minutes, due, told))
    return found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("mode", "week", "sign"),
    [
        ("business_days", OFFICE, five_days),
        ("business_days", SIESTA, six_days),
        ("office_hours", OFFICE, desk),
        ("office_hours", SIESTA, siesta),
    ],
)
def test_a_clerk_who_counts_minutes_comes_to_the_same_instant(
    place: str, mode: Mode, week: Mapping[str, str], sign: Sign
) -> None:
    definition = replace(PLACES[place], week=week)
    tally = Tally(definition.zone, place, sign, real=mode == "office_hours")
    assert _disagreements(make_calendar(definition), mode, tally, Random(f"{place} {sign.__name__}")) == []


@pytest.mark.parametrize("mode", ["business_days", "office_hours"])
def test_the_clerk_agrees_too_on_sundays_on_which_clocks_are_changed(mode: Mode) -> None:
    open_always = Definition("es", "Europe/Madrid", "ES", week=dict.fromkeys(WEEKDAYS, "00:00-24:00"))
    tally = Tally("Europe/Madrid", "none", always, real=mode == "office_hours")
    calendar = calendar_of(open_always, frozenset(), YEARS)
    around = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]
    starts = [one + timedelta(minutes=minutes) for one in around for minutes in range(-180, 180)]
    cases = [(start, minutes) for start in starts for minutes in (1, 59, 60, 61, 90, 24 * 60)]
    differing = {
        (_due(calendar, mode, *case), tally.due(*case))
        for case in cases
        if _due(calendar, mode, *case) != tally.due(*case)
    }
    # What is due at three is due when clocks show three; the clerk is done when it is three the first time.
    three = datetime(2026, 10, 25, 2, tzinfo=UTC)
    assert differing == ({(three, three - timedelta(hours=1))} if mode == "business_days" else set())


@pytest.mark.parametrize(("mode", "sign"), [("business_days", five_days), ("office_hours", desk)])
def test_a_clerk_who_puts_the_tally_away_during_pauses_comes_to_the_same_instant(
    mode: Mode, sign: Sign
) -> None:
    tally = Tally("America/Santiago", "CL", sign, real=mode == "office_hours")
    calendar, random = make_calendar(PLACES["CL"]), Random(mode)
    for _ in range(CASES):
        resumption = BEGIN + timedelta(days=4, minutes=random.randrange(300 * 24 * 60))
        clock, left = started(Policy(timedelta(hours=48), mode), calendar, resumption), 48 * 60
        for _ in range(random.randrange(5)):
            pause = resumption + timedelta(minutes=random.randrange(24 * 60))
            left -= tally.between(resumption, pause)
            clock = paused(clock, pause)
            assert clock.last.left == timedelta(minutes=max(left, 0))
            resumption = pause + timedelta(minutes=random.randrange(7 * 24 * 60))
            clock = resumed(clock, calendar, resumption)
        if left > 0:
            assert clock.due_at == tally.due(resumption, left)


def test_a_clerk_with_another_list_of_holidays_disagrees() -> None:
    tally = Tally("America/Santiago", "none", five_days, real=False)
    assert _disagreements(make_calendar(PLACES["CL"]), "business_days", tally, Random("CL"))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("mode", "week", "sign"),
    [
        ("business_days", OFFICE, five_days),
        ("office_hours", OFFICE, desk),
        ("office_hours", SIESTA, siesta),
    ],
)
def test_the_time_between_two_instants_is_what_the_clerk_counts_also_of_late_answers_and_their_pauses(
    place: str, mode: Mode, week: Mapping[str, str], sign: Sign
) -> None:
    definition = replace(PLACES[place], week=week)
    tally = Tally(definition.zone, place, sign, real=mode == "office_hours")
    calendar, random = make_calendar(definition), Random(f"{place} {sign.__name__}")
    for _ in range(CASES // 4):
        at = BEGIN + timedelta(days=4, minutes=random.randrange(300 * 24 * 60))
        clock, counted = started(Policy(timedelta(hours=random.randrange(1, 48)), mode), calendar, at), 0
        for step in ("pause", "resume", "pause", "resume", "answer"):
            before, at = at, at + timedelta(minutes=random.randrange(4 * 24 * 60))
            passed = tally.between(before, at)
            assert elapsed(calendar, mode, before, at) == timedelta(minutes=passed)
            if step == "resume":
                clock = resumed(clock, calendar, at)
                continue
            counted += passed
            assert taken(clock, calendar, at) == timedelta(minutes=counted)
            clock = (paused if step == "pause" else answered)(clock, at)
        assert taken(clock, calendar, at + timedelta(days=9)) == timedelta(minutes=counted)
