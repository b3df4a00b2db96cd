"""The record of a cancellation as PDF, the same bytes for the same facts (C14).

Only the worker that makes documents imports this, as it draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chalicelib import paper
from chalicelib.cancellations.records import Facts, Section, Sheet, sheet_of
from chalicelib.paper import BOLD, HEAD, HEADING, PLAIN, TEXT_WIDTH, Part

LABEL_WIDTH = 130
# In points, by how many columns there are.
WIDTHS = {1: (TEXT_WIDTH,), 2: (299, 200), 3: (229, 150, 120), 4: (180, 74, 115, 130)}
# A heading does not stand alone at the end of a page.
HEADING_ROOM = 70


def render(facts: Facts) -> bytes:
    """The record of a case that is canceled; compressed, as it is sent by e-mail."""
    sheet = sheet_of(facts)
    about = paper.About(sheet.locale, sheet.title, sheet.number, sheet.vendor[0], sheet.page)
    return paper.drawn(about, lambda: _story(sheet), compressed=True)


def _story(sheet: Sheet) -> Iterator[Part]:
    yield from paper.heading(sheet.vendor, sheet.title, sheet.number, sheet.date)
    yield paper.text(sheet.customer_is, HEAD)
    yield from paper.party(sheet.customer)
    for section in sheet.sections:
        yield paper.gap(14)
        yield from _section(section)


def _section(section: Section) -> Iterator[Part]:
    if section.heading:
        yield paper.room(HEADING_ROOM)
        yield paper.text(section.heading, HEADING)
    if not section.rows:
        yield paper.text(section.nothing, PLAIN)
    elif section.columns:
        rows = (paper.row(row, PLAIN, PLAIN) for row in section.rows)
        yield paper.long_table(paper.row(section.columns, HEAD, HEAD), rows, WIDTHS[len(section.columns)])
    else:
        facts = [_fact(row) for row in section.rows]
        yield paper.table(facts, (LABEL_WIDTH, TEXT_WIDTH - LABEL_WIDTH), paper.FRAMED)


def _fact(row: Sequence[str]) -> list[Part]:
    return paper.row(row, BOLD, PLAIN)
