"""What the headers of a request ask for, and what those of an answer grant: language and CORS.

Chalice's own CORS knows one origin per route; a list of origins needs a decision per request.
"""

from __future__ import annotations

import re

from chalicelib.kernel.errors import DEFAULT_LOCALE, LOCALES

EXPOSED = "Content-Disposition, Idempotent-Replayed, Retry-After"
PREFLIGHT = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Accept-Language",
    "Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS",
    "Access-Control-Max-Age": "86400",
}


def cors_headers(origin: str | None, allowed: frozenset[str]) -> dict[str, str]:
    """The CORS headers of an answer: none for an origin that is not on the list."""
    if origin is None or origin not in allowed:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": EXPOSED,
        "Vary": "Origin",
    }


def preflight_headers(origin: str | None, allowed: frozenset[str]) -> dict[str, str]:
    """The headers that answer a preflight from one origin."""
    headers = cors_headers(origin, allowed)
    return headers | PREFLIGHT if "Access-Control-Allow-Origin" in headers else headers


def language_of(accept_language: str) -> str:
    """The first of our languages that the client likes best, by its q-values."""
    if not accept_language:
        return DEFAULT_LOCALE
    languages = {locale.split("-")[0].lower(): locale for locale in LOCALES}
    ranked = sorted(map(_preference, accept_language.split(",")), key=lambda liked: -liked[0])
    return next((languages[tag] for q, tag in ranked if q > 0 and tag in languages), DEFAULT_LOCALE)


def _preference(part: str) -> tuple[int, str]:
    """How much (in thousandths) a part of Accept-Language likes which language."""
    tag, _, parameter = part.strip().lower().partition(";")
    q = re.fullmatch(r"\s*q=([01](?:\.[0-9]{0,3})?)\s*", parameter)
    liked = int(q[1].replace(".", "").ljust(4, "0")) if q else 1000
    return liked, tag.strip().split("-")[0]
