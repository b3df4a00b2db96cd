"""What a provider tells us, kept as it came, and due until it has been settled (B5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.billing.rules import SWEEP_AFTER
from chalicelib.kernel.errors import NotFound

# How long a settled provider event, with its raw text, is kept.
EVENT_KEPT = timedelta(days=180)
# How long an event that announces money stays open while the provider's object does not show it.
PATIENCE = timedelta(days=3)


@dataclass(frozen=True)
class ProviderEvent:
    """A provider's message, kept as it came; due until it has been settled."""

    id: str
    provider: str
    name: str
    provider_id: str | None
    raw: str
    received_at: datetime
    announces_payment: bool = False
    tries: int = 0
    tried_at: datetime | None = None
    outcome: str | None = None
    settled_at: datetime | None = None
    version: int | None = None

    @property
    def kept_until(self) -> datetime | None:
        """When it may go: long after no provider would send it again."""
        return self.settled_at + EVENT_KEPT if self.settled_at else None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must look at it: only while it is not settled."""
        if self.settled_at:
            return None
        return (self.tried_at or self.received_at) + SWEEP_AFTER * (1 << min(self.tries, 5))


class ProviderEventNotFound(NotFound):
    """No such provider event."""

    code = "provider_event_not_found"
    thing = {"en": "provider event", "es": "el evento de proveedor", "pt-BR": "o evento do provedor"}


def still_to_come(event: ProviderEvent, seen_status: str | None, now: datetime) -> bool:
    """Whether an announced payment may yet show at the provider, so that the event is asked about again."""
    unseen = seen_status in (None, "pending")
    return event.announces_payment and unseen and now < event.received_at + PATIENCE


def postponed(event: ProviderEvent, now: datetime) -> ProviderEvent:
    """The event after a try that found nothing yet; the pauses grow."""
    return replace(event, tries=event.tries + 1, tried_at=now)


def settled(event: ProviderEvent, outcome: str, now: datetime) -> ProviderEvent:
    """The event after it was acted upon (or found to need nothing)."""
    return replace(event, outcome=outcome, settled_at=now)
