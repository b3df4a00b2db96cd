"""What is sent to agree on a bought session."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from chalicelib.edge.schema import TRIMMED, ReasonIn, Schema
from chalicelib.tickets.sessions import MOST_SLOTS

Instant = Annotated[AwareDatetime, Field(strict=True)]


class SlotIn(Schema):
    """A date and time that suits."""

    starts_at: Instant


class SlotsIn(Schema):
    """Dates and times, the best one first; they take the place of those before."""

    slots: list[SlotIn] = Field(min_length=1, max_length=MOST_SLOTS)


class ScheduleIn(Schema):
    """One of the slots, where one meets, and what else it takes to get in."""

    starts_at: Instant
    meeting_url: str = Field(min_length=1, max_length=1000)
    access: Annotated[str, TRIMMED, Field(min_length=1, max_length=1000)] | None = None


class DeclineIn(ReasonIn):
    """Why none of the slots will do; its customer reads it."""


class OutcomeIn(Schema):
    """What there is to say about it; kept in the audit trail."""

    notes: Annotated[str, TRIMMED, Field(min_length=1, max_length=500)] | None = None
