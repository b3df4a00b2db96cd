"""Two who do something with a ticket at the same moment: nothing that was said is overlooked (V6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib import wiring
from chalicelib.kernel.events import Actor
from chalicelib.storage.idempotency import Repeatable
from chalicelib.tickets import service, store
from chalicelib.tickets.messages import Message
from chalicelib.tickets.rules import TicketClosed
from tests.functional.ticketing import done, opened, tell
from tests.world import World

EVA = Actor("usr_eva", "staff")


def _meanwhile(other: Callable[[], object]) -> Callable[[Message], tuple[int, str]]:
    """An answer whose making gives somebody else the time to do something."""
    left = [other]

    def answer(said: Message) -> tuple[int, str]:
        while left:
            left.pop()()
        return 201, said.id

    return answer


def _customer_writes(world: World, ticket_id: str, other: Callable[[], object]) -> None:
    ticket = store.get(ticket_id)
    actor, home = Actor(ticket.customer_id, "store"), wiring.vendor().home
    once = Repeatable("who", "write", "k", b"{}")
    service.reply(
        ticket_id,
        ticket.customer_id,
        "One more thing",
        home,
        actor,
        world.now,
        answer=_meanwhile(other),
        repeatable=once,
    )


def _staff_writes(world: World, ticket_id: str, asks: bool, other: Callable[[], object]) -> None:
    once = Repeatable("who", "write", "k", b"{}")
    said = service.message(ticket_id, "staff", EVA, "Which plan?", world.now, repeatable=once)
    service.write(ticket_id, said, EVA, asks=asks, answer=_meanwhile(other), repeatable=once)


@pytest.fixture
def ticket_id(world: World) -> str:
    """A ticket that was answered, so that another message changes nothing about it."""
    _, token = world.customer()
    ticket: str = opened(world, token)["id"]
    done(world, world.staff("staff"), ticket, "messages", text="All of it.")
    return ticket


def test_what_is_said_while_it_is_resolved_opens_it_again(world: World, ticket_id: str) -> None:
    staff = world.staff("staff")
    _customer_writes(world, ticket_id, lambda: done(world, staff, ticket_id, "resolve"))
    assert store.get(ticket_id).status == "open"


def test_nothing_is_said_while_it_is_closed(world: World, ticket_id: str) -> None:
    staff, before = world.staff("staff"), len(world.rows("message"))

    def close() -> None:
        done(world, staff, ticket_id, "status", status="closed", reason="Asked twice")

    with pytest.raises(TicketClosed):
        _customer_writes(world, ticket_id, close)
    assert len(world.rows("message")) == before


@pytest.mark.parametrize("asks", [False, True])
def test_nor_does_staff_write_while_it_is_closed(world: World, ticket_id: str, asks: bool) -> None:
    def close() -> None:
        service.close(ticket_id, "Asked twice", EVA, world.now)

    with pytest.raises(TicketClosed):
        _staff_writes(world, ticket_id, asks, close)
    assert len(world.rows("message")) == 2


def test_a_question_asked_while_the_customer_answers_the_one_before_is_waited_for(world: World) -> None:
    _, token = world.customer()
    ticket_id = opened(world, token)["id"]
    done(world, world.staff("staff"), ticket_id, "messages", text="Which one?", asks=True)
    _staff_writes(world, ticket_id, True, lambda: tell(world, token, ticket_id, "This one"))
    ticket = store.get(ticket_id)
    assert ticket.status == "waiting_customer"
    assert ticket.clock
    assert ticket.clock.paused_since
