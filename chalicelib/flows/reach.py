"""What subscribers and sweeps can reach outside the table; built by `wiring`, or by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chalicelib.billing.links import Links
from chalicelib.billing.rules import Payment
from chalicelib.billing.taxes import Tax
from chalicelib.kernel.markets import language_of
from chalicelib.kernel.methods import Method
from chalicelib.tickets.levels import Home

# Puts one message on a queue; it may arrive more than once.
Send = Callable[[Mapping[str, str]], None]

# Adds one to a metric.
Count = Callable[[str], None]


@dataclass(frozen=True)
class Vendor:
    """The seller, as invoices and e-mails name him, and the ways to pay that he takes.

    `taxes` are what his prices include, by the buyer's country; `team_email` is where his people are reached.
    """

    name: str
    tax_id: str
    country: str
    zone: str
    email: str
    team_email: str
    store_url: str
    methods: tuple[Method, ...]
    transfer_account: str = ""
    address: str | None = None
    taxes: Mapping[str, Tax] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        """Where his people work, and who of them is told first."""
        return Home(self.country, self.zone, self.team_email)

    @property
    def language(self) -> str:
        """What letters to his own people are written in."""
        return language_of(self.country)


@dataclass(frozen=True)
class Reach:
    """The queues of slow or failing effects, the metrics, and the facts subscribers need."""

    charges: Send
    settlements: Send
    mails: Send
    documents: Send
    count: Count
    vendor: Vendor
    links: Links
    license_secret: Callable[[], bytes]


def take_up(payment: Payment, reach: Reach) -> None:
    """Have a worker look at a payment that is not charged yet, or one of which there may be news."""
    if payment.is_open or payment.contested_at or payment.review_from or payment.last_look_at:
        queue = reach.charges if payment.status == "requested" else reach.settlements
        queue({"payment_id": payment.id})
