"""From proposed slots to a session that was held or missed, as pure decisions (S6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from chalicelib.kernel.business import Calendar
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.tickets import sla
from chalicelib.tickets.calendars import Definition
from chalicelib.tickets.public_holidays import make_calendar
from chalicelib.tickets.rules import AwaitsPayment, Ticket, TicketClosed, closed, locked, unlocked
from chalicelib.tickets.sessions import (
    NotAnAdvisory,
    SessionNotBegun,
    SessionStepNotDue,
    declined,
    held,
    missed,
    proposed,
    scheduled,
)
from chalicelib.tickets.sla import Clock, Policy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY, TUESDAY = NOW + 7 * DAY, NOW + 8 * DAY
ROOM = "https://meet.example.com/abc"
BOUGHT = Ticket(
    id="tkt_1",
    number="T-000001",
    kind="advisory",
    status="waiting_customer",
    priority="normal",
    subject="Advisory",
    customer_id="cus_1",
    created_at=NOW - DAY,
    waits_for="slots",
    minutes=180,
)


def _calendar() -> Calendar:
    return make_calendar(Definition("br", "America/Sao_Paulo", "BR"))


def _clock() -> Clock:
    return sla.started(Policy(), _calendar(), NOW)


PROPOSED = replace(proposed(BOUGHT, [TUESDAY, MONDAY], NOW), clock=_clock())
SCHEDULED = scheduled(PROPOSED, MONDAY, ROOM, "PIN 1", NOW + HOUR)


def test_a_proposal_keeps_the_customers_order() -> None:
    assert (PROPOSED.status, PROPOSED.waits_for) == ("in_progress", "agreement")
    assert PROPOSED.slots == (TUESDAY, MONDAY)


def test_slots_are_kept_in_utc_whatever_offset_they_came_with() -> None:
    local = MONDAY.astimezone(timezone(timedelta(hours=-3)))
    (kept,) = proposed(BOUGHT, [local], NOW).slots
    assert (kept, kept.tzinfo) == (MONDAY, UTC)


def test_every_faulty_slot_is_named() -> None:
    slots = [
        MONDAY,
        MONDAY,
        NOW,
        NOW + timedelta(days=90),
        NOW + timedelta(days=90, minutes=1),
        MONDAY + timedelta(seconds=1),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=23))),
    ]
    with pytest.raises(Invalid) as refused:
        proposed(BOUGHT, slots, NOW)
    assert [(one.pointer, one.code) for one in refused.value.errors] == [
        ("/slots/1/starts_at", "repeated"),
        ("/slots/2/starts_at", "past"),
        ("/slots/4/starts_at", "too_far"),
        ("/slots/5/starts_at", "not_a_minute"),
        ("/slots/6/starts_at", "too_far"),
    ]


def test_the_first_date_is_the_answer_to_the_promise() -> None:
    assert (SCHEDULED.status, SCHEDULED.waits_for) == ("in_progress", "session")
    assert SCHEDULED.clock
    assert SCHEDULED.clock.answered_at == NOW + HOUR
    session = SCHEDULED.agreed
    assert session
    assert (session.starts_at, session.ends_at) == (MONDAY, MONDAY + 3 * HOUR)
    assert (session.meeting_url, session.access, session.sequence) == (ROOM, "PIN 1", 0)


def test_another_date_grows_the_sequence_and_the_same_one_changes_nothing() -> None:
    assert scheduled(SCHEDULED, MONDAY, ROOM, "PIN 1", NOW + 2 * HOUR) == SCHEDULED
    moved = scheduled(SCHEDULED, TUESDAY, ROOM, "PIN 1", NOW + 2 * HOUR)
    assert moved.session
    assert (moved.session.starts_at, moved.session.sequence) == (TUESDAY, 1)
    again = scheduled(moved, TUESDAY, ROOM, None, NOW + 3 * HOUR)
    assert again.session
    assert (again.session.access, again.session.sequence) == (None, 2)
    assert again.clock == SCHEDULED.clock


def test_what_was_bought_before_lengths_were_kept_lasts_an_hour() -> None:
    old = scheduled(replace(PROPOSED, minutes=None), MONDAY, ROOM, None, NOW)
    assert old.session
    assert old.session.minutes == 60


@pytest.mark.parametrize(
    ("starts_at", "url", "faults"),
    [
        (MONDAY + HOUR, ROOM, [("/starts_at", "not_proposed")]),
        (MONDAY, "http://meet.example.com", [("/meeting_url", "not_https")]),
        (NOW, "javascript:alert(1)", [("/starts_at", "not_proposed"), ("/meeting_url", "not_https")]),
        (MONDAY, "https://user@meet.example.com/", [("/meeting_url", "not_https")]),
        (MONDAY, "https://meet.example.com/a b", [("/meeting_url", "not_https")]),
        (MONDAY, "https://meet.example.com/\r\nX-A: 1", [("/meeting_url", "not_https")]),
        (MONDAY, "https://", [("/meeting_url", "not_https")]),
    ],
)
def test_staff_agrees_on_a_slot_with_a_safe_address(
    starts_at: datetime, url: str, faults: list[tuple[str, str]]
) -> None:
    with pytest.raises(Invalid) as refused:
        scheduled(PROPOSED, starts_at, url, None, NOW)
    assert [(one.pointer, one.code) for one in refused.value.errors] == faults


@pytest.mark.parametrize("url", ["https://meet.google.com", "https://a.example:8443/x?y=1#z"])
def test_common_addresses_are_taken(url: str) -> None:
    assert scheduled(PROPOSED, MONDAY, url, None, NOW).agreed


def test_a_slot_that_has_passed_meanwhile_is_no_date_and_the_proposals_are_named() -> None:
    with pytest.raises(Invalid) as late:
        scheduled(PROPOSED, MONDAY, ROOM, None, MONDAY)
    assert [one.code for one in late.value.errors] == ["past"]
    with pytest.raises(Invalid) as other:
        scheduled(PROPOSED, MONDAY + HOUR, ROOM, None, NOW)
    assert "2026-12-01T12:00:00Z, 2026-11-30T12:00:00Z" in other.value.errors[0].message("en")


def test_asking_for_other_slots_pauses_the_promise_until_they_come() -> None:
    off = declined(PROPOSED, NOW + HOUR)
    assert (off.status, off.waits_for, off.slots, off.session) == ("waiting_customer", "slots", (), None)
    assert off.clock
    assert off.clock.paused_since == NOW + HOUR


def test_asking_for_other_slots_calls_off_what_was_agreed_on_once() -> None:
    off = declined(SCHEDULED, NOW + 2 * HOUR)
    assert (off.waits_for, off.agreed) == ("slots", None)
    assert off.session
    assert (off.session.called_off, off.session.sequence) == (True, 1)
    again = declined(proposed(off, [MONDAY], NOW + 3 * HOUR), NOW + 4 * HOUR)
    assert again.session == off.session
    back = scheduled(proposed(off, [MONDAY], NOW), MONDAY, ROOM, "PIN 1", NOW)
    assert back.agreed
    assert back.agreed.sequence == 2


def test_a_session_is_held_or_missed_once_it_has_begun() -> None:
    for become in (held, missed):
        with pytest.raises(SessionNotBegun) as early:
            become(SCHEDULED, MONDAY - timedelta(seconds=1))
        assert early.value.facts["starts_at"] == "2026-11-30T12:00:00Z"
    done = held(SCHEDULED, MONDAY)
    assert (done.status, done.outcome, done.waits_for, done.closed_for) == ("resolved", "held", None, None)
    gone = missed(SCHEDULED, MONDAY)
    assert (gone.status, gone.outcome, gone.waits_for, gone.closed_for) == (
        "closed",
        "no_show",
        None,
        "no_show",
    )
    assert gone.agreed == SCHEDULED.agreed


# What is refused

STEPS: dict[str, Callable[[Ticket], Ticket]] = {
    "propose": lambda one: proposed(one, [MONDAY], NOW),
    "schedule": lambda one: scheduled(one, MONDAY, ROOM, None, NOW),
    "decline": lambda one: declined(one, NOW),
    "hold": lambda one: held(one, TUESDAY),
    "miss": lambda one: missed(one, TUESDAY),
}
TICKETS = {
    "payment": replace(BOUGHT, status="open", waits_for="payment"),
    "slots": BOUGHT,
    "agreement": PROPOSED,
    "session": SCHEDULED,
    "held": held(SCHEDULED, MONDAY),
    "missed": missed(SCHEDULED, MONDAY),
    "expired": closed(replace(BOUGHT, waits_for="payment"), "boleto_expired", NOW),
    "support": replace(BOUGHT, kind="support", waits_for=None),
}
ALLOWED = {
    "propose": {"slots", "agreement"},
    "schedule": {"agreement", "session"},
    "decline": {"agreement", "session"},
    "hold": {"session"},
    "miss": {"session"},
}
REFUSALS: dict[str, type[Conflict]] = {
    "payment": AwaitsPayment,
    "missed": TicketClosed,
    "expired": TicketClosed,
    "support": NotAnAdvisory,
}


@pytest.mark.parametrize("state", TICKETS)
@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_taken_from_its_states_only(step: str, state: str) -> None:
    if state in ALLOWED[step]:
        assert STEPS[step](TICKETS[state]) != TICKETS[state]
        return
    with pytest.raises(REFUSALS.get(state, SessionStepNotDue)):
        STEPS[step](TICKETS[state])


def test_a_refusal_tells_what_is_waited_for_unless_it_is_over() -> None:
    with pytest.raises(SessionStepNotDue) as early:
        STEPS["hold"](PROPOSED)
    assert early.value.facts["waits_for"] == "agreement"
    with pytest.raises(SessionStepNotDue) as late:
        STEPS["propose"](replace(BOUGHT, status="resolved"))
    assert late.value.facts["waits_for"] is None


# Contested money


@pytest.mark.parametrize("state", ["slots", "agreement", "session"])
def test_when_its_money_comes_back_it_is_where_it_was(state: str) -> None:
    ticket = TICKETS[state]
    off = locked(ticket, NOW + 2 * HOUR)
    assert (off.status, off.waits_for) == ("open", "payment")
    back = unlocked(off, _calendar(), NOW + DAY)
    alike: dict[str, Any] = {"clock": None}
    assert replace(back, **alike) == replace(ticket, **alike)


def test_the_promise_stands_still_while_money_is_contested() -> None:
    off = locked(PROPOSED, NOW + 2 * HOUR)
    assert off.clock
    assert off.clock.paused_since == NOW + 2 * HOUR
    back = unlocked(off, _calendar(), NOW + 5 * HOUR)
    assert back.clock
    assert PROPOSED.clock
    assert back.clock.last.step == "resumed"
    assert back.clock.due_at == PROPOSED.clock.due_at + 3 * HOUR


def test_after_its_date_was_called_off_it_comes_back_to_the_slots() -> None:
    off = declined(SCHEDULED, NOW + 2 * HOUR)
    back = unlocked(locked(off, NOW + 3 * HOUR), None, NOW + DAY)
    assert (back.status, back.waits_for, back.agreed) == ("waiting_customer", "slots", None)
