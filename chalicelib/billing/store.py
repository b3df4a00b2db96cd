"""Invoices, credit notes, payments and provider events in the table."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.billing.cards import Card, CardNotFound
from chalicelib.billing.credit_notes import Credited, CreditNote, CreditNoteNotFound
from chalicelib.billing.provider_events import ProviderEvent, ProviderEventNotFound
from chalicelib.billing.refunds import Refund, RefundNotFound
from chalicelib.billing.rules import (
    Form,
    HowToPay,
    Invoice,
    InvoiceLine,
    InvoiceNotFound,
    Party,
    Payment,
    PaymentNotFound,
    Slip,
    Transfer,
)
from chalicelib.billing.taxes import TaxShare
from chalicelib.billing.transfers import BookedEntry
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.paging import Page
from chalicelib.storage.attributes import DateAttribute, InstantAttribute, MoneyAttribute, RecordAttribute
from chalicelib.storage.keys import key
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row


class InvoiceRow(Row, discriminator="invoice"):
    """One invoice; in the due index until its document has been made."""

    id = UnicodeAttribute()
    number = UnicodeAttribute()
    order_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    status = UnicodeAttribute()
    lines = RecordAttribute(tuple[InvoiceLine, ...])
    total = MoneyAttribute()
    seller = RecordAttribute(Party)
    buyer = RecordAttribute(Party)
    locale = UnicodeAttribute()
    issued_on = DateAttribute()
    created_at = InstantAttribute()
    taxes = RecordAttribute(tuple[TaxShare, ...], default=())
    how_to_pay = RecordAttribute(HowToPay, null=True)
    paid_at = InstantAttribute(null=True)
    link_number = NumberAttribute(default=0)
    document = UnicodeAttribute(null=True)


class CreditNoteRow(Row, discriminator="credit_note"):
    """One credit note; in the due index until its document has been made."""

    id = UnicodeAttribute()
    number = UnicodeAttribute()
    invoice_id = UnicodeAttribute()
    invoice_number = UnicodeAttribute()
    invoice_issued_on = DateAttribute()
    order_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    amount = MoneyAttribute()
    taxes = RecordAttribute(tuple[TaxShare, ...])
    reason = UnicodeAttribute()
    seller = RecordAttribute(Party)
    buyer = RecordAttribute(Party)
    locale = UnicodeAttribute()
    issued_on = DateAttribute()
    created_at = InstantAttribute()
    document = UnicodeAttribute(null=True)


class CreditedRow(Row, discriminator="credited"):
    """What was credited of one invoice; under the invoice's own id."""

    id = UnicodeAttribute()
    amount = MoneyAttribute()


class PaymentRow(Row, discriminator="payment"):
    """One payment; in the due index while something is to be asked of its provider."""

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
    form = RecordAttribute(Form, null=True)
    slip = RecordAttribute(Slip, null=True)
    pix = UnicodeAttribute(null=True)
    transfer = RecordAttribute(Transfer, null=True)
    card_id = UnicodeAttribute(null=True)
    keep_card = BooleanAttribute(default=False)
    received = MoneyAttribute(null=True)
    promised = MoneyAttribute(null=True)
    taken = MoneyAttribute(null=True)
    refunded = MoneyAttribute(null=True)
    contested_at = InstantAttribute(null=True)
    review_from = InstantAttribute(null=True)
    asked_at = InstantAttribute(null=True)
    held = UnicodeAttribute(null=True)
    failure = UnicodeAttribute(null=True)
    ended_at = InstantAttribute(null=True)
    paid_at = InstantAttribute(null=True)


class RefundRow(Row, discriminator="refund"):
    """One refund; in the due index until it is certain what became of it."""

    id = UnicodeAttribute()
    payment_id = UnicodeAttribute()
    invoice_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    amount = MoneyAttribute()
    reason = UnicodeAttribute()
    requested_by = UnicodeAttribute()
    created_at = InstantAttribute()
    status = UnicodeAttribute()
    claimed_until = InstantAttribute(null=True)
    provider_id = UnicodeAttribute(null=True)
    failure = UnicodeAttribute(null=True)
    done_at = InstantAttribute(null=True)
    reference = UnicodeAttribute(null=True)


class ProviderEventRow(Row, discriminator="provider_event"):
    """One message of a provider; in the due index until it is settled."""

    id = UnicodeAttribute()
    provider = UnicodeAttribute()
    name = UnicodeAttribute()
    provider_id = UnicodeAttribute(null=True)
    raw = UnicodeAttribute()
    received_at = InstantAttribute()
    announces_payment = BooleanAttribute()
    tries = NumberAttribute()
    tried_at = InstantAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    settled_at = InstantAttribute(null=True)


class BankEntryRow(Row, discriminator="bank_entry"):
    """One booked line of a bank statement."""

    id = UnicodeAttribute()
    payment_id = UnicodeAttribute()
    reference = UnicodeAttribute()
    value_date = DateAttribute()
    amount = MoneyAttribute()
    booked_by = UnicodeAttribute()
    booked_at = InstantAttribute()


class CardRow(Row, discriminator="card"):
    """One card on file: the provider's token, never a number."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    provider = UnicodeAttribute()
    token = UnicodeAttribute()
    brand = UnicodeAttribute()
    last4 = UnicodeAttribute()
    expires = UnicodeAttribute()
    created_at = InstantAttribute()
    removed_at = InstantAttribute(null=True)


invoices = Records("INV", InvoiceRow, Invoice, InvoiceNotFound)
credit_notes = Records("CRN", CreditNoteRow, CreditNote, CreditNoteNotFound)
credited = Records("CRN", CreditedRow, Credited, CreditNoteNotFound)
payments = Records("PAY", PaymentRow, Payment, PaymentNotFound)
refunds = Records(
    "RFD", RefundRow, Refund, RefundNotFound, listed_under=lambda refund: key("PAY", refund.payment_id)
)
entries = Records("BNK", BankEntryRow, BookedEntry, PaymentNotFound)
cards = Records("CRD", CardRow, Card, CardNotFound)
events = Records("PEV", ProviderEventRow, ProviderEvent, ProviderEventNotFound)


def provider_event_id(provider: str, event_id: str) -> str:
    """Our id of a provider's event: the natural key that stores it once."""
    return derived_id("pev", provider, event_id)


def refunds_of(payment_id: str, limit: int, cursor: str | None) -> Page[Refund]:
    """One page of a payment's refunds, newest first."""
    return refunds.page_under(key("PAY", payment_id), limit, cursor)
