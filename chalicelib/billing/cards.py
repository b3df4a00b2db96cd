"""Cards on file: a provider's token with what tells a person which card it is, never its number (S2, S5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import derived_id


@dataclass(frozen=True)
class Card:
    """A card that may be charged without its holder; `expires` is `YYYY-MM`, through which it is good."""

    id: str
    customer_id: str
    provider: str
    token: str
    brand: str
    last4: str
    expires: str
    created_at: datetime
    removed_at: datetime | None = None
    version: int | None = None


class CardNotFound(NotFound):
    """No such card, or somebody else's, or one that was removed."""

    code = "card_not_found"
    thing = {"en": "card", "es": "la tarjeta", "pt-BR": "o cartão"}


def card_id(customer_id: str, provider: str, token: str) -> str:
    """The same card kept twice is one."""
    return derived_id("crd", customer_id, provider, token)


def usable(cards: Iterable[Card], today: date) -> list[Card]:
    """Those that are not removed and not expired, in the order given."""
    month = f"{today:%Y-%m}"
    return [card for card in cards if card.removed_at is None and card.expires >= month]


def removed(card: Card, now: datetime) -> Card:
    """The card after its holder took it back; a second time changes nothing."""
    return card if card.removed_at else replace(card, removed_at=now)
