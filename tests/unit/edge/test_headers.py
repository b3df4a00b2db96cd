"""The language a client likes best, and which origins a browser may call us from (B12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.edge.headers import cors_headers, language_of, preflight_headers
from chalicelib.kernel.errors import LOCALES

STORE = "https://store.example.com"
ALLOWED = frozenset({STORE, "https://admin.example.com"})
STRANGERS = [None, "", "null", "*", f"{STORE}.evil.com", "https://STORE.example.com", f"{STORE}:8443"]


@pytest.mark.parametrize("origin", STRANGERS)
def test_an_unknown_origin_is_told_nothing_but_that_it_matters(origin: str | None) -> None:
    assert cors_headers(origin, ALLOWED) == {"Vary": "Origin"}
    assert preflight_headers(origin, ALLOWED) == {"Vary": "Origin"}


def test_where_no_origin_is_allowed_none_is() -> None:
    for origin in (*STRANGERS, STORE):
        assert cors_headers(origin, frozenset()) == {"Vary": "Origin"}


@pytest.mark.parametrize("origin", sorted(ALLOWED))
def test_a_known_origin_is_named_itself_and_never_a_star(origin: str) -> None:
    headers = cors_headers(origin, ALLOWED)
    assert (headers["Access-Control-Allow-Origin"], headers["Vary"]) == (origin, "Origin")
    assert "*" not in str(headers | preflight_headers(origin, ALLOWED))


def test_a_preflight_says_what_a_browser_may_send_and_what_it_may_read() -> None:
    headers = preflight_headers(STORE, ALLOWED)
    allowed = set(headers["Access-Control-Allow-Headers"].split(", "))
    assert allowed == {"Authorization", "Content-Type", "Idempotency-Key", "Accept-Language"}
    methods = set(headers["Access-Control-Allow-Methods"].split(", "))
    assert methods == {"GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"}
    readable = set(headers["Access-Control-Expose-Headers"].split(", "))
    assert readable == {"Content-Disposition", "Idempotent-Replayed", "Retry-After"}
    assert headers.items() >= cors_headers(STORE, ALLOWED).items()


def test_one_preflight_leaves_no_trace_in_the_next() -> None:
    first = preflight_headers(STORE, ALLOWED)
    first["X-Mine"] = "1"
    assert "X-Mine" not in preflight_headers(STORE, ALLOWED)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("fr", "en"),
        ("es", "es"),
        ("es-CL", "es"),
        ("pt", "pt-BR"),
        ("PT-br", "pt-BR"),
        ("pt-PT,es;q=0.5", "pt-BR"),
        ("fr, es;q=0.3, pt;q=0.7", "pt-BR"),
        ("es;q=0.2,en;q=0.9", "en"),
        ("es;q=0.800,pt;q=0.81", "pt-BR"),
        ("es;q=0,fr", "en"),
        ("es; q=0.5 , en ;q=0.4", "es"),
        ("es,pt", "es"),
        ("en;q=0.9,es;q=1.0", "es"),
        (";;;,,=", "en"),
        ("es;q=nonsense", "es"),
    ],
)
def test_the_language_is_the_best_liked_of_ours(header: str, language: str) -> None:
    assert language_of(header) == language


@given(st.text(max_size=60) | st.text("enspt-br;q=01., *", max_size=60))
def test_no_header_is_too_odd_to_be_answered_in_some_language(header: str) -> None:
    assert language_of(header) in LOCALES
