"""What is said about a ticket: its conversation with the customer, and notes of the team's own (V6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.events import Channel

Author = Literal["customer", "staff"]


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message: its name, as it was given, its media type and its size in bytes."""

    id: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Message:
    """One message; an `internal` one is a note that its customer never sees. `author_id` is a user's."""

    id: str
    ticket_id: str
    author: Author
    author_id: str
    channel: Channel
    text: str
    created_at: datetime
    internal: bool = False
    attachments: tuple[Attachment, ...] = ()
    version: int | None = None


class MessageNotFound(NotFound):
    """No such message."""

    code = "message_not_found"
    thing = {"en": "message", "es": "el mensaje", "pt-BR": "a mensagem"}
