"""Invoices and credit notes as PDF, always the same bytes for the same record (V1).

Only the worker that makes documents imports this, as it draws.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib import paper
from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.rules import Invoice
from chalicelib.billing.sheets import Instruction, Sheet, sheet_of
from chalicelib.paper import ACCENT, BOLD, FILL, HEAD, HEADING, PLAIN, RIGHT, RIGHT_BOLD, RIGHT_HEAD, Part
from chalicelib.paper import TEXT_WIDTH as WIDTH

# In points.
QUANTITY_WIDTH, FIGURE_WIDTH, TOTALS_WIDTH, METHOD_WIDTH = 60, 86, 270, 130


def render(record: Invoice | CreditNote, pay_url: str) -> bytes:
    """The document of a record; `pay_url` is where an invoice is paid online."""
    sheet = sheet_of(record, pay_url)
    about = paper.About(sheet.locale, sheet.title, sheet.number, sheet.seller[0], sheet.page)
    return paper.drawn(about, lambda: _story(sheet))


def _story(sheet: Sheet) -> Sequence[Part]:
    return (
        *paper.heading(sheet.seller, sheet.title, sheet.number, sheet.date),
        paper.text(sheet.buyer_is, HEAD),
        *paper.party(sheet.buyer),
        paper.gap(18),
        _lines(sheet),
        paper.gap(10),
        paper.together(_totals(sheet)),
        *([paper.gap(22), _how_to_pay(sheet)] if sheet.instructions else []),
    )


def _lines(sheet: Sheet) -> Part:
    prices = [FIGURE_WIDTH] * (len(sheet.columns) - 2)
    figures = [QUANTITY_WIDTH, *prices] if prices else [FIGURE_WIDTH]
    head = paper.row(sheet.columns, HEAD, RIGHT_HEAD)
    rows = [paper.row(row, PLAIN, RIGHT) for row in sheet.rows]
    return paper.long_table(head, rows, (WIDTH - sum(figures), *figures))


def _totals(sheet: Sheet) -> Part:
    rows = [paper.row(row, PLAIN, RIGHT) for row in sheet.totals[:-1]]
    total = paper.row(sheet.totals[-1], BOLD, RIGHT_BOLD)
    look = [
        ("BACKGROUND", (0, -1), (-1, -1), FILL),
        ("LINEABOVE", (0, -1), (-1, -1), 1, ACCENT),
    ]
    return paper.table([*rows, total], (TOTALS_WIDTH - 110, 110), look, hAlign="RIGHT")


def _how_to_pay(sheet: Sheet) -> Part:
    rows = [_instruction(one) for one in sheet.instructions]
    table = paper.table(rows, (METHOD_WIDTH, WIDTH - METHOD_WIDTH), paper.FRAMED)
    return paper.together(paper.text(sheet.how_to_pay, HEADING), table)


def _instruction(one: Instruction) -> list[Part]:
    return [paper.text(one.method, BOLD), paper.text(one.text, PLAIN, one.link)]
