"""Invoices as these tests make them: three lines with Spain's tax, to a customer in Madrid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.billing.invoices import Draft, issued
from chalicelib.billing.rules import HowToPay, Invoice, InvoiceLine, Party
from chalicelib.billing.taxes import Tax, included
from chalicelib.kernel.money import Money

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = date(2026, 11, 22)
IVA = Tax("IVA", 2100)
SELLER = Party("Vigencia Demo S.L.", "B12345674", "ES", "store@example.com", "Calle Mayor 1\n28013 Madrid")
BUYER = Party("José García", "12345678Z", "ES", "jose@example.com", "Calle de Alcalá, 50\n28014 Madrid")


def line(description: str, minor: int, quantity: int = 1, currency: str = "EUR") -> InvoiceLine:
    price = Money(minor, currency)
    return InvoiceLine(description, quantity, price, price * quantity)


DRAFT = Draft(
    id="inv_1",
    order_id="ord_1",
    customer_id="cus_1",
    lines=(line("PrestaImport", 12000), line("Proveedor A", 6000, 2), line("Asesoría", 0)),
    total=Money(24000, "EUR"),
    taxes=included(Money(24000, "EUR"), IVA),
    seller=SELLER,
    buyer=BUYER,
    locale="es",
    how_to_pay=HowToPay(("card", "transfer"), account="ES91 2100 0418 4502 0005 1332"),
    created_at=NOW,
)


def an_invoice(**changed: Any) -> Invoice:
    """An open invoice."""
    return replace(issued(DRAFT, "A-2026-000017", TODAY), **changed)
