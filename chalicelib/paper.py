"""The paper of documents: its fonts, its page with a foot, tables and text; the same story, the same bytes.

Only the worker that makes documents imports this: reportlab is slow to import and brings an image library.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

# Something that is drawn, one below the other.
Part: TypeAlias = Flowable

INK, MUTED, ACCENT = HexColor("#1f2933"), HexColor("#616e7c"), HexColor("#1b4965")
LINE, FILL = HexColor("#dde2e7"), HexColor("#f2f5f7")
# In points, of an A4 page's 595 by 842.
MARGIN, FOOT, TEXT_WIDTH, TITLE_WIDTH = 48, 34, 499, 210

PLAIN = ParagraphStyle("plain", fontName="Helvetica", fontSize=9, leading=13, textColor=INK)
BOLD = ParagraphStyle("bold", PLAIN, fontName="Helvetica-Bold")
NAME = ParagraphStyle("name", BOLD, fontSize=12, leading=16)
TITLE = ParagraphStyle("title", BOLD, fontSize=17, leading=22, textColor=ACCENT, alignment=TA_RIGHT)
HEADING = ParagraphStyle("heading", BOLD, fontSize=10, leading=16, textColor=ACCENT)
HEAD = ParagraphStyle("head", BOLD, fontSize=8, leading=10, textColor=MUTED)
RIGHT, RIGHT_BOLD, RIGHT_HEAD = (
    ParagraphStyle(f"{style.name}-right", style, alignment=TA_RIGHT) for style in (PLAIN, BOLD, HEAD)
)

# How tables look: with a head in the first row; framed, without one.
HEADED = (
    ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
    ("VALIGN", (0, 1), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, 0), 1, ACCENT),
    ("BACKGROUND", (0, 0), (-1, 0), FILL),
    ("LINEBELOW", (0, 1), (-1, -1), 1, LINE),
)
FRAMED = (
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEABOVE", (0, 0), (-1, 0), 1, ACCENT),
    ("LINEBELOW", (0, 0), (-1, -1), 1, LINE),
)
BESIDE = (
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
)

# What the standard fonts have no glyph for and Unicode does not take apart.
ALIKE = str.maketrans("ŁłĐđĦħŦŧŊŋı−‐‑", "LlDdHhTtNni---")


@dataclass(frozen=True)
class About:
    """What a document is, as its properties and its pages' foot say; `page` takes {page} and {pages}."""

    locale: str
    title: str
    number: str
    author: str
    page: str


def drawn(about: About, story: Callable[[], Iterable[Part]], *, compressed: bool = False) -> bytes:
    """The document that tells a story, which is made anew for each drawing.

    Libraries compress differently: what is `compressed` has the same bytes only where the library is.
    """
    _, pages = _drawn(about, story(), 0, compressed)
    return _drawn(about, story(), pages, compressed)[0]


def _drawn(about: About, story: Iterable[Part], pages: int, compressed: bool) -> tuple[bytes, int]:
    """The document that says it has so many pages, and how many it has."""
    written = io.BytesIO()
    document = BaseDocTemplate(
        written,
        pagesize=A4,
        title=f"{about.title} {about.number}",
        subject=about.title,
        author=about.author,
        creator="Vigencia",
        lang=about.locale,
        displayDocTitle=1,
        # No time of making, no random id.
        invariant=1,
        pageCompression=int(compressed),
    )
    frame = Frame(MARGIN, MARGIN + FOOT, TEXT_WIDTH, A4[1] - 2 * MARGIN - FOOT, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=_footer(about, pages)))
    document.build(list(story))
    return written.getvalue(), document.page


def _footer(about: About, pages: int) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, document: Any) -> None:
        canvas.setStrokeColor(LINE)
        canvas.line(MARGIN, MARGIN + 14, MARGIN + TEXT_WIDTH, MARGIN + 14)
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(MUTED)
        canvas.drawString(MARGIN, MARGIN, printable(f"{about.author[:80]} · {about.title} {about.number}"))
        page = about.page.format(page=document.page, pages=pages)
        canvas.drawRightString(MARGIN + TEXT_WIDTH, MARGIN, printable(page))

    return draw


def heading(left: Sequence[str], title: str, *below: str) -> tuple[Part, ...]:
    """The top of the first page: who writes, beside it what the document is, its number and day."""
    first, *others = below
    right = [text(title, TITLE), text(first, RIGHT_BOLD), *(text(line, RIGHT) for line in others)]
    beside = Table([[party(left), right]], colWidths=(TEXT_WIDTH - TITLE_WIDTH, TITLE_WIDTH), style=BESIDE)
    return beside, gap(10), HRFlowable(width="100%", color=ACCENT, thickness=1), gap(10)


def party(lines: Sequence[str]) -> list[Part]:
    """Somebody: his name, and lines about him."""
    return [text(lines[0], NAME), *(text(line, PLAIN) for line in lines[1:])]


def gap(points: int) -> Part:
    """Some room between what is above and below."""
    return Spacer(1, points)


def room(points: int) -> Part:
    """What follows begins on the next page, unless there is so much room left on this one."""
    return CondPageBreak(points)


def together(*parts: Part) -> Part:
    """What is not torn apart at the end of a page, if it fits on one."""
    return KeepTogether(list(parts))


def row(cells: Sequence[str], first: ParagraphStyle, others: ParagraphStyle) -> list[Part]:
    """A row of a table: a text, then for example figures."""
    return [text(cells[0], first), *(text(cell, others) for cell in cells[1:])]


def table(rows: Sequence[Sequence[Part]], widths: Sequence[int], look: Sequence[Any], **more: Any) -> Part:
    """Rows of columns so wide, in points."""
    return Table(rows, colWidths=widths, style=look, **more)


def long_table(head: Sequence[Part], rows: Iterable[Sequence[Part]], widths: Sequence[int]) -> Part:
    """A table that goes on on the next page, under the same head; so does a text longer than a page."""
    return table([head, *rows], widths, HEADED, repeatRows=1, splitInRow=1)


def text(words: str, style: ParagraphStyle, link: str | None = None) -> Part:
    """A paragraph that says exactly this, whatever markup it looks like; then, if need be, a link."""
    marked = "<br/>".join(escape(printable(line)) for line in words.split("\n"))
    if link:
        href = f"<a href={quoteattr(link)} color={quoteattr(ACCENT.hexval())}>"
        marked += f" {href}{escape(printable(link))}</a>"
    return Paragraph(marked, style)


def printable(words: str) -> str:
    """The text in what the standard fonts can show: a letter loses a mark that they lack, the rest is `?`."""
    return "".join(map(_shown, unicodedata.normalize("NFC", words)))


def _shown(character: str) -> str:
    if unicodedata.category(character) in ("Cc", "Cf"):
        return " " if character.isspace() else ""
    taken_apart = unicodedata.normalize("NFKD", character.translate(ALIKE))
    plain = re.sub(r"[\u0300-\u036f]", "", taken_apart)
    return next((one for one in (character, plain) if _has_glyphs(one)), "?")


def _has_glyphs(words: str) -> bool:
    return len(words.encode("cp1252", "ignore").decode("cp1252")) == len(words)
