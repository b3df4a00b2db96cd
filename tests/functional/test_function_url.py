"""The validator behind its Function URL: the same answers, CORS, and what it says in trouble (B1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.kernel.errors import Unavailable
from chalicelib.validator.aws import AwsRefused
from chalicelib.validator.request import ROUTE as VALIDATE
from tests.functional.asking import answered, url_event, validator
from tests.functional.held import SHOP, Held
from tests.world import Answer, http_event

STORE = "https://store.example.com"
FOREIGN = "https://evil.example.com"


def _told(held: Held, event: Mapping[str, Any]) -> Answer:
    return answered(validator(held.world), event)


@pytest.mark.parametrize("path", ["/", VALIDATE])
def test_the_function_url_answers_at_its_root_and_at_the_apis_path(held_by_all: Held, path: str) -> None:
    answer = _told(held_by_all, url_event({"key": held_by_all.key, "nonce": "n"}, path=path))
    assert (answer.status, answer.json["code"], answer.json["nonce"]) == (200, "VALID", "n")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_both_entrances_give_one_answer(held_by_all: Held) -> None:
    body = {"key": held_by_all.key, "addons": ["supplier-a"], "fingerprint": SHOP}
    raw = json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    through_api = _told(held_by_all, http_event("POST", VALIDATE, "", headers, raw)).json
    through_url = _told(held_by_all, url_event(body)).json
    moving = dict.fromkeys(("checked_at", "next_check_at", "grace_until", "token"), "")
    assert {**through_api, **moving} == {**through_url, **moving}


@pytest.mark.parametrize("path", ["/x", "//", "/v1/licenses/activate", "/health", "/v1/licenses/validate/"])
def test_every_other_path_is_not_found(held_by_all: Held, path: str) -> None:
    answer = _told(held_by_all, url_event({"key": held_by_all.key}, path=path))
    assert (answer.status, answer.json["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_every_other_method_is_not_found(held_by_all: Held, method: str) -> None:
    answer = _told(held_by_all, url_event(method=method))
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_body_may_come_packed(held_by_all: Held) -> None:
    body = {"key": held_by_all.key, "nonce": "ação"}
    answer = _told(held_by_all, url_event(body, packed=True))
    assert (answer.json["code"], answer.json["nonce"]) == ("VALID", "ação")


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
def test_names_of_headers_have_no_case_and_the_body_is_json(
    held_by_all: Held, media_type: str, status: int
) -> None:
    event = url_event({"key": held_by_all.key})
    for name in ("content-type", "Content-Type", "CONTENT-TYPE"):
        answer = _told(held_by_all, {**event, "headers": {name: media_type}})
        assert answer.status == status


def test_without_headers_a_body_is_taken_for_json(held_by_all: Held) -> None:
    nothing: tuple[dict[str, str] | None, ...] = ({}, None)
    for headers in nothing:
        event = {**url_event({"key": held_by_all.key}), "headers": headers}
        assert _told(held_by_all, event).status == 200


def test_a_body_of_64_kib_is_read_and_a_larger_one_is_not(held_by_all: Held) -> None:
    small = json.dumps({"key": held_by_all.key})
    padded = small + " " * (64 * 1024 - len(small))
    assert _told(held_by_all, url_event(padded)).status == 200
    for packed in (False, True):
        answer = _told(held_by_all, url_event(f"{padded} ", packed=packed))
        assert (answer.status, answer.json["code"]) == (413, "too_large")


@pytest.mark.parametrize("body", [None, "", "{", "\N{BYTE ORDER MARK}{}", '{"key": "\\ud800"}', "[" * 5000])
def test_what_is_not_json_is_malformed(held_by_all: Held, body: str | None) -> None:
    answer = _told(held_by_all, url_event(body))
    assert (answer.status, answer.json["code"]) == (400, "malformed")


# CORS


def _preflight(held: Held, origin: str) -> Answer:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return _told(held, url_event(method="OPTIONS", headers=headers))


def test_a_preflight_from_a_listed_origin_is_granted(held_by_all: Held) -> None:
    answer = _preflight(held_by_all, STORE)
    assert (answer.status, answer.text) == (204, "")
    assert answer.headers["Access-Control-Allow-Origin"] == STORE
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", [FOREIGN, "null", f"{STORE}.evil.com", STORE.upper(), ""])
def test_a_preflight_from_anywhere_else_is_not(held_by_all: Held, origin: str) -> None:
    answer = _preflight(held_by_all, origin)
    assert answer.status == 204
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(("body", "status"), [({"key": "x"}, 200), ({}, 422), ("{", 400)])
def test_answers_and_problems_alike_may_be_read_by_the_store(
    held_by_all: Held, body: Any, status: int
) -> None:
    answer = _told(held_by_all, url_event(body, headers={"Origin": STORE}))
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, STORE)
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    foreign = _told(held_by_all, url_event(body, headers={"Origin": FOREIGN}))
    assert "Access-Control-Allow-Origin" not in foreign.headers


# Trouble


def _in_trouble(held: Held, trouble: Exception) -> Answer:
    def aws(service: str, target: str, version: str, asked: Mapping[str, Any]) -> Any:
        raise trouble

    event = url_event({"key": held.key, "fingerprint": SHOP}, headers={"Origin": STORE})
    return answered(validator(held.world, aws), event)


def test_while_aws_does_not_answer_nobody_is_told_that_his_key_is_bad(held_by_all: Held) -> None:
    answer = _in_trouble(held_by_all, Unavailable())
    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == STORE
    assert "valid" not in answer.json


@pytest.mark.parametrize(
    "trouble", [AwsRefused("no rights on KEY#x"), KeyError("Item"), ValueError("secret")]
)
def test_an_unexpected_error_tells_nothing_but_the_request_to_quote(
    held_by_all: Held, trouble: Exception
) -> None:
    answer = _in_trouble(held_by_all, trouble)
    assert answer.status == 500
    assert answer.json == {
        "type": "about:blank",
        "title": "Internal error",
        "status": 500,
        "code": "internal_error",
        "detail": "Internal error",
        "request_id": "req-1",
        "errors": [],
    }


# The log


def test_the_log_names_verdict_and_licence_and_never_key_fingerprint_or_address(
    held_by_all: Held, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"key": held_by_all.key, "fingerprint": "secret-machine.example.com", "nonce": "n-77"}
    _told(held_by_all, url_event(body))
    written = capsys.readouterr().out
    line = json.loads(written)
    assert {**line, "milliseconds": 0} == {
        "level": "INFO",
        "message": "validation",
        "service": "vigencia",
        "request_id": "req-1",
        "status": 200,
        "milliseconds": 0,
        "code": "NOT_ACTIVATED",
        "license": held_by_all.id,
    }
    bare = held_by_all.key.replace("-", "")
    for private in (held_by_all.key, bare, bare[3:], "secret-machine", "203.0.113.7", "n-77"):
        assert private not in written


@pytest.mark.parametrize("given", ["key", "fingerprint"])
@pytest.mark.parametrize("fault", [["x"], "x" * 300])
def test_what_is_refused_is_not_logged_either(
    held_by_all: Held, capsys: pytest.CaptureFixture[str], given: str, fault: Any
) -> None:
    body = {"key": held_by_all.key, "fingerprint": SHOP, given: fault}
    assert _told(held_by_all, url_event(body)).status == 422
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["status"]) == ("INFO", 422)
    assert not {"key", "fingerprint"} & line.keys()
    assert held_by_all.key not in str(line)


def test_trouble_is_logged_as_an_error_with_its_trace_and_without_what_was_sent(
    held_by_all: Held, capsys: pytest.CaptureFixture[str]
) -> None:
    _in_trouble(held_by_all, AwsRefused("AccessDenied"))
    written = capsys.readouterr().out
    line = json.loads(written)
    assert (line["level"], line["status"]) == ("ERROR", 500)
    assert "AwsRefused: AccessDenied" in line["error"]
    for private in (held_by_all.key, SHOP, "203.0.113.7"):
        assert private not in written
