"""Customers in the table, and their exports."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib.customers.exports import Export, ExportNotFound
from chalicelib.customers.rules import Customer, CustomerNotFound
from chalicelib.storage.attributes import InstantAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row


class CustomerRow(Row, discriminator="customer"):
    """One customer."""

    id = UnicodeAttribute()
    email = UnicodeAttribute()
    name = UnicodeAttribute()
    country = UnicodeAttribute()
    locale = UnicodeAttribute()
    tax_id = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    default_payment_method = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    created_at = InstantAttribute()


class ExportRow(Row, discriminator="export"):
    """One request for one's own data; it leaves the table with its file."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    status = UnicodeAttribute()
    created_at = InstantAttribute()
    ready_at = InstantAttribute(null=True)
    kept_until = InstantAttribute(null=True)


exports = Records("EXP", ExportRow, Export, ExportNotFound)
_customers = Records("CUS", CustomerRow, Customer, CustomerNotFound)
row, find, get = _customers.row, _customers.find, _customers.get
