"""What follows from a country: a customer's currency and time zone, and the language of people there."""

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


# Two letters each.
HISPANOPHONE = "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE"
LUSOPHONE = "AO BR CV GW MZ PT ST TL"


def language_of(country: str) -> str:
    """The language, of those that letters are written in, for people of an ISO 3166 country."""
    if country in HISPANOPHONE.split():
        return "es"
    return "pt-BR" if country in LUSOPHONE.split() else "en"


def market_of(country: str) -> Market:
    """The market of an ISO 3166 country; the rest of the world buys as Spain does."""
    return MARKETS.get(country, SPAIN)
