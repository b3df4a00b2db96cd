"""What every payment provider's adapter offers, in our words only; no provider's word leaves its adapter.

An adapter tells three failures apart. ChargeRefused: the provider said no, a repeat would hear no again.
ProviderUnavailable: the outcome is unknown or nothing was done; repeat the same call later. NotAuthentic: a
webhook that did not come from the provider. Anything else is a fault in our own code.

`Archive` is no provider: it is where documents are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, runtime_checkable

from chalicelib.kernel.money import Money

PaymentStatus = Literal["pending", "paid", "canceled", "refunded", "unknown"]


class ChargeRefused(Exception):
    """The provider will not make this charge, and nothing of it is left open there; do not repeat it.

    `code` is stable and for us; `detail` is the provider's sentence for staff, and may name personal data.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class ProviderUnavailable(Exception):
    """No usable answer (time-out, overload, faulty credentials, nonsense): the call is safe to repeat."""


class NotAuthentic(Exception):
    """The webhook carries no valid proof that the provider sent it."""


@dataclass(frozen=True)
class Payer:
    """Who pays: our customer id, canonical tax id, ISO 3166 country, locale `es`, `pt-BR` or `en`."""

    customer_id: str
    name: str
    email: str
    tax_id: str | None
    country: str
    locale: str


@dataclass(frozen=True)
class ChargeRequest:
    """One attempt to be paid. `due_date` is None for what is paid at once.

    `return_url` is where a redirected payer comes back to, `notify_url` where a provider that is told so with
    each charge sends its notification. `card` is the token of a card on file, charged at once and without its
    holder; `keep_card` asks to keep the one that will be used.
    """

    payment_id: str
    amount: Money
    due_date: date | None
    description: str
    payer: Payer
    return_url: str
    notify_url: str = ""
    card: str | None = None
    keep_card: bool = False


@dataclass(frozen=True)
class SlipData:
    """A bank slip for the payer: 47 digits, 44 digits, and where the printable slip is."""

    line: str
    barcode: str
    pdf_url: str


@dataclass(frozen=True)
class PostForm:
    """A form that the payer's browser posts to the provider's page."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class TransferData:
    """Where the payer sends a bank transfer, and the reference that he must quote."""

    account: str
    reference: str


@dataclass(frozen=True)
class Charged:
    """The charge at the provider: an address to send the payer to, a form to post him with, or a slip.

    All are None when there is nothing (any more) for the payer to do: `fetch` tells what became of it. `pix`
    is the copy-and-paste code that pays the same charge at once.
    """

    provider_id: str
    redirect_url: str | None
    slip: SlipData | None
    pix: str | None = None
    form: PostForm | None = None
    transfer: TransferData | None = None


@dataclass(frozen=True)
class StoredCard:
    """A card on file at the provider: its token there, never its number; `expires` is `YYYY-MM`."""

    token: str
    brand: str
    last4: str
    expires: str


@dataclass(frozen=True)
class RefundRequest:
    """Money to give back of a paid charge; `refund_id` is ours, and the same for every repeat."""

    refund_id: str
    provider_id: str
    amount: Money
    reason: str


@dataclass(frozen=True)
class Refunded:
    """A refund at the provider; `done` is False while the money has not gone out for certain."""

    provider_id: str
    done: bool


@dataclass(frozen=True)
class ProviderPayment:
    """A charge as the provider sees it now. `reference` is our payment id, None when the charge is not ours.

    `amount` is what was charged, without interest for lateness. `paid_at` is in UTC; where a provider tells
    only the day, it is that day's first instant in the provider's market: maybe before the charge was made.
    `refunded` is what has gone back so far, by refund, chargeback or reversal; a charge all of which has is
    `refunded`. `disputed` while its holder contests it. `card` is the one that was kept. A pending charge is
    `approved` when its payer has agreed and we have only to capture it (see Capturing).
    """

    provider_id: str
    reference: str | None
    amount: Money
    status: PaymentStatus
    paid_at: datetime | None
    refunded: Money | None = None
    disputed: bool = False
    card: StoredCard | None = None
    approved: bool = False


@dataclass(frozen=True)
class Notice:
    """An authentic webhook: the event's own id, for telling repeats, and what to `fetch`.

    `name` is the provider's, for logs alone. `provider_id` is None when the event is about nothing we charge.
    `announces_payment` says that, by this event, the money is there: if `fetch` does not show it yet, it is
    asked again later.
    """

    event_id: str
    name: str
    provider_id: str | None
    announces_payment: bool = False


class Gateway(Protocol):
    """One payment provider. To `fetch` and to `find` is to look: it moves no money."""

    name: str

    def charge(self, request: ChargeRequest) -> Charged:
        """Make the charge, or find it again: a repeat with the same request never makes a second one.

        Raises ChargeRefused or ProviderUnavailable. The caller lets one call at a time run per payment id.
        """
        ...

    def fetch(self, provider_id: str) -> ProviderPayment | None:
        """The charge as it stands now; None when the provider has none of ours by that id.

        Raises ProviderUnavailable.
        """
        ...

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        """The charge of our payment id `reference`, by the provider's id where it is known (reconciliation).

        Raises ProviderUnavailable.
        """
        ...

    def cancel(self, provider_id: str) -> ProviderPayment | None:
        """Close a charge so that it can no longer be paid; the charge as it stands after that.

        One that has been paid stays paid, one that is closed stays closed; None when there is none by that
        id. Raises ProviderUnavailable: then it may still be payable.
        """
        ...

    def refund(self, request: RefundRequest) -> Refunded:
        """Give money back; a repeat with the same `refund_id` never gives it back twice.

        Raises ChargeRefused (nothing was given back, a repeat would hear no again) or ProviderUnavailable.
        """
        ...

    def authenticate(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        """Prove that the provider sent exactly this body, and say what it is about.

        Does no I/O but to fetch the provider's own certificate, from the provider's own host.

        `headers` has lower-case names. Raises NotAuthentic and nothing else: an authentic body that is not
        understood is a Notice without `provider_id`.
        """
        ...


@runtime_checkable
class Capturing(Protocol):
    """A provider whose payer agrees first, and whose money comes when we say so; no other has `approved`."""

    def capture(self, provider_id: str) -> ProviderPayment | None:
        """Take the money of an approved charge; the charge as it stands after that, paid or not.

        One that is not approved (any more) stays as it is, and a repeat never takes the money twice. Raises
        ProviderUnavailable: the money may have been taken.
        """
        ...


class Archive(Protocol):
    """Where documents are kept for good; a key holds one document, and never another."""

    def keep(self, key: str, content: bytes) -> bytes:
        """Keep a document, unless there is one under this key already; the one that is there from then on.

        Raises Unavailable: it may be there or not, and keeping it again finds out.
        """
        ...

    def get(self, key: str) -> bytes:
        """The document that was kept. Raises Unavailable."""
        ...
