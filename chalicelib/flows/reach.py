"""What subscribers and sweeps can reach outside the table; built by `wiring`, or by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Puts one message on a queue; it may arrive more than once.
Send = Callable[[Mapping[str, str]], None]


@dataclass(frozen=True)
class Vendor:
    """The seller, as invoices and e-mails name him; without an account he takes no transfers."""

    name: str
    tax_id: str
    country: str
    zone: str
    email: str
    store_url: str
    transfer_account: str = ""


@dataclass(frozen=True)
class Reach:
    """The queues of slow or failing effects, and the facts subscribers need."""

    charges: Send
    settlements: Send
    mails: Send
    vendor: Vendor
    license_secret: Callable[[], bytes]
