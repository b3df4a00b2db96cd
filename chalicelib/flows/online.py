"""The online invoice: whoever knows its address sees how it stands, and can pay it (V8)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from chalicelib.billing import service
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import Archive
from chalicelib.billing.links import Links, invoice_id_of
from chalicelib.billing.online import View, view_of
from chalicelib.billing.rules import Invoice
from chalicelib.flows.attempts import InvoiceNotPayable, PayBy, pay_again
from chalicelib.flows.reach import Vendor
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.events import Actor
from chalicelib.orders import store as orders

# Who pays does not sign in here.
SOMEBODY = Actor("online_invoice", "store")


class OnlineInvoiceNotFound(NotFound):
    """The address is none of ours, or was taken back; which of them is not told."""

    code = "online_invoice_not_found"
    text = {
        "en": "This address leads to no invoice (any more). Look for a newer one, or ask the seller.",
        "es": "Esta dirección no lleva (o ya no lleva) a ninguna factura. Busque otra más reciente o "
        "pregunte al vendedor.",
        "pt-BR": "Este endereço não leva (ou já não leva) a nenhuma fatura. Procure um mais recente ou "
        "pergunte ao vendedor.",
    }


class MethodNotOffered(Invalid):
    """Nobody can pay this invoice in that way."""

    code = "method_not_offered"
    text = {
        "en": "This invoice cannot be paid in that way. Choose one of the ways on its page.",
        "es": "Esta factura no se puede pagar de esa forma. Elija una de las formas de su página.",
        "pt-BR": "Esta fatura não pode ser paga dessa forma. Escolha uma das formas na página dela.",
    }


def view(token: str, links: Links, vendor: Vendor) -> View:
    """The invoice that a token opens, as it stands; `OnlineInvoiceNotFound`."""
    return _view(_opened(token, links), token, vendor)


def document(token: str, links: Links, archive: Archive) -> tuple[Invoice, bytes]:
    """The invoice that a token opens, and its PDF.

    Raises `OnlineInvoiceNotFound`, `DocumentNotReady`, `Unavailable`.
    """
    invoice = _opened(token, links)
    return invoice, service.document(invoice, archive)


def pay(token: str, method: str, links: Links, vendor: Vendor, now: datetime) -> None:
    """Begin to pay in one of the ways on offer.

    Nothing is begun when it cannot be paid (any more): its page says why. Raises `OnlineInvoiceNotFound`,
    `MethodNotOffered`, `TooManyAttempts`.
    """
    invoice = _opened(token, links)
    seen = _view(invoice, token, vendor)
    if not seen.is_payable:
        return
    chosen = next((one for one in seen.choices if one == method), None)
    if chosen is None:
        raise MethodNotOffered()
    # Who knows the address is not for certain the holder of the card on file: it is never charged from here.
    wanted = PayBy(chosen, new_card=chosen == "card")
    with suppress(InvoiceNotPayable):
        pay_again(invoice.id, wanted, vendor, now, actor=SOMEBODY)


def _opened(token: str, links: Links) -> Invoice:
    invoice_id = invoice_id_of(token)
    invoice = billing.invoices.find(invoice_id) if invoice_id else None
    if invoice is None or not links.opens(token, invoice):
        raise OnlineInvoiceNotFound()
    return invoice


def _view(invoice: Invoice, token: str, vendor: Vendor) -> View:
    payment = billing.payments.get(orders.get(invoice.order_id).payment_id)
    seen = view_of(invoice, payment, vendor.methods)
    return replace(seen, pdf_url=f"{token}/pdf") if invoice.document else seen
