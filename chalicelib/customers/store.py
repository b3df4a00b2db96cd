"""Customers in the table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

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


_customers = Records("CUS", CustomerRow, Customer, CustomerNotFound)
row, find, get = _customers.row, _customers.find, _customers.get
