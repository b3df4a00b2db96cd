"""Tickets, what is said about them, and service levels in the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kernel.business import Calendar
from chalicelib.kernel.clock import place_in_time
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.paging import NotACursor, Page, decode_cursor, encode_cursor
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.keys import key
from chalicelib.storage.records import Records
from chalicelib.storage.table import ByOwner, Copy, Row, load
from chalicelib.tickets.alerts import Alerts
from chalicelib.tickets.calendars import Definition
from chalicelib.tickets.levels import CURRENT, ServiceLevels
from chalicelib.tickets.messages import Attachment, Message, MessageNotFound
from chalicelib.tickets.rules import Session, Ticket, TicketNotFound
from chalicelib.tickets.sla import Clock

# How many places in the queue one request reads, to find those that are asked for.
MOST_LOOKED_AT = 1_000


class TicketRow(Row, discriminator="ticket"):
    """One ticket."""

    id = UnicodeAttribute()
    number = UnicodeAttribute()
    ticket_kind = UnicodeAttribute()
    status = UnicodeAttribute()
    priority = UnicodeAttribute()
    subject = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    created_at = InstantAttribute()
    channel = UnicodeAttribute(default="store")
    reason_code = UnicodeAttribute(null=True)
    subscription_id = UnicodeAttribute(null=True)
    product = UnicodeAttribute(null=True)
    order_id = UnicodeAttribute(null=True)
    waits_for = UnicodeAttribute(null=True)
    closed_for = UnicodeAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    assignee = UnicodeAttribute(null=True)
    clock = RecordAttribute(Clock, null=True)
    alerts = RecordAttribute(Alerts, default=Alerts)
    minutes = NumberAttribute(null=True)
    slots = RecordAttribute(tuple[datetime, ...], default=())
    session = RecordAttribute(Session, null=True)


class PlaceRow(Copy, discriminator="ticket_place"):
    """A ticket's place in the team's queue, with what the queue can be searched for."""

    ticket_id = UnicodeAttribute()
    ticket_kind = UnicodeAttribute()
    status = UnicodeAttribute()
    priority = UnicodeAttribute()
    assignee = UnicodeAttribute(null=True)


class MessageRow(Row, discriminator="message"):
    """One message or note."""

    id = UnicodeAttribute()
    ticket_id = UnicodeAttribute()
    author = UnicodeAttribute()
    author_id = UnicodeAttribute()
    channel = UnicodeAttribute()
    text = UnicodeAttribute()
    created_at = InstantAttribute()
    internal = BooleanAttribute()
    attachments = RecordAttribute(tuple[Attachment, ...])


class LevelsRow(Row, discriminator="service_levels"):
    """The vendor's service levels: one document."""

    id = UnicodeAttribute()
    calendars = RecordAttribute(tuple[Definition, ...])
    otherwise = UnicodeAttribute()
    contacts = RecordAttribute(tuple[str, ...])
    by_country = RecordAttribute(Mapping[str, str])
    policies = RecordAttribute(Mapping[str, Any])
    versions = RecordAttribute(Mapping[str, str])


class CalendarRow(Copy, discriminator="calendar"):
    """A calendar as it was made; its version is a digest of it, so that it is written again only alike."""

    calendar = RecordAttribute(Calendar)


def _list_of(message: Message) -> str:
    """Notes are a list of their own: the one that a customer reads cannot show them."""
    return key("TKT", message.ticket_id, "notes" if message.internal else "messages")


_tickets = Records("TKT", TicketRow, Ticket, TicketNotFound)
get, find, get_own, page, due = _tickets.get, _tickets.find, _tickets.get_own, _tickets.page, _tickets.due
all_of, find_all, reported = _tickets.all_of, _tickets.find_all, _tickets.reported
messages = Records("MSG", MessageRow, Message, MessageNotFound, listed_under=_list_of)
_levels = Records("SLV", LevelsRow, ServiceLevels, NotFound)
levels_row = _levels.row


def rows(ticket: Ticket) -> tuple[Row, Row]:
    """What is saved of a ticket: itself, and its place in the queue."""
    return _tickets.row(ticket), PlaceRow(
        key("TKT", ticket.id),
        "PLACE",
        gsi1pk=_queue(ticket.is_over),
        gsi1sk=place_in_time(ticket.ranks_at, ticket.id),
        ticket_id=ticket.id,
        ticket_kind=ticket.kind,
        status=ticket.status,
        priority=ticket.priority,
        assignee=ticket.assignee,
    )


@dataclass(frozen=True)
class Wanted:
    """Which tickets of the queue are asked for; None is any."""

    status: str | None = None
    kind: str | None = None
    priority: str | None = None
    assignee: str | None = None

    def admits(self, place: PlaceRow) -> bool:
        """Whether a place in the queue is among them."""
        asked = (self.status, self.kind, self.priority, self.assignee)
        held = (place.status, place.ticket_kind, place.priority, place.assignee)
        return all(one in (None, other) for one, other in zip(asked, held, strict=True))


def queue(
    over: bool,
    admits: Callable[[PlaceRow], bool],
    limit: int,
    cursor: str | None,
    *,
    most: int = MOST_LOOKED_AT,
) -> Page[Ticket]:
    """One page of the team's queue, or of what is over: first what is due first. `NotACursor`.

    At most so many places are looked at: a page of what is rare may be short, or empty, and not the last.
    """
    after = ByOwner.gsi1sk > _place_of(cursor) if cursor else None
    places = PlaceRow.by_owner.query(_queue(over), after, page_size=100)
    found, last = _picked(places, admits, limit, most)
    tickets = find_all(place.ticket_id for place in found)
    shown = tuple(tickets[place.ticket_id] for place in found)
    return Page(shown, encode_cursor({"after": last}) if last else None)


def _picked(
    places: Iterable[PlaceRow], admits: Callable[[PlaceRow], bool], limit: int, most: int
) -> tuple[list[PlaceRow], str | None]:
    """What is shown, and after which place the next page begins, if there is one."""
    found: list[PlaceRow] = []
    for seen, place in enumerate(places, 1):
        if admits(place):
            found.append(place)
        if len(found) > limit:
            return found[:limit], found[limit - 1].gsi1sk
        if seen == most:
            return found, place.gsi1sk
    return found, None


def conversation(ticket_id: str, limit: int, cursor: str | None) -> Page[Message]:
    """One page of what was said to and by the customer, newest first. `NotACursor`."""
    return messages.page_under(key("TKT", ticket_id, "messages"), limit, cursor)


def notes(ticket_id: str, limit: int, cursor: str | None) -> Page[Message]:
    """One page of the team's notes, newest first. `NotACursor`."""
    return messages.page_under(key("TKT", ticket_id, "notes"), limit, cursor)


def find_levels() -> ServiceLevels | None:
    """The vendor's service levels, once there are any."""
    return _levels.find(CURRENT)


def calendar_row(calendar: Calendar) -> Row:
    """What is saved of a calendar that was made."""
    return CalendarRow(key("BCL", calendar.id), calendar.version, calendar=calendar)


def find_calendar(id: str, version: str) -> Calendar | None:
    """A calendar as it was made."""
    row = load(CalendarRow, key("BCL", id), version)
    return row.calendar if row else None


def _queue(over: bool) -> str:
    return key("TKT", "over" if over else "open")


def _place_of(cursor: str) -> str:
    position = decode_cursor(cursor)
    if position.keys() != {"after"} or not position["after"]:
        raise NotACursor()
    return position["after"]
