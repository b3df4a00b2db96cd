"""Invoices, payments and provider events in the table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from chalicelib.billing.rules import (
    Invoice,
    InvoiceLine,
    InvoiceNotFound,
    Party,
    Payment,
    PaymentNotFound,
    ProviderEvent,
    Slip,
)
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.paging import Page
from chalicelib.storage.attributes import DateAttribute, InstantAttribute, MoneyAttribute, RecordAttribute
from chalicelib.storage.table import Row, due, due_until, key, load, owned, page_by_owner, to_record, to_row


class InvoiceRow(Row, discriminator="invoice"):
    """One invoice."""

    id = UnicodeAttribute()
    number = UnicodeAttribute()
    order_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    status = UnicodeAttribute()
    lines = RecordAttribute(tuple[InvoiceLine, ...])
    total = MoneyAttribute()
    seller = RecordAttribute(Party)
    buyer = RecordAttribute(Party)
    issued_on = DateAttribute()
    created_at = InstantAttribute()
    paid_at = InstantAttribute(null=True)


class PaymentRow(Row, discriminator="payment"):
    """One payment; in the due index until the provider has its charge."""

    id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    invoice_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    method = UnicodeAttribute()
    provider = UnicodeAttribute()
    status = UnicodeAttribute()
    amount = MoneyAttribute()
    created_at = InstantAttribute()
    due_date = DateAttribute(null=True)
    claimed_until = InstantAttribute(null=True)
    provider_id = UnicodeAttribute(null=True)
    redirect_url = UnicodeAttribute(null=True)
    slip = RecordAttribute(Slip, null=True)
    failure = UnicodeAttribute(null=True)
    paid_at = InstantAttribute(null=True)


class ProviderEventRow(Row, discriminator="provider_event"):
    """One message of a provider; in the due index until it is settled."""

    id = UnicodeAttribute()
    provider = UnicodeAttribute()
    name = UnicodeAttribute()
    provider_id = UnicodeAttribute(null=True)
    raw = UnicodeAttribute()
    received_at = InstantAttribute()
    announces_payment = BooleanAttribute()
    outcome = UnicodeAttribute(null=True)
    settled_at = InstantAttribute(null=True)


def invoice_row(invoice: Invoice) -> InvoiceRow:
    """The row to save."""
    listed = owned(invoice.customer_id, "INV", invoice.created_at, invoice.id)
    return to_row(InvoiceRow, invoice, {"pk": key("INV", invoice.id), "sk": "INV", **listed})


def payment_row(payment: Payment) -> PaymentRow:
    """The row to save."""
    listed = owned(payment.customer_id, "PAY", payment.created_at, payment.id)
    outstanding = due("payment", payment.due_at, payment.id)
    return to_row(PaymentRow, payment, {"pk": key("PAY", payment.id), "sk": "PAY", **listed, **outstanding})


def event_row(event: ProviderEvent) -> ProviderEventRow:
    """The row to save."""
    outstanding = due("provider_event", event.due_at, event.id)
    return to_row(ProviderEventRow, event, {"pk": key("PEV", event.id), "sk": "PEV", **outstanding})


def provider_event_id(provider: str, event_id: str) -> str:
    """Our id of a provider's event: the natural key that stores it once."""
    return derived_id("pev", provider, event_id)


def find_invoice(invoice_id: str) -> Invoice | None:
    """An invoice, or None."""
    found = load(InvoiceRow, key("INV", invoice_id), "INV")
    return to_record(found, Invoice) if found else None


def get_invoice(invoice_id: str) -> Invoice:
    """An invoice; `InvoiceNotFound`."""
    invoice = find_invoice(invoice_id)
    if invoice is None:
        raise InvoiceNotFound(what="invoice", id=invoice_id)
    return invoice


def get_own_invoice(invoice_id: str, customer_id: str) -> Invoice:
    """A customer's own invoice; `InvoiceNotFound` for anybody else's."""
    invoice = find_invoice(invoice_id)
    if invoice is None or invoice.customer_id != customer_id:
        raise InvoiceNotFound(what="invoice", id=invoice_id)
    return invoice


def find_payment(payment_id: str) -> Payment | None:
    """A payment, or None."""
    found = load(PaymentRow, key("PAY", payment_id), "PAY")
    return to_record(found, Payment) if found else None


def get_payment(payment_id: str) -> Payment:
    """A payment; `PaymentNotFound`."""
    payment = find_payment(payment_id)
    if payment is None:
        raise PaymentNotFound(what="payment", id=payment_id)
    return payment


def find_event(event_id: str) -> ProviderEvent | None:
    """A provider's event by our id, or None."""
    found = load(ProviderEventRow, key("PEV", event_id), "PEV")
    return to_record(found, ProviderEvent) if found else None


def page_of_invoices(customer_id: str, limit: int, cursor: str | None) -> Page[Invoice]:
    """A customer's invoices, newest first."""
    rows = page_by_owner(InvoiceRow, key("CUS", customer_id), "INV", limit=limit, cursor=cursor)
    return rows.map(lambda found: to_record(found, Invoice))


def page_of_payments(customer_id: str, limit: int, cursor: str | None) -> Page[Payment]:
    """A customer's payments, newest first (V3)."""
    rows = page_by_owner(PaymentRow, key("CUS", customer_id), "PAY", limit=limit, cursor=cursor)
    return rows.map(lambda found: to_record(found, Payment))


def payments_due(now: datetime) -> Iterator[Payment]:
    """Payments whose charge should exist by now and does not."""
    for found in due_until(PaymentRow, "payment", now):
        yield to_record(found, Payment)


def events_due(now: datetime) -> Iterator[ProviderEvent]:
    """Provider events that should be settled by now and are not."""
    for found in due_until(ProviderEventRow, "provider_event", now):
        yield to_record(found, ProviderEvent)
