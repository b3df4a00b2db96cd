"""What happens to a ticket: opened, written about, moved; each one transaction with its trace (V6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from chalicelib.kernel.business import Calendar
from chalicelib.kernel.events import Actor, Change, Event
from chalicelib.kernel.ids import derived_id, new_id
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.series import take_numbers
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tickets import rules, service_levels, store
from chalicelib.tickets.forms import check_outcome
from chalicelib.tickets.levels import Home
from chalicelib.tickets.messages import Attachment, Author, Message
from chalicelib.tickets.rules import Priority, Status, Ticket

# Gives the status and body that a repeat of the request gets again.
Answer = Callable[[Ticket], tuple[int, str]]
SERIES = "T"


def take_ticket_numbers(writing: Transaction, ticket_ids: Sequence[str], now: datetime) -> list[str]:
    """The next ticket numbers, within a transaction that saves what is numbered."""
    taken = take_numbers(SERIES, ticket_ids, now.date())
    writing.save(*taken.rows)
    return [f"{SERIES}-{number:06d}" for number in taken.numbers]


def add(
    writing: Transaction,
    ticket: Ticket,
    actor: Actor,
    text: str | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> None:
    """Add a new ticket to a transaction, with its first message, its trace and its event."""
    now = ticket.created_at
    writing.save(*store.rows(ticket))
    if text is not None:
        first = derived_id("msg", ticket.id)
        said = message(ticket.id, "customer", actor, text, now, id=first, attachments=attachments)
        writing.save(store.messages.row(said))
    writing.audit(Change(ticket.id, ticket.customer_id, "ticket opened", None, ticket.status, actor, now))
    writing.emit(Event("ticket.opened", ticket.id, now))


def record(
    writing: Transaction, before: Ticket, after: Ticket, action: str, actor: Actor, now: datetime
) -> None:
    """Add a ticket's change to a transaction, with its trace; nothing if nothing changes."""
    if after != before:
        writing.save(*store.rows(after))
        writing.audit(Change(after.id, after.customer_id, action, before.status, after.status, actor, now))


def _say(
    writing: Transaction, said: Message, before: Ticket, after: Ticket, action: str, actor: Actor
) -> None:
    """Add a message to a transaction, with what it changes.

    The ticket is written also if that is nothing: whoever resolves or closes it at the same moment must see
    what was said.
    """
    writing.save(store.messages.row(said))
    if after == before:
        writing.save(*store.rows(after))
    record(writing, before, after, action, actor, said.created_at)


