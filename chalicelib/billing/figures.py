"""Amounts and days as banks write them; what could be read in two ways is refused, never guessed (V8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from chalicelib.kernel.faults import Fault
from chalicelib.kernel.money import EXPONENTS, Money

# The most that one line may move, as everywhere in the API.
LARGEST = 10**12

# What a mark beside an amount says of its currency; a bare `$` is the peso's sign as well as the dollar's.
MARKS = {
    "R$": ("BRL",),
    "US$": ("USD",),
    "€": ("EUR",),
    "$": ("CLP", "USD"),
    **{code: (code,) for code in EXPONENTS},
}
_MARK = "|".join(map(re.escape, sorted(MARKS, key=len, reverse=True)))
# The sign stands before or after the number, or before its mark. A lone C is not taken for one: it is credit
# in Brazil, and a charge in Chile.
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<before>[-+])? ?(?P<mark>{_MARK})? ?(?P<between>[-+])? ?"
    rf"(?P<digits>[0-9](?:[0-9.,' ]*[0-9])?)"
    rf" ?(?P<unit>{_MARK})? ?(?P<after>[-+]|CR|D[BR])?(?(open)\))",
    re.IGNORECASE,
)
# (decimal point, separator of thousands)
CONVENTIONS = ((".", ","), (",", "."))

# Day first, unless the year is; only with slashes may the year have two digits, as 26-11-24 could be either.
_DAYS = tuple(
    re.compile(rf"{day}(?:[T ][0-9:.]+Z?)?")
    for day in (
        r"20(?P<year>[0-9]{2})(?P<mark>[-/.]?)(?P<month>[0-9]{2})(?P=mark)(?P<day>[0-9]{2})",
        r"(?P<day>[0-9]{1,2})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)20(?P<year>[0-9]{2})",
        r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{2})",
    )
)


class Unreadable(Fault):
    """A cell that says nothing certain."""


def read_amount(text: str, currency: str) -> Money:
    """`-1.234,56`, `1,234.56-`, `R$ 12,30`, `(12.30)` … in the currency; below zero for money going out.

    `Unreadable`: `missing`, `amount`, `ambiguous` (`1.234` of a currency with cents), `currency` (a mark of
    another one), `too_large`.
    """
    plain = re.sub(r"\s+", " ", text).strip().replace("−", "-").replace("’", "'")
    if not plain:
        raise Unreadable("missing.amount")
    found = _AMOUNT.fullmatch(plain)
    signs = [found[name] for name in ("open", "before", "between", "after") if found[name]] if found else []
    if found is None or len(signs) > 1:
        raise Unreadable("amount", cell=text, currency=currency)
    for mark in filter(None, (found["mark"], found["unit"])):
        if currency not in MARKS[mark.upper()]:
            raise Unreadable("currency.of_amount", cell=text, currency=currency)
    amount = _whole(found["digits"], currency)
    return amount * -1 if signs and signs[0][0] in "(-Dd" else amount


def _whole(digits: str, currency: str) -> Money:
    readings = sorted(set(_readings(digits, currency)))
    if len(readings) > 1:
        raise Unreadable("ambiguous", cell=digits, readings=" / ".join(readings))
    try:
        amount = Money.from_decimal("".join(readings), currency)
    except ValueError:
        raise Unreadable("amount", cell=digits, currency=currency) from None
    if amount.minor > LARGEST:
        raise Unreadable("too_large", cell=digits, most=Money(LARGEST, currency).decimal())
    return amount


def _readings(digits: str, currency: str) -> Iterator[str]:
    """What the digits mean by each convention under which they are well formed."""
    bare = re.sub(r"(?<=[0-9])[' ](?=[0-9]{3}(?![0-9]))", "", digits)
    # Where there are no cents, three digits after a mark are thousands, and only `,0` or `,00` are decimals.
    decimals = "[0-9]+" if EXPONENTS[currency] else "0{1,2}"
    for point, thousands in CONVENTIONS:
        whole = rf"[0-9]+|[1-9][0-9]{{0,2}}(?:\{thousands}[0-9]{{3}})+"
        if found := re.fullmatch(rf"({whole})(?:\{point}({decimals}))?", bare):
            units = found[1].replace(thousands, "")
            yield f"{units}.{found[2]}" if found[2] else units


def read_day(text: str) -> date:
    """`2026-11-24`, `20261124`, `24/11/2026`, `24.11.2026`, `24/11/26`; a time of day behind it is dropped.

    `Unreadable`: `missing`, `date`.
    """
    plain = text.strip()
    if not plain:
        raise Unreadable("missing.date")
    for pattern in _DAYS:
        if found := pattern.fullmatch(plain):
            try:
                return date(2000 + int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                break
    raise Unreadable("date.cell", cell=text)
