"""Licences in the table: the licence with its addons is one row, its key's hash leads to it."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.licensing.rules import Addon, License, LicenseNotFound
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row, key, load


class LicenseRow(Row, discriminator="license"):
    """One licence with its addons."""

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


class KeyRow(Row, discriminator="license_key"):
    """Where the hash of a key leads."""

    license_id = UnicodeAttribute()


_licenses = Records("LIC", LicenseRow, License, LicenseNotFound)
row, find, get, get_own, page = (
    _licenses.row,
    _licenses.find,
    _licenses.get,
    _licenses.get_own,
    _licenses.page,
)


def key_row(key_hash: str, license_id: str) -> KeyRow:
    """The row that makes a key known."""
    return KeyRow(key("KEY", key_hash), "KEY", license_id=license_id)


def find_by_key_hash(key_hash: str) -> License | None:
    """The licence a key belongs to; eventually consistent, as validation must be cheap."""
    lead = load(KeyRow, key("KEY", key_hash), "KEY", consistent=False)
    return find(lead.license_id, consistent=False) if lead else None
