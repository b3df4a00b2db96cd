"""When the team is told that an answer is at risk, overdue, and still overdue (R7).

That an answer is at risk waits for somebody to be there; that it is overdue does not. Who is told first is
followed by the next person each time that another budget is used up. Each alert is given once; what an outage
delayed is told as soon as it is over, as it is by then: overdue, and not at risk before that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.kernel.business import Calendar, spend
from chalicelib.tickets.sla import RUNNING, Clock

Level = Literal["at_risk", "breached", "escalated"]


@dataclass(frozen=True)
class Alerts:
    """The alerts given for a ticket; `escalates_at` is when the next person is told, if there is one."""

    at_risk_at: datetime | None = None
    breached_at: datetime | None = None
    escalations: tuple[datetime, ...] = ()
    escalates_at: datetime | None = None


def next_alert_at(clock: Clock, alerts: Alerts) -> datetime | None:
    """When the next alert is due; none while the customer is waited for, nor after the answer."""
    if clock.last.step not in RUNNING:
        return None
    if alerts.breached_at:
        return alerts.escalates_at
    return clock.due_at if alerts.at_risk_at else min(clock.warns_at, clock.due_at)


def level_due(clock: Clock, alerts: Alerts, now: datetime) -> Level | None:
    """The one alert to give by `now`."""
    due_at = next_alert_at(clock, alerts)
    if due_at is None or due_at > now:
        return None
    if alerts.breached_at:
        return "escalated"
    return "breached" if clock.due_at <= now else "at_risk"


def told(alerts: Alerts, level: Level, now: datetime, escalates_at: datetime | None) -> Alerts:
    """The alerts with one more, given `now`; `escalates_at` counts after an answer was overdue only."""
    if level == "at_risk":
        return replace(alerts, at_risk_at=now)
    if level == "breached":
        return replace(alerts, breached_at=now, escalates_at=escalates_at)
    return replace(alerts, escalations=(*alerts.escalations, now), escalates_at=escalates_at)


def step_of(alerts: Alerts, level: Level) -> int:
    """How many people are told before the one of the next alert: which escalation it is, 0 for none."""
    return len(alerts.escalations) + 1 if level == "escalated" else 0


def contact_of(contacts: Sequence[str], step: int) -> str:
    """Who is told at a step; the last one, if there are fewer people by now."""
    return contacts[min(step, len(contacts) - 1)]


def next_person_at(clock: Clock, calendar: Calendar, now: datetime) -> datetime:
    """When another budget of the promise is used up, counted from `now`; `CalendarEnds`."""
    return spend(calendar, clock.policy.mode, now, clock.policy.budget)[-1].end
