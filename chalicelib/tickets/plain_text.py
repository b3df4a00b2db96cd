"""What a person wrote in an e-mail: text out of HTML, without quoted mails and signatures (V6).

The input may be hostile: everything here takes time in proportion to it. The whole mail is always kept as it
came, so what is cut here is lost to nobody.
"""

from __future__ import annotations

import re
from html import unescape

# What nobody wrote to be read; without its end, it lasts to the end.
_UNSEEN = re.compile(r"<(script|style|head|title|template)\b", re.IGNORECASE)
_BREAK = re.compile(r"</?(?:p|div|br|hr|li|ul|ol|tr|table|h[1-6]|blockquote|pre|section)\b[^<>]*>", re.I)
_TAG = re.compile(r"<[!/?a-zA-Z][^<>]*>")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")

_WROTE = r"(?:wrote|escribió|escreveu)"
# "On Tuesday … Ana wrote:", over at most two lines, and the line with which Outlook begins a quoted mail.
_ATTRIBUTION = re.compile(rf"^(?:On|El|Em|Le|A)\s.{{0,300}}\b{_WROTE}\s*:\s*$", re.IGNORECASE)
_ORIGINAL = re.compile(
    r"^-{3,}\s*(?:original message|mensaje original|mensagem original|forwarded message|"
    r"mensaje reenviado|mensagem encaminhada)\s*-{3,}\s*$",
    re.IGNORECASE,
)
# RFC 3676: two hyphens and a space; many programs lose the space.
_SIGNATURE = re.compile(r"^-- ?$")
LONGEST_SIGNATURE = 10


def clean(text: str) -> str:
    """The text in lines ended by a line feed, without control characters or halves of characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_CONTROLS.sub("", line).rstrip() for line in lines).strip()


def one_line(text: str, longest: int) -> str:
    """The text in one line, no longer than that: for subjects and names."""
    return " ".join(clean(text).split())[:longest].strip()


def from_html(html: str) -> str:
    """What a reader of an HTML mail sees, as plain text; it holds no mark-up, but may look like some."""
    seen = _between(html, "<!--", "-->")
    text = _TAG.sub("", _BREAK.sub("\n", " ".join(_visible(seen).split())))
    lines = (line.strip() for line in unescape(text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", clean("\n".join(lines)))


def _between(text: str, start: str, end: str) -> str:
    """The text without everything from a `start` to the next `end`."""
    kept = []
    for at, piece in enumerate(text.split(start)):
        kept.append(piece if at == 0 else piece.partition(end)[2])
    return "".join(kept)


def _visible(html: str) -> str:
    kept, position = [], 0
    while found := _UNSEEN.search(html, position):
        kept.append(html[position : found.start()])
        end = re.compile(rf"</{found[1]}\s*>", re.IGNORECASE).search(html, found.end())
        position = end.end() if end else len(html)
    return "".join([*kept, html[position:]])


def written(text: str) -> str:
    """What is new in a mail: without the mail it answers, if that stands last, and without a signature.

    Conservative: what is written between or below quoted lines stays, and so does everything, if nothing else
    would be left.
    """
    lines = clean(text).split("\n")
    rest = _without_signature(_without_quote(lines))
    return "\n".join(rest).strip() or "\n".join(lines)


def _without_quote(lines: list[str]) -> list[str]:
    end = len(lines)
    for at, line in enumerate(lines):
        if _ORIGINAL.match(line):
            return lines[:at]
    while end and (not lines[end - 1] or lines[end - 1].startswith(">")):
        end -= 1
    if end == len(lines):
        return lines
    # The sentence that introduces what is quoted, on one line or broken over two.
    for count in (1, 2):
        if _ATTRIBUTION.match(" ".join(lines[max(0, end - count) : end])):
            return lines[: max(0, end - count)]
    return lines[:end]


def _without_signature(lines: list[str]) -> list[str]:
    for at in range(len(lines) - 1, max(-1, len(lines) - 2 - LONGEST_SIGNATURE), -1):
        if _SIGNATURE.match(lines[at]):
            return lines[:at]
    return lines
