"""Promises counted: how each stands, groups, and times of first answers as whole minutes (R7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.business import Calendar, Opening
from chalicelib.tickets.figures import Group, Kept, Standing, Times, groups, standing, times
from chalicelib.tickets.rules import Kind
from chalicelib.tickets.sla import Clock, Policy, answered, paused, resumed, started

CALENDAR = Calendar("cl", "America/Santiago", ((Opening(540, 1080),),) * 5 + ((), ()), (), 2026, 2028)
MINUTES = st.lists(st.integers(0, 100_000), min_size=1)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}-03:00")


CLOCK = started(Policy(), CALENDAR, _at("06T15:00"))
IN_TIME, LATE = _at("09T12:00"), _at("10T15:00")


@pytest.mark.parametrize(
    ("clock", "is_over", "now", "expected"),
    [
        (CLOCK, False, IN_TIME, "running"),
        (CLOCK, False, LATE, "breached"),
        (answered(CLOCK, IN_TIME), False, LATE, "met"),
        (answered(CLOCK, IN_TIME), True, LATE, "met"),
        (answered(CLOCK, LATE), True, LATE, "breached"),
        (paused(CLOCK, IN_TIME), False, LATE, "running"),
        (paused(CLOCK, IN_TIME), True, LATE, "unanswered"),
        (paused(CLOCK, LATE), True, LATE, "breached"),
        (resumed(paused(CLOCK, IN_TIME), CALENDAR, LATE), False, LATE + timedelta(hours=1), "running"),
    ],
)
def test_a_promise_is_met_or_breached_runs_or_was_never_answered(
    clock: Clock, is_over: bool, now: datetime, expected: Standing
) -> None:
    assert standing(clock, is_over, now) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([], None),
        ([7], Times(1, 7, 7, 7)),
        ([1, 2], Times(2, 2, 2, 2)),
        ([1, 1, 2], Times(3, 1, 1, 2)),
        ([*range(10, 110, 10)], Times(10, 55, 55, 90)),
        ([*range(10, 120, 10)], Times(11, 60, 60, 100)),
        ([0, 0, 0, 0, 2880], Times(5, 576, 0, 2880)),
    ],
)
def test_times_are_whole_minutes(minutes: list[int], expected: Times | None) -> None:
    assert times(minutes) == expected
    assert times(minutes[::-1]) == expected


@given(MINUTES)
def test_mean_and_median_are_off_by_half_a_minute_at_most_and_nine_tenths_took_no_longer(
    minutes: list[int],
) -> None:
    found = times(minutes)
    assert found is not None
    assert abs(found.mean - Fraction(sum(minutes), len(minutes))) <= Fraction(1, 2)
    below = [one for one in minutes if one <= found.p90]
    assert 10 * len(below) >= 9 * len(minutes)
    assert 10 * len([one for one in minutes if one < found.p90]) < 9 * len(minutes)
    assert min(minutes) <= found.median <= max(minutes)


def test_groups_are_by_month_kind_and_cause_and_those_who_were_not_answered_have_no_time() -> None:
    price: tuple[str, Kind, str] = ("2026-10", "cancel_contract", "price")
    counted = groups(
        [
            Kept("2026-11", "support", None, "running", None),
            Kept(*price, "breached", 3000),
            Kept(*price, "met", 60),
            Kept(*price, "breached", None),
            Kept("2026-10", "cancel_contract", None, "unanswered", None),
        ]
    )
    none: dict[Standing, int] = {"met": 0, "breached": 0, "running": 0, "unanswered": 0}
    assert counted == (
        Group("2026-10", "cancel_contract", None, {**none, "unanswered": 1}, None),
        Group(*price, {**none, "met": 1, "breached": 2}, Times(2, 1530, 1530, 3000)),
        Group("2026-11", "support", None, {**none, "running": 1}, None),
    )
    assert groups([]) == ()
