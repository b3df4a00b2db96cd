"""Routes for people: they post forms, and are told on a page what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from chalice import Blueprint, Chalice

from chalicelib.edge.replies import FORM, HTML, Reply
from chalicelib.edge.routes import SPECS, Call, route
from chalicelib.edge.schema import Schema
from chalicelib.kernel.errors import TooManyRequests
from tests.world import Answer, World, http_event


class Wish(Schema):
    """What the form of these tests has."""

    thing: str
    note: str = ""


def _problem(problem: Mapping[str, Any], locale: str, path: Mapping[str, str]) -> Reply:
    shown = f"<p>{locale} {path['name']} {problem['code']} {[one['pointer'] for one in problem['errors']]}"
    return Reply(shown, headers={"X-Page": "problem"}, media_type=HTML)


@pytest.fixture
def shop(shared_world: World) -> Chalice:
    """An app with one form, whose route nobody else sees."""
    blueprint, app = Blueprint("test"), Chalice("test", configure_logs=False)

    @route(blueprint, "POST", "/{name}/wish", body=Wish, reads=FORM, page=_problem)
    def wish(call: Call, body: Wish) -> Reply:
        if body.thing == "fault":
            raise ZeroDivisionError
        if body.thing == "all":
            raise TooManyRequests(retry_after=60)
        return Reply(f"<p>{body.thing} {body.note}", media_type=HTML)

    SPECS.pop()
    app.register_blueprint(blueprint)
    return app


def _posted(shop: Chalice, raw: bytes, media_type: str = FORM) -> Answer:
    headers = {"content-type": media_type, "accept-language": "es"}
    event = {**http_event("GET", "/health", "", headers, raw), "resource": "/{name}/wish"}
    event |= {"httpMethod": "POST", "pathParameters": {"name": "a%20shop"}}
    event["requestContext"] |= {"resourcePath": "/{name}/wish", "httpMethod": "POST"}
    answer = shop(event, None)
    assert answer["headers"]["Content-Type"] == HTML
    return Answer(answer["statusCode"], answer["headers"], answer["body"].encode())


def test_a_form_is_read(shop: Chalice) -> None:
    assert _posted(shop, b"thing=caf%C3%A9+con+leche&note=").text == "<p>café con leche "
    assert _posted(shop, b"thing=x", f"{FORM}; charset=utf-8").status == 200


@pytest.mark.parametrize(
    ("raw", "media_type", "status", "told"),
    [
        (b"", FORM, 422, "invalid ['/thing']"),
        (b"note=x&more=y", FORM, 422, "invalid ['/thing', '/more']"),
        (b"\xff=\xfe&;;&=", FORM, 422, "invalid ['/thing', '/\ufffd', '/;;', '/']"),
        (json.dumps({"thing": "x"}).encode(), "application/json", 415, "unsupported_media_type []"),
        (b"thing=" + b"x" * 65536, FORM, 413, "too_large []"),
        (b"thing=all", FORM, 429, "too_many_requests []"),
        (b"thing=fault", FORM, 500, "internal_error []"),
    ],
)
def test_what_is_wrong_is_shown_by_the_routes_own_page(
    shop: Chalice, raw: bytes, media_type: str, status: int, told: str
) -> None:
    answer = _posted(shop, raw, media_type)
    assert (answer.status, answer.text) == (status, f"<p>es a shop {told}")
    assert answer.headers["X-Page"] == "problem"
    assert answer.headers.get("Retry-After") == ("60" if status == 429 else None)
