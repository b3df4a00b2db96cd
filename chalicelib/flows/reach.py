"""What subscribers and sweeps can reach outside the table; built by `wiring`, or by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chalicelib.billing.taxes import Tax

# Puts one message on a queue; it may arrive more than once.
Send = Callable[[Mapping[str, str]], None]


@dataclass(frozen=True)
class Vendor:
    """The seller, as invoices and e-mails name him; without an account he takes no transfers.

    `taxes` are what his prices include, by the buyer's country.
    """

    name: str
    tax_id: str
    country: str
    zone: str
    email: str
    store_url: str
    transfer_account: str = ""
    address: str | None = None
    taxes: Mapping[str, Tax] = field(default_factory=dict)


@dataclass(frozen=True)
class Reach:
    """The queues of slow or failing effects, and the facts subscribers need."""

    charges: Send
    settlements: Send
    mails: Send
    documents: Send
    vendor: Vendor
    license_secret: Callable[[], bytes]
