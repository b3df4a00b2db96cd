"""A bought session from its proposed dates to its end; each step one transaction with its trace (S6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.customers import store as customers
from chalicelib.kernel.events import Actor, Event
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tickets import service, service_levels, sessions, sla, store
from chalicelib.tickets.levels import Home
from chalicelib.tickets.rules import Ticket
from chalicelib.tickets.service import Answer
from chalicelib.tickets.sla import Clock


@dataclass(frozen=True)
class Asked:
    """Who asks for a step and when; `answer` is what a repeat of the request gets again."""

    actor: Actor
    now: datetime
    answer: Answer
    repeatable: Repeatable | None = None


def propose(ticket_id: str, customer_id: str, slots: Sequence[datetime], home: Home, asked: Asked) -> Ticket:
    """A customer proposes dates and times; from then on he is promised an answer.

    `TicketNotFound`, `NotAnAdvisory`, `TicketClosed`, `AwaitsPayment`, `SessionStepNotDue`, `Invalid` (every
    faulty slot), `Replay`, `IdempotencyKeyReused`; the same refusals for staff's steps.
    """

    def decide(before: Ticket) -> Ticket:
        after = sessions.proposed(before, slots, asked.now)
        return replace(after, clock=_clock(after, home, asked.now))

    return _step(lambda: store.get_own(ticket_id, customer_id), decide, "slots proposed", asked)


def schedule(
    ticket_id: str, starts_at: datetime, meeting_url: str, access: str | None, asked: Asked
) -> Ticket:
    """Staff agrees on a slot, or on another one; its customer is sent the invitation, once."""

    def decide(before: Ticket) -> Ticket:
        return sessions.scheduled(before, starts_at, meeting_url, access, asked.now)

    def tell(writing: Transaction, after: Ticket) -> None:
        sequence = after.session.sequence if after.session else 0
        writing.emit(Event("ticket.scheduled", ticket_id, asked.now, {"sequence": str(sequence)}))

    return _step(lambda: store.get(ticket_id), decide, "session scheduled", asked, tell)


def decline(ticket_id: str, reason: str, asked: Asked) -> Ticket:
    """Staff asks for other slots and says why, in the conversation; what was agreed on is called off."""
    now = asked.now
    said = service.message(ticket_id, "staff", asked.actor, reason, now, repeatable=asked.repeatable)

    def tell(writing: Transaction, after: Ticket) -> None:
        writing.save(store.messages.row(said))
        writing.emit(Event("ticket.slots_declined", ticket_id, now, {"message_id": said.id}))

    return _step(
        lambda: store.get(ticket_id),
        lambda before: sessions.declined(before, now),
        "other slots wanted",
        asked,
        tell,
    )


def hold(ticket_id: str, asked: Asked) -> Ticket:
    """The session took place, and all that was bought is done. Also `SessionNotBegun`."""
    return _end(ticket_id, sessions.held, "session held", "ticket.resolved", asked)


def miss(ticket_id: str, asked: Asked) -> Ticket:
    """The customer did not come to the session, which ends it for good. Also `SessionNotBegun`."""
    return _end(ticket_id, sessions.missed, "session missed", "ticket.missed", asked)


def _end(
    ticket_id: str, end: Callable[[Ticket, datetime], Ticket], action: str, event: str, asked: Asked
) -> Ticket:
    """Staff says what became of a session."""
    return _step(
        lambda: store.get(ticket_id),
        lambda before: end(before, asked.now),
        action,
        asked,
        lambda writing, after: writing.emit(Event(event, ticket_id, asked.now)),
    )


def _clock(ticket: Ticket, home: Home, now: datetime) -> Clock:
    """The promise from a proposal on: it begins, goes on after a pause, or is as it was."""
    if ticket.clock is None:
        country = customers.get(ticket.customer_id).country
        return service_levels.started_clock(ticket.kind, ticket.priority, country, home, now)
    if ticket.clock.paused_since is None:
        return ticket.clock
    return sla.resumed(ticket.clock, service_levels.calendar_of(ticket.clock, home, now), now)


def _step(
    read: Callable[[], Ticket],
    decide: Callable[[Ticket], Ticket],
    action: str,
    asked: Asked,
    tell: Callable[[Transaction, Ticket], None] | None = None,
) -> Ticket:
    """Take a step; one that changes nothing tells nobody."""

    def attempt() -> Ticket:
        if asked.repeatable:
            asked.repeatable.replay()
        before = read()
        after = decide(before)
        writing = Transaction()
        service.record(writing, before, after, action, asked.actor, asked.now)
        if tell and after != before:
            tell(writing, after)
        if asked.repeatable:
            writing.save(asked.repeatable.row(*asked.answer(after), asked.now))
        writing.commit()
        return after

    return retrying(attempt)
