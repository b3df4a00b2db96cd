"""100,000 keys that are not the good one, in a table that holds it: none is valid, none is an error (B1)."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import TextIOBase
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib.kernel.ids import ALPHABET
from chalicelib.kernel.limits import Allowance, Limits
from chalicelib.kernel.plain import to_json
from chalicelib.licensing.copies import ATTRIBUTE, SORT_KEY, copy_key
from chalicelib.licensing.keys import CONFUSED, canonical, derive_key, hint, key_hash, known_hash
from chalicelib.licensing.rules import License, standing_of
from chalicelib.licensing.signing import Signer
from chalicelib.licensing.standing import IssuedKey
from chalicelib.validator.validator import Validator

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
GOOD = derive_key(b"fuzz", "lic_fuzz", 0)
LICENSE = License(
    id="lic_fuzz",
    customer_id="cus_1",
    order_id="ord_1",
    product="prestaimport",
    product_name="PrestaImport",
    installation=None,
    domain=None,
    status="active",
    expires_at=NOW + timedelta(days=300),
    grace_days=7,
    key_hint=hint(GOOD),
    created_at=NOW,
    keys=(IssuedKey(key_hash(GOOD)),),
)
COUNT = 25_000

Maker = Callable[[random.Random], str]


def _changed(chance: random.Random) -> str:
    """The good key with a few characters changed, and everything else in its place."""
    characters = list(GOOD)
    for _ in range(chance.randint(1, 3)):
        characters[chance.randrange(4, len(GOOD))] = chance.choice(ALPHABET)
    return "".join(characters)


def _edited(chance: random.Random) -> str:
    """The good key with characters left out, doubled, swapped or put in from anywhere."""
    at = chance.randrange(len(GOOD))
    kind = chance.randrange(4)
    if kind == 0:
        return GOOD[:at] + GOOD[at + 1 :]
    if kind == 1:
        return GOOD[:at] + GOOD[at] + GOOD[at:]
    if kind == 2:
        return GOOD[:at] + GOOD[at : at + 2][::-1] + GOOD[at + 2 :]
    return GOOD[:at] + chance.choice(string.printable + "éıſⅠ０") + GOOD[at:]


def _sound(chance: random.Random) -> str:
    """A key whose checksum fits, of which nobody knows."""
    return derive_key(chance.randbytes(8), "lic_fuzz", 0)


def _text(chance: random.Random) -> str:
    """Any text up to the length that is read."""
    return "".join(chr(chance.randrange(1, 0xD800)) for _ in range(chance.randint(1, 60)))


class Quiet(TextIOBase):
    """Takes what is logged, and forgets it."""

    def write(self, text: str) -> int:
        return len(text)


class Table:
    """A table in memory with one licence in it."""

    def __init__(self) -> None:
        self.reads = 0
        self.items = {copy_key(key_hash(GOOD)): {ATTRIBUTE: {"S": to_json(standing_of(LICENSE))}}}

    def __call__(self, service: str, target: str, version: str, asked: Mapping[str, Any]) -> Any:
        self.reads += 1
        assert asked["Key"]["sk"] == {"S": SORT_KEY}
        found = self.items.get(asked["Key"]["pk"]["S"])
        return {"Item": found} if found else {}


def _validator(table: Table) -> Validator:
    signer = Signer("https://api.example.com", "k1", {"k1": Ed25519PrivateKey.generate()})
    limits = Limits(Allowance(10**6, lambda: 0), Allowance(10**9, lambda: 0))
    return Validator(table, "vigencia-test", lambda: signer, limits, frozenset())


def _event(key: str) -> dict[str, Any]:
    return {
        "rawPath": "/",
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"key": key}),
        "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.7"}, "requestId": "r"},
    }


def _is_the_good_one(text: str) -> bool:
    """Whether people would read it as the good key."""
    return known_hash(text) == key_hash(GOOD)


@pytest.mark.parametrize("make", [_changed, _edited, _sound, _text])
def test_no_key_but_the_good_one_is_ever_valid(make: Maker) -> None:
    table = Table()
    validate, chance = _validator(table), random.Random(20261122)
    keys = [key for key in (make(chance) for _ in range(COUNT + COUNT // 4)) if not _is_the_good_one(key)]
    told = set()
    with redirect_stdout(Quiet()):
        for key in keys[:COUNT]:
            answer = validate(_event(key), NOW)
            told.add((answer["statusCode"], '"NOT_FOUND"' in answer["body"]))
    assert told == {(200, True)}
    assert table.reads == COUNT


def test_the_good_one_is_valid_however_it_is_typed() -> None:
    validate = _validator(Table())
    bare = canonical(GOOD)
    confused = {"0": "O", "1": "l"}
    for typed in (GOOD, GOOD.lower(), bare, " ".join(bare), "".join(confused.get(one, one) for one in bare)):
        assert json.loads(validate(_event(typed), NOW)["body"])["code"] == "VALID"
    assert {chr(letter) for letter in CONFUSED} == {"O", "I", "L"}
