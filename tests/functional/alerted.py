"""Requests of customers, and the schedule that alerts the team of them, as these tests need them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.flows.events import sla_alerts
from chalicelib.flows.requesting import Request, open_ticket
from chalicelib.kernel.events import Actor
from chalicelib.tickets import service, service_levels
from chalicelib.tickets import store as tickets
from chalicelib.tickets.rules import Kind, Ticket
from chalicelib.tickets.sla import Clock
from tests.functional import steps
from tests.world import World

CONTACTS = ("first@example.com", "second@example.com", "third@example.com")
STAFF = Actor("staff-1", "staff")


def with_contacts(world: World, *contacts: str) -> None:
    """The vendor says who is told, in order."""
    levels = service_levels.current(wiring.vendor().home, world.now)
    service_levels.change(replace(levels, contacts=contacts), STAFF, world.now)


def opened(
    world: World,
    customer_id: str,
    at: datetime,
    *,
    kind: Kind = "review_contract",
    subject: str = "My plan",
    reason: str | None = "plan",
) -> Ticket:
    """A request that was made at some time."""
    request = Request(kind, subject, "What does my plan include?", reason_code=reason)
    by = Actor(customer_id, "store")
    return open_ticket(customer_id, request, wiring.vendor(), by, at, answer=lambda one: (201, one.id))


def answered(ticket_id: str, at: datetime, *, asks: bool = False) -> None:
    """Staff writes to the customer."""
    said = service.message(ticket_id, "staff", STAFF, "All of it", at)
    service.write(ticket_id, said, STAFF, asks=asks, answer=lambda one: (201, one.id))


def replied(ticket: Ticket, at: datetime) -> None:
    """The customer writes."""
    by = Actor(ticket.customer_id, "store")
    home = wiring.vendor().home
    service.reply(ticket.id, ticket.customer_id, "Mine", home, by, at, answer=lambda one: (201, one.id))


def tick(world: World, at: datetime) -> None:
    """The schedule runs, as EventBridge says at some time, with everything that follows."""
    world.now = at
    sla_alerts(steps.tick(at), None)
    world.settle_down()


def ticks(world: World, start: datetime, end: datetime, every: timedelta) -> None:
    """The schedule runs again and again."""
    while start < end:
        sla_alerts(steps.tick(start), None)
        start += every
    tick(world, end)


def clock_of(ticket_id: str) -> Clock:
    """The promise as it is stored."""
    clock = tickets.get(ticket_id).clock
    assert clock
    return clock


def alerts_of(world: World) -> list[tuple[str, str]]:
    """(level, contact) of each alert that was given, in order."""
    rows: Iterable[Any] = (row for row in world.rows("outbox") if row["name"] == "ticket.alerted")
    told = (json.loads(row["data"]) for row in sorted(rows, key=lambda row: (row["at"], row["event_id"])))
    return [(data["level"], data["contact"]) for data in told]


def mails_to(*addresses: str) -> list[Any]:
    """The e-mails that went out to some addresses, in order."""
    return [one for one in steps.letters() if set(one.destinations["ToAddresses"]) & set(addresses)]
