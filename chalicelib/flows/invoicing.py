"""Invoices come into being by themselves: drafted from a purchase, numbered in its transaction (V1)."""

from __future__ import annotations

from datetime import date, datetime

from chalicelib.billing import invoices
from chalicelib.billing.invoices import Draft
from chalicelib.billing.numbers import series_of, written
from chalicelib.billing.rules import HowToPay, Invoice, InvoiceLine, Party
from chalicelib.billing.taxes import included
from chalicelib.customers.rules import Customer
from chalicelib.flows.quote import Quote
from chalicelib.flows.reach import Vendor
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.ids import derived_id
from chalicelib.orders.rules import OrderItem
from chalicelib.storage.series import take_numbers
from chalicelib.storage.transaction import Transaction


def drafted(
    order_id: str, customer: Customer, quoted: Quote, how_to_pay: HowToPay, vendor: Vendor, now: datetime
) -> Draft:
    """The invoice of an order before it is issued: both parties, prices and their tax as they are now."""
    return Draft(
        id=derived_id("inv", order_id),
        order_id=order_id,
        customer_id=customer.id,
        lines=tuple(_line(item) for item in quoted.items),
        total=quoted.total,
        taxes=included(quoted.total, vendor.taxes.get(customer.country)),
        seller=Party(vendor.name, vendor.tax_id, vendor.country, vendor.email, vendor.address),
        buyer=Party(customer.name, customer.tax_id, customer.country, customer.email, customer.address),
        locale=customer.locale,
        how_to_pay=how_to_pay,
        created_at=now,
    )


def _line(item: OrderItem) -> InvoiceLine:
    name = f"{item.name} · {item.note}" if item.note else item.name
    return InvoiceLine(name, item.quantity, item.unit_price, item.amount)


def issue(writing: Transaction, draft: Draft, zone: str, now: datetime) -> Invoice:
    """Issue a draft in the transaction that stores it; `A-2026-000017` is the year's seventeenth invoice."""
    number, on = take_number(writing, "A", draft.id, zone, now)
    return invoices.issued(draft, number, on)


def take_number(writing: Transaction, kind: str, subject: str, zone: str, now: datetime) -> tuple[str, date]:
    """The next number of a kind's gapless series of the year in `zone`, and its day."""
    today = local_date(now, zone)
    series = series_of(kind, today)
    taken = take_numbers(series, [subject], today)
    writing.save(*taken.rows)
    return written(series, taken.numbers[0]), taken.on
