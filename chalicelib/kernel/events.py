"""What happened (events), who did it (actor) and the trace it leaves (audit)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Channel = Literal["store", "phone", "chat", "email", "whatsapp", "staff", "system"]


@dataclass(frozen=True)
class Actor:
    """Who changes something, through which channel and why (B11)."""

    id: str
    channel: Channel
    reason: str | None = None


SYSTEM = Actor("system", "system")


@dataclass(frozen=True)
class Event:
    """A fact to be told to subscribers: `data` holds ids and plain strings only."""

    name: str
    subject: str
    at: datetime
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One audit row: `subject` moved from state `before` (None when it is new) to `after`."""

    subject: str
    customer_id: str | None
    action: str
    before: str | None
    after: str
    actor: Actor
    at: datetime
