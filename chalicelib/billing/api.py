"""Routes of billing: providers' webhooks, a customer's invoices, credit notes and payments."""

from __future__ import annotations

from typing import Any

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.billing import documents, service, store
from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.documents import DocumentNotReady
from chalicelib.billing.rules import Invoice
from chalicelib.billing.schemas import (
    CardList,
    CardOut,
    CreditNoteList,
    CreditNoteOut,
    InvoiceList,
    InvoiceOut,
    PaymentList,
    PaymentOut,
    ReceivedOut,
    RefundList,
    RefundOut,
)
from chalicelib.billing.service import WebhookNotAuthentic
from chalicelib.edge.auth import CUSTOMER, FINANCE
from chalicelib.edge.replies import Reply
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import ListQuery
from chalicelib.kernel.errors import Unavailable
from chalicelib.kernel.events import Actor
from chalicelib.kernel.paging import slice_page

bp = Blueprint(__name__)

PDF: Any = {"media_types": (documents.MEDIA_TYPE,), "refuses": (DocumentNotReady, Unavailable)}


def _webhook(provider: str, named: str, form: str = "") -> None:
    """The route on which a provider tells of payments."""

    def view(call: Call) -> ReceivedOut:
        service.receive(wiring.gateways()[provider], call.headers, call.raw_body, call.now)
        return ReceivedOut()

    view.__name__ = f"{provider}_webhook"
    view.__doc__ = f"{named} tells of a payment{form} (B5); 200 once stored, 401 if not authentic."
    declared = route(
        bp,
        "POST",
        f"/v1/webhooks/{provider}",
        raw=True,
        out=ReceivedOut,
        refuses=(WebhookNotAuthentic,),
    )
    declared(view)


_webhook("asaas", "Asaas")
_webhook("stripe", "Stripe")
_webhook("paypal", "PayPal")
_webhook("redsys", "Redsys", ", as a signed form")


@route(bp, "GET", "/v1/invoices", roles=CUSTOMER, query=ListQuery, out=InvoiceList)
def list_invoices(call: Call, query: ListQuery) -> InvoiceList:
    """One's own invoices, newest first."""
    page = store.invoices.page(call.customer_id, query.limit, query.cursor)
    shown = [InvoiceOut.of(one, wiring.links()) for one in page.items]
    return InvoiceList(data=shown, next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/invoices/{invoice_id}", roles=CUSTOMER, out=InvoiceOut)
def read_invoice(call: Call) -> InvoiceOut:
    """One of one's own invoices."""
    return InvoiceOut.of(store.invoices.get_own(call.path["invoice_id"], call.customer_id), wiring.links())


@route(bp, "POST", "/v1/invoices/{invoice_id}/link", roles=CUSTOMER, out=InvoiceOut)
def renew_link(call: Call) -> InvoiceOut:
    """Give one's own invoice another online address; the former one opens nothing any more (V8)."""
    actor = Actor(call.customer_id, "store")
    return InvoiceOut.of(service.renew_link(call.path["invoice_id"], actor, call.now), wiring.links())


@route(bp, "GET", "/v1/me/cards", roles=CUSTOMER, query=ListQuery, out=CardList)
def list_cards(call: Call, query: ListQuery) -> CardList:
    """One's own cards on file (S5)."""
    return CardList.of(slice_page(service.cards_of(call.customer_id), query.limit, query.cursor))


@route(bp, "DELETE", "/v1/me/cards/{card_id}", roles=CUSTOMER, out=CardOut)
def remove_card(call: Call) -> CardOut:
    """Take a card back: it is not charged any more."""
    by = Actor(call.customer_id, "store")
    return CardOut.of(service.remove_card(call.path["card_id"], by, call.now))


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
    named = {"Content-Disposition": documents.disposition(record.number)}
    return Reply(content, headers=named, media_type=documents.MEDIA_TYPE)


@route(bp, "GET", "/v1/payments", roles=CUSTOMER, query=ListQuery, out=PaymentList)
def list_payments(call: Call, query: ListQuery) -> PaymentList:
    """One's own payments, newest first (V3)."""
    page = store.payments.page(call.customer_id, query.limit, query.cursor)
    return PaymentList(data=[PaymentOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@route(
    bp,
    "GET",
    "/v1/staff/payments/{payment_id}/refunds",
    roles=FINANCE,
    query=ListQuery,
    out=RefundList,
)
def list_refunds(call: Call, query: ListQuery) -> RefundList:
    """A payment's refunds, newest first."""
    payment = store.payments.get(call.path["payment_id"])
    page = store.refunds_of(payment.id, query.limit, query.cursor)
    return RefundList(data=[RefundOut.of(one) for one in page.items], next_cursor=page.next_cursor)
