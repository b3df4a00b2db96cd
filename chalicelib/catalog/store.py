"""The catalogue in the table: one small collection, read whole."""

from __future__ import annotations

from dataclasses import replace

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.catalog.rules import Product, ProductNotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Seating, Terms
from chalicelib.storage.attributes import RecordAttribute
from chalicelib.storage.keys import key
from chalicelib.storage.records import to_record, to_row
from chalicelib.storage.table import Row, collection, load
from chalicelib.storage.transaction import Transaction


class ProductRow(Row, discriminator="product"):
    """One product."""

    code = UnicodeAttribute()
    names = RecordAttribute(dict[str, str])
    descriptions = RecordAttribute(dict[str, str])
    prices = RecordAttribute(tuple[Money, ...])
    terms = RecordAttribute(Terms, null=True)
    requires = RecordAttribute(tuple[str, ...])
    product_kind = UnicodeAttribute()
    license_product = UnicodeAttribute(null=True)
    minutes = NumberAttribute(null=True)
    seating = RecordAttribute(Seating, null=True)
    ending = UnicodeAttribute(null=True)


def everything() -> tuple[Product, ...]:
    """The whole catalogue in order of code."""
    rows = collection(key("CAT"), "PRODUCT#")
    return tuple(to_record(row, Product) for row in rows)


def get(code: str) -> Product:
    """One product; `ProductNotFound`."""
    row = load(ProductRow, key("CAT"), f"PRODUCT#{code}")
    if row is None:
        raise ProductNotFound(id=code)
    return to_record(row, Product)


def put(product: Product) -> None:
    """Create or replace a product (seeding and staff only)."""
    existing = load(ProductRow, key("CAT"), f"PRODUCT#{product.code}")
    keys = {"pk": key("CAT"), "sk": f"PRODUCT#{product.code}"}
    row = to_row(ProductRow, replace(product, version=existing.version if existing else None), keys)
    writing = Transaction()
    writing.save(row)
    writing.commit()
