"""Invoices and payments to be shown, with defaults."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from chalicelib.billing.online import View, view_of
from chalicelib.billing.rules import (
    PROVIDER_OF_METHOD,
    Form,
    Invoice,
    InvoiceLine,
    Party,
    Payment,
    Slip,
    Transfer,
)
from chalicelib.kernel.methods import METHODS, Method
from chalicelib.kernel.money import Money

NOW = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
LINE = "46190000050000000000000648279792916480000059900"
SLIP = Slip(LINE, "0" * 44, "https://bank.example/slip.pdf")
PIX = "00020126-pix-code"
TRANSFER = Transfer("ES91 2100 0418 4502 0005 1332", "A-2026-000017")
FORM = Form("https://sis.redsys.example/sis/realizarPago", {"Ds_Signature": "s&1", "Ds_Other": "o"})
CHECKOUT = "https://checkout.example/pay/1"
# What each method's payer has before him.
READY: dict[Method, dict[str, Any]] = {
    "boleto": {"slip": SLIP, "pix": PIX, "due_date": date(2026, 12, 2)},
    "card": {"redirect_url": CHECKOUT},
    "paypal": {"redirect_url": "https://paypal.example/checkoutnow?token=1"},
    "redsys": {"form": FORM},
    "transfer": {"transfer": TRANSFER},
}


def an_invoice(currency: str = "EUR", **changes: Any) -> Invoice:
    """An open invoice of one line for a buyer in Spain."""
    price = Money(12000, currency)
    made: dict[str, Any] = {
        "id": "inv_1",
        "number": "A-2026-000017",
        "order_id": "ord_1",
        "customer_id": "cus_1",
        "status": "open",
        "lines": (InvoiceLine("PrestaImport", 1, price, price),),
        "total": price,
        "seller": Party("Vigencia Demo S.L.", "B12345674", "ES", "billing@vigencia.example"),
        "buyer": Party("José García", "12345678Z", "ES", "jose@example.com"),
        "locale": "es",
        "issued_on": date(2026, 11, 27),
        "created_at": NOW,
    }
    return Invoice(**{**made, **changes})


def a_payment(method: Method = "card", currency: str = "EUR", **changes: Any) -> Payment:
    """An attempt that its provider has, and its payer has not ended."""
    made: dict[str, Any] = {
        "id": "pay_1",
        "order_id": "ord_1",
        "invoice_id": "inv_1",
        "customer_id": "cus_1",
        "method": method,
        "provider": PROVIDER_OF_METHOD[method],
        "status": "pending",
        "amount": Money(12000, currency),
        "created_at": NOW,
        **READY[method],
    }
    return Payment(**{**made, **changes})


def a_view(method: Method = "card", invoice: Invoice | None = None, **changes: Any) -> View:
    """What is shown of an invoice with such a payment, by a vendor who takes everything."""
    shown = invoice or an_invoice("BRL" if method == "boleto" else "EUR")
    return view_of(shown, a_payment(method, shown.total.currency, **changes), METHODS)
