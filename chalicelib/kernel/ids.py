"""Ids: a kind's prefix and 26 characters of Crockford base32."""

from __future__ import annotations

import hashlib
from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def crockford(data: bytes, length: int) -> str:
    """The first `length` base32 characters (5 bits each) of `data`, most significant first."""
    bits = int.from_bytes(data, "big")
    width = len(data) * 8
    padded = bits << max(0, length * 5 - width)
    width = max(width, length * 5)
    return "".join(ALPHABET[(padded >> (width - 5 * (i + 1))) & 31] for i in range(length))


def new_id(prefix: str, now: datetime) -> str:
    """A fresh id whose body sorts by time: 48 bits of milliseconds, 80 random bits."""
    # Imported here: the licence validator makes no ids, and should start without it.
    import secrets

    millis = int(now.timestamp() * 1000)
    return f"{prefix}_{crockford(millis.to_bytes(6, 'big') + secrets.token_bytes(10), 26).lower()}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same id for the same parts: what a repeated request must find again."""
    digest = hashlib.sha256("\x1f".join((prefix, *parts)).encode()).digest()
    return f"{prefix}_{crockford(digest[:16], 26).lower()}"
