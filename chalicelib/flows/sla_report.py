"""How promises to answer were kept for the requests of a period, by month, kind and cause (R7).

A request stands in the month in which it was made, in the vendor's zone. What promises nothing, as a service
before it is paid, is in no report. Times are business time, by the calendar of each promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from chalicelib.kernel.clock import local_date, place_in_time
from chalicelib.kernel.paging import Page
from chalicelib.reports.periods import Period
from chalicelib.reports.reading import no_more_than, page_of_all
from chalicelib.reports.sheets import csv_lines
from chalicelib.tickets import service_levels
from chalicelib.tickets import store as tickets
from chalicelib.tickets.figures import Group, Kept, Standing, groups, standing
from chalicelib.tickets.rules import Kind, Status, Ticket
from chalicelib.tickets.sla import Clock, taken

# What can be read well within the API's time limit.
MOST_TICKETS = 5_000
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Asked:
    """The requests that a report is about, as they stand `now`; `ReportTooLarge` of more than `most`."""

    period: Period
    now: datetime
    kind: Kind | None = None
    most: int = MOST_TICKETS


@dataclass(frozen=True)
class Line:
    """A request and how its promise stands.

    `business_minutes` are whole minutes of business time until the first answer, or until now.
    """

    number: str
    kind: Kind
    cause: str | None
    opened_at: datetime
    due_at: datetime
    answered_at: datetime | None
    status: Status
    promise: Standing
    business_minutes: int
    ticket_id: str


@dataclass(frozen=True)
class SlaReport:
    """One page of lines; the groups are those of all that was asked for."""

    page: Page[Line]
    groups: tuple[Group, ...]


def page(asked: Asked, limit: int, cursor: str | None) -> SlaReport:
    """One page, newest first, with the groups. `NotACursor`, `ReportTooLarge`."""
    seen: list[Kept] = []
    counted = _noting(_lines(asked), seen, asked.period.zone)
    picked = page_of_all(counted, lambda one: place_in_time(one.opened_at, one.ticket_id), limit, cursor)
    return SlaReport(picked, groups(seen))


def table(asked: Asked) -> str:
    """All of it as CSV, newest first. `ReportTooLarge`."""
    columns = [column.name for column in fields(Line)]
    rows = ([getattr(line, column) for column in columns] for line in _lines(asked))
    return "".join(csv_lines(columns, rows))


def _lines(asked: Asked) -> Iterator[Line]:
    found = tickets.reported(asked.period.start, asked.period.end)
    for ticket in no_more_than(asked.most, found):
        if ticket.clock and asked.kind in (None, ticket.kind):
            yield _line(ticket, ticket.clock, asked.now)


def _line(ticket: Ticket, clock: Clock, now: datetime) -> Line:
    return Line(
        number=ticket.number,
        kind=ticket.kind,
        cause=ticket.reason_code,
        opened_at=ticket.created_at,
        due_at=clock.due_at,
        answered_at=clock.answered_at,
        status=ticket.status,
        promise=standing(clock, ticket.is_over, now),
        business_minutes=taken(clock, service_levels.promised_by(clock), now) // MINUTE,
        ticket_id=ticket.id,
    )


def _noting(lines: Iterator[Line], seen: list[Kept], zone: str) -> Iterator[Line]:
    for line in lines:
        month = f"{local_date(line.opened_at, zone):%Y-%m}"
        minutes = line.business_minutes if line.answered_at else None
        seen.append(Kept(month, line.kind, line.cause, line.promise, minutes))
        yield line
