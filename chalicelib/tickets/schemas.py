"""What the API shows of a ticket."""

from __future__ import annotations

from chalicelib.edge.schema import Instant, Schema
from chalicelib.tickets.rules import Ticket


class TicketOut(Schema):
    """One ticket as its owner sees it."""

    id: str
    number: str
    kind: str
    status: str
    priority: str
    subject: str
    order_id: str | None
    product: str | None
    waits_for: str | None
    closed_for: str | None
    created_at: Instant

    @classmethod
    def of(cls, ticket: Ticket) -> TicketOut:
        return cls(**{name: getattr(ticket, name) for name in cls.model_fields})


class TicketList(Schema):
    """One page of a customer's tickets."""

    data: list[TicketOut]
    next_cursor: str | None
