"""Licence keys: derived, never stored, typed by people.

`VIG-` and 30 characters of Crockford base32 in groups of five: 125 bits of HMAC-SHA-256 over the licence
and its rotation, then 25 bits of checksum that tell a typing error from an unknown key without a look-up.
The table holds the hash of a key; whoever steals the table has no keys.
"""

from __future__ import annotations

import hashlib
import hmac

from chalicelib.kernel.ids import ALPHABET, crockford

PREFIX = "VIG"
BODY, CHECK, GROUP = 25, 5, 5
HINT = 6
LETTERS = frozenset(ALPHABET)
# What people read for what Crockford meant.
CONFUSED = str.maketrans({"O": "0", "I": "1", "L": "1"})


class KeyMistyped(ValueError):
    """Not a key at all, or one with a typing error."""


def derive_key(secret: bytes, license_id: str, rotation: int) -> str:
    """The key of a licence, in the form shown to its owner."""
    digest = hmac.new(secret, f"{license_id}\x1f{rotation}".encode(), hashlib.sha256).digest()
    body = crockford(digest, BODY)
    characters = body + _checksum(body)
    groups = [characters[i : i + GROUP] for i in range(0, len(characters), GROUP)]
    return "-".join((PREFIX, *groups))


def canonical(text: str) -> str:
    """The 30 characters of a key as typed, in any case, with or without hyphens; `KeyMistyped`."""
    characters = "".join(text.upper().split()).replace("-", "")
    characters = characters.removeprefix(PREFIX).translate(CONFUSED)
    if len(characters) != BODY + CHECK or not LETTERS.issuperset(characters):
        raise KeyMistyped("a key has 30 characters after VIG")
    if _checksum(characters[:BODY]) != characters[BODY:]:
        raise KeyMistyped("the checksum does not fit: a typing error")
    return characters


def key_hash(text: str) -> str:
    """What the table knows of a key; `KeyMistyped`."""
    return hashlib.sha256(canonical(text).encode()).hexdigest()


def known_hash(text: str) -> str | None:
    """The same, or None for what cannot be a key."""
    try:
        return key_hash(text)
    except KeyMistyped:
        return None


def hint(key: str) -> str:
    """The last six characters, enough for a person to tell his keys apart."""
    return canonical(key)[-HINT:]


def _checksum(body: str) -> str:
    # Its first 32 bits hold the 25 that are wanted.
    return crockford(hashlib.sha256(body.encode()).digest()[:4], CHECK)
