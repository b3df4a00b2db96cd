"""A bank's CSV as lines of a statement (V8).

Every bank has its own form, so delimiter, encoding and the order of the columns are found out. What cannot be
read with certainty is reported, line by line, and then nothing of the file is taken.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from chalicelib.billing.columns import CURRENCIES, Layout, bare, layout_of, width
from chalicelib.billing.figures import Unreadable, read_amount, read_day
from chalicelib.billing.numbers import found_in
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.money import EXPONENTS, Money

T = TypeVar("T")
MOST_LINES = 1000
LONGEST_REFERENCE = 100
DELIMITERS = (";", "\t", ",")


@dataclass(frozen=True)
class Line:
    """One movement; `number` is its line in the file, from 1, and `amount` below zero when money went out.

    `reference` is the bank's own, or else one that the same movement has in every export that shows it.
    """

    number: int
    reference: str
    value_date: date
    amount: Money
    text: str


@dataclass
class _Row:
    """The cells of one line, and what is wrong with them."""

    number: int
    cells: Sequence[str]
    layout: Layout
    faults: list[FieldError] = field(default_factory=list)

    def cell(self, column: str) -> str:
        at = self.layout.columns.get(column, len(self.cells))
        return self.cells[at].strip() if at < len(self.cells) else ""

    def read(self, name: str, reading: Callable[[], T]) -> T | None:
        """What the reading gives; a fault of the line if that is uncertain."""
        try:
            return reading()
        except Unreadable as fault:
            self.faults.append(FieldError(f"/lines/{self.number}/{name}", fault))
            return None


def read(raw: bytes, currency: str) -> tuple[Line, ...]:
    """The movements in a bank's CSV, in its order; amounts are in `currency` where it names none itself.

    `Invalid` with everything that is wrong: `encoding`, `no_header` and `too_many_lines` of the file as a
    whole, `csv` and `columns` of `/lines/<number>`, and below that what is wrong with `value_date`,
    `currency`, `amount` and `reference`.
    """
    lines = re.split(r"\r\n|\r|\n", _decoded(raw))
    at, delimiter, layout = _header(lines)
    rows, faults = _rows(lines, at, delimiter, layout)
    if len(rows) > MOST_LINES:
        raise _refused(Fault("too_many_lines", lines=len(rows), most=MOST_LINES))
    found = [_line(row, layout.currency or currency) for row in rows]
    if faults := [*(fault for row in rows for fault in row.faults), *faults]:
        raise Invalid(errors=faults)
    return tuple(_identified(line for line in found if line))


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _refused(Fault("encoding"))


def _header(lines: Sequence[str]) -> tuple[int, str, Layout]:
    """Where the columns are named, and by which delimiter most of them are found."""
    found = [(at, delimiter, layout) for delimiter in DELIMITERS for at, layout in _layouts(lines, delimiter)]
    if not found:
        raise _refused(Fault("no_header"))
    return max(found, key=lambda one: len(one[2].columns))


def _layouts(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, Layout]]:
    """The first header by this delimiter, if there is one.

    The lines before it tell of the account, in any form, so that each is looked at by itself.
    """
    for at, line in enumerate(lines):
        if layout := layout_of(next(csv.reader([line], delimiter=delimiter), [])):
            yield at, layout
            return


def _rows(
    lines: Sequence[str], at: int, delimiter: str, layout: Layout
) -> tuple[list[_Row], list[FieldError]]:
    """The lines below the header that have a day or an amount, up to where the quoting is broken if it is."""
    rows: list[_Row] = []
    reader = csv.reader((f"{line}\n" for line in lines[at + 1 :]), delimiter=delimiter, strict=True)
    number = at + 2
    try:
        for cells in reader:
            row = _Row(number, cells, layout)
            # Without either it is no movement: an empty line, a remark.
            if any(row.cell(column) for column in ("date", "amount", "credit", "debit")):
                rows.append(row)
            # A quoted cell may have gone over several lines of the file.
            number = at + 2 + reader.line_num
    except csv.Error:
        return rows, [FieldError(f"/lines/{number}", Fault("csv"))]
    return rows, []


def _line(row: _Row, usual: str) -> Line | None:
    if width(row.cells) > row.layout.width:
        # A delimiter inside an amount or a text: every cell behind it would be taken for another.
        fault = Fault("columns", cells=width(row.cells), names=row.layout.width)
        row.faults.append(FieldError(f"/lines/{row.number}", fault))
        return None
    day = row.read("value_date", lambda: read_day(row.cell("date")))
    currency = row.read("currency", lambda: _currency(row.cell("currency"), usual))
    amount = row.read("amount", lambda: _amount(row, currency)) if currency else None
    said = row.read("reference", lambda: _said(row))
    if not (day and amount and said):
        return None
    reference, text = said
    return Line(row.number, reference, day, amount, text)


def _currency(cell: str, usual: str) -> str:
    code = CURRENCIES.get(bare(cell), cell) if cell else usual
    if code not in EXPONENTS:
        raise Unreadable("currency", cell=cell, currencies=", ".join(EXPONENTS))
    return code


def _amount(row: _Row, currency: str) -> Money:
    """The amount out of one column, with or without its side beside it, or out of two."""
    if row.cell("amount"):
        amount = read_amount(row.cell("amount"), currency)
        return _out(amount) if row.cell("side") and _side(row) == "debit" else amount
    read = {name: read_amount(row.cell(name), currency) for name in ("credit", "debit") if row.cell(name)}
    # Some banks fill the column that does not apply with a zero.
    moved = {name: amount for name, amount in read.items() if amount.minor} or read
    if not moved:
        raise Unreadable("missing.amount")
    if len(moved) > 1 and any(amount.minor for amount in moved.values()):
        raise Unreadable("ambiguous.side")
    name, amount = next(iter(moved.items()))
    return _out(amount) if name == "debit" else amount


def _side(row: _Row) -> str:
    side = row.layout.sides.get(bare(row.cell("side")))
    if side is None:
        raise Unreadable("side", cell=row.cell("side"))
    return side


def _out(amount: Money) -> Money:
    """Money that went out, whether or not the bank put a sign before it."""
    return Money(-abs(amount.minor), amount.currency)


def _said(row: _Row) -> tuple[str, str]:
    """The bank's reference, empty if it gives none, and what is written about the movement."""
    reference = row.cell("reference")
    texts = [row.cells[at] for at in row.layout.texts if at < len(row.cells)]
    # The number of an invoice is the payer's reference, and he may send two parts under it.
    if found_in(reference):
        texts, reference = [*texts, reference], ""
    # `0`, `000000` and `-` stand for none.
    if not re.search(r"[^\W0_]", reference):
        reference = ""
    if len(reference) > LONGEST_REFERENCE:
        raise Unreadable("too_long.reference", most=LONGEST_REFERENCE)
    return reference, " ".join(" ".join(texts).split())


def _identified(lines: Iterable[Line]) -> Iterator[Line]:
    """Each line with a reference: the bank's, or what the line says and how often that was said above."""
    above: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        if line.reference:
            yield line
            continue
        said = (line.value_date.isoformat(), line.amount.decimal(), line.amount.currency, line.text)
        above[said] += 1
        yield replace(line, reference=derived_id("stl", *said, str(above[said])))


def _refused(fault: Fault) -> Invalid:
    return Invalid(errors=[FieldError("", fault)])
