"""Writes the two numbers of a boleto: the barcode (44 digits) and the digitable line (47 digits).

Layout of the Brazilian central bank (Carta-Circular 2.926/2000):
barcode = bank 3, currency 1, check digit 1, due-date factor 4, amount 10, free field 25.
"""

from dataclasses import dataclass
from datetime import date

_CURRENCY_REAL = "9"
_FACTOR_ORIGIN = date(1997, 10, 7)
_LARGEST_FACTOR = 9999  # reached on 2025-02-21; the next day the factor starts again at 1000


@dataclass(frozen=True)
class Slip:
    """The digits of one boleto, without punctuation."""

    line: str
    barcode: str


def make_slip(*, bank: str, due: date, amount: int, free_field: str) -> Slip:
    """The slip of `amount` minor units of BRL due on `due`; `bank` has 3 digits and `free_field` 25."""
    head, tail = f"{bank}{_CURRENCY_REAL}", f"{due_factor(due):04d}{amount:010d}"
    if (
        len(head) != 4
        or len(tail) != 14
        or len(free_field) != 25
        or not (head + tail + free_field).isdecimal()
    ):
        raise ValueError("a slip takes a bank of 3 digits, a free field of 25, and an amount of at most 10")
    check = _mod11(head + tail + free_field)
    fields = (head + free_field[:5], free_field[5:15], free_field[15:])
    line = "".join(field + _mod10(field) for field in fields) + check + tail
    return Slip(line=line, barcode=head + check + tail + free_field)


def due_factor(due: date) -> int:
    """Days since 1997-10-07, in the four digits that the slip has for them."""
    days = (due - _FACTOR_ORIGIN).days
    return days if days <= _LARGEST_FACTOR else (days - 1000) % 9000 + 1000


def for_reading(line: str) -> str:
    """The line with the dots and spaces that people know it by."""
    first, second, third = line[:10], line[10:21], line[21:32]
    groups = [f"{field[:5]}.{field[5:]}" for field in (first, second, third)]
    return " ".join([*groups, line[32], line[33:]])


def _mod10(digits: str) -> str:
    products = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    total = sum(product // 10 + product % 10 for product in products)
    return str(-total % 10)


def _mod11(digits: str) -> str:
    total = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(digits)))
    check = 11 - total % 11
    return str(check if check <= 9 else 1)
