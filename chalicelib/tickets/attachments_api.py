"""Routes of the files of tickets: they pass by this API, which only signs the addresses (V6)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import ANY_STAFF, CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.tickets import attachments_service, store
from chalicelib.tickets.attachments import Upload
from chalicelib.tickets.attachments_schemas import AttachmentIn, AttachmentOut, LinkOut
from chalicelib.tickets.gateways import UploadTarget
from chalicelib.tickets.rules import Ticket, TicketClosed

bp = Blueprint(__name__)


@route(
    bp,
    "POST",
    "/v1/tickets/{ticket_id}/attachments",
    roles=CUSTOMER,
    body=AttachmentIn,
    out=AttachmentOut,
    status=201,
    repeatable=True,
    refuses=(TicketClosed,),
)
def announce_attachment(call: Call, body: AttachmentIn) -> AttachmentOut:
    """Permission to upload one file for a message about one's own ticket."""
    return _announced(call, store.get_own(call.path["ticket_id"], call.customer_id), body)


@route(
    bp,
    "POST",
    "/v1/staff/tickets/{ticket_id}/attachments",
    roles=ANY_STAFF,
    body=AttachmentIn,
    out=AttachmentOut,
    status=201,
    repeatable=True,
    refuses=(TicketClosed,),
)
def announce_staff_attachment(call: Call, body: AttachmentIn) -> AttachmentOut:
    """Permission to upload one file for an answer or a note."""
    return _announced(call, store.get(call.path["ticket_id"]), body)


@route(bp, "GET", "/v1/tickets/{ticket_id}/attachments/{attachment_id}", roles=CUSTOMER, out=LinkOut)
def read_attachment(call: Call) -> LinkOut:
    """Where a file of the conversation can be downloaded for a while."""
    ticket = store.get_own(call.path["ticket_id"], call.customer_id)
    lists = attachments_service.PUBLIC
    url = attachments_service.link(ticket.id, call.path["attachment_id"], lists, wiring.files())
    return LinkOut.until(url, call.now)


@route(bp, "GET", "/v1/staff/tickets/{ticket_id}/attachments/{attachment_id}", roles=ANY_STAFF, out=LinkOut)
def read_staff_attachment(call: Call) -> LinkOut:
    """Where a file of the conversation or of a note can be downloaded for a while."""
    ticket = store.get(call.path["ticket_id"])
    lists = attachments_service.ALL
    url = attachments_service.link(ticket.id, call.path["attachment_id"], lists, wiring.files())
    return LinkOut.until(url, call.now)


def _announced(call: Call, ticket: Ticket, body: AttachmentIn) -> AttachmentOut:
    return _shown(
        *attachments_service.announce(
            ticket,
            body.name,
            body.media_type,
            body.size,
            wiring.files(),
            call.now,
            answer=lambda upload, target: (201, _shown(upload, target).model_dump_json()),
            repeatable=call.repeatable,
        )
    )


def _shown(upload: Upload, target: UploadTarget) -> AttachmentOut:
    return AttachmentOut.of(upload, target.url, target.headers)
