"""Customers in the table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib.customers.rules import Customer, CustomerNotFound
from chalicelib.storage.attributes import InstantAttribute
from chalicelib.storage.table import Row, key, to_record, to_row
from chalicelib.storage.table import load as load_row


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
    created_at = InstantAttribute()


def row(customer: Customer) -> CustomerRow:
    """The row to save."""
    return to_row(CustomerRow, customer, {"pk": key("CUS", customer.id), "sk": "CUS"})


def find(customer_id: str) -> Customer | None:
    """A customer, or None."""
    found = load_row(CustomerRow, key("CUS", customer_id), "CUS")
    return to_record(found, Customer) if found else None


def get(customer_id: str) -> Customer:
    """A customer; `CustomerNotFound`."""
    customer = find(customer_id)
    if customer is None:
        raise CustomerNotFound(what="customer", id=customer_id)
    return customer
