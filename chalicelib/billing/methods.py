"""Which ways to pay somebody can choose from, and which one is his if he says nothing (S2). Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from chalicelib.kernel.faults import Fault
from chalicelib.kernel.methods import Method, currency_fault

# For whoever has no method of his own: what is usual in Brazil, then what is paid at once.
PREFERRED: tuple[Method, ...] = ("boleto", "card", "redsys", "paypal", "transfer")


@dataclass(frozen=True)
class Buyer:
    """What of a buyer decides how he can pay: the currency he pays in and his tax id."""

    currency: str
    tax_id: str | None


def fault(method: Method, buyer: Buyer, on_offer: Collection[Method]) -> Fault | None:
    """Why the buyer cannot pay in this way, None if he can."""
    if method not in on_offer:
        return Fault("not_offered", method=method)
    if wrong := currency_fault(method, buyer.currency):
        return wrong
    if method == "boleto" and not buyer.tax_id:
        return Fault("tax_id_required")
    return None


def open_to(buyer: Buyer, on_offer: Collection[Method]) -> list[Method]:
    """The ways in which the buyer can pay, the most usual first."""
    return [method for method in PREFERRED if fault(method, buyer, on_offer) is None]


def usual(own: Method | None, buyer: Buyer, on_offer: Collection[Method]) -> Method:
    """The buyer's own method as long as he can pay in it, else the most usual one."""
    possible = open_to(buyer, on_offer)
    if own in possible:
        return own
    return possible[0] if possible else "card"
