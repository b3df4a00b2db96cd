"""Invoices, payments, provider events, and the decision what a provider's word is worth (B5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.money import Money

Method = Literal["boleto", "card"]
PROVIDER_OF_METHOD: dict[Method, str] = {"boleto": "asaas", "card": "stripe"}
BOLETO_ZONE = "America/Sao_Paulo"
BOLETO_DAYS = 5

PaymentStatus = Literal["requested", "pending", "paid", "failed"]
InvoiceStatus = Literal["open", "paid"]

# While one worker asks the provider, no other may: two slips for one payment could both be paid. The
# lease outlives the worker's own time limit (60 s), and ends before its message comes again.
CHARGE_LEASE = timedelta(seconds=70)
# After how long an uncharged payment, or an unsettled event, is taken up again by the sweep.
SWEEP_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Party:
    """Seller or buyer as they were when the invoice was issued."""

    name: str
    tax_id: str | None
    country: str
    email: str


@dataclass(frozen=True)
class InvoiceLine:
    """One line of an invoice."""

    description: str
    quantity: int
    unit_price: Money
    amount: Money


@dataclass(frozen=True)
class Invoice:
    """An invoice with its gapless number; never changed but for its state."""

    id: str
    number: str
    order_id: str
    customer_id: str
    status: InvoiceStatus
    lines: tuple[InvoiceLine, ...]
    total: Money
    seller: Party
    buyer: Party
    issued_on: date
    created_at: datetime
    paid_at: datetime | None = None
    version: int | None = None


@dataclass(frozen=True)
class Slip:
    """What a customer needs to pay a boleto."""

    line: str
    barcode: str
    pdf_url: str


@dataclass(frozen=True)
class Payment:
    """One attempt to collect an invoice.

    `requested` until the provider has the charge, then `pending`; `claimed_until` is the lease of the
    worker that is asking the provider.
    """

    id: str
    order_id: str
    invoice_id: str
    customer_id: str
    method: Method
    provider: str
    status: PaymentStatus
    amount: Money
    created_at: datetime
    due_date: date | None = None
    claimed_until: datetime | None = None
    provider_id: str | None = None
    redirect_url: str | None = None
    slip: Slip | None = None
    failure: str | None = None
    paid_at: datetime | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must look at it: only while the provider has not been asked yet."""
        if self.status != "requested":
            return None
        return (self.claimed_until or self.created_at) + SWEEP_AFTER


@dataclass(frozen=True)
class ProviderEvent:
    """A provider's message, kept as it came; due until it has been settled."""

    id: str
    provider: str
    name: str
    provider_id: str | None
    raw: str
    received_at: datetime
    announces_payment: bool = False
    outcome: str | None = None
    settled_at: datetime | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must look at it: only while it is not settled."""
        return None if self.settled_at else self.received_at + SWEEP_AFTER


PaymentChange = Callable[[Payment], Payment]


class PaymentNotFound(NotFound):
    """No such payment, or somebody else's."""

    code = "payment_not_found"
    thing = {"en": "payment", "es": "el pago", "pt-BR": "o pagamento"}


class InvoiceNotFound(NotFound):
    """No such invoice, or somebody else's."""

    code = "invoice_not_found"
    thing = {"en": "invoice", "es": "la factura", "pt-BR": "a fatura"}


class ProviderEventNotFound(NotFound):
    """No such provider event."""

    code = "provider_event_not_found"
    thing = {"en": "provider event", "es": "el evento de proveedor", "pt-BR": "o evento do provedor"}


class Claimed(Exception):
    """Another worker is asking the provider for this charge right now."""


def claim(payment: Payment, now: datetime) -> Payment:
    """Take the lease for asking the provider; `Claimed` while somebody else has it."""
    if payment.claimed_until and payment.claimed_until > now:
        raise Claimed(payment.id)
    return replace(payment, claimed_until=now + CHARGE_LEASE)


def charged(payment: Payment, provider_id: str, redirect_url: str | None, slip: Slip | None) -> Payment:
    """The provider has the charge: the customer can pay."""
    return replace(
        payment,
        status="pending",
        provider_id=provider_id,
        redirect_url=redirect_url,
        slip=slip,
        claimed_until=None,
    )


def refused(payment: Payment, failure: str) -> Payment:
    """The provider will not take the charge; the order stays payable by another attempt."""
    if payment.status != "requested":
        return payment
    return replace(payment, status="failed", failure=failure, claimed_until=None)


Verdict = Literal[
    "accept", "not_paid", "already_booked", "unknown_reference", "wrong_amount", "late", "double"
]
# Money that came in but does not pay what it was for: finance decides (refund, or another order).
NEEDS_A_PERSON: frozenset[Verdict] = frozenset({"unknown_reference", "wrong_amount", "late", "double"})


def judge(
    payment: Payment | None,
    order_status: str | None,
    *,
    provider_id: str,
    amount: Money,
    is_paid: bool,
) -> Verdict:
    """What a provider's payment object means for our payment (B5, invariant 4).

    Decided on the object as fetched from the provider, never on the message that pointed to it.
    """
    if not is_paid:
        return "not_paid"
    if payment is None or order_status is None:
        return "unknown_reference"
    if payment.status == "paid":
        return "already_booked" if payment.provider_id == provider_id else "double"
    if amount != payment.amount:
        return "wrong_amount"
    if order_status == "paid":
        return "double"
    return "accept" if order_status == "pending_payment" else "late"


def paid(payment: Payment, provider_id: str, now: datetime) -> Payment:
    """The payment after its money was accepted."""
    return replace(payment, status="paid", provider_id=provider_id, paid_at=now, claimed_until=None)


def invoice_paid(invoice: Invoice, now: datetime) -> Invoice:
    """The invoice after it was paid."""
    return replace(invoice, status="paid", paid_at=now)


def settled(event: ProviderEvent, outcome: str, now: datetime) -> ProviderEvent:
    """The event after it was acted upon (or found to need nothing)."""
    return replace(event, outcome=outcome, settled_at=now)
