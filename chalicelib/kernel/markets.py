"""What follows from a customer's country: currency and time zone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Market:
    """A customer pays in his market's currency; dates he is promised are dates in its zone."""

    currency: str
    zone: str


SPAIN = Market("EUR", "Europe/Madrid")
MARKETS = {
    "BR": Market("BRL", "America/Sao_Paulo"),
    "CL": Market("CLP", "America/Santiago"),
    "ES": SPAIN,
}


def market_of(country: str) -> Market:
    """The market of an ISO 3166 country; the rest of the world buys as Spain does."""
    return MARKETS.get(country, SPAIN)
