"""What every payment provider's adapter offers, in our words only; no provider's word leaves its adapter.

An adapter tells three failures apart. ChargeRefused: the provider said no, a repeat would hear no again.
ProviderUnavailable: the outcome is unknown or nothing was done; repeat the same call later. NotAuthentic: a
webhook that did not come from the provider. Anything else is a fault in our own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

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
    """One attempt to be paid. `due_date` is None for what is paid at once; `return_url` is for redirects."""

    payment_id: str
    amount: Money
    due_date: date | None
    description: str
    payer: Payer
    return_url: str


@dataclass(frozen=True)
class SlipData:
    """A bank slip for the payer: 47 digits, 44 digits, and where the printable slip is."""

    line: str
    barcode: str
    pdf_url: str


@dataclass(frozen=True)
class Charged:
    """The charge at the provider: either an address to send the payer to or a slip.

    Both are None when the charge was made earlier and is not open any more: `fetch` tells what became of it.
    """

    provider_id: str
    redirect_url: str | None
    slip: SlipData | None


@dataclass(frozen=True)
class ProviderPayment:
    """A charge as the provider sees it now. `reference` is our payment id, None when the charge is not ours.

    `amount` is what was charged, without interest for lateness. `paid_at` is in UTC; where a provider tells
    only the day, it is that day's first instant in the provider's market: maybe before the charge was made.
    """

    provider_id: str
    reference: str | None
    amount: Money
    status: PaymentStatus
    paid_at: datetime | None


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
    """One payment provider."""

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

    def authenticate(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        """Prove that the provider sent exactly this body, and say what it is about; does no I/O.

        `headers` has lower-case names. Raises NotAuthentic and nothing else: an authentic body that is not
        understood is a Notice without `provider_id`.
        """
        ...
