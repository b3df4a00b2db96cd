"""Routes of e-mails that came in, for staff (V6)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import ANY_STAFF
from chalicelib.edge.routes import Call, route
from chalicelib.flows import inbound_desk
from chalicelib.flows.inbound_schemas import (
    AssignMailIn,
    InboundMailList,
    InboundMailOut,
    InboundMailQuery,
    InboundMailRead,
)
from chalicelib.kernel.events import Actor
from chalicelib.tickets import inbound_store
from chalicelib.tickets.attachments import LINK_LASTS
from chalicelib.tickets.attachments_schemas import LinkOut
from chalicelib.tickets.inbound import NotParked
from chalicelib.tickets.rules import TicketClosed

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/staff/inbound_mails", roles=ANY_STAFF, query=InboundMailQuery, out=InboundMailList)
def list_inbound_mails(call: Call, query: InboundMailQuery) -> InboundMailList:
    """The e-mails of the last year of which the same became, newest first: those that wait for a decision."""
    page = inbound_store.page(query.status, query.limit, query.cursor)
    return InboundMailList(data=[InboundMailOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/staff/inbound_mails/{mail_id}", roles=ANY_STAFF, out=InboundMailRead)
def read_inbound_mail(call: Call) -> InboundMailRead:
    """One e-mail, with an address that gives it for a while as it came."""
    mail = inbound_store.mails.get(call.path["mail_id"])
    raw = LinkOut.until(wiring.inbox().link(mail.key, LINK_LASTS), call.now)
    return InboundMailRead(mail=InboundMailOut.of(mail), raw=raw)


@route(
    bp,
    "POST",
    "/v1/staff/inbound_mails/{mail_id}/assign",
    roles=ANY_STAFF,
    body=AssignMailIn,
    out=InboundMailOut,
    refuses=(NotParked, TicketClosed),
)
def assign_inbound_mail(call: Call, body: AssignMailIn) -> InboundMailOut:
    """Take an e-mail that waits for a decision as a message of a ticket's customer; again changes nothing."""
    actor = Actor(call.staff_id, "staff")
    mail = inbound_desk.assign(call.path["mail_id"], body.ticket_id, wiring.post(), actor, call.now)
    return InboundMailOut.of(mail)
