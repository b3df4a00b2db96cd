"""Alerts of a promise: each once, never too early, never too late, whatever happens meanwhile (R7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.business import Calendar, Opening, next_opening
from chalicelib.tickets.alerts import (
    Alerts,
    Level,
    contact_of,
    level_due,
    next_alert_at,
    next_person_at,
    step_of,
    told,
)
from chalicelib.tickets.sla import RUNNING, Clock, Policy, answered, paused, resumed, started

WEEK = ((Opening(9 * 60, 13 * 60), Opening(14 * 60, 18 * 60)),) * 5 + ((), ())
CALENDAR = Calendar("cl", "America/Santiago", WEEK, (date(2026, 12, 8),), 2026, 2029)
HOUR, TICK = timedelta(hours=1), timedelta(minutes=5)
CONTACTS = ("first@example.com", "second@example.com", "third@example.com")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}-03:00")


# At risk on Tuesday at 3:00, due on the same day at 15:00.
CLOCK = started(Policy(), CALENDAR, _at("06T15:00"))
BREACHED = Alerts(breached_at=_at("10T15:00"), escalates_at=_at("12T15:00"))


@pytest.mark.parametrize(
    ("alerts", "at", "level"),
    [
        (Alerts(), "10T08:59:59", None),
        (Alerts(), "10T09:00", "at_risk"),
        (Alerts(at_risk_at=_at("10T09:00")), "10T14:59:59", None),
        (Alerts(at_risk_at=_at("10T09:00")), "10T15:00", "breached"),
        (Alerts(), "30T03:00", "breached"),
        (BREACHED, "12T14:59:59", None),
        (BREACHED, "12T15:00", "escalated"),
        (Alerts(breached_at=_at("10T15:00")), "30T03:00", None),
    ],
)
def test_the_alert_to_give_is_the_latest_that_is_due_and_was_not_given(
    alerts: Alerts, at: str, level: Level | None
) -> None:
    assert level_due(CLOCK, alerts, _at(at)) == level


def test_an_answer_at_risk_waits_for_somebody_to_be_there_and_an_overdue_one_does_not() -> None:
    night = started(Policy(48 * HOUR), CALENDAR, _at("06T03:00"))
    assert (night.due_at, next_alert_at(night, Alerts())) == (_at("10T03:00"), _at("09T15:00"))
    assert next_alert_at(night, Alerts(at_risk_at=_at("09T15:00"))) == _at("10T03:00")
    # Nobody is there between its being at risk, at 23:00, and its being overdue: only that is told.
    late = started(Policy(48 * HOUR, at_risk_percent=90), CALENDAR, _at("06T03:48"))
    assert next_alert_at(late, Alerts()) == late.due_at


@pytest.mark.parametrize("stop", [paused, answered])
def test_nobody_is_alerted_while_the_customer_is_waited_for_nor_after_the_answer(stop: Any) -> None:
    stopped = stop(CLOCK, _at("09T09:00"))
    assert next_alert_at(stopped, Alerts()) is None
    assert level_due(stopped, Alerts(), _at("30T00:00")) is None
    assert level_due(stop(CLOCK, _at("11T00:00")), BREACHED, _at("30T00:00")) is None


@pytest.mark.parametrize(
    ("alerts", "level", "step", "contact"),
    [
        (Alerts(), "at_risk", 0, CONTACTS[0]),
        (Alerts(), "breached", 0, CONTACTS[0]),
        (BREACHED, "escalated", 1, CONTACTS[1]),
        (replace(BREACHED, escalations=(_at("12T15:00"),)), "escalated", 2, CONTACTS[2]),
        # There were four people when this was promised.
        (replace(BREACHED, escalations=(_at("12T15:00"),) * 2), "escalated", 3, CONTACTS[2]),
    ],
)
def test_each_escalation_is_told_to_the_next_person(
    alerts: Alerts, level: Level, step: int, contact: str
) -> None:
    assert step_of(alerts, level) == step
    assert contact_of(CONTACTS, step) == contact


def test_the_next_person_is_told_when_another_budget_is_used_up_from_the_alert_on() -> None:
    # Two business days from a Friday; two days of eight hours.
    assert next_person_at(CLOCK, CALENDAR, _at("13T12:00")) == _at("17T12:00")
    office = started(Policy(16 * HOUR, "office_hours"), CALENDAR, _at("06T09:00"))
    assert next_person_at(office, CALENDAR, _at("13T12:00")) == _at("17T12:00")


# Whatever happens


@dataclass
class Desk:
    """A ticket's promise through a history; each alert is noted with when it was due."""

    clock: Clock
    alerts: Alerts = field(default_factory=Alerts)
    given: list[tuple[Level, datetime, datetime]] = field(default_factory=list)

    def tick(self, now: datetime) -> None:
        level, due_at = level_due(self.clock, self.alerts, now), next_alert_at(self.clock, self.alerts)
        if level is None:
            return
        assert due_at is not None
        more = step_of(self.alerts, level) + 1 < len(CONTACTS)
        self.given.append((level, now, due_at))
        self.alerts = told(
            self.alerts, level, now, next_person_at(self.clock, CALENDAR, now) if more else None
        )

    def act(self, what: str, now: datetime) -> None:
        if what == "pause":
            self.clock = paused(self.clock, now)
        elif what == "resume":
            self.clock = resumed(self.clock, CALENDAR, now)
        elif what == "answer":
            self.clock = answered(self.clock, now)


