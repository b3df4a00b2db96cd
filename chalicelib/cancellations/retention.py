"""Keeping a customer who wants to leave: what he is asked, and what he may be offered (C2).

Never a condition for leaving: a case is decided with or without answers, and at most so many offers are made
as the policy allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from chalicelib.kernel.money import Money, total

Reason = Literal[
    "price", "other_product", "missing_feature", "difficulty", "not_used", "closing", "service", "other"
]
OfferKind = Literal["training", "drop_services", "plan_change", "pause", "arguments"]
MOST_OFFERS = 2

# What a customer's own form says, in the words of the interview.
OF_FORM: Mapping[str, Reason] = {
    "too_expensive": "price",
    "not_used": "not_used",
    "missing_features": "missing_feature",
    "technical_problems": "difficulty",
    "poor_support": "service",
    "changed_provider": "other_product",
    "business_closed": "closing",
    "other": "other",
}


@dataclass(frozen=True)
class Interview:
    """What the customer said: always whether he uses another product, and if so why that one is better."""

    reason_code: Reason
    account: str
    other_product: str | None = None
    other_product_why: str | None = None
    missing_feature: str | None = None
    difficulty: str | None = None
    price_wanted: Money | None = None


@dataclass(frozen=True)
class Offer:
    """Something to stay for. `subscription_ids` are the services that it drops, or changes.

    `amount` is what a period costs with it, `until` how long a pause lasts.
    """

    kind: OfferKind
    detail: str
    subscription_ids: tuple[str, ...] = ()
    amount: Money | None = None
    until: date | None = None


@dataclass(frozen=True)
class Held:
    """A contract that the customer holds, and what a period of it costs."""

    subscription_id: str
    price: Money


# What is worth offering, by what was said; first what helps most.
FITTING: Mapping[Reason, tuple[OfferKind, ...]] = {
    "price": ("drop_services", "plan_change", "pause"),
    "other_product": ("arguments", "training"),
    "missing_feature": ("training", "arguments"),
    "difficulty": ("training",),
    "not_used": ("training", "pause", "drop_services"),
    "closing": ("pause",),
    "service": ("arguments", "training"),
    "other": ("arguments",),
}


def fitting(interview: Interview) -> tuple[OfferKind, ...]:
    """Which offers suit what was said, first what helps most."""
    said: list[Reason] = [interview.reason_code]
    if interview.difficulty:
        said.append("difficulty")
    if interview.missing_feature:
        said.append("missing_feature")
    if interview.price_wanted:
        said.append("price")
    return tuple(dict.fromkeys(kind for reason in said for kind in FITTING[reason]))


def new_prices(accepted: Iterable[Offer]) -> dict[str, Money]:
    """What contracts cost from their next period on, by the offers that were accepted."""
    return {
        id: offer.amount
        for offer in accepted
        if offer.kind == "plan_change" and offer.amount
        for id in offer.subscription_ids
    }


def amount_without(held: Iterable[Held], dropped: Iterable[str], currency: str) -> Money:
    """What the contracts cost for a period of each when some are dropped."""
    gone = frozenset(dropped)
    return total((one.price for one in held if one.subscription_id not in gone), currency)
