"""Licences in the table: one row for each, and a copy under the hash of each of its keys.

The copy is what validation reads: one small read, whatever else the licence has. It is written in the
transaction that changes the licence, so that no answer mixes two states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.licensing.copies import SORT_KEY, copy_key
from chalicelib.licensing.rules import (
    Activation,
    Addon,
    License,
    LicenseNotFound,
    Move,
    Withheld,
    standing_of,
)
from chalicelib.licensing.standing import IssuedKey, Standing, opened_by
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Copy, Row, load


class LicenseRow(Row, discriminator="license"):
    """One licence with its addons, keys and activations."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    product = UnicodeAttribute()
    product_name = UnicodeAttribute()
    installation = UnicodeAttribute(null=True)
    domain = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    expires_at = InstantAttribute(null=True)
    grace_days = NumberAttribute()
    key_hint = UnicodeAttribute()
    created_at = InstantAttribute()
    addons = RecordAttribute(tuple[Addon, ...])
    rotation = NumberAttribute()
    keys = RecordAttribute(tuple[IssuedKey, ...])
    seats = NumberAttribute()
    moves_per_year = NumberAttribute()
    activations = RecordAttribute(tuple[Activation, ...])
    moves = RecordAttribute(tuple[Move, ...])
    paid_until = InstantAttribute(null=True)
    noticed_until = InstantAttribute(null=True)
    withheld = RecordAttribute(Withheld, null=True)


class KeyRow(Copy, discriminator="license_key"):
    """What decides on the licence that a key opens, under the hash of the key."""

    standing = RecordAttribute(Standing)


_licenses = Records("LIC", LicenseRow, License, LicenseNotFound)
find, all_of, get, get_own, page, due = (
    _licenses.find,
    _licenses.all_of,
    _licenses.get,
    _licenses.get_own,
    _licenses.page,
    _licenses.due,
)


def rows(license: License, now: datetime) -> Iterator[Row]:
    """Everything to save of a licence: its row, and the copy under each of its keys.

    The copy of a key that has retired says so already, and needs not be written again; one that retires at
    this moment does. At most one row and `MOST_KEYS` copies.
    """
    keys = tuple(key for key in license.keys if key.retires_at is None or now <= key.retires_at)
    license = replace(license, keys=keys)
    yield _licenses.row(license)
    for issued in keys:
        ttl = int(issued.retires_at.timestamp()) if issued.retires_at else None
        yield KeyRow(copy_key(issued.hash), SORT_KEY, standing=standing_of(license), ttl=ttl)


def find_by_key_hash(key_hash: str, now: datetime) -> License | None:
    """The licence that a key opens, as its own row has it: for those who will change it."""
    copy = load(KeyRow, copy_key(key_hash), SORT_KEY)
    license = find(copy.standing.id) if copy else None
    return license if license and opened_by(license, key_hash, now) else None