def follow(
    writing: Transaction,
    ticket_ids: Iterable[str],
    change: Callable[[Ticket], Ticket],
    action: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Change tickets that follow something else, such as the order of their services, in its transaction."""
    for ticket_id in ticket_ids:
        before = store.get(ticket_id)
        record(writing, before, change(before), action, actor, now)


def unlock(writing: Transaction, ticket_ids: Iterable[str], action: str, actor: Actor, now: datetime) -> None:
    """The services of tickets that wait for that are paid, or paid again, in a transaction.

    Customers who are to propose dates and times are asked for them then. `CalendarEnds`.
    """
    for before in map(store.get, ticket_ids):
        if before.waits_for != "payment":
            continue
        paused = before.clock and before.clock.paused_since
        calendar = service_levels.promised_by(before.clock) if before.clock and paused else None
        after = rules.unlocked(before, calendar, now)
        record(writing, before, after, action, actor, now)
        if after.waits_for == "slots":
            writing.emit(Event("ticket.unlocked", after.id, now))


def message(
    ticket_id: str,
    author: Author,
    actor: Actor,
    text: str,
    now: datetime,
    *,
    id: str | None = None,
    internal: bool = False,
    attachments: tuple[Attachment, ...] = (),
    repeatable: Repeatable | None = None,
) -> Message:
    """A message about a ticket, by the actor and through his channel; the same id for a repeated request."""
    message_id = id or (derived_id("msg", repeatable.id) if repeatable else new_id("msg", now))
    return Message(message_id, ticket_id, author, actor.id, actor.channel, text, now, internal, attachments)


def customer_writes(writing: Transaction, before: Ticket, said: Message, actor: Actor, home: Home) -> Ticket:
    """Add a customer's message to a transaction: the team has the next move again. `TicketClosed`."""
    after = rules.replied(before, _calendar(before, home, said.created_at), said.created_at)
    _say(writing, said, before, after, "customer wrote", actor)
    writing.emit(Event("ticket.written", before.id, said.created_at, {"message_id": said.id}))
    return after


def reply(
    ticket_id: str,
    customer_id: str,
    text: str,
    home: Home,
    actor: Actor,
    now: datetime,
    *,
    attachments: tuple[Attachment, ...] = (),
    answer: Callable[[Message], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Message:
    """A customer writes. `TicketNotFound`, `TicketClosed`, `Replay`, `IdempotencyKeyReused`."""

    said = message(ticket_id, "customer", actor, text, now, attachments=attachments, repeatable=repeatable)

    def attempt() -> Message:
        if earlier := _earlier(said, repeatable):
            return earlier
        before = store.get_own(ticket_id, customer_id)
        writing = Transaction()
        customer_writes(writing, before, said, actor, home)
        if repeatable:
            writing.save(repeatable.row(*answer(said), now))
        writing.commit()
        return said

    return retrying(attempt)


def write(
    ticket_id: str,
    said: Message,
    actor: Actor,
    *,
    asks: bool = False,
    answer: Callable[[Message], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Message:
    """Staff writes: a note, or to the customer, which is an answer unless it `asks` him for something.

    `TicketNotFound`, `TicketClosed`, `Replay`, `IdempotencyKeyReused`.
    """

    def attempt() -> Message:
        if earlier := _earlier(said, repeatable):
            return earlier
        before, now = store.get(ticket_id), said.created_at
        writing = Transaction()
        if said.internal:
            writing.save(store.messages.row(said))
        else:
            after = (rules.asked if asks else rules.answered)(before, now)
            _say(writing, said, before, after, "customer asked" if asks else "answered", actor)
            told = {"message_id": said.id} | ({"asks": "yes"} if asks else {})
            writing.emit(Event("ticket.replied", ticket_id, now, told))
        if repeatable:
            writing.save(repeatable.row(*answer(said), now))
        writing.commit()
        return said

    return retrying(attempt)


def change(
    ticket_id: str, decide: Callable[[Ticket], Ticket], action: str, actor: Actor, now: datetime
) -> Ticket:
    """Change a ticket by a decision; it is left as it is if that changes nothing. `TicketNotFound`."""

    def attempt() -> Ticket:
        before = store.get(ticket_id)
        after = decide(before)
        writing = Transaction()
        record(writing, before, after, action, actor, now)
        writing.commit()
        return after

    return retrying(attempt)


def assign(ticket_id: str, assignee: str | None, actor: Actor, now: datetime) -> Ticket:
    """Say whose ticket it is, or nobody's. `TicketNotFound`."""
    return change(ticket_id, lambda ticket: rules.assigned(ticket, assignee), "assigned", actor, now)


def rank(ticket_id: str, priority: Priority, actor: Actor, now: datetime) -> Ticket:
    """Say how urgent a ticket is; what was promised stays. `TicketNotFound`."""
    return change(ticket_id, lambda ticket: rules.ranked(ticket, priority), "ranked", actor, now)


def resolve(
    ticket_id: str,
    outcome: str | None,
    said: Message | None,
    actor: Actor,
    now: datetime,
    *,
    answer: Answer,
    repeatable: Repeatable | None = None,
) -> Ticket:
    """What was asked for is done; `said` to the customer with that is an answer, maybe the first one.

    Nothing happens to what is resolved already, unless something more is said. `TicketNotFound`,
    `TicketClosed`, `AwaitsPayment`, `AwaitsSession`, `TicketNotAnswered`, `Invalid`, `Replay`,
    `IdempotencyKeyReused`.
    """

    def attempt() -> Ticket:
        if _earlier(said, repeatable):
            return store.get(ticket_id)
        before = store.get(ticket_id)
        check_outcome(before.kind, outcome)
        after = rules.resolved(rules.answered(before, now) if said else before, outcome, now)
        writing = Transaction()
        if said:
            _say(writing, said, before, after, "resolved", actor)
        else:
            record(writing, before, after, "resolved", actor, now)
        if said or after != before:
            writing.emit(Event("ticket.resolved", ticket_id, now, {"message_id": said.id} if said else {}))
        if repeatable:
            writing.save(repeatable.row(*answer(after), now))
        writing.commit()
        return after

    return retrying(attempt)


def close(ticket_id: str, reason: str, actor: Actor, now: datetime) -> Ticket:
    """Close a ticket for good, for a reason that its customer is told; again is harmless.

    `TicketNotFound`.
    """

    def attempt() -> Ticket:
        before = store.get(ticket_id)
        if before.status == "closed":
            return before
        after = rules.closed(before, reason, now)
        writing = Transaction()
        record(writing, before, after, "closed", actor, now)
        writing.emit(Event("ticket.closed", ticket_id, now))
        writing.commit()
        return after

    return retrying(attempt)


def move(ticket_id: str, status: Status, home: Home, actor: Actor, now: datetime) -> Ticket:
    """Say where an unresolved ticket stands. `TicketNotFound`, `TicketClosed`, `AwaitsPayment`."""
    return change(
        ticket_id,
        lambda ticket: rules.moved(ticket, status, _calendar(ticket, home, now), now),
        f"moved to {status}",
        actor,
        now,
    )


def _earlier(said: Message | None, repeatable: Repeatable | None) -> Message | None:
    """What the same request wrote before; its answer is kept for 30 days (`Replay`), the message for good."""
    if repeatable is None:
        return None
    repeatable.replay()
    return store.messages.find(said.id) if said else None


def _calendar(ticket: Ticket, home: Home, now: datetime) -> Calendar | None:
    """What a paused promise goes on by; nothing is read for one that runs, or is over."""
    if ticket.clock is None or ticket.clock.paused_since is None:
        return None
    return service_levels.calendar_of(ticket.clock, home, now)
