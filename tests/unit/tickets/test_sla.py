"""The clock of a promise: pauses, what is left, and an instant that nothing moves afterwards (R7, B9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.business import Calendar, Opening, OwnDay, counted
from chalicelib.tickets.sla import (
    Clock,
    Entry,
    Pause,
    Policy,
    answered,
    paused,
    resumed,
    started,
    status,
    used,
)

WEEK = ((Opening(9 * 60, 18 * 60),),) * 5 + ((), ())
CALENDAR = Calendar("cl", "America/Santiago", WEEK, (date(2026, 12, 8),), 2026, 2028)
OTHER = replace(CALENDAR, own_days=(OwnDay(date(2026, 11, 10), ()),))
HOUR = timedelta(hours=1)
OFFICE = Policy(timedelta(hours=9), "office_hours")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}-03:00")


START, DUE = _at("06T15:00"), _at("10T15:00")
CLOCK = started(Policy(), CALENDAR, START)


def _hours(clock: Clock, at: datetime) -> int:
    return used(clock, at) // HOUR


# The promise


def test_the_usual_promise_is_48_hours_of_business_days_at_risk_at_three_quarters() -> None:
    assert CLOCK.due_at == DUE
    assert CLOCK.at_risk_at == _at("10T03:00")
    assert [(one.start, one.end, one.counted // HOUR) for one in CLOCK.segments] == [
        (START, _at("07T00:00"), 9),
        (_at("09T00:00"), _at("10T00:00"), 24),
        (_at("10T00:00"), DUE, 15),
    ]
    assert CLOCK.ledger == (Entry("started", START, 48 * HOUR, DUE, "cl", CALENDAR.version),)
    assert (CLOCK.paused_since, CLOCK.answered_at, CLOCK.pauses) == (None, None, ())


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("06T15:00", "on_track"),
        ("10T02:59:59", "on_track"),
        ("10T03:00", "at_risk"),
        ("10T14:59:59", "at_risk"),
        ("10T15:00", "breached"),
        ("30T00:00", "breached"),
    ],
)
def test_a_promise_is_at_risk_at_three_quarters_and_broken_when_it_is_due(at: str, expected: str) -> None:
    assert status(CLOCK, _at(at)) == expected


def test_in_office_hours_the_budget_ends_with_the_day_and_not_with_the_next_morning() -> None:
    clock = started(OFFICE, CALENDAR, _at("06T09:00"))
    assert clock.due_at == _at("06T18:00")
    assert clock.at_risk_at == _at("06T15:45")


@pytest.mark.parametrize("percent", [1, 50, 100])
def test_the_share_at_which_a_promise_is_at_risk_is_part_of_the_policy(percent: int) -> None:
    policy = Policy(timedelta(hours=100), at_risk_percent=percent)
    clock = started(policy, CALENDAR, _at("09T00:00"))
    assert used(clock, clock.at_risk_at) == percent * HOUR


@pytest.mark.parametrize(
    "wrong", [{"budget": timedelta(seconds=59)}, {"at_risk_percent": 0}, {"at_risk_percent": 101}]
)
def test_a_promise_of_nothing_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no promise"):
        Policy(**wrong)


# Pauses


def test_while_the_customer_is_waited_for_nothing_is_counted_and_the_rest_is_kept() -> None:
    clock = paused(CLOCK, _at("09T06:00"))
    assert clock.paused_since == _at("09T06:00")
    assert clock.last.left == 33 * HOUR
    assert [one.counted // HOUR for one in clock.segments] == [9, 6]
    assert _hours(clock, _at("30T00:00")) == 15
    assert status(clock, _at("30T00:00")) == "on_track"
    assert clock.pauses == (Pause(_at("09T06:00"), None),)


def test_what_is_left_is_counted_from_the_resumption() -> None:
    clock = resumed(paused(CLOCK, _at("09T06:00")), CALENDAR, _at("12T10:00"))
    # 14 hours on Thursday, 19 on Friday; 21 of them are carefree.
    assert clock.due_at == _at("13T19:00")
    assert clock.at_risk_at == _at("13T07:00")
    assert [one.counted // HOUR for one in clock.segments] == [9, 6, 14, 19]
    assert clock.pauses == (Pause(_at("09T06:00"), _at("12T10:00")),)
    assert [(one.step, one.left // HOUR, one.due_at) for one in clock.ledger] == [
        ("started", 48, DUE),
        ("paused", 33, DUE),
        ("resumed", 33, clock.due_at),
    ]


def test_a_pause_in_closed_hours_costs_and_gives_nothing() -> None:
    clock = resumed(paused(CLOCK, _at("07T10:00")), CALENDAR, _at("08T20:00"))
    assert (clock.due_at, clock.at_risk_at) == (CLOCK.due_at, CLOCK.at_risk_at)


def test_a_promise_at_risk_stays_at_risk_through_a_pause() -> None:
    waiting = paused(CLOCK, _at("10T05:00"))
    assert status(waiting, _at("30T00:00")) == "at_risk"
    clock = resumed(waiting, CALENDAR, _at("12T10:00"))
    assert clock.at_risk_at == CLOCK.at_risk_at
    assert clock.due_at == _at("12T20:00")
    assert status(clock, _at("12T10:00")) == "at_risk"


def test_a_broken_promise_stays_broken_through_a_pause() -> None:
    waiting = paused(CLOCK, _at("10T16:00"))
    assert (waiting.last.left, status(waiting, _at("12T00:00"))) == (timedelta(0), "breached")
    clock = resumed(waiting, CALENDAR, _at("12T10:00"))
    assert (clock.due_at, status(clock, _at("12T10:00"))) == (DUE, "breached")


# Answers


@pytest.mark.parametrize(("at", "expected"), [("10T14:59:59", "met"), ("10T15:00", "breached")])
def test_an_answer_is_in_time_before_it_is_due(at: str, expected: str) -> None:
    clock = answered(CLOCK, _at(at))
    assert (clock.answered_at, status(clock, _at("30T00:00"))) == (_at(at), expected)
    assert (clock.segments, clock.due_at) == (CLOCK.segments, DUE)


def test_an_answer_tells_how_much_business_time_it_took() -> None:
    clock = answered(CLOCK, _at("09T10:00"))
    assert _hours(clock, _at("30T00:00")) == 19
    assert clock.last.left == 29 * HOUR


def test_an_answer_during_a_pause_is_in_time_however_late() -> None:
    clock = answered(paused(CLOCK, _at("09T06:00")), _at("25T06:00"))
    assert status(clock, _at("25T06:00")) == "met"
    assert clock.pauses == (Pause(_at("09T06:00"), _at("25T06:00")),)
    assert status(answered(paused(CLOCK, DUE), DUE), DUE) == "breached"


# What moves nothing


def test_a_later_calendar_moves_no_promise_and_is_used_from_the_next_resumption_on() -> None:
    waiting = paused(CLOCK, _at("09T06:00"))
    assert waiting.due_at == DUE
    clock = resumed(waiting, OTHER, _at("09T06:00"))
    # The company closes on Tuesday now.
    assert clock.due_at == _at("11T15:00")
    assert [one.version for one in clock.ledger] == [CALENDAR.version, CALENDAR.version, OTHER.version]
    assert paused(clock, _at("10T12:00")).last.version == OTHER.version
    assert resumed(waiting, replace(OTHER, zone="Europe/Madrid"), _at("09T06:00")).zone == "Europe/Madrid"


@pytest.mark.parametrize(
    ("clock", "step"),
    [
        (paused(CLOCK, DUE), lambda clock: paused(clock, DUE + HOUR)),
        (CLOCK, lambda clock: resumed(clock, OTHER, DUE)),
        (answered(CLOCK, DUE), lambda clock: answered(clock, DUE + HOUR)),
        (answered(CLOCK, DUE), lambda clock: paused(clock, DUE + HOUR)),
        (answered(CLOCK, DUE), lambda clock: resumed(clock, OTHER, DUE + HOUR)),
        (answered(paused(CLOCK, START), DUE), lambda clock: resumed(clock, OTHER, DUE + HOUR)),
    ],
)
def test_a_step_that_changes_nothing_is_not_noted(clock: Clock, step: Callable[[Clock], Clock]) -> None:
    assert step(clock) is clock


def test_a_step_that_seems_earlier_than_the_last_one_comes_at_the_same_time() -> None:
    clock = paused(CLOCK, _at("09T06:00"))
    assert resumed(clock, CALENDAR, START).last.at == _at("09T06:00")
    assert answered(clock, START).answered_at == _at("09T06:00")
    assert paused(CLOCK, START - HOUR).last == Entry("paused", START, 48 * HOUR, DUE, "cl", CALENDAR.version)


# Any history

STARTS = st.datetimes(datetime(2026, 1, 2), datetime(2027, 6, 1), timezones=st.just(UTC))
WAITS = st.lists(st.timedeltas(timedelta(0), timedelta(days=4)), max_size=8)
POLICIES = st.builds(
    Policy,
    st.timedeltas(timedelta(minutes=1), timedelta(hours=90)),
    st.sampled_from(("business_days", "office_hours")),
    st.integers(1, 100),
)


@given(POLICIES, STARTS, WAITS)
def test_pauses_at_any_instants_keep_the_total_equal_to_the_budget(
    policy: Policy, at: datetime, waits: list[timedelta]
) -> None:
    clock = started(policy, CALENDAR, at)
    for number, wait in enumerate(waits, 1):
        at += wait
        clock = paused(clock, at) if clock.paused_since is None else resumed(clock, CALENDAR, at)
        whole = policy.budget - (clock.last.left if clock.paused_since else timedelta(0))
        assert counted(clock.segments) == whole
        assert len(clock.ledger) == number + 1
    assert all(one.left >= later.left for one, later in zip(clock.ledger, clock.ledger[1:], strict=False))
    edges = [edge for one in clock.segments for edge in (one.start, one.end)]
    assert edges == sorted(edges)


@given(POLICIES, STARTS, WAITS)
def test_a_pause_never_brings_the_promise_forward(
    policy: Policy, at: datetime, waits: list[timedelta]
) -> None:
    clock = started(policy, CALENDAR, at)
    for wait in waits:
        at += wait
        later = resumed(paused(clock, at), CALENDAR, at + wait)
        assert later.due_at >= clock.due_at
        assert later.due_at >= later.at_risk_at >= clock.at_risk_at
        clock, at = later, at + wait


@given(POLICIES, STARTS, st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), min_size=2, max_size=5))
def test_a_running_promise_only_gets_worse(policy: Policy, at: datetime, waits: list[timedelta]) -> None:
    clock = started(policy, CALENDAR, at)
    order = ["on_track", "at_risk", "breached"]
    found = [order.index(status(clock, at + sum(waits[:n], timedelta(0)))) for n in range(len(waits))]
    assert found == sorted(found)
