"""Routes of a bought session: a customer proposes, staff agrees, and says what became of it (S6)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import ANY_STAFF, CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.flows import advisory
from chalicelib.flows.advisory import Asked
from chalicelib.flows.advisory_schemas import DeclineIn, OutcomeIn, ScheduleIn, SlotsIn
from chalicelib.kernel.events import Actor
from chalicelib.tickets.rules import AwaitsPayment, TicketClosed
from chalicelib.tickets.schemas import StaffTicketOut, TicketOut
from chalicelib.tickets.sessions import NotAnAdvisory, SessionNotBegun, SessionStepNotDue

bp = Blueprint(__name__)
REFUSES = (NotAnAdvisory, TicketClosed, AwaitsPayment, SessionStepNotDue)


@route(
    bp,
    "POST",
    "/v1/tickets/{ticket_id}/slots",
    roles=CUSTOMER,
    body=SlotsIn,
    out=TicketOut,
    repeatable=True,
    refuses=REFUSES,
)
def propose_slots(call: Call, body: SlotsIn) -> TicketOut:
    """Propose dates and times for a session that is paid, within 90 days; an answer is promised from then on.

    Until one is agreed on, proposing again takes the place of what was proposed before.
    """
    slots = [slot.starts_at for slot in body.slots]
    asked = _asked(call, Actor(call.customer_id, "store"), TicketOut)
    ticket = advisory.propose(call.path["ticket_id"], call.customer_id, slots, wiring.vendor().home, asked)
    return TicketOut.of(ticket, call.now)


@route(
    bp,
    "POST",
    "/v1/staff/tickets/{ticket_id}/schedule",
    roles=ANY_STAFF,
    body=ScheduleIn,
    out=StaffTicketOut,
    repeatable=True,
    refuses=REFUSES,
)
def schedule_session(call: Call, body: ScheduleIn) -> StaffTicketOut:
    """Agree on one of the slots, or on another one; the invitation is sent. The same again is harmless."""
    ticket = advisory.schedule(
        call.path["ticket_id"], body.starts_at, body.meeting_url, body.access, _by_staff(call)
    )
    return StaffTicketOut.of(ticket, call.now)


@route(
    bp,
    "POST",
    "/v1/staff/tickets/{ticket_id}/decline_slots",
    roles=ANY_STAFF,
    body=DeclineIn,
    out=StaffTicketOut,
    repeatable=True,
    refuses=REFUSES,
)
def decline_slots(call: Call, body: DeclineIn) -> StaffTicketOut:
    """Ask for other slots, which calls off what was agreed on; the promise is paused until they come."""
    return StaffTicketOut.of(advisory.decline(call.path["ticket_id"], body.reason, _by_staff(call)), call.now)


@route(
    bp,
    "POST",
    "/v1/staff/tickets/{ticket_id}/held",
    roles=ANY_STAFF,
    body=OutcomeIn,
    out=StaffTicketOut,
    repeatable=True,
    refuses=(*REFUSES, SessionNotBegun),
)
def hold_session(call: Call, body: OutcomeIn) -> StaffTicketOut:
    """Say that the session took place, once it has begun; the ticket is resolved."""
    return StaffTicketOut.of(advisory.hold(call.path["ticket_id"], _by_staff(call, body.notes)), call.now)


@route(
    bp,
    "POST",
    "/v1/staff/tickets/{ticket_id}/no_show",
    roles=ANY_STAFF,
    body=OutcomeIn,
    out=StaffTicketOut,
    repeatable=True,
    refuses=(*REFUSES, SessionNotBegun),
)
def miss_session(call: Call, body: OutcomeIn) -> StaffTicketOut:
    """Say that the customer did not come, once the session has begun; the ticket is closed for good.

    Whoever is to get another date is asked for slots (`decline_slots`) instead.
    """
    return StaffTicketOut.of(advisory.miss(call.path["ticket_id"], _by_staff(call, body.notes)), call.now)


def _by_staff(call: Call, notes: str | None = None) -> Asked:
    return _asked(call, Actor(call.staff_id, "staff", notes), StaffTicketOut)


def _asked(call: Call, actor: Actor, out: type[TicketOut]) -> Asked:
    return Asked(
        actor,
        call.now,
        lambda ticket: (200, out.of(ticket, call.now).model_dump_json()),
        call.repeatable,
    )
