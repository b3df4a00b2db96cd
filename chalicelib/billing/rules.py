"""Invoices, payments and provider events, and how they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from chalicelib.billing import pauses
from chalicelib.billing.taxes import TaxShare, net_of
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.methods import Method
from chalicelib.kernel.money import Money

PROVIDER_OF_METHOD: dict[Method, str] = {
    "boleto": "asaas",
    "card": "stripe",
    "paypal": "paypal",
    "redsys": "redsys",
    "transfer": "manual",
}
BOLETO_ZONE = "America/Sao_Paulo"
BOLETO_DAYS = 5

PaymentStatus = Literal["requested", "pending", "paid", "failed", "canceled", "refunded"]
InvoiceStatus = Literal["draft", "open", "paid", "void", "uncollectible", "refunded"]

# While one worker asks the provider, no other may: two slips for one payment could both be paid. The
# lease outlives the worker's own time limit (60 s), and ends before its message comes again.
CHARGE_LEASE = timedelta(seconds=70)
# After how long an uncharged payment, an unsettled event or a missing document is taken up by the sweep.
SWEEP_AFTER = timedelta(minutes=10)


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
    `link_number` says which of the addresses of its online version, one after the other, opens it.
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
    link_number: int = 0
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
class Form:
    """What the payer's browser posts to the provider's page."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Transfer:
    """What a customer needs to pay by bank transfer."""

    account: str
    reference: str


@dataclass(frozen=True)
class Payment:
    """One attempt to collect an invoice.

    `requested` until the provider has the charge, then `pending`; `claimed_until` is the lease of the
    worker that is asking the provider. `card_id` is the card on file to be charged, `keep_card` asks to keep
    the one that will be used. `received` is what finance has confirmed of a transfer. `held` says why its
    money came in and could not be booked: a person decides, and the provider is not asked any more.
    `promised` is what we have asked to give back, `taken` what went back without us, `refunded` all that has
    gone back; `contested_at` is since when the payer's bank or PayPal holds the money, while it does.
    `review_from` is since when there may be news of it, until they have been looked at.
    `ended_at` is when it came to nothing.
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
    form: Form | None = None
    slip: Slip | None = None
    pix: str | None = None
    transfer: Transfer | None = None
    card_id: str | None = None
    keep_card: bool = False
    received: Money | None = None
    promised: Money | None = None
    taken: Money | None = None
    refunded: Money | None = None
    contested_at: datetime | None = None
    review_from: datetime | None = None
    asked_at: datetime | None = None
    held: str | None = None
    failure: str | None = None
    ended_at: datetime | None = None
    paid_at: datetime | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must look at it: to have it charged, then to ask what became of the charge.

        And of its money: at once where there may be news, every day while it is contested.
        """
        if self.review_from:
            return self._review_at(self.review_from)
        if self.status == "requested" and self.held is None:
            return (self.claimed_until or self.created_at) + SWEEP_AFTER
        if self.status == "pending" and self.held is None and self.provider != "manual":
            asked_at = self.asked_at or self.created_at
            return _again(asked_at, self._ask_after(asked_at), self.created_at + pauses.ASK_FOR)
        if self.status == "paid" and self.contested_at:
            asked_at = max(self.asked_at or self.contested_at, self.contested_at)
            return _again(asked_at, pauses.ASK_CONTESTED_EVERY, self.contested_at + pauses.ASK_CONTESTED_FOR)
        return self.last_look_at

    def _review_at(self, since: datetime) -> datetime:
        looked_at = max(self.asked_at or since, since)
        return looked_at + min(max(SWEEP_AFTER, (looked_at - since) // 2), pauses.REVIEW_EVERY)

    def _ask_after(self, asked_at: datetime) -> timedelta:
        soon = asked_at < self.created_at + pauses.ASK_SOON_FOR
        return pauses.ASK_SOON.get(self.provider, pauses.ASK_EVERY) if soon else pauses.ASK_EVERY

    @property
    def last_look_at(self) -> datetime | None:
        """When its provider is asked for the last time after its end; None if never, or when that is done."""
        if self.form is None or self.ended_at is None or self.held:
            return None
        last = self.ended_at + pauses.LINGERS
        return None if self.asked_at and self.asked_at >= last else last

    @property
    def is_looked_at(self) -> bool:
        """Whether its provider is asked about it, now or later."""
        return self.is_open or self.last_look_at is not None

    @property
    def is_open(self) -> bool:
        """Whether it may still be paid."""
        return self.status in ("requested", "pending")

    @property
    def came_in(self) -> bool:
        """Whether its money came in, whatever became of it later."""
        return self.status in ("paid", "refunded")

    @property
    def reported_at(self) -> datetime:
        """Under which instant reports list it: when it was paid; as long as it is not, when it was made."""
        return self.paid_at or self.created_at


def _again(asked_at: datetime, pause: timedelta, until: datetime) -> datetime | None:
    return asked_at + pause if asked_at < until else None


PaymentChange = Callable[[Payment], Payment]


class PaymentNotFound(NotFound):
    """No such payment, or somebody else's."""

    code = "payment_not_found"
    thing = {"en": "payment", "es": "el pago", "pt-BR": "o pagamento"}


class InvoiceNotFound(NotFound):
    """No such invoice, or somebody else's."""

    code = "invoice_not_found"
    thing = {"en": "invoice", "es": "la factura", "pt-BR": "a fatura"}


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


def failed(payment: Payment, failure: str, now: datetime) -> Payment:
    """The provider will not take the charge, or has closed it; the order stays payable by another attempt."""
    if not payment.is_open:
        return payment
    return replace(payment, status="failed", failure=failure, claimed_until=None, ended_at=now)


def to_be_asked(payment: Payment, now: datetime) -> bool:
    """Whether its provider may have news: of a charge that can be paid, or could be until shortly before."""
    last = payment.last_look_at
    return payment.status == "pending" if last is None else last <= now


def paid(payment: Payment, provider_id: str, paid_at: datetime) -> Payment:
    """The payment after its money was accepted; `paid_at` is when the customer paid."""
    return replace(
        payment, status="paid", provider_id=provider_id, paid_at=paid_at, claimed_until=None, ended_at=None
    )
