"""CORS for a list of origins.

Chalice's own CORS knows one origin per route and answers preflights from the gateway's static mock; a
list needs a decision per request, so preflights are routes of ours.
"""

from __future__ import annotations

from chalice import Blueprint, Response

from chalicelib import wiring

ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, Accept-Language"
ALLOWED_METHODS = "GET, POST, PATCH, PUT, DELETE, OPTIONS"
EXPOSED_HEADERS = "Idempotent-Replayed, Retry-After"


def headers_for(origin: str | None, allowed: frozenset[str]) -> dict[str, str | list[str]]:
    """The CORS headers of an answer: none for an origin that is not on the list."""
    if origin is None or origin not in allowed:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": EXPOSED_HEADERS,
        "Vary": "Origin",
    }


def preflight(bp: Blueprint, path: str) -> None:
    """Answer OPTIONS on a path; harmless when the path has its preflight already."""
    if path in _answered:
        return
    _answered.add(path)

    def options(**_: str) -> Response:
        return answer(bp.current_request.headers.get("origin"))

    bp.route(path, methods=["OPTIONS"], content_types=[], name=f"options_{len(_answered)}")(options)


def answer(origin: str | None) -> Response:
    """The preflight answer for one origin."""
    headers = headers_for(origin, wiring.allowed_origins())
    if "Access-Control-Allow-Origin" in headers:
        headers |= {
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Allow-Methods": ALLOWED_METHODS,
            "Access-Control-Max-Age": "86400",
        }
    return Response("", status_code=204, headers=headers)


_answered: set[str] = set()
