"""Tickets in the table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.paging import Page
from chalicelib.storage.attributes import InstantAttribute
from chalicelib.storage.table import Row, key, load, owned, page_by_owner, to_record, to_row
from chalicelib.tickets.rules import Ticket, TicketNotFound


class TicketRow(Row, discriminator="ticket"):
    """One ticket."""

    id = UnicodeAttribute()
    number = UnicodeAttribute()
    ticket_kind = UnicodeAttribute()
    status = UnicodeAttribute()
    priority = UnicodeAttribute()
    subject = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    product = UnicodeAttribute()
    waits_for = UnicodeAttribute()
    created_at = InstantAttribute()


def row(ticket: Ticket) -> TicketRow:
    """The row to save."""
    listed = owned(ticket.customer_id, "TKT", ticket.created_at, ticket.id)
    return to_row(TicketRow, ticket, {"pk": key("TKT", ticket.id), "sk": "TKT", **listed})


def get(ticket_id: str) -> Ticket:
    """A ticket; `TicketNotFound`."""
    found = load(TicketRow, key("TKT", ticket_id), "TKT")
    if found is None:
        raise TicketNotFound(what="ticket", id=ticket_id)
    return to_record(found, Ticket)


def get_own(ticket_id: str, customer_id: str) -> Ticket:
    """A customer's own ticket; `TicketNotFound` for anybody else's."""
    ticket = get(ticket_id)
    if ticket.customer_id != customer_id:
        raise TicketNotFound(what="ticket", id=ticket_id)
    return ticket


def page(customer_id: str, limit: int, cursor: str | None) -> Page[Ticket]:
    """A customer's tickets, newest first."""
    rows = page_by_owner(TicketRow, key("CUS", customer_id), "TKT", limit=limit, cursor=cursor)
    return rows.map(lambda found: to_record(found, Ticket))
