"""Question and answer of the report on cancelled renewals."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime

from pydantic import Field

from chalicelib.edge.schema import Instant, Schema
from chalicelib.flows.cancellation_report import Asked, CancellationReport
from chalicelib.flows.reports_schemas import Format, PeriodQuery
from chalicelib.subscriptions.trace import Outcome, Trace, TraceChannel, TraceFilter


class CancellationReportQuery(PeriodQuery):
    """Which cancellations; what is left out is not asked for, so that every door is covered."""

    outcome: Outcome | None = Field(None, description="the code beneath the labels of all doors")
    task: str | None = Field(None, min_length=1, max_length=100, description="the name of a planned task")
    channel: TraceChannel | None = None
    format: Format = "json"

    def asked(self, zone: str, now: datetime) -> Asked:
        wanted = {one.name: getattr(self, one.name) for one in fields(TraceFilter)}
        return Asked(self.period(zone, now), TraceFilter(**wanted))


class CancellationLineOut(Schema):
    """One cancelled renewal; names, label and notes are those of its door, as they were then."""

    customer_name: str
    user: str
    task: str
    outcome: Outcome
    outcome_label: str
    notes: str
    created_at: Instant
    channel: TraceChannel
    subscription_id: str
    customer_id: str

    @classmethod
    def of(cls, trace: Trace) -> CancellationLineOut:
        return cls(**{name: getattr(trace, name) for name in cls.model_fields})


class DayCountOut(Schema):
    """How many there were on one day of the vendor's."""

    date: date
    count: int


class CancellationReportOut(Schema):
    """One page of a period's cancelled renewals, newest first, and a count for each of its days."""

    data: list[CancellationLineOut]
    per_day: list[DayCountOut]
    next_cursor: str | None

    @classmethod
    def of(cls, report: CancellationReport) -> CancellationReportOut:
        return cls(
            data=[CancellationLineOut.of(trace) for trace in report.page.items],
            per_day=[DayCountOut(date=day, count=count) for day, count in report.per_day],
            next_cursor=report.page.next_cursor,
        )
