"""Licence keys as people type them: the canonical form, and typing errors found without asking anybody.

A key is `VIG-` and 30 characters of Crockford base32 in groups of five; the last five are a checksum.
"""

from __future__ import annotations

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "VIG"
BODY, CHECK, GROUP = 25, 5, 5
SUBJECT = 32
# Longer texts are not read: nobody types ten separators for each character.
LONGEST = 400
# What people read for what is meant.
CONFUSED = str.maketrans({"O": "0", "I": "1", "L": "1"})


class KeyMistyped(ValueError):
    """Not a key at all, or one with a typing error; the message says which, and never repeats the key."""


def canonical(text: str) -> str:
    """The 30 characters of a key in any case, with or without `VIG`, hyphens, spaces; `KeyMistyped`."""
    if len(text) > LONGEST:
        raise KeyMistyped("This is no licence key: it is far too long.")
    characters = "".join(text.upper().split()).replace("-", "").removeprefix(PREFIX).translate(CONFUSED)
    if len(characters) != BODY + CHECK:
        raise KeyMistyped(f"A key has 30 characters after VIG; this one has {len(characters)}.")
    if set(characters) - set(ALPHABET):
        raise KeyMistyped("A key has letters and digits only, and never the letter U.")
    if checksum(characters[:BODY]) != characters[BODY:]:
        raise KeyMistyped("The key has a typing error: its checksum does not fit.")
    return characters


def written(text: str) -> str:
    """A key as it is shown to its owner: `VIG-` and six groups of five; `KeyMistyped`."""
    characters = canonical(text)
    groups = [characters[i : i + GROUP] for i in range(0, len(characters), GROUP)]
    return "-".join((PREFIX, *groups))


def key_hash(text: str) -> str:
    """SHA-256 of the canonical form, in hexadecimal; `KeyMistyped`."""
    return hashlib.sha256(canonical(text).encode("ascii")).hexdigest()


def subject(text: str) -> str:
    """What `sub` of a token about this key must be; `KeyMistyped`."""
    return key_hash(text)[:SUBJECT]


def checksum(body: str) -> str:
    """The first 25 bits of the SHA-256 of 25 characters, as five characters."""
    bits = int.from_bytes(hashlib.sha256(body.encode("ascii")).digest()[:4], "big") >> 7
    return "".join(ALPHABET[(bits >> shift) & 31] for shift in (20, 15, 10, 5, 0))
