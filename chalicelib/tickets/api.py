"""Routes of tickets: one's own, and the team's queue, conversations and decisions (V6, R5, R7, B9)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import ANY_STAFF, CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import ListQuery
from chalicelib.kernel.events import Actor
from chalicelib.tickets import service, store
from chalicelib.tickets.attachments_service import attached
from chalicelib.tickets.rules import OVER, AwaitsPayment, AwaitsSession, TicketClosed, TicketNotAnswered
from chalicelib.tickets.schemas import (
    AssignIn,
    MessageList,
    MessageOut,
    PriorityIn,
    QueueQuery,
    ReasonList,
    ReasonsQuery,
    ResolveIn,
    StaffMessageIn,
    StaffMessageList,
    StaffMessageOut,
    StaffTicketList,
    StaffTicketOut,
    TicketList,
    TicketOut,
)
from chalicelib.tickets.sla_schemas import SlaOut

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/ticket_reasons", query=ReasonsQuery, out=ReasonList)
def list_reasons(call: Call, query: ReasonsQuery) -> ReasonList:
    """The reasons that the forms offer, in the language of Accept-Language (R3, R4)."""
    return ReasonList.of(query.kind, call.locale)


# Customers


@route(bp, "GET", "/v1/tickets", roles=CUSTOMER, query=ListQuery, out=TicketList)
def list_tickets(call: Call, query: ListQuery) -> TicketList:
    """One's own tickets, newest first."""
    page = store.page(call.customer_id, query.limit, query.cursor)
    return TicketList(data=[TicketOut.of(one, call.now) for one in page.items], next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/tickets/{ticket_id}", roles=CUSTOMER, out=TicketOut)
def read_ticket(call: Call) -> TicketOut:
    """One of one's own tickets."""
    return TicketOut.of(store.get_own(call.path["ticket_id"], call.customer_id), call.now)


@route(bp, "GET", "/v1/tickets/{ticket_id}/sla", roles=CUSTOMER, out=SlaOut)
def explain_promise(call: Call) -> SlaOut:
    """By when one is answered, and how that came about (B9)."""
    return SlaOut.of(store.get_own(call.path["ticket_id"], call.customer_id).clock, call.now)


@route(bp, "GET", "/v1/tickets/{ticket_id}/messages", roles=CUSTOMER, query=ListQuery, out=MessageList)
def list_messages(call: Call, query: ListQuery) -> MessageList:
    """The conversation about one of one's own tickets, newest first (V6)."""
    ticket = store.get_own(call.path["ticket_id"], call.customer_id)
    page = store.conversation(ticket.id, query.limit, query.cursor)
    return MessageList(data=[MessageOut.of(one) for one in page.items], next_cursor=page.next_cursor)


# Staff


@route(bp, "GET", "/v1/staff/tickets", roles=ANY_STAFF, query=QueueQuery, out=StaffTicketList)
def list_queue(call: Call, query: QueueQuery) -> StaffTicketList:
    """The team's queue: first what is due first (V6); of a status that is over, what is over."""
    wanted = store.Wanted(query.status, query.kind, query.priority, query.assigned_to(call.staff_id))
    page = store.queue(query.status in OVER, wanted.admits, query.limit, query.cursor)
    shown = [StaffTicketOut.of(one, call.now) for one in page.items]
    return StaffTicketList(data=shown, next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/staff/tickets/{ticket_id}", roles=ANY_STAFF, out=StaffTicketOut)
def read_any_ticket(call: Call) -> StaffTicketOut:
    """One ticket."""
    return StaffTicketOut.of(store.get(call.path["ticket_id"]), call.now)


@route(bp, "GET", "/v1/staff/tickets/{ticket_id}/sla", roles=ANY_STAFF, out=SlaOut)
def explain_any_promise(call: Call) -> SlaOut:
    """By when a customer is answered: what was counted by which calendar, and all pauses (R7, B9)."""
    return SlaOut.of(store.get(call.path["ticket_id"]).clock, call.now)


@route(
    bp,
    "GET",
    "/v1/staff/tickets/{ticket_id}/messages",
    roles=ANY_STAFF,
    query=ListQuery,
    out=StaffMessageList,
)
def list_any_messages(call: Call, query: ListQuery) -> StaffMessageList:
    """The conversation with a customer, newest first (V6)."""
    ticket = store.get(call.path["ticket_id"])
    return StaffMessageList.of(store.conversation(ticket.id, query.limit, query.cursor))


@route(
    bp, "GET", "/v1/staff/tickets/{ticket_id}/notes", roles=ANY_STAFF, query=ListQuery, out=StaffMessageList
)
def list_notes(call: Call, query: ListQuery) -> StaffMessageList:
    """The team's own notes about a ticket, newest first (V6)."""
    ticket = store.get(call.path["ticket_id"])
    return StaffMessageList.of(store.notes(ticket.id, query.limit, query.cursor))


@route(
    bp,
    "POST",
    "/v1/staff/tickets/{ticket_id}/messages",
    roles=ANY_STAFF,
    body=StaffMessageIn,
    out=StaffMessageOut,
    status=201,
    repeatable=True,
    refuses=(TicketClosed,),
)
def write_as_staff(call: Call, body: StaffMessageIn) -> StaffMessageOut:
    """Write to a customer, or a note of the team's own (V6).

    What is written to the customer is an answer, which keeps the promise; with `asks` it is a question, which
    pauses it until he replies.
    """
    actor, ticket = _actor(call), store.get(call.path["ticket_id"])
    said = service.message(
        ticket.id,
        "staff",
        actor,
        body.text,
        call.now,
        internal=body.internal,
        attachments=attached(ticket.id, body.attachments, wiring.files(), call.repeatable),
        repeatable=call.repeatable,
    )
    written = service.write(
        said.ticket_id,
        said,
        actor,
        asks=body.asks,
        answer=lambda one: (201, StaffMessageOut.of(one).model_dump_json()),
        repeatable=call.repeatable,
    )
    return StaffMessageOut.of(written)


@route(bp, "POST", "/v1/staff/tickets/{ticket_id}/assign", roles=ANY_STAFF, body=AssignIn, out=StaffTicketOut)
def assign_ticket(call: Call, body: AssignIn) -> StaffTicketOut:
    """Say whose ticket it is: the caller's, somebody else's, or nobody's; again is harmless."""
    assignee = body.by(call.staff_id)
    ticket = service.assign(call.path["ticket_id"], assignee, _actor(call), call.now)
    return StaffTicketOut.of(ticket, call.now)


@route(
    bp, "POST", "/v1/staff/tickets/{ticket_id}/priority", roles=ANY_STAFF, body=PriorityIn, out=StaffTicketOut
)
def rank_ticket(call: Call, body: PriorityIn) -> StaffTicketOut:
    """Say how urgent a ticket is; what was promised stays, and again is harmless."""
    ticket = service.rank(call.path["ticket_id"], body.priority, _actor(call), call.now)
    return StaffTicketOut.of(ticket, call.now)


@route(
    bp,
    "POST",
    "/v1/staff/tickets/{ticket_id}/resolve",
    roles=ANY_STAFF,
    body=ResolveIn,
    out=StaffTicketOut,
    repeatable=True,
    refuses=(TicketClosed, TicketNotAnswered, AwaitsPayment, AwaitsSession),
)
def resolve_ticket(call: Call, body: ResolveIn) -> StaffTicketOut:
    """Say that it is done, maybe with a last message; nothing is resolved that had no answer (R5, R7).

    A bought session is resolved by being held.
    """
    actor, ticket_id = _actor(call), call.path["ticket_id"]
    said = body.message and service.message(
        ticket_id, "staff", actor, body.message, call.now, repeatable=call.repeatable
    )
    ticket = service.resolve(
        ticket_id,
        body.outcome,
        said or None,
        actor,
        call.now,
        answer=lambda one: (200, StaffTicketOut.of(one, call.now).model_dump_json()),
        repeatable=call.repeatable,
    )
    return StaffTicketOut.of(ticket, call.now)


def _actor(call: Call) -> Actor:
    return Actor(call.staff_id, "staff")
