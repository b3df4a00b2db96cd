"""Tickets in the table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib.storage.attributes import InstantAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row
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
    closed_for = UnicodeAttribute(null=True)


_tickets = Records("TKT", TicketRow, Ticket, TicketNotFound)
row, get, get_own, page = _tickets.row, _tickets.get, _tickets.get_own, _tickets.page
