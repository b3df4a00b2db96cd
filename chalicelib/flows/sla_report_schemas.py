"""Question and answer of the report on promises to answer."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from pydantic import Field

from chalicelib.edge.schema import Instant, Schema
from chalicelib.flows.reports_schemas import Format, PeriodQuery
from chalicelib.flows.sla_report import Asked, Line, SlaReport
from chalicelib.tickets.figures import STANDINGS, Group, Standing, Times
from chalicelib.tickets.rules import Kind, Status


class SlaReportQuery(PeriodQuery):
    """Which requests."""

    kind: Kind | None = None
    format: Format = "json"

    def asked(self, zone: str, now: datetime) -> Asked:
        return Asked(self.period(zone, now), now, self.kind)


class SlaLineOut(Schema):
    """One request and how its promise stands."""

    number: str
    kind: Kind
    cause: str | None
    opened_at: Instant
    due_at: Instant
    answered_at: Instant | None
    status: Status
    promise: Standing
    business_minutes: int = Field(description="whole minutes of business time to the first answer, or to now")
    ticket_id: str

    @classmethod
    def of(cls, line: Line) -> SlaLineOut:
        return cls(**{one.name: getattr(line, one.name) for one in fields(line)})


class FirstAnswersOut(Schema):
    """How long first answers took, late ones too, in whole minutes of business time."""

    count: int
    mean_minutes: int
    median_minutes: int
    p90_minutes: int = Field(description="nine tenths of the answers took no longer")

    @classmethod
    def of(cls, times: Times) -> FirstAnswersOut:
        return cls(
            count=times.count,
            mean_minutes=times.mean,
            median_minutes=times.median,
            p90_minutes=times.p90,
        )


class SlaGroupOut(Schema):
    """The requests of a month, kind and cause."""

    month: str = Field(description="when they were made, as YYYY-MM in the vendor's zone")
    kind: Kind
    cause: str | None = Field(description="the code of the reason that was chosen, if one was")
    met: int = Field(description="answered in time")
    breached: int = Field(description="answered late, or late by now")
    running: int = Field(description="open and not late")
    unanswered: int = Field(description="closed in time without an answer")
    first_answers: FirstAnswersOut | None

    @classmethod
    def of(cls, group: Group) -> SlaGroupOut:
        return cls(
            month=group.month,
            kind=group.kind,
            cause=group.cause,
            **{name: group.counts[name] for name in STANDINGS},
            first_answers=FirstAnswersOut.of(group.first_answers) if group.first_answers else None,
        )


class SlaReportOut(Schema):
    """One page of a period's requests, newest first, and how all of them were answered."""

    data: list[SlaLineOut]
    groups: list[SlaGroupOut]
    next_cursor: str | None

    @classmethod
    def of(cls, report: SlaReport) -> SlaReportOut:
        return cls(
            data=[SlaLineOut.of(line) for line in report.page.items],
            groups=[SlaGroupOut.of(group) for group in report.groups],
            next_cursor=report.page.next_cursor,
        )
