"""The online invoice as HTML, with the headers that confine it (V8).

The page may load and run nothing but its own style sheet and script, which stand in it and are named by their
hashes; its forms go to us and, where there is one, to the page of the provider.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.billing.online import View, origin_of
from chalicelib.billing.wording import LANGUAGES, WORDS
from chalicelib.billing.words import TAX_IDS
from chalicelib.billing.words import WORDS as DOCUMENT
from chalicelib.kernel import formats

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
# The address is a secret: it is neither sent on, nor indexed, nor kept.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True)
class Page:
    """What a browser gets."""

    html: str
    headers: Mapping[str, str]


def online(view: View, token: str, locale: str) -> Page:
    """The page of an invoice in a language, at the address `…/i/<token>`; its links are relative to that."""
    # Without a language, a link leads to the invoice's own.
    query = "" if locale == view.locale else f"?lang={locale}"
    shown = _rendered("online", locale, view=view, here=quote(token), query=query)
    return Page(shown, HEADERS | {"Content-Security-Policy": _online_policy(view)})


def refusal(locale: str, title: str, detail: str, faults: Sequence[str] = (), back: str = "") -> Page:
    """The page that says why there is no other; `back` is a link to the invoice."""
    shown = _rendered("refusal", locale, title=title, detail=detail, faults=faults, back=back)
    return Page(shown, HEADERS | {"Content-Security-Policy": _policy("form-action 'none'")})


def _online_policy(view: View) -> str:
    form = view.way.form if view.way else None
    provider = origin_of(form.url) if form else None
    return _policy(
        f"script-src '{_hash('online.js')}'",
        "connect-src 'self'",
        f"form-action 'self' {provider}" if provider else "form-action 'self'",
    )


def _policy(*allowed: str) -> str:
    always = ("default-src 'none'", f"style-src '{_hash('page.css')}'", *allowed)
    return "; ".join((*always, "base-uri 'none'", "frame-ancestors 'none'"))


@cache
def _asset(name: str) -> str:
    return TEMPLATES.joinpath(name).read_text(encoding="utf-8")


@cache
def _hash(name: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode()}"


def _rendered(name: str, locale: str, **shown: Any) -> str:
    return _environment(locale).get_template(f"{name}.html.j2").render(locale=locale, **shown)


@cache
def _environment(locale: str) -> Environment:
    # Imported here: every function of the application imports this module, one of them shows pages.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = formats.STYLES[locale]
    environment.globals |= {"words": WORDS[locale], "document": DOCUMENT[locale]}
    environment.globals |= {"languages": LANGUAGES, "tax_ids": TAX_IDS}
    # Between their tags stands exactly what was hashed.
    environment.globals["asset"] = lambda name: Markup(_asset(name))
    environment.filters |= {
        "money": partial(formats.money, style),
        "date": partial(formats.day, style),
        "percent": partial(formats.percent, style),
        "method": style.methods.__getitem__,
        "digitable": formats.digitable,
        "address": lambda url: url if origin_of(url) else "",
        "mailbox": partial(quote, safe="@"),
    }
    return environment
