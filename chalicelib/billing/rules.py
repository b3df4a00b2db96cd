"""Invoices, payments and provider events, and how they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from chalicelib.billing.taxes import TaxShare, net_of
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.money import Money

Method = Literal["boleto", "card", "transfer"]
PROVIDER_OF_METHOD: dict[Method, str] = {"boleto": "asaas", "card": "stripe", "transfer": "manual"}
BOLETO_ZONE = "America/Sao_Paulo"
BOLETO_DAYS = 5

PaymentStatus = Literal["requested", "pending", "paid", "failed", "canceled"]
InvoiceStatus = Literal["draft", "open", "paid", "void", "uncollectible", "refunded"]

# While one worker asks the provider, no other may: two slips for one payment could both be paid. The
# lease outlives the worker's own time limit (60 s), and ends before its message comes again.
CHARGE_LEASE = timedelta(seconds=70)
# After how long an uncharged payment, an unsettled event or a missing document is taken up by the sweep.
SWEEP_AFTER = timedelta(minutes=10)
# How often the provider is asked about a charge of which it has told nothing, and for how long.
ASK_EVERY = timedelta(hours=6)
ASK_FOR = timedelta(days=90)
# How long a settled provider event, with its raw text, is kept.
EVENT_KEPT = timedelta(days=180)
# How long an event that announces money stays open while the provider's object does not show it.
PATIENCE = timedelta(days=3)


@dataclass(frozen=True)
class Party:
    """Seller or buyer as they were when the invoice was issued."""

    name: str
    tax_id: str | None
    country: str
    email: str
    address: str | None = None


@dataclass(frozen=True)
class InvoiceLine:
    """One line of an invoice."""

    description: str
    quantity: int
    unit_price: Money
    amount: Money


@dataclass(frozen=True)
class HowToPay:
    """The ways to pay that were offered with an invoice; `due_date` is the last day of its boleto."""

    methods: tuple[Method, ...]
    account: str | None = None
    due_date: date | None = None


@dataclass(frozen=True)
class Invoice:
    """An invoice with its gapless number; never changed but for its state (see `invoices.py`).

    Its prices include `taxes`; `document` is the digest of its PDF, as soon as that has been made.
    """

    id: str
    number: str
    order_id: str
    customer_id: str
    status: InvoiceStatus
    lines: tuple[InvoiceLine, ...]
    total: Money
    seller: Party
    buyer: Party
    locale: str
    issued_on: date
    created_at: datetime
    taxes: tuple[TaxShare, ...] = ()
    how_to_pay: HowToPay | None = None
    paid_at: datetime | None = None
    document: str | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must look at it: until its document has been made."""
        return None if self.document else self.created_at + SWEEP_AFTER

    @property
    def net(self) -> Money:
        """What is left of the total without its taxes."""
        return net_of(self.total, self.taxes)


@dataclass(frozen=True)
class Slip:
    """What a customer needs to pay a boleto."""

    line: str
    barcode: str
    pdf_url: str


@dataclass(frozen=True)
class Transfer:
    """What a customer needs to pay by bank transfer."""

    account: str
    reference: str


@dataclass(frozen=True)
class Payment:
    """One attempt to collect an invoice.

    `requested` until the provider has the charge, then `pending`; `claimed_until` is the lease of the
    worker that is asking the provider. `received` is what finance has confirmed of a transfer. `held` says
    why its money came in and could not be booked: a person decides, and the provider is not asked any more.
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
    transfer: Transfer | None = None
    received: Money | None = None
    asked_at: datetime | None = None
    held: str | None = None
    failure: str | None = None
    paid_at: datetime | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must look at it: to have it charged, then to ask what became of the charge."""
        if self.status == "requested":
            return (self.claimed_until or self.created_at) + SWEEP_AFTER
        if self.status == "pending" and self.held is None and self.provider != "manual":
            asked_at = self.asked_at or self.created_at
            return asked_at + ASK_EVERY if asked_at < self.created_at + ASK_FOR else None
        return None


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
    tries: int = 0
    tried_at: datetime | None = None
    outcome: str | None = None
    settled_at: datetime | None = None
    version: int | None = None

    @property
    def kept_until(self) -> datetime | None:
        """When it may go: long after no provider would send it again."""
        return self.settled_at + EVENT_KEPT if self.settled_at else None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must look at it: only while it is not settled."""
        if self.settled_at:
            return None
        return (self.tried_at or self.received_at) + SWEEP_AFTER * (1 << min(self.tries, 5))


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


def charged(payment: Payment, provider_id: str) -> Payment:
    """The provider has the charge: the customer can pay."""
    return replace(payment, status="pending", provider_id=provider_id, claimed_until=None)


def held(payment: Payment, verdict: str) -> Payment:
    """Its money came in, but does not pay what it was for."""
    return replace(payment, held=verdict)


def asked(payment: Payment, now: datetime) -> Payment:
    """The provider was asked and had nothing new."""
    return replace(payment, asked_at=now)


def failed(payment: Payment, failure: str) -> Payment:
    """The provider will not take the charge, or has closed it; the order stays payable by another attempt."""
    if payment.status not in ("requested", "pending"):
        return payment
    return replace(payment, status="failed", failure=failure, claimed_until=None)


def paid(payment: Payment, provider_id: str, paid_at: datetime) -> Payment:
    """The payment after its money was accepted; `paid_at` is when the customer paid."""
    return replace(payment, status="paid", provider_id=provider_id, paid_at=paid_at, claimed_until=None)


def still_to_come(event: ProviderEvent, seen_status: str | None, now: datetime) -> bool:
    """Whether an announced payment may yet show at the provider, so that the event is asked about again."""
    unseen = seen_status in (None, "pending")
    return event.announces_payment and unseen and now < event.received_at + PATIENCE


def postponed(event: ProviderEvent, now: datetime) -> ProviderEvent:
    """The event after a try that found nothing yet; the pauses grow."""
    return replace(event, tries=event.tries + 1, tried_at=now)


def settled(event: ProviderEvent, outcome: str, now: datetime) -> ProviderEvent:
    """The event after it was acted upon (or found to need nothing)."""
    return replace(event, outcome=outcome, settled_at=now)
