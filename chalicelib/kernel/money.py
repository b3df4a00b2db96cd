"""Money as integer minor units plus an ISO 4217 currency: no float, no mixed currencies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

EXPONENTS = {"BRL": 2, "CLP": 0, "EUR": 2, "USD": 2}


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were put together."""


@dataclass(frozen=True)
class Money:
    """`minor` units (cents; whole pesos for CLP) of `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in EXPONENTS:
            raise ValueError(f"unknown currency {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")
        return Money(self.minor + other.minor, self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.minor * quantity, self.currency)

    def __str__(self) -> str:
        """`"123.45 BRL"`, for tasks, refusals and the audit trail; letters have formats of their own."""
        return f"{self.decimal()} {self.currency}"

    def split(self, parts: int) -> tuple[Money, ...]:
        """Exact instalments: they add up to the whole and the first ones carry the odd cents."""
        if parts < 1:
            raise ValueError("an amount is split into one part or more")
        share, rest = divmod(self.minor, parts)
        return tuple(Money(share + (1 if i < rest else 0), self.currency) for i in range(parts))

    def decimal(self) -> str:
        """`Money(12345, "BRL")` → `"123.45"`; `Money(990, "CLP")` → `"990"`."""
        exponent = EXPONENTS[self.currency]
        sign, digits = ("-", -self.minor) if self.minor < 0 else ("", self.minor)
        if exponent == 0:
            return f"{sign}{digits}"
        whole, cents = divmod(digits, 10**exponent)
        return f"{sign}{whole}.{cents:0{exponent}d}"

    @classmethod
    def from_decimal(cls, text: str, currency: str) -> Money:
        """The inverse of `decimal`; fewer decimals are padded, more are refused with ValueError."""
        match = re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?", text)
        exponent = EXPONENTS.get(currency)
        if match is None or exponent is None:
            raise ValueError(f"not an amount of {currency}: {text!r}")
        sign, whole, cents = match[1], match[2], (match[3] or "").rstrip("0")
        if len(cents) > exponent:
            raise ValueError(f"{currency} has {exponent} decimals: {text!r}")
        return cls(int(f"{sign}{whole}{cents.ljust(exponent, '0')}"), currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum; zero of `currency` for none."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result
