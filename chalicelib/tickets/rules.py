"""A ticket; so far the one that accompanies a bought service (S3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.kernel.errors import NotFound

Kind = Literal["advisory"]
Status = Literal["open", "in_progress", "waiting_customer", "resolved", "closed"]
OVER: tuple[Status, ...] = ("resolved", "closed")


@dataclass(frozen=True)
class Ticket:
    """`waits_for` says what must happen before work goes on, `closed_for` why it was closed without that."""

    id: str
    number: str
    kind: Kind
    status: Status
    priority: str
    subject: str
    customer_id: str
    order_id: str
    product: str
    waits_for: Literal["payment", "slots"]
    created_at: datetime
    closed_for: str | None = None
    version: int | None = None


class TicketNotFound(NotFound):
    """No such ticket, or somebody else's."""

    code = "ticket_not_found"
    thing = {"en": "ticket", "es": "el ticket", "pt-BR": "o ticket"}


def unlocked(ticket: Ticket) -> Ticket:
    """Its service has been paid: now the customer is asked for dates and times (S6)."""
    return replace(ticket, status="waiting_customer", waits_for="slots", closed_for=None)


def locked(ticket: Ticket) -> Ticket:
    """The money of its service is contested: it waits for its payment again, unless it is over already."""
    return ticket if ticket.status in OVER else replace(ticket, status="open", waits_for="payment")


def closed(ticket: Ticket, reason: str) -> Ticket:
    """What it waits for will not come."""
    return replace(ticket, status="closed", closed_for=reason)
