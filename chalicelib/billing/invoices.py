"""The states of an invoice; never changed but for its state."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.billing.rules import Invoice


def paid(invoice: Invoice, paid_at: datetime) -> Invoice:
    """The invoice after it was paid."""
    return replace(invoice, status="paid", paid_at=paid_at)


def uncollectible(invoice: Invoice) -> Invoice:
    """The invoice that was not paid in time; late money can still pay it."""
    return replace(invoice, status="uncollectible") if invoice.status == "open" else invoice
