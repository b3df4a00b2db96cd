"""The clock of a promise: when an answer is due, and how that came about (R7, B9).

The clock runs while the customer waits for the team and is paused while the team waits for the customer.
It holds all it needs: what was counted, the instant that was promised, and the calendar it was promised by.
A later calendar moves nothing; it is used from the next resumption on, which promises a new instant anyway.

A step that changes nothing leaves the clock as it is, and the ledger's time never runs backwards, whatever
the clocks of two machines say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.kernel.business import (
    NOTHING,
    Calendar,
    Mode,
    Segment,
    counted,
    cut,
    elapsed,
    next_opening,
    spend,
)

Step = Literal["started", "paused", "resumed", "answered"]
SHORTEST = timedelta(minutes=1)
RUNNING: tuple[Step, ...] = ("started", "resumed")
SlaStatus = Literal["on_track", "at_risk", "breached", "met"]


@dataclass(frozen=True)
class Policy:
    """An answer within `budget` of business time, a minute at least; `at_risk_percent` of it is carefree."""

    budget: timedelta = timedelta(hours=48)
    mode: Mode = "business_days"
    at_risk_percent: int = 75

    def __post_init__(self) -> None:
        if self.budget < SHORTEST or not 1 <= self.at_risk_percent <= 100:
            raise ValueError(f"no promise: {self}")

    @property
    def carefree(self) -> timedelta:
        """The part of the budget that may be used up before an answer is at risk."""
        return self.budget * self.at_risk_percent // 100


@dataclass(frozen=True)
class Entry:
    """A line of the ledger: the budget left at an instant, the instant promised, and the calendar used."""

    step: Step
    at: datetime
    left: timedelta
    due_at: datetime
    calendar: str
    version: str


@dataclass(frozen=True)
class Pause:
    """Time in which the customer was waited for; `end` is None while it lasts."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Clock:
    """`segments` are what was counted and, while the clock runs, what will be until `due_at`.

    `warns_at` is when somebody is there to be told that an answer is at risk. While the clock is paused,
    these instants are the last ones promised.
    """

    policy: Policy
    zone: str
    due_at: datetime
    at_risk_at: datetime
    warns_at: datetime
    segments: tuple[Segment, ...]
    ledger: tuple[Entry, ...]

    @property
    def last(self) -> Entry:
        """The latest line of the ledger."""
        return self.ledger[-1]

    @property
    def paused_since(self) -> datetime | None:
        """Since when the customer is waited for."""
        return self.last.at if self.last.step == "paused" else None

    @property
    def answered_at(self) -> datetime | None:
        """When the answer came, in time or late."""
        return self.last.at if self.last.step == "answered" else None

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """All times in which the customer was waited for."""
        ends = [*(entry.at for entry in self.ledger[1:]), None]
        return tuple(
            Pause(one.at, end) for one, end in zip(self.ledger, ends, strict=True) if one.step == "paused"
        )


def started(policy: Policy, calendar: Calendar, at: datetime) -> Clock:
    """A clock that runs from `at` on; `CalendarEnds` when the calendar does not reach so far."""
    segments = spend(calendar, policy.mode, at, policy.budget)
    due_at = segments[-1].end
    entry = Entry("started", at, policy.budget, due_at, calendar.id, calendar.version)
    at_risk_at = _end(calendar, policy, at, policy.carefree)
    warns_at = next_opening(calendar, at_risk_at)
    return Clock(policy, calendar.zone, due_at, at_risk_at, warns_at, segments, (entry,))


def paused(clock: Clock, at: datetime) -> Clock:
    """From now on the customer is waited for: what is left of the budget is kept."""
    if clock.last.step not in RUNNING:
        return clock
    at = max(at, clock.last.at)
    segments = cut(clock.segments, clock.policy.mode, clock.zone, at)
    return _noted(replace(clock, segments=segments), "paused", at)


def resumed(clock: Clock, calendar: Calendar, at: datetime) -> Clock:
    """The customer has answered: what is left of the budget is counted from now on; `CalendarEnds`.

    When nothing is left, the promise stays broken as it was.
    """
    if clock.last.step != "paused":
        return clock
    at = max(at, clock.last.at)
    if clock.last.left > NOTHING:
        clock = _promised(clock, calendar, at)
    return _noted(clock, "resumed", at, calendar)


def answered(clock: Clock, at: datetime) -> Clock:
    """The answer was given, maybe during a pause; the segments go on explaining the promise."""
    if clock.answered_at:
        return clock
    return _noted(clock, "answered", max(at, clock.last.at))


def used(clock: Clock, at: datetime) -> timedelta:
    """The business time that was counted until an instant, or until the answer."""
    until = min(at, clock.answered_at or at)
    return counted(cut(clock.segments, clock.policy.mode, clock.zone, until))


def taken(clock: Clock, calendar: Calendar, at: datetime) -> timedelta:
    """The business time until an instant, or until the answer, also beyond the budget; `CalendarEnds`.

    What was promised is counted as it was promised, what came later by `calendar`, without pauses.
    """
    until = min(at, clock.answered_at or at)
    ends = [*(entry.at for entry in clock.ledger[1:]), until]
    late = (
        elapsed(calendar, clock.policy.mode, max(one.at, clock.due_at), min(end, until))
        for one, end in zip(clock.ledger, ends, strict=True)
        if one.step in RUNNING
    )
    return sum(late, used(clock, at))


def status(clock: Clock, at: datetime) -> SlaStatus:
    """How the promise stands at an instant not before the last step: at `due_at` itself it is broken."""
    stands = _stopped_at(clock.ledger) or at
    if stands >= clock.due_at:
        return "breached"
    if clock.answered_at:
        return "met"
    return "at_risk" if stands >= clock.at_risk_at else "on_track"


def _stopped_at(ledger: tuple[Entry, ...]) -> datetime | None:
    # An answer during a pause is as timely as one at its beginning.
    stop = ledger[-2] if ledger[-1].step == "answered" and ledger[-2].step == "paused" else ledger[-1]
    return None if stop.step in RUNNING else stop.at


def _promised(clock: Clock, calendar: Calendar, at: datetime) -> Clock:
    """The clock with what is left planned from `at` on."""
    policy, left = clock.policy, clock.last.left
    segments = spend(calendar, policy.mode, at, left)
    carefree = policy.carefree - (policy.budget - left)
    at_risk_at = _end(calendar, policy, at, carefree) if carefree > NOTHING else clock.at_risk_at
    return replace(
        clock,
        zone=calendar.zone,
        due_at=segments[-1].end,
        at_risk_at=at_risk_at,
        warns_at=next_opening(calendar, max(at_risk_at, at)),
        segments=(*clock.segments, *segments),
    )


def _end(calendar: Calendar, policy: Policy, at: datetime, budget: timedelta) -> datetime:
    return spend(calendar, policy.mode, at, budget)[-1].end


def _noted(clock: Clock, step: Step, at: datetime, calendar: Calendar | None = None) -> Clock:
    last = clock.last
    name, version = (calendar.id, calendar.version) if calendar else (last.calendar, last.version)
    left = clock.policy.budget - used(clock, at)
    return replace(clock, ledger=(*clock.ledger, Entry(step, at, left, clock.due_at, name, version)))
