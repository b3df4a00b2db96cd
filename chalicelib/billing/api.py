"""Routes of billing: providers' webhooks, a customer's invoices, credit notes and payments."""

from __future__ import annotations

from typing import Any

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.billing import service, store
from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.documents import DocumentNotReady
from chalicelib.billing.rules import Invoice
from chalicelib.billing.schemas import (
    CreditNoteList,
    CreditNoteOut,
    InvoiceList,
    InvoiceOut,
    PaymentList,
    PaymentOut,
    ReceivedOut,
)
from chalicelib.billing.service import WebhookNotAuthentic
from chalicelib.edge.auth import CUSTOMER, FINANCE
from chalicelib.edge.routes import Call, Reply, route
from chalicelib.edge.schema import ListQuery
from chalicelib.kernel.errors import Unavailable

bp = Blueprint(__name__)

PDF: Any = {"produces": "application/pdf", "refuses": (DocumentNotReady, Unavailable)}


@route(bp, "POST", "/v1/webhooks/asaas", raw=True, out=ReceivedOut, refuses=(WebhookNotAuthentic,))
def asaas_webhook(call: Call) -> ReceivedOut:
    """Asaas tells of a payment (B5); 200 once stored, 401 if not authentic."""
    return _received("asaas", call)


@route(bp, "POST", "/v1/webhooks/stripe", raw=True, out=ReceivedOut, refuses=(WebhookNotAuthentic,))
def stripe_webhook(call: Call) -> ReceivedOut:
    """Stripe tells of a payment (B5); 200 once stored, 401 if not authentic."""
    return _received("stripe", call)


def _received(provider: str, call: Call) -> ReceivedOut:
    service.receive(wiring.gateways()[provider], call.headers, call.raw_body, call.now)
    return ReceivedOut()


@route(bp, "GET", "/v1/invoices", roles=CUSTOMER, query=ListQuery, out=InvoiceList)
def list_invoices(call: Call, query: ListQuery) -> InvoiceList:
    """One's own invoices, newest first."""
    page = store.invoices.page(call.customer_id, query.limit, query.cursor)
    return InvoiceList(data=[InvoiceOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/invoices/{invoice_id}", roles=CUSTOMER, out=InvoiceOut)
def read_invoice(call: Call) -> InvoiceOut:
    """One of one's own invoices."""
    return InvoiceOut.of(store.invoices.get_own(call.path["invoice_id"], call.customer_id))


@route(bp, "GET", "/v1/invoices/{invoice_id}/pdf", roles=CUSTOMER, **PDF)
def read_invoice_as_pdf(call: Call) -> Reply:
    """One of one's own invoices as a PDF: the same bytes each time (V1)."""
    return _document(store.invoices.get_own(call.path["invoice_id"], call.customer_id))


@route(bp, "GET", "/v1/staff/invoices/{invoice_id}/pdf", roles=FINANCE, **PDF)
def read_any_invoice_as_pdf(call: Call) -> Reply:
    """Any customer's invoice as a PDF, as he has it."""
    return _document(store.invoices.get(call.path["invoice_id"]))


@route(bp, "GET", "/v1/credit_notes", roles=CUSTOMER, query=ListQuery, out=CreditNoteList)
def list_credit_notes(call: Call, query: ListQuery) -> CreditNoteList:
    """What was taken off one's own invoices, newest first."""
    page = store.credit_notes.page(call.customer_id, query.limit, query.cursor)
    return CreditNoteList(data=[CreditNoteOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/credit_notes/{credit_note_id}", roles=CUSTOMER, out=CreditNoteOut)
def read_credit_note(call: Call) -> CreditNoteOut:
    """One of one's own credit notes."""
    return CreditNoteOut.of(store.credit_notes.get_own(call.path["credit_note_id"], call.customer_id))


@route(bp, "GET", "/v1/credit_notes/{credit_note_id}/pdf", roles=CUSTOMER, **PDF)
def read_credit_note_as_pdf(call: Call) -> Reply:
    """One of one's own credit notes as a PDF: the same bytes each time (V1)."""
    return _document(store.credit_notes.get_own(call.path["credit_note_id"], call.customer_id))


def _document(record: Invoice | CreditNote) -> Reply:
    content = service.document(record, wiring.archive())
    named = {"Content-Disposition": f'inline; filename="{record.number}.pdf"'}
    return Reply(content, headers=named, media_type="application/pdf")


@route(bp, "GET", "/v1/payments", roles=CUSTOMER, query=ListQuery, out=PaymentList)
def list_payments(call: Call, query: ListQuery) -> PaymentList:
    """One's own payments, newest first (V3)."""
    page = store.payments.page(call.customer_id, query.limit, query.cursor)
    return PaymentList(data=[PaymentOut.of(one) for one in page.items], next_cursor=page.next_cursor)
