"""Preflights as routes of ours: Chalice would answer them from the gateway's static mock, for one origin."""

from __future__ import annotations

from chalice import Blueprint, Response

from chalicelib import wiring
from chalicelib.edge.headers import preflight_headers


def preflight(bp: Blueprint, path: str) -> None:
    """Answer OPTIONS on a path; harmless when the path has its preflight already."""
    if path in _answered:
        return
    _answered.add(path)

    def options(**_: str) -> Response:
        headers = preflight_headers(bp.current_request.headers.get("origin"), wiring.allowed_origins())
        return Response("", status_code=204, headers={**headers})

    bp.route(path, methods=["OPTIONS"], content_types=[], name=f"options_{len(_answered)}")(options)


_answered: set[str] = set()
