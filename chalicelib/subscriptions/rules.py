"""A subscription and its current period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from chalicelib.kernel.clock import start_of
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Terms

Status = Literal["active", "suspended", "ended"]


@dataclass(frozen=True)
class Subscription:
    """`start` (inclusive) and `end` (exclusive) are dates in `zone`; without an order, staff granted it.

    `suspended` while the money that paid for it is contested.
    """

    id: str
    customer_id: str
    order_id: str | None
    product: str
    name: str
    status: Status
    start: date
    end: date
    zone: str
    price: Money
    terms: Terms
    auto_renew: bool
    created_at: datetime
    version: int | None = None

    @property
    def cancel_renewal_until(self) -> datetime:
        """The cut-off: the exclusive last instant at which its renewal can be cancelled (A1)."""
        return start_of(self.end - timedelta(days=self.terms.cutoff_days), self.zone)


def holds(subscription: Subscription, now: datetime) -> bool:
    """Whether its product counts as held: until the end of the period and the days of grace (R1)."""
    until = start_of(subscription.end + timedelta(days=subscription.terms.grace_days), subscription.zone)
    return subscription.status == "active" and now < until


def suspended(subscription: Subscription) -> Subscription:
    """The subscription whose money is contested; one that has ended stays so."""
    return replace(subscription, status="suspended") if subscription.status == "active" else subscription


def resumed(subscription: Subscription) -> Subscription:
    """The subscription whose money is contested no more."""
    return replace(subscription, status="active") if subscription.status == "suspended" else subscription


def ended(subscription: Subscription) -> Subscription:
    """The subscription that nobody has paid for any more."""
    return replace(subscription, status="ended")


class SubscriptionNotFound(NotFound):
    """No such subscription, or somebody else's."""

    code = "subscription_not_found"
    thing = {"en": "subscription", "es": "la suscripción", "pt-BR": "a assinatura"}
