"""Boletos, the Brazilian bank slips: a provider's digitable line is read and checked, never made here.

The layout is the central bank's (Carta-Circular 2.926/2000). A barcode has 44 digits: bank 3, currency 1,
general check digit 1, due-date factor 4, cents 10, free field 25. The line of 47 digits which people copy is
the same in another order, with a check digit after each part of bank, currency and free field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NoReturn

from chalicelib.kernel.money import Money

# The factor counts days since 1997-10-07. It has four digits, so it went from 9999 (2025-02-21) back to 1000.
FIRST_FACTOR = 1000
FIRST_DAY = date(2000, 7, 3)
CYCLE = 9000


class SlipNotValid(ValueError):
    """The line is not one of a bank slip, for the reason given."""


class SlipMismatch(ValueError):
    """A sound slip, but for another amount or another due date than asked."""


@dataclass(frozen=True)
class Slip:
    """What a line says: `amount` is None when the payer fills it in, `due` when there is no due date."""

    line: str
    barcode: str
    amount: Money | None
    due: date | None


def parse_line(text: str, reference: date) -> Slip:
    """The slip of a 47-digit line, with or without dots, hyphens and spaces; else SlipNotValid.

    A due-date factor stands for days 9000 days apart: the one nearest to `reference` is taken.
    """
    line = re.sub(r"[\s.-]", "", text)
    if not re.fullmatch(r"[0-9]+", line):
        _refuse("it holds something else than digits")
    if len(line) == 48 and line[0] == "8":
        _refuse("it is a utility bill (arrecadação), not a bank slip")
    if len(line) != 47:
        _refuse(f"it has {len(line)} digits, not 47")
    if line[3] != "9":
        _refuse("it is not in reais")
    for number, part in enumerate((line[:10], line[10:21], line[21:32]), start=1):
        if _mod10(part[:-1]) != int(part[-1]):
            _refuse(f"the check digit of part {number} is wrong")
    barcode = line[:4] + line[32:] + line[4:9] + line[10:20] + line[21:31]
    if _mod11(barcode[:4] + barcode[5:]) != int(barcode[4]):
        _refuse("the general check digit is wrong")
    cents = int(line[37:])
    return Slip(line, barcode, Money(cents, "BRL") if cents else None, _due(int(line[33:37]), reference))


def check_slip(line: str, *, amount: Money, due: date, reference: date) -> Slip:
    """The slip of `line` if it is for exactly this amount and due date.

    Raises SlipNotValid or SlipMismatch. A due date on a day without banking is not moved by anybody: the
    payer simply may pay on the next one. So only the very same date is right.
    """
    slip = parse_line(line, reference)
    if slip.amount != amount:
        raise SlipMismatch(f"the slip is for {_shown(slip.amount)}, asked was {_shown(amount)}")
    if slip.due != due:
        raise SlipMismatch(f"the slip is due on {slip.due}, asked was {due}")
    return slip


def factor_of(day: date) -> int:
    """The due-date factor of a day, 1000..9999; ValueError before 2000-07-03, when it had fewer digits."""
    days = (day - FIRST_DAY).days
    if days < 0:
        raise ValueError(f"no due-date factor of four digits for {day}")
    return days % CYCLE + FIRST_FACTOR


def _due(factor: int, reference: date) -> date | None:
    if factor == 0:
        return None
    if factor < FIRST_FACTOR:
        _refuse(f"there is no due-date factor {factor:04d}")
    first = FIRST_DAY + timedelta(days=factor - FIRST_FACTOR)
    cycles = max(0, ((reference - first).days + CYCLE // 2) // CYCLE)
    return first + timedelta(days=cycles * CYCLE)


def _mod10(digits: str) -> int:
    """Weights 2, 1, 2, … from the right, the digits of each product added up."""
    products = (int(digit) * (2 - i % 2) for i, digit in enumerate(reversed(digits)))
    return -sum(sum(divmod(product, 10)) for product in products) % 10


def _mod11(digits: str) -> int:
    """Weights 2 to 9 from the right, again and again; what would be 0, 10 or 11 becomes 1."""
    check = 11 - sum(int(digit) * (2 + i % 8) for i, digit in enumerate(reversed(digits))) % 11
    return 1 if check > 9 else check


def _shown(amount: Money | None) -> str:
    return "no amount" if amount is None else f"{amount.currency} {amount.decimal()}"


def _refuse(why: str) -> NoReturn:
    raise SlipNotValid(why)
