"""A ticket is opened with its number, its promise, its first message and its trace (R2, R7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.flows.requesting import Request, open_ticket
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.events import Actor
from chalicelib.tickets import service, service_levels, store
from chalicelib.tickets.rules import Ticket, TicketClosed, closed
from tests.world import World


def _opened(world: World, customer_id: str, subscription_id: str | None = None, minutes: int = 0) -> Ticket:
    request = Request(
        "review_contract", "My plan", "What does my plan include?", subscription_id=subscription_id
    )
    now = world.now + timedelta(minutes=minutes)
    actor = Actor(customer_id, "store")
    return open_ticket(
        customer_id, request, wiring.vendor(), actor, now, answer=lambda one: (201, one.number)
    )


def test_a_request_is_promised_two_business_days_by_the_customers_calendar(world: World) -> None:
    customer, _ = world.customer()
    ticket = _opened(world, customer.id)
    assert ticket.number == "T-000001"
    assert ticket.clock is not None
    assert (ticket.clock.last.calendar, ticket.clock.zone) == ("br", "America/Sao_Paulo")
    assert ticket.clock.policy.budget == timedelta(hours=48)
    assert store.get(ticket.id).clock == ticket.clock
    (said,) = store.conversation(ticket.id, 10, None).items
    assert (said.text, said.author, said.author_id) == ("What does my plan include?", "customer", customer.id)


def test_service_levels_are_made_once_and_calendars_are_kept_by_version(world: World) -> None:
    customer, _ = world.customer()
    first = _opened(world, customer.id)
    levels = service_levels.current(wiring.vendor().home, world.now)
    second = _opened(world, customer.id)
    assert first.clock is not None
    assert second.clock is not None
    assert first.clock.last.version == second.clock.last.version == levels.versions["br"]
    assert len(world.rows("service_levels")) == 1


def test_a_subscription_of_somebody_else_is_refused_and_nothing_is_opened(world: World) -> None:
    customer, _ = world.customer()
    with pytest.raises(Invalid) as refused:
        _opened(world, customer.id, subscription_id="sub_of_somebody_else")
    assert [error.pointer for error in refused.value.errors] == ["/subscription_id"]
    assert world.rows("ticket") == []


def test_a_question_pauses_the_promise_and_the_customers_reply_resumes_it(world: World) -> None:
    customer, _ = world.customer()
    ticket = _opened(world, customer.id)
    staff, home = Actor("staff-1", "staff"), wiring.vendor().home
    said = service.message(ticket.id, "staff", staff, "Which plan?", world.now)
    service.write(ticket.id, said, staff, asks=True, answer=lambda one: (201, one.id))
    waiting = store.get(ticket.id)
    assert waiting.clock is not None
    assert (waiting.status, waiting.clock.paused_since) == ("waiting_customer", world.now)
    later = world.now + timedelta(days=3)
    customer_actor = Actor(customer.id, "store")
    service.reply(
        ticket.id, customer.id, "Mine", home, customer_actor, later, answer=lambda one: (201, one.id)
    )
    resumed = store.get(ticket.id)
    assert resumed.clock is not None
    assert (resumed.status, resumed.clock.last.step) == ("in_progress", "resumed")
    assert resumed.clock.due_at > waiting.clock.due_at


def test_an_answer_keeps_the_promise_and_a_note_does_not(world: World) -> None:
    customer, _ = world.customer()
    ticket = _opened(world, customer.id)
    staff = Actor("staff-1", "staff")
    note = service.message(ticket.id, "staff", staff, "Knows the boss", world.now, internal=True)
    service.write(ticket.id, note, staff, answer=lambda one: (201, one.id))
    assert store.get(ticket.id) == Ticket(**{**vars(ticket), "version": 1})
    later = world.now + timedelta(minutes=1)
    said = service.message(ticket.id, "staff", staff, "All of it", later)
    service.write(ticket.id, said, staff, answer=lambda one: (201, one.id))
    answered = store.get(ticket.id)
    assert answered.clock is not None
    assert answered.clock.answered_at == later
    assert [one.text for one in store.conversation(ticket.id, 10, None).items] == [
        said.text,
        "What does my plan include?",
    ]
    assert [one.text for one in store.notes(ticket.id, 10, None).items] == [note.text]


def test_nothing_more_is_said_about_a_closed_ticket(world: World) -> None:
    customer, _ = world.customer()
    ticket = _opened(world, customer.id)
    staff, home = Actor("staff-1", "staff"), wiring.vendor().home
    service.change(ticket.id, lambda one: closed(one, "spam", world.now), "closed", staff, world.now)
    with pytest.raises(TicketClosed):
        service.reply(
            ticket.id,
            customer.id,
            "?",
            home,
            Actor(customer.id, "store"),
            world.now,
            answer=lambda one: (201, ""),
        )
    assert store.get(ticket.id).due_at is None


def test_the_queue_is_ordered_by_what_was_promised_and_what_is_over_leaves_it(world: World) -> None:
    customer, _ = world.customer()
    tickets = [_opened(world, customer.id, minutes=at) for at in range(3)]
    staff = Actor("staff-1", "staff")
    first = store.queue(False, lambda _: True, 2, None)
    assert [one.id for one in first.items] == [one.id for one in tickets[:2]]
    rest = store.queue(False, lambda _: True, 2, first.next_cursor)
    assert ([one.id for one in rest.items], rest.next_cursor) == ([tickets[2].id], None)
    service.change(tickets[0].id, lambda one: closed(one, "spam", world.now), "closed", staff, world.now)
    assert [one.id for one in store.queue(False, lambda _: True, 9, None).items] == [
        one.id for one in tickets[1:]
    ]
    assert [one.id for one in store.queue(True, lambda _: True, 9, None).items] == [tickets[0].id]
