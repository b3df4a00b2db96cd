"""The trace of a cancelled renewal, as the CRM shows it, in the words of its door (A6, A7, A8). Pure.

The words are the vendor's own, in Spanish whatever the customer speaks; the code beneath them is one, so that
one question covers every door.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from chalicelib.subscriptions.rules import Subscription

Outcome = Literal["auto_renewal_canceled"]
TraceChannel = Literal["store", "staff"]

TASK = "renovación automática"
BY_STAFF = "Cancelación Renovación Automática"
BY_CUSTOMER = "renovación automática cancelada"


@dataclass(frozen=True)
class Wording:
    """What the door says of a cancellation: which task it was, whose, and with which outcome and notes."""

    channel: TraceChannel
    task: str
    user: str
    outcome_label: str
    notes: str


@dataclass(frozen=True)
class Trace:
    """One cancelled renewal; the customer's name is as it was then."""

    id: str
    customer_id: str
    customer_name: str
    subscription_id: str
    channel: TraceChannel
    task: str
    user: str
    outcome: Outcome
    outcome_label: str
    notes: str
    created_at: datetime
    version: int | None = None

    @property
    def reported_at(self) -> datetime:
        """Where it stands among all of a period (A9)."""
        return self.created_at


@dataclass(frozen=True)
class TraceFilter:
    """Which traces are asked for; what is None is not asked for: every door's, of every task."""

    outcome: Outcome | None = None
    task: str | None = None
    channel: TraceChannel | None = None

    def admits(self, trace: Trace) -> bool:
        """Whether a trace is one of these."""
        return all(wanted in (None, getattr(trace, name)) for name, wanted in vars(self).items())


def from_profile(subscription: Subscription, user: str) -> Wording:
    """Option 1: a member of staff, on the customer's profile (A6)."""
    return Wording("staff", TASK, user, BY_STAFF, _validity(subscription))


def from_task(subscription: Subscription, user: str, task: str, notes: str | None) -> Wording:
    """Option 2: a member of staff, by a planned task of this name, with what he has to say of it (A7)."""
    said = f"Cancelación de la renovación del {_written(subscription.last_day)}"
    return Wording("staff", task, user, BY_STAFF, f"{said} {notes}" if notes else said)


def from_store(subscription: Subscription, customer_name: str) -> Wording:
    """Self-service: the customer himself (A8)."""
    return Wording("store", TASK, f"({customer_name})", BY_CUSTOMER, _validity(subscription))


def trace(id: str, subscription: Subscription, customer_name: str, said: Wording, now: datetime) -> Trace:
    """The trace to keep of a cancellation."""
    return Trace(
        id=id,
        customer_id=subscription.customer_id,
        customer_name=customer_name,
        subscription_id=subscription.id,
        channel=said.channel,
        task=said.task,
        user=said.user,
        outcome="auto_renewal_canceled",
        outcome_label=said.outcome_label,
        notes=said.notes,
        created_at=now,
    )


def _validity(subscription: Subscription) -> str:
    start, end = _written(subscription.start), _written(subscription.last_day)
    return f"cancelación de la renovación automática de {subscription.name} válido del {start} al {end}"


def _written(day: date) -> str:
    return f"{day:%d/%m/%Y}"
