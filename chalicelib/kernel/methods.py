"""The ways to pay, and in which currencies each of them can be used."""

from __future__ import annotations

from typing import Literal, get_args

from chalicelib.kernel.faults import Fault
from chalicelib.kernel.money import EXPONENTS

Method = Literal["boleto", "card", "paypal", "redsys", "transfer"]
METHODS: tuple[Method, ...] = get_args(Method)

EVERY_CURRENCY = frozenset(EXPONENTS)
# A boleto is Brazilian; PayPal has no Chilean pesos; a Spanish bank's terminal is for euros.
CURRENCIES: dict[Method, frozenset[str]] = {
    "boleto": frozenset({"BRL"}),
    "card": EVERY_CURRENCY,
    "paypal": frozenset({"BRL", "EUR", "USD"}),
    "redsys": frozenset({"EUR"}),
    "transfer": EVERY_CURRENCY,
}


class UnknownMethods(ValueError):
    """A list of methods names some that there are not."""


def parse_methods(text: str) -> tuple[Method, ...]:
    """`"boleto,card"` as methods, in our own order; `UnknownMethods` names every faulty word."""
    words = {word.strip() for word in text.split(",")} - {""}
    if faulty := sorted(words - set(METHODS)):
        raise UnknownMethods(f"no ways to pay: {', '.join(faulty)}; there are {', '.join(METHODS)}")
    return tuple(method for method in METHODS if method in words)


def currency_fault(method: Method, currency: str) -> Fault | None:
    """What is wrong when a method cannot be used in a currency."""
    if currency in CURRENCIES[method]:
        return None
    if method == "boleto":
        return Fault("boleto_only_in_brl")
    return Fault("not_in_currency", method=method, currency=currency)
