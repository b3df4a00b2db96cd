"""What tickets ask of the outside: the inbox of e-mails, and a store of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from chalicelib.tickets.receipts import Receipt


@dataclass(frozen=True)
class UploadTarget:
    """Where one file may be PUT, once or again; these headers are part of the permission."""

    url: str
    headers: Mapping[str, str]


class Inbox(Protocol):
    """The mails that came in, each kept as it came."""

    def receipt(self, notification: str) -> Receipt | None:
        """What a notification says of a mail; None for one that tells of no mail."""
        ...

    def raw(self, key: str, longest: int) -> bytes:
        """The first `longest` + 1 bytes of a mail: enough to see that it is longer. Raises Unavailable."""
        ...

    def link(self, key: str, lasts: timedelta) -> str:
        """An address from which the mail can be downloaded for a while."""
        ...


class Files(Protocol):
    """A private store of files."""

    def upload(self, key: str, media_type: str, size: int, lasts: timedelta) -> UploadTarget:
        """Permission to upload one file, of exactly this size and media type, for a while."""
        ...

    def download(self, key: str, media_type: str, disposition: str, lasts: timedelta) -> str:
        """An address from which a file can be downloaded for a while, with these headers."""
        ...

    def size(self, key: str) -> int | None:
        """The size of a file in bytes, or None if there is none. Raises Unavailable."""
        ...

    def keep(self, source: str, key: str) -> None:
        """Copy a file that is there; again is harmless. Raises Unavailable."""
        ...

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Store a file; again is harmless. Raises Unavailable."""
        ...
