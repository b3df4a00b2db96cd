"""Tables as CSV (RFC 4180), for spreadsheets, which must not take what people typed for formulas."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.money import Money

Cell = str | int | Money | datetime | None

# What begins like this is a formula to one spreadsheet or another, also behind quotes, blanks and characters
# that do not show; the wide ones are what = + - @ look like on an East Asian keyboard.
FORMULA = re.compile(r"[\t\r\n]|\W*?[=+\-@＝＋－＠]")


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The table line by line, its columns' names first; an amount is a decimal, without its currency."""
    write = csv.writer(_Through()).writerow
    yield write(columns)
    for row in rows:
        yield write([_text(cell) for cell in row])


class _Through:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _text(cell: Cell) -> str:
    if isinstance(cell, Money):
        return cell.decimal()
    if isinstance(cell, datetime):
        return rfc3339(cell)
    text = "" if cell is None else str(cell)
    # Spreadsheets show what follows the apostrophe, as text.
    return f"'{text}" if FORMULA.match(text) else text
