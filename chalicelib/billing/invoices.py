"""The states of an invoice; once issued, it never changes but for its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, ClassVar

from chalicelib.billing.rules import HowToPay, Invoice, InvoiceLine, InvoiceStatus, Party
from chalicelib.billing.taxes import TaxShare
from chalicelib.kernel.money import Money

# Every change of state that there is. An invoice of which a part was given back stays paid.
EDGES: Mapping[InvoiceStatus, frozenset[InvoiceStatus]] = {
    "draft": frozenset({"open"}),
    "open": frozenset({"paid", "void", "uncollectible"}),
    "uncollectible": frozenset({"paid", "void"}),
    "paid": frozenset({"refunded"}),
    "void": frozenset(),
    "refunded": frozenset(),
}


@dataclass(frozen=True)
class Draft:
    """What an invoice will say once it is issued; it has no number and no day, and is never stored."""

    id: str
    order_id: str
    customer_id: str
    lines: tuple[InvoiceLine, ...]
    total: Money
    taxes: tuple[TaxShare, ...]
    seller: Party
    buyer: Party
    locale: str
    how_to_pay: HowToPay
    created_at: datetime
    status: ClassVar[InvoiceStatus] = "draft"


def issued(draft: Draft, number: str, on: date) -> Invoice:
    """The invoice that a draft becomes with its number, which nobody else has, and its day."""
    said: dict[str, Any] = {field.name: getattr(draft, field.name) for field in fields(draft)}
    return Invoice(**said, number=number, issued_on=on, status=_next(draft, "open"))


def paid(invoice: Invoice, paid_at: datetime) -> Invoice:
    """The invoice after it was paid; ValueError if it cannot be."""
    return replace(invoice, status=_next(invoice, "paid"), paid_at=paid_at)


def uncollectible(invoice: Invoice) -> Invoice:
    """The invoice that was not paid in time; late money can still pay it. ValueError if it is not open."""
    return replace(invoice, status=_next(invoice, "uncollectible"))


def void(invoice: Invoice) -> Invoice:
    """The unpaid invoice that nobody has to pay any more; ValueError if it is paid, or void already."""
    return replace(invoice, status=_next(invoice, "void"))


def refunded(invoice: Invoice) -> Invoice:
    """The invoice after all that was paid for it was given back; ValueError if it is not paid."""
    return replace(invoice, status=_next(invoice, "refunded"))


def _next(now: Draft | Invoice, status: InvoiceStatus) -> InvoiceStatus:
    if status not in EDGES[now.status]:
        raise ValueError(f"{now.id} is {now.status}, and cannot become {status}")
    return status
