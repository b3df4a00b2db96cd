"""Telling the team that an answer is at risk, overdue, or still overdue: each once, to whom it concerns (R7).

An alert is one transaction, guarded by the ticket's version: an answer at the same moment wins, or the alert
does. The e-mail follows from its event, so that there is one for each alert that was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.customers import store as customers
from chalicelib.flows.letters import send_team
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tickets import service_levels
from chalicelib.tickets import store as tickets
from chalicelib.tickets.alerts import Level, contact_of, level_due, next_person_at, step_of, told
from chalicelib.tickets.levels import Home

METRICS: Mapping[Level, str] = {
    "at_risk": "TicketsAtRisk",
    "breached": "TicketsBreached",
    "escalated": "TicketsEscalated",
}

due = tickets.due


def alert(ticket_id: str, reach: Reach, now: datetime) -> None:
    """Give a ticket the one alert that is due by `now`, if there still is one; repeating it changes nothing.

    It is counted by whoever commits it, right afterwards: a crash in between loses the count, never the
    e-mail, and nothing is counted twice.
    """
    if level := retrying(lambda: _alert(ticket_id, reach.vendor.home, now)):
        reach.count(METRICS[level])


def _alert(ticket_id: str, home: Home, now: datetime) -> Level | None:
    before = tickets.get(ticket_id)
    if before.due_at is None or before.clock is None:
        return None
    level = level_due(before.clock, before.alerts, now)
    if level is None:
        return None
    levels = service_levels.current(home, now)
    contacts = levels.contacts
    step = step_of(before.alerts, level)
    follows = None
    if step + 1 < len(contacts):
        follows = next_person_at(before.clock, service_levels.calendar_under(levels, before.clock), now)
    after = replace(before, alerts=told(before.alerts, level, now, follows))
    data = {"level": level, "step": str(step), "contact": contact_of(contacts, step)}
    writing = Transaction()
    writing.save(*tickets.rows(after))
    # No customer: how late the team is stands on no timeline.
    writing.audit(Change(after.id, None, f"alerted: {level}", before.status, after.status, SYSTEM, now))
    writing.emit(Event("ticket.alerted", after.id, now, data))
    writing.commit()
    return level


def tell(event: Event, reach: Reach, now: datetime) -> None:
    """Send the e-mail of an alert to its contact, in the vendor's language and time."""
    ticket = tickets.get(event.subject)
    if ticket.clock is None:
        return
    params = {
        "name": customers.get(ticket.customer_id).name,
        "number": ticket.number,
        "ticket_kind": ticket.kind,
        "subject": ticket.subject,
        "ticket_id": ticket.id,
        "level": event.data["level"],
        "due_at": rfc3339(ticket.clock.due_at),
        "zone": reach.vendor.zone,
    }
    about = ":".join((ticket.id, event.data["level"], event.data["step"]))
    send_team("sla_alert", about, event.data["contact"], params, reach, now)
