"""What a customer is written about his tickets: received, answered, resolved, closed (R6, V6).

A letter's subject carries the ticket's number in brackets, as in `[T-000123]`, by which a reply is threaded.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from chalicelib.customers import store as customers
from chalicelib.flows.letters import send
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import Event
from chalicelib.kernel.markets import market_of
from chalicelib.tickets import store as tickets
from chalicelib.tickets.rules import Ticket


def received(event: Event, reach: Reach, now: datetime) -> None:
    """Acknowledge a request at once, with its number and when its answer is due where the customer is (R6).

    Not one that promises nothing: a service that is bought has its invoice.
    """
    ticket = tickets.get(event.subject)
    if ticket.clock is None:
        return
    customer = customers.get(ticket.customer_id)
    params = {
        **_about(ticket, reach),
        "due_at": rfc3339(ticket.clock.ledger[0].due_at),
        "zone": market_of(customer.country).zone,
    }
    send("ticket_received", ticket.id, customer, params, reach, now)


def answered(event: Event, reach: Reach, now: datetime) -> None:
    """Send what staff has written, and say whether the customer is asked for something (V6)."""
    ticket, message_id = tickets.get(event.subject), event.data["message_id"]
    params = {
        **_about(ticket, reach),
        "paragraphs": _paragraphs(tickets.messages.get(message_id).text),
        "asks": "asks" in event.data,
    }
    send("ticket_answered", message_id, customers.get(ticket.customer_id), params, reach, now)


def resolved(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that a request is resolved, with what staff has written about that, if anything."""
    ticket, message_id = tickets.get(event.subject), event.data.get("message_id")
    text = tickets.messages.get(message_id).text if message_id else ""
    params = {**_about(ticket, reach), "paragraphs": _paragraphs(text)}
    subject = message_id or _occasion(event)
    send("ticket_resolved", subject, customers.get(ticket.customer_id), params, reach, now)


def closed(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that staff has closed a ticket, and why; not if it was opened again meanwhile."""
    ticket = tickets.get(event.subject)
    if ticket.closed_for is None:
        return
    params = {**_about(ticket, reach), "reason": ticket.closed_for}
    send("ticket_closed", _occasion(event), customers.get(ticket.customer_id), params, reach, now)


def _about(ticket: Ticket, reach: Reach) -> dict[str, Any]:
    return {"number": ticket.number, "subject": ticket.subject, "store_url": reach.vendor.store_url}


def _occasion(event: Event) -> str:
    """One ticket can be resolved, or closed, more than once."""
    return f"{event.subject}:{rfc3339(event.at)}"


def _paragraphs(text: str) -> list[list[str]]:
    """The paragraphs of a text, each as its lines: a letter would make one line of it."""
    lines = (part.splitlines() for part in re.split(r"\n\s*\n", text.strip()))
    return [[line.strip() for line in part if line.strip()] for part in lines if part]
