"""Routes of what a customer asks for: forms A, B and C, support, and what he adds (R2 to R6, V5, V6)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import ANY_STAFF, CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.flows.requesting import Request, open_ticket
from chalicelib.flows.requests_schemas import DeletionIn, StatusIn, TicketIn
from chalicelib.kernel.events import Actor
from chalicelib.tickets import service
from chalicelib.tickets import store as tickets
from chalicelib.tickets.attachments_service import attached
from chalicelib.tickets.rules import AwaitsPayment, TicketClosed
from chalicelib.tickets.schemas import MessageIn, MessageOut, StaffTicketOut, TicketOut

bp = Blueprint(__name__)


@route(
    bp,
    "POST",
    "/v1/tickets",
    roles=CUSTOMER,
    body=TicketIn,
    out=TicketOut,
    status=201,
    repeatable=True,
)
def ask(call: Call, body: TicketIn) -> TicketOut:
    """Send one of the forms (R2), or ask for support (S8); an answer is promised from now on (R7).

    A: cancel my contract, with a reason and an account of it (R3). B: review my contract (R4). C: add
    products that the store does not list (R5).
    """
    return _opened(call, body.request())


@route(
    bp,
    "POST",
    "/v1/me/deletion_request",
    roles=CUSTOMER,
    body=DeletionIn,
    out=TicketOut,
    status=201,
    repeatable=True,
)
def ask_for_deletion(call: Call, body: DeletionIn) -> TicketOut:
    """Ask that one's data be deleted (V5); people decide what the law lets go."""
    return _opened(call, body.request())


@route(
    bp,
    "POST",
    "/v1/tickets/{ticket_id}/messages",
    roles=CUSTOMER,
    body=MessageIn,
    out=MessageOut,
    status=201,
    repeatable=True,
    refuses=(TicketClosed,),
)
def write_as_customer(call: Call, body: MessageIn) -> MessageOut:
    """Add to one's own ticket (V6): it resumes a paused promise, and opens again what was resolved."""
    ticket = tickets.get_own(call.path["ticket_id"], call.customer_id)
    said = service.reply(
        ticket.id,
        call.customer_id,
        body.text,
        wiring.vendor().home,
        Actor(call.customer_id, "store"),
        call.now,
        attachments=attached(ticket.id, body.attachments, wiring.files(), call.repeatable),
        answer=lambda one: (201, MessageOut.of(one).model_dump_json()),
        repeatable=call.repeatable,
    )
    return MessageOut.of(said)


@route(
    bp,
    "POST",
    "/v1/staff/tickets/{ticket_id}/status",
    roles=ANY_STAFF,
    body=StatusIn,
    out=StaffTicketOut,
    refuses=(TicketClosed, AwaitsPayment),
)
def move_ticket(call: Call, body: StatusIn) -> StaffTicketOut:
    """Say where a ticket stands, or close it for good (V6); again is harmless.

    The promise is paused while the customer is waited for.
    """
    ticket_id, actor = call.path["ticket_id"], Actor(call.staff_id, "staff", body.reason)
    if body.status == "closed":
        ticket = service.close(ticket_id, body.reason or "", actor, call.now)
    else:
        ticket = service.move(ticket_id, body.status, wiring.vendor().home, actor, call.now)
    return StaffTicketOut.of(ticket, call.now)


def _opened(call: Call, request: Request) -> TicketOut:
    ticket = open_ticket(
        call.customer_id,
        request,
        wiring.vendor(),
        Actor(call.customer_id, "store"),
        call.now,
        answer=lambda one: (201, TicketOut.of(one, call.now).model_dump_json()),
        repeatable=call.repeatable,
    )
    return TicketOut.of(ticket, call.now)
