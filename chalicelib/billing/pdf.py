"""Invoices and credit notes as PDF, always the same bytes for the same record (V1).

Only the worker that makes documents imports this: reportlab is slow to import and brings an image library.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.rules import Invoice
from chalicelib.billing.sheets import Instruction, Sheet, sheet_of

INK, MUTED, ACCENT = HexColor("#1f2933"), HexColor("#616e7c"), HexColor("#1b4965")
LINE, FILL = HexColor("#dde2e7"), HexColor("#f2f5f7")
# In points, of an A4 page's 595 by 842.
MARGIN, FOOT, TEXT_WIDTH = 48, 34, 499
QUANTITY_WIDTH, FIGURE_WIDTH, TOTALS_WIDTH, METHOD_WIDTH = 60, 86, 270, 130

PLAIN = ParagraphStyle("plain", fontName="Helvetica", fontSize=9, leading=13, textColor=INK)
BOLD = ParagraphStyle("bold", PLAIN, fontName="Helvetica-Bold")
NAME = ParagraphStyle("name", BOLD, fontSize=12, leading=16)
TITLE = ParagraphStyle("title", BOLD, fontSize=17, leading=22, textColor=ACCENT, alignment=TA_RIGHT)
HEADING = ParagraphStyle("heading", BOLD, fontSize=10, leading=16, textColor=ACCENT)
HEAD = ParagraphStyle("head", BOLD, fontSize=8, leading=10, textColor=MUTED)
RIGHT, RIGHT_BOLD, RIGHT_HEAD = (
    ParagraphStyle(f"{style.name}-right", style, alignment=TA_RIGHT) for style in (PLAIN, BOLD, HEAD)
)

# What the standard fonts have no glyph for and Unicode does not take apart.
ALIKE = str.maketrans("ŁłĐđĦħŦŧŊŋı−‐‑", "LlDdHhTtNni---")


def render(record: Invoice | CreditNote, pay_url: str) -> bytes:
    """The document of a record; `pay_url` is where an invoice is paid online."""
    sheet = sheet_of(record, pay_url)
    _, pages = _drawn(sheet, pages=0)
    return _drawn(sheet, pages)[0]


def _drawn(sheet: Sheet, pages: int) -> tuple[bytes, int]:
    """The document that says it has so many pages, and how many it has."""
    written = io.BytesIO()
    document = BaseDocTemplate(
        written,
        pagesize=A4,
        title=f"{sheet.title} {sheet.number}",
        subject=sheet.title,
        author=sheet.seller[0],
        creator="Vigencia",
        lang=sheet.locale,
        displayDocTitle=1,
        # No time of making, no random id; and uncompressed, as libraries compress differently.
        invariant=1,
        pageCompression=0,
    )
    frame = Frame(MARGIN, MARGIN + FOOT, TEXT_WIDTH, A4[1] - 2 * MARGIN - FOOT, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=_footer(sheet, pages)))
    document.build(list(_story(sheet)))
    return written.getvalue(), document.page


def _footer(sheet: Sheet, pages: int) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, document: Any) -> None:
        canvas.setStrokeColor(LINE)
        canvas.line(MARGIN, MARGIN + 14, MARGIN + TEXT_WIDTH, MARGIN + 14)
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(MUTED)
        canvas.drawString(MARGIN, MARGIN, printable(f"{sheet.seller[0][:80]} · {sheet.title} {sheet.number}"))
        page = sheet.page.format(page=document.page, pages=pages)
        canvas.drawRightString(MARGIN + TEXT_WIDTH, MARGIN, printable(page))

    return draw


def _story(sheet: Sheet) -> Sequence[Flowable]:
    heading = [_text(sheet.title, TITLE), _text(sheet.number, RIGHT_BOLD), _text(sheet.date, RIGHT)]
    return (
        _beside(_party(sheet.seller), heading),
        Spacer(1, 10),
        HRFlowable(width="100%", color=ACCENT, thickness=1),
        Spacer(1, 10),
        _text(sheet.buyer_is, HEAD),
        *_party(sheet.buyer),
        Spacer(1, 18),
        _lines(sheet),
        Spacer(1, 10),
        KeepTogether([_totals(sheet)]),
        *([Spacer(1, 22), _how_to_pay(sheet)] if sheet.instructions else []),
    )


def _party(lines: Sequence[str]) -> list[Flowable]:
    return [_text(lines[0], NAME), *(_text(line, PLAIN) for line in lines[1:])]


def _beside(left: list[Flowable], right: list[Flowable]) -> Flowable:
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ]
    return Table([[left, right]], colWidths=(TEXT_WIDTH - 210, 210), style=style)


def _lines(sheet: Sheet) -> Flowable:
    prices = [FIGURE_WIDTH] * (len(sheet.columns) - 2)
    figures = [QUANTITY_WIDTH, *prices] if prices else [FIGURE_WIDTH]
    head = _row(sheet.columns, HEAD, RIGHT_HEAD)
    style = [
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("VALIGN", (0, 1), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 1, ACCENT),
        ("BACKGROUND", (0, 0), (-1, 0), FILL),
        ("LINEBELOW", (0, 1), (-1, -1), 1, LINE),
    ]
    return Table(
        [head, *(_row(row, PLAIN, RIGHT) for row in sheet.rows)],
        colWidths=(TEXT_WIDTH - sum(figures), *figures),
        style=style,
        repeatRows=1,
        # A text longer than a page goes on on the next one.
        splitInRow=1,
    )


def _row(cells: Sequence[str], text: ParagraphStyle, figure: ParagraphStyle) -> list[Flowable]:
    return [_text(cells[0], text), *(_text(cell, figure) for cell in cells[1:])]


def _totals(sheet: Sheet) -> Flowable:
    rows = [_row(row, PLAIN, RIGHT) for row in sheet.totals[:-1]]
    style = [
        ("BACKGROUND", (0, -1), (-1, -1), FILL),
        ("LINEABOVE", (0, -1), (-1, -1), 1, ACCENT),
    ]
    return Table(
        [*rows, _row(sheet.totals[-1], BOLD, RIGHT_BOLD)],
        colWidths=(TOTALS_WIDTH - 110, 110),
        style=style,
        hAlign="RIGHT",
    )


def _how_to_pay(sheet: Sheet) -> Flowable:
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEABOVE", (0, 0), (-1, 0), 1, ACCENT),
        ("LINEBELOW", (0, 0), (-1, -1), 1, LINE),
    ]
    table = Table(
        [_instruction(one) for one in sheet.instructions],
        colWidths=(METHOD_WIDTH, TEXT_WIDTH - METHOD_WIDTH),
        style=style,
    )
    return KeepTogether([_text(sheet.how_to_pay, HEADING), table])


def _instruction(one: Instruction) -> list[Flowable]:
    return [_text(one.method, BOLD), _text(one.text, PLAIN, one.link)]


def _text(text: str, style: ParagraphStyle, link: str | None = None) -> Flowable:
    """A paragraph that says exactly this, whatever markup it looks like; then, if need be, a link."""
    marked = "<br/>".join(escape(printable(line)) for line in text.split("\n"))
    if link:
        href = f"<a href={quoteattr(link)} color={quoteattr(ACCENT.hexval())}>"
        marked += f" {href}{escape(printable(link))}</a>"
    return Paragraph(marked, style)


def printable(text: str) -> str:
    """The text in what the standard fonts can show: a letter loses a mark that they lack, the rest is `?`."""
    return "".join(map(_shown, unicodedata.normalize("NFC", text)))


def _shown(character: str) -> str:
    if unicodedata.category(character) in ("Cc", "Cf"):
        return " " if character.isspace() else ""
    taken_apart = unicodedata.normalize("NFKD", character.translate(ALIKE))
    plain = re.sub(r"[\u0300-\u036f]", "", taken_apart)
    return next((one for one in (character, plain) if _has_glyphs(one)), "?")


def _has_glyphs(text: str) -> bool:
    return len(text.encode("cp1252", "ignore").decode("cp1252")) == len(text)
