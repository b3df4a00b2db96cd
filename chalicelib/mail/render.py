"""A mail's kind, language and parameters to its subject, plain text and HTML.

A template is the plain text itself: paragraphs between blank lines, the first one being the subject.
The HTML is made from the same paragraphs by one layout, so that the two cannot disagree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.kernel import formats
from chalicelib.kernel.money import Money

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Letter:
    """What the reader sees."""

    subject: str
    text: str
    html: str


def render(kind: str, locale: str, params: Mapping[str, Any]) -> Letter:
    """The letter of a kind in a language; UndefinedError or TypeError when a parameter is missing."""
    environment = _environment(locale)
    written = environment.get_template(f"{kind}.txt.j2").render(params)
    subject, *paragraphs = (part.splitlines() for part in re.split(r"\n\s*\n", written.strip()))
    html = environment.get_template("layout.html.j2").render(
        locale=locale, subject=" ".join(subject), paragraphs=paragraphs, links=[*_links(params)]
    )
    text = "\n\n".join("\n".join(lines) for lines in paragraphs)
    return Letter(" ".join(subject), f"{text}\n", html)


def _links(params: Mapping[str, Any]) -> Iterator[str]:
    """The web addresses among the parameters, and in lists of them."""
    for name, value in params.items():
        if isinstance(value, (list, tuple)):
            for one in value:
                yield from _links(one) if isinstance(one, Mapping) else ()
        elif name.endswith("_url") and value and value.startswith(("https:", "http:")):
            yield value


@cache
def _environment(locale: str) -> Environment:
    # Imported here: every function of the application imports this module, one of them writes letters.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader([TEMPLATES / locale, TEMPLATES]),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        finalize=_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = formats.STYLES[locale]
    environment.filters |= {
        "money": lambda value: formats.money(style, Money(value["amount"], value["currency"])),
        "date": partial(formats.day, style),
        "moment": partial(formats.moment, style),
        "method": style.methods.__getitem__,
        "digitable": formats.digitable,
    }
    return environment


def _one_line(value: object) -> object:
    """No parameter can begin a line or paragraph of its own, nor a second header after the subject."""
    return " ".join(value.split()) if isinstance(value, str) else value
