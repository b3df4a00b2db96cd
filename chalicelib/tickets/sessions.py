"""Agreeing on a bought session, and what became of it (S6).

            ┌──────── staff asks for others ────────┐
            ▼                                       │
payment ▶ slots ──proposed──▶ agreement ──▶ session ┴─▶ held: resolved
                                             └─again─┘ └▶ missed: closed for good

A customer who did not come gets no other date: who is to get one is asked for others before that is recorded.
The promise is about the first date: it counts from the proposal on, and the invitation is its answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.errors import Conflict, FieldError, Invalid
from chalicelib.kernel.faults import Fault
from chalicelib.tickets.rules import (
    Session,
    Ticket,
    WaitsFor,
    answered,
    asked,
    check_not_closed,
    check_paid,
    closed,
    resolved,
)

MOST_SLOTS = 10
HORIZON = timedelta(days=90)
# Of what was bought before its length was kept with it.
USUAL_MINUTES = 60
HELD, NO_SHOW = "held", "no_show"
WEB_ADDRESS = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?([/?#][!-~]*)?")


class NotAnAdvisory(Conflict):
    """There is no session to agree on."""

    code = "ticket_not_advisory"
    text = {
        "en": "Ticket {number} is about no session that was bought.",
        "es": "El ticket {number} no trata de ninguna sesión contratada.",
        "pt-BR": "O ticket {number} não trata de nenhuma sessão contratada.",
    }

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(number=ticket.number)


class SessionStepNotDue(Conflict):
    """Something else must happen first, or has happened already; `waits_for` says what it waits for."""

    code = "session_step_not_due"
    text = {
        "en": "The session of ticket {number} is not at this step.",
        "es": "La sesión del ticket {number} no está en este paso.",
        "pt-BR": "A sessão do ticket {number} não está nesta etapa.",
    }
    shows = ("waits_for",)

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(number=ticket.number, waits_for=None if ticket.is_over else ticket.waits_for)


class SessionNotBegun(Conflict):
    """Nobody knows yet what becomes of it; `starts_at` says when it begins."""

    code = "session_not_begun"
    text = {
        "en": "The session of ticket {number} begins at {starts_at}.",
        "es": "La sesión del ticket {number} comienza a las {starts_at}.",
        "pt-BR": "A sessão do ticket {number} começa às {starts_at}.",
    }
    shows = ("starts_at",)

    def __init__(self, ticket: Ticket, session: Session) -> None:
        super().__init__(number=ticket.number, starts_at=rfc3339(session.starts_at))


def proposed(ticket: Ticket, slots: Sequence[datetime], at: datetime) -> Ticket:
    """The customer proposes dates and times, in place of those before; his promise is to run from now on.

    `Invalid` names every faulty one; `NotAnAdvisory`, `TicketClosed`, `AwaitsPayment`, `SessionStepNotDue`.
    """
    _check(ticket, "slots", "agreement")
    if faults := list(slot_faults(slots, at)):
        raise Invalid(errors=faults)
    kept = tuple(slot.astimezone(UTC) for slot in slots)
    return replace(ticket, status="in_progress", waits_for="agreement", slots=kept)


def slot_faults(slots: Sequence[datetime], at: datetime) -> Iterator[FieldError]:
    """What is wrong with proposed slots: each is another whole minute of the next 90 days."""
    for place, slot in enumerate(slots):
        if slot in slots[:place]:
            yield _fault(place, Fault("repeated.slot"))
        if slot.second or slot.microsecond:
            yield _fault(place, Fault("not_a_minute"))
        if slot <= at:
            yield _fault(place, Fault("past.slot"))
        elif slot - at > HORIZON:
            yield _fault(place, Fault("too_far", days=HORIZON.days))


def scheduled(
    ticket: Ticket, starts_at: datetime, meeting_url: str, access: str | None, at: datetime
) -> Ticket:
    """Staff agrees on one of the slots, or on another one than before; the same again changes nothing.

    `Invalid` names every faulty field; `NotAnAdvisory`, `TicketClosed`, `AwaitsPayment`, `SessionStepNotDue`.
    """
    _check(ticket, "agreement", "session")
    if faults := list(_session_faults(ticket, starts_at, meeting_url, at)):
        raise Invalid(errors=faults)
    before = ticket.session
    session = Session(
        starts_at.astimezone(UTC),
        ticket.minutes or USUAL_MINUTES,
        meeting_url,
        access,
        before.sequence if before else 0,
    )
    if session == before:
        return ticket
    if before:
        session = replace(session, sequence=before.sequence + 1)
    return replace(answered(ticket, at), status="in_progress", waits_for="session", session=session)


def declined(ticket: Ticket, at: datetime) -> Ticket:
    """Staff asks for other slots, which calls off what was agreed on; the promise is paused until they come.

    `NotAnAdvisory`, `TicketClosed`, `AwaitsPayment`, `SessionStepNotDue`.
    """
    _check(ticket, "agreement", "session")
    off = ticket.agreed and replace(ticket.agreed, called_off=True, sequence=ticket.agreed.sequence + 1)
    return replace(asked(ticket, at), waits_for="slots", slots=(), session=off or ticket.session)


def held(ticket: Ticket, at: datetime) -> Ticket:
    """The session took place. `SessionNotBegun`, and as `declined`."""
    _check_begun(ticket, at)
    return resolved(replace(ticket, waits_for=None), HELD, at)


def missed(ticket: Ticket, at: datetime) -> Ticket:
    """The customer did not come: there is no other session. `SessionNotBegun`, and as `declined`."""
    _check_begun(ticket, at)
    return replace(closed(ticket, NO_SHOW, at), waits_for=None, outcome=NO_SHOW)


def _check(ticket: Ticket, *awaited: WaitsFor) -> None:
    if ticket.kind != "advisory":
        raise NotAnAdvisory(ticket)
    check_not_closed(ticket)
    check_paid(ticket)
    if ticket.is_over or ticket.waits_for not in awaited:
        raise SessionStepNotDue(ticket)


def _check_begun(ticket: Ticket, at: datetime) -> None:
    _check(ticket, "session")
    if ticket.agreed and ticket.agreed.starts_at > at:
        raise SessionNotBegun(ticket, ticket.agreed)


def _session_faults(
    ticket: Ticket, starts_at: datetime, meeting_url: str, at: datetime
) -> Iterator[FieldError]:
    if starts_at not in ticket.slots:
        proposals = ", ".join(map(rfc3339, ticket.slots))
        yield FieldError("/starts_at", Fault("not_proposed", slots=proposals))
    elif starts_at <= at:
        yield FieldError("/starts_at", Fault("past.agreed"))
    if not WEB_ADDRESS.fullmatch(meeting_url):
        yield FieldError("/meeting_url", Fault("not_https"))


def _fault(place: int, fault: Fault) -> FieldError:
    return FieldError(f"/slots/{place}/starts_at", fault)
