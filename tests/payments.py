"""Payments of many customers with their invoices, as the store would have written them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from chalicelib.billing import store
from chalicelib.billing.rules import Invoice, Party, Payment
from chalicelib.kernel.money import Money
from chalicelib.storage.transaction import Transaction

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
# Two rows each, and a transaction takes a hundred.
AT_ONCE = 50


def a_payment(number: int = 1, **changed: Any) -> Payment:
    """A payment of 10.00 EUR by card, not paid yet."""
    payment = Payment(
        id=f"pay_{number:04d}",
        order_id=f"ord_{number:04d}",
        invoice_id=f"inv_{number:04d}",
        customer_id="cus_1",
        method="card",
        provider="stripe",
        status="pending",
        amount=Money(1000, "EUR"),
        created_at=NOW,
    )
    return replace(payment, **changed)


def paid(number: int = 1, paid_at: datetime = NOW, **changed: Any) -> Payment:
    """One that was paid."""
    return a_payment(
        number, **{"status": "paid", "provider_id": f"cs_{number}", "paid_at": paid_at, **changed}
    )


def invoice_of(payment: Payment, buyer: str = "José Ñandú") -> Invoice:
    """The invoice that a payment is for."""
    return Invoice(
        id=payment.invoice_id,
        number=payment.invoice_id.replace("inv_", "A-2026-00"),
        order_id=payment.order_id,
        customer_id=payment.customer_id,
        status="open",
        lines=(),
        total=payment.amount,
        seller=Party("V", "x", "ES", "v@example.com"),
        buyer=Party(buyer, None, "ES", "jose@example.com"),
        locale="es",
        issued_on=date(2026, 11, 22),
        created_at=payment.created_at,
    )


def store_payments(*payments: Payment, buyer: str = "José Ñandú") -> None:
    """Payments with their invoices, in the table."""
    for at in range(0, len(payments), AT_ONCE):
        writing = Transaction()
        for payment in payments[at : at + AT_ONCE]:
            writing.save(store.payments.row(payment), store.invoices.row(invoice_of(payment, buyer)))
        writing.commit()