ACTS = st.sampled_from(["pause", "resume", "resume", "tick", "tick", "tick", "answer"])
HISTORIES = st.lists(st.tuples(ACTS, st.integers(0, 60 * 24 * 5)), max_size=25)
POLICIES = st.builds(
    Policy,
    st.integers(1, 60).map(lambda hours: hours * HOUR),
    st.sampled_from(["business_days", "office_hours"]),
    st.integers(1, 100),
)
STARTS = st.datetimes(datetime(2026, 8, 1), datetime(2027, 5, 1), timezones=st.just(UTC))


def _lived(policy: Policy, start: datetime, history: list[tuple[str, int]]) -> Iterator[tuple[Desk, str]]:
    desk, now = Desk(started(policy, CALENDAR, start)), start
    for what, minutes in history:
        now += timedelta(minutes=minutes)
        if what == "tick":
            desk.tick(now)
        else:
            desk.act(what, now)
        yield desk, what


@given(POLICIES, STARTS, HISTORIES)
def test_each_alert_is_given_once_in_order_and_never_before_its_instant(
    policy: Policy, start: datetime, history: list[tuple[str, int]]
) -> None:
    given: list[tuple[Level, datetime, datetime]] = []
    for desk, what in _lived(policy, start, history):
        assert what == "tick" or desk.given == given
        if len(desk.given) > len(given):
            assert desk.clock.last.step in RUNNING
        given = [*desk.given]
    levels = [level for level, _, _ in given]
    counts = Counter(levels)
    assert counts["at_risk"] <= 1
    assert counts["breached"] <= 1
    assert counts["escalated"] < len(CONTACTS)
    order = {"at_risk": 0, "breached": 1, "escalated": 2}
    assert all(order[one] <= order[other] for one, other in pairwise(levels))
    assert all(due_at <= now for _, now, due_at in given)
    assert "escalated" not in levels or "breached" in levels


@given(POLICIES, STARTS, st.lists(st.tuples(ACTS, st.integers(0, 60 * 24)), max_size=6))
def test_with_a_tick_every_five_minutes_an_alert_is_not_late_and_one_at_risk_finds_somebody_there(
    policy: Policy, start: datetime, history: list[tuple[str, int]]
) -> None:
    desk, now = Desk(started(policy, CALENDAR, start)), start
    for what, minutes in (*history, ("tick", 60 * 24 * 2)):
        until = now + timedelta(minutes=minutes)
        resumed_at = desk.clock.last.at
        while now + TICK <= until:
            now += TICK
            seen = len(desk.given)
            desk.tick(now)
            for level, at, due_at in desk.given[seen:]:
                # What was due while the customer was waited for is told when he has answered.
                assert at - max(due_at, resumed_at) < 2 * TICK
                if level == "at_risk":
                    assert at - next_opening(CALENDAR, due_at) < 2 * TICK or at - resumed_at < 2 * TICK
        now = until
        desk.act(what, now)


@given(POLICIES, STARTS, st.integers(0, 60 * 24 * 90))
def test_after_an_outage_of_any_length_one_alert_says_how_it_is_by_then(
    policy: Policy, start: datetime, minutes: int
) -> None:
    desk = Desk(started(policy, CALENDAR, start))
    now = start + timedelta(minutes=minutes)
    desk.tick(now)
    desk.tick(now)
    late, warned = now >= desk.clock.due_at, now >= desk.clock.warns_at
    assert [level for level, _, _ in desk.given] == (["breached"] if late else ["at_risk"] if warned else [])
