"""The tax that a price includes, by the buyer's country: configured, split off, prorated; all in integers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.kernel.money import Money, total

# How the setting says that there is none at all.
NONE = "-"
WHOLE = 10_000
ENTRY = re.compile(r"([A-Z]{2})\s*=\s*([^\s=][^=]{0,39}?)\s+([0-9]{1,3}(?:\.[0-9]{1,2})?)")


@dataclass(frozen=True)
class Tax:
    """What a country calls its tax, and its rate: 2100 basis points are 21 %."""

    name: str
    basis_points: int


@dataclass(frozen=True)
class TaxShare:
    """The part of a gross amount that is tax: `base` and `amount` add up to it."""

    name: str
    basis_points: int
    base: Money
    amount: Money


class TaxesNotValid(ValueError):
    """The setting has parts that are no tax of a country; `parts` are all of them, as written."""

    def __init__(self, parts: Sequence[str]) -> None:
        self.parts = tuple(parts)
        told = ", ".join(repr(part) for part in parts)
        super().__init__(f"no tax of a country such as 'ES=IVA 21' (each once, up to 100): {told}")


def parse_taxes(text: str) -> Mapping[str, Tax]:
    """`"ES=IVA 21, CL=IVA 19"` by country, `"-"` as none; `TaxesNotValid` names every faulty part."""
    parts = [] if text.strip() == NONE else [part.strip() for part in text.split(",")]
    found: dict[str, Tax] = {}
    faulty = []
    for part in parts:
        country, tax = _entry(part)
        if tax is None or country in found:
            faulty.append(part)
        else:
            found[country] = tax
    if faulty:
        raise TaxesNotValid(faulty)
    return found


def _entry(part: str) -> tuple[str, Tax | None]:
    entry = ENTRY.fullmatch(part)
    if entry is None:
        return part, None
    whole, _, fraction = entry[3].partition(".")
    tax = Tax(entry[2], int(whole) * 100 + int(fraction.ljust(2, "0")))
    return entry[1], tax if tax.basis_points <= WHOLE else None


def included(gross: Money, tax: Tax | None) -> tuple[TaxShare, ...]:
    """The tax that a price includes, its base rounded half up; nothing where there is no tax."""
    if tax is None:
        return ()
    base = Money(_rounded(gross.minor * WHOLE, WHOLE + tax.basis_points), gross.currency)
    return (TaxShare(tax.name, tax.basis_points, base, _rest(gross, base)),)


def net_of(gross: Money, shares: Sequence[TaxShare]) -> Money:
    """What its taxes leave of a gross amount."""
    return _rest(gross, total((share.amount for share in shares), gross.currency))


def stretch(shares: Sequence[TaxShare], start: Money, end: Money, whole: Money) -> tuple[TaxShare, ...]:
    """The taxes of what lies between two points of a whole whose taxes are `shares`.

    Stretches that follow each other from nothing to the whole add up to its taxes exactly, however many.
    """
    return tuple(_stretched(share, start, end, whole) for share in shares)


def _stretched(share: TaxShare, start: Money, end: Money, whole: Money) -> TaxShare:
    gross = _between(share.base + share.amount, start, end, whole)
    amount = _between(share.amount, start, end, whole)
    return TaxShare(share.name, share.basis_points, _rest(gross, amount), amount)


def _between(money: Money, start: Money, end: Money, whole: Money) -> Money:
    reached = [_rounded(money.minor * point.minor, whole.minor) for point in (start, end)]
    return Money(reached[1] - reached[0], money.currency)


def _rest(gross: Money, part: Money) -> Money:
    return gross + part * -1


def _rounded(numerator: int, denominator: int) -> int:
    """Half up; for amounts that are not negative."""
    return (2 * numerator + denominator) // (2 * denominator)
