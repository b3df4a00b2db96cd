"""A ticket's moves, in any order: when somebody is alerted, and what is refused (R7, V6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Refusal
from chalicelib.tickets import rules, sla
from chalicelib.tickets.alerts import Alerts, level_due, told
from chalicelib.tickets.calendars import Definition, calendar_of
from chalicelib.tickets.rules import AwaitsSession, Ticket, TicketClosed, TicketNotAnswered

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
CALENDAR = calendar_of(Definition("es", "Europe/Madrid", "ES"), frozenset(), range(2026, 2029))
TICKET = Ticket(
    id="tkt_1",
    number="T-000001",
    kind="support",
    status="open",
    priority="normal",
    subject="Help",
    customer_id="cus_1",
    created_at=NOW,
    clock=sla.started(sla.Policy(), CALENDAR, NOW),
)
Move = Callable[[Ticket, datetime], Ticket]


def _alert(ticket: Ticket, at: datetime, *, further: bool) -> Ticket:
    """The sweep comes by."""
    level = None if ticket.is_over or ticket.clock is None else level_due(ticket.clock, ticket.alerts, at)
    if level is None:
        return ticket
    return replace(ticket, alerts=told(ticket.alerts, level, at, at + timedelta(days=2) if further else None))


MOVES: dict[str, Move] = {
    "answered": rules.answered,
    "asked": rules.asked,
    "replied": lambda ticket, at: rules.replied(ticket, CALENDAR, at),
    "resolved": lambda ticket, at: rules.resolved(ticket, None, at),
    "closed": lambda ticket, at: rules.closed(ticket, "twice", at),
    "assigned": lambda ticket, at: rules.assigned(ticket, "staff-1"),
    "ranked": lambda ticket, at: rules.ranked(ticket, "high"),
    "to open": lambda ticket, at: rules.moved(ticket, "open", CALENDAR, at),
    "to in_progress": lambda ticket, at: rules.moved(ticket, "in_progress", CALENDAR, at),
    "to waiting_customer": lambda ticket, at: rules.moved(ticket, "waiting_customer", CALENDAR, at),
    "alerted": partial(_alert, further=True),
    "alerted last": partial(_alert, further=False),
}
HISTORIES = st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 72)), max_size=12)


def _nothing_to_alert(ticket: Ticket) -> bool:
    """Answered, over, waiting for the customer, or nobody is left to be told."""
    assert ticket.clock is not None
    steps = [entry.step for entry in ticket.clock.ledger]
    last_word = ticket.alerts.breached_at is not None and ticket.alerts.escalates_at is None
    return "answered" in steps or steps[-1] == "paused" or ticket.is_over or last_word


@given(HISTORIES)
def test_a_ticket_is_due_if_and_only_if_there_is_something_to_alert(history: list[tuple[str, int]]) -> None:
    ticket, at = TICKET, NOW
    for name, hours in history:
        at += timedelta(hours=hours)
        try:
            ticket = MOVES[name](ticket, at)
        except Refusal:
            continue
        assert (ticket.due_at is None) == _nothing_to_alert(ticket)


@given(HISTORIES)
def test_a_ticket_waits_for_its_customer_if_and_only_if_its_clock_does(
    history: list[tuple[str, int]],
) -> None:
    ticket, at = TICKET, NOW
    for name, hours in history:
        at += timedelta(hours=hours)
        try:
            ticket = MOVES[name](ticket, at)
        except Refusal:
            continue
        assert ticket.clock is not None
        if not ticket.is_over and not ticket.clock.answered_at:
            assert (ticket.status == "waiting_customer") == (ticket.clock.paused_since is not None)
        assert ticket.status != "resolved" or ticket.clock.answered_at


@pytest.mark.parametrize("name", ["answered", "asked", "replied", "resolved", "to open"])
def test_nothing_more_happens_to_a_closed_ticket(name: str) -> None:
    with pytest.raises(TicketClosed):
        MOVES[name](rules.closed(TICKET, "twice", NOW), NOW)


def test_an_answer_during_a_question_counts_and_leaves_the_customer_waited_for() -> None:
    ticket = rules.answered(rules.asked(TICKET, NOW), NOW)
    assert ticket.clock is not None
    assert (ticket.status, ticket.clock.answered_at) == ("waiting_customer", NOW)
    assert rules.resolved(ticket, None, NOW).status == "resolved"


def test_what_nobody_answered_is_not_resolved() -> None:
    for ticket in (TICKET, rules.asked(TICKET, NOW)):
        with pytest.raises(TicketNotAnswered):
            rules.resolved(ticket, None, NOW)


def test_a_resolved_ticket_is_opened_again_without_its_outcome() -> None:
    done = rules.resolved(rules.answered(TICKET, NOW), "meeting", NOW)
    assert (done.status, done.outcome) == ("resolved", "meeting")
    reopened: list[Any] = [rules.replied(done, None, NOW), rules.moved(done, "open", None, NOW)]
    assert [(one.status, one.outcome) for one in reopened] == [("open", None)] * 2


def test_alerts_given_are_not_forgotten_by_other_moves() -> None:
    late = _alert(TICKET, NOW + timedelta(days=3), further=True)
    assert late.alerts.breached_at
    assert rules.ranked(rules.assigned(late, "staff-1"), "high").alerts == late.alerts != Alerts()


def test_a_question_about_what_was_resolved_opens_it_again_without_its_outcome() -> None:
    done = rules.resolved(rules.answered(TICKET, NOW), "meeting", NOW)
    again = rules.asked(done, NOW)
    assert (again.status, again.outcome) == ("waiting_customer", None)


BOUGHT = replace(TICKET, kind="advisory", clock=None, waits_for="payment")


@pytest.mark.parametrize("name", ["answered", "asked", "replied"])
def test_talking_about_an_unpaid_service_does_not_begin_it(name: str) -> None:
    assert MOVES[name](BOUGHT, NOW) == BOUGHT


def test_the_promise_of_a_contested_service_stands_still_whatever_is_said() -> None:
    running = replace(BOUGHT, clock=TICKET.clock, status="in_progress", waits_for="agreement")
    locked = rules.locked(running, NOW)
    ticket = rules.replied(rules.asked(locked, NOW), CALENDAR, NOW)
    assert ticket == locked
    assert ticket.clock is not None
    assert ticket.clock.paused_since == NOW


@pytest.mark.parametrize("name", ["replied", "asked", "to open", "to waiting_customer"])
def test_that_a_session_was_held_stays_known(name: str) -> None:
    held = replace(BOUGHT, status="resolved", waits_for=None, outcome="held")
    again = MOVES[name](held, NOW)
    assert (again.is_over, again.outcome) == (False, "held")


@pytest.mark.parametrize("waits_for", ["slots", "agreement", "session"])
def test_a_service_that_was_paid_is_resolved_by_its_session_alone(waits_for: Any) -> None:
    ticket = replace(BOUGHT, status="in_progress", waits_for=waits_for)
    with pytest.raises(AwaitsSession):
        rules.resolved(ticket, None, NOW)
