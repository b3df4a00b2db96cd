"""What the API shows of a promise, and of how it came about."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, PlainSerializer

from chalicelib.edge.schema import Instant, Schema
from chalicelib.tickets import sla
from chalicelib.tickets.durations import iso_duration
from chalicelib.tickets.sla import Clock

Duration = Annotated[timedelta, PlainSerializer(iso_duration, return_type=str)]
BUSINESS_TIME = "business time in ISO 8601, such as PT7H30M"


class PromiseOut(Schema):
    """By when an answer was promised, and how that stands (R7)."""

    due_at: Instant
    mode: str
    calendar: str
    paused_since: Instant | None = Field(description="since when the customer is waited for")
    status: Literal["on_track", "at_risk", "breached", "met"]

    @classmethod
    def of(cls, clock: Clock, now: datetime) -> Self:
        return cls(
            due_at=clock.due_at,
            mode=clock.policy.mode,
            calendar=clock.last.calendar,
            paused_since=clock.paused_since,
            status=sla.status(clock, now),
        )


class _Span(Schema):
    model_config = ConfigDict(serialize_by_alias=True)

    start: Instant = Field(serialization_alias="from")


class SegmentOut(_Span):
    """Business time without a break."""

    end: Instant = Field(serialization_alias="to")
    counted: Duration = Field(description=BUSINESS_TIME)


class PauseOut(_Span):
    """Time in which the customer was waited for; `to` is null while it lasts."""

    end: Instant | None = Field(serialization_alias="to")


class EntryOut(Schema):
    """A line of the ledger: what happened, what was left then, and what was promised by which calendar."""

    step: str
    at: Instant
    left: Duration = Field(description=BUSINESS_TIME)
    due_at: Instant
    calendar: str
    version: str


class SlaOut(Schema):
    """How a promise came about, so that a person can check it (B9).

    The segments counted add up to the budget. All is null or empty while nothing is promised.
    """

    due_at: Instant | None = None
    at_risk_at: Instant | None = None
    mode: str | None = None
    calendar: str | None = None
    version: str | None = Field(default=None, description="of the calendar")
    zone: str | None = None
    status: str | None = None
    budget: Duration | None = Field(default=None, description=BUSINESS_TIME)
    left: Duration | None = Field(default=None, description=f"what is left of the budget: {BUSINESS_TIME}")
    segments: list[SegmentOut] = []
    pauses: list[PauseOut] = []
    ledger: list[EntryOut] = []

    @classmethod
    def of(cls, clock: Clock | None, now: datetime) -> Self:
        if clock is None:
            return cls()
        return cls(
            **PromiseOut.of(clock, now).model_dump(include={"mode", "calendar", "status"}),
            due_at=clock.due_at,
            at_risk_at=clock.at_risk_at,
            version=clock.last.version,
            zone=clock.zone,
            budget=clock.policy.budget,
            left=clock.policy.budget - sla.used(clock, now),
            segments=[SegmentOut(**asdict(one)) for one in clock.segments],
            pauses=[PauseOut(**asdict(one)) for one in clock.pauses],
            ledger=[EntryOut(**asdict(one)) for one in clock.ledger],
        )
