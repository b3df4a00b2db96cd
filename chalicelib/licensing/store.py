"""Licences in the table: the licence with its addons is one row, its key's hash leads to it."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kernel.paging import Page
from chalicelib.licensing.rules import Addon, License, LicenseNotFound
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.table import Row, key, load, owned, page_by_owner, to_record, to_row


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


def row(license: License) -> LicenseRow:
    """The row to save."""
    listed = owned(license.customer_id, "LIC", license.created_at, license.id)
    return to_row(LicenseRow, license, {"pk": key("LIC", license.id), "sk": "LIC", **listed})


def key_row(key_hash: str, license_id: str) -> KeyRow:
    """The row that makes a key known."""
    return KeyRow(key("KEY", key_hash), "KEY", license_id=license_id)


def find(license_id: str) -> License | None:
    """A licence, or None."""
    found = load(LicenseRow, key("LIC", license_id), "LIC")
    return to_record(found, License) if found else None


def get(license_id: str) -> License:
    """A licence; `LicenseNotFound`."""
    license = find(license_id)
    if license is None:
        raise LicenseNotFound(what="license", id=license_id)
    return license


def get_own(license_id: str, customer_id: str) -> License:
    """A customer's own licence; `LicenseNotFound` for anybody else's."""
    license = find(license_id)
    if license is None or license.customer_id != customer_id:
        raise LicenseNotFound(what="license", id=license_id)
    return license


def find_by_key_hash(key_hash: str) -> License | None:
    """The licence a key belongs to; eventually consistent, as validation must be cheap."""
    lead = load(KeyRow, key("KEY", key_hash), "KEY", consistent=False)
    if lead is None:
        return None
    found = load(LicenseRow, key("LIC", lead.license_id), "LIC", consistent=False)
    return to_record(found, License) if found else None


def page(customer_id: str, limit: int, cursor: str | None) -> Page[License]:
    """A customer's licences, newest first (V11)."""
    rows = page_by_owner(LicenseRow, key("CUS", customer_id), "LIC", limit=limit, cursor=cursor)
    return rows.map(lambda found: to_record(found, License))
