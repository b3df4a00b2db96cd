"""What holds for every request: problems, languages, bodies, cursors, CORS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chalice import Blueprint, Chalice

from chalicelib.edge.routes import SPECS, Call, route
from chalicelib.kernel.errors import LOCALES, TooManyRequests
from chalicelib.kernel.paging import encode_cursor
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import Answer, World, http_event

NO_LANGUAGE = {"accept-language": ""}
STORE = "https://store.example.com"
NOT_FOUND = {
    "en": ("Not found", "There is no order ord_x."),
    "es": ("No encontrado", "No existe el pedido ord_x."),
    "pt-BR": ("Não encontrado", "Não existe o pedido ord_x."),
    "pt-PT, en": ("Não encontrado", "Não existe o pedido ord_x."),
}


@pytest.fixture(scope="module")
def token(shared_world: World) -> str:
    return shared_world.customer()[1]


def _problem(answer: Answer) -> Any:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "code", "detail", "request_id", "errors"}
    assert answer.json["status"] == answer.status
    assert answer.json["request_id"]
    return answer.json


@pytest.mark.parametrize("language", NOT_FOUND)
def test_a_problem_speaks_the_language_asked_for(shared_world: World, token: str, language: str) -> None:
    headers = {"accept-language": language}
    answer = shared_world.http("GET", "/v1/orders/ord_x", token=token, headers=headers)
    problem = _problem(answer)
    assert (problem["title"], problem["detail"]) == NOT_FOUND[language]
    assert (problem["type"], problem["code"], problem["errors"]) == ("about:blank", "order_not_found", [])


@pytest.mark.parametrize("locale", LOCALES)
def test_who_asks_for_no_language_is_told_in_the_one_he_has_chosen(shared_world: World, locale: str) -> None:
    _, token = shared_world.customer(f"{locale}@example.com", locale=locale)
    answer = shared_world.http("GET", "/v1/orders/ord_x", token=token, headers=NO_LANGUAGE)
    assert (answer.json["title"], answer.json["detail"]) == NOT_FOUND[locale]
    faulty = shared_world.http("POST", "/v1/orders", {"gift": True}, token=token, headers=NO_LANGUAGE)
    assert faulty.json["errors"][-1]["detail"] == UNDERSTOOD[locale][1]


def test_staff_and_strangers_who_ask_for_no_language_are_told_in_english(shared_world: World) -> None:
    for token, status in ((shared_world.staff("staff"), 404), (None, 401)):
        answer = shared_world.http("GET", "/v1/staff/licenses/lic_x", token=token, headers=NO_LANGUAGE)
        assert answer.status == status
        assert answer.json["title"] in ("Not found", "Not authenticated")


FAULTY = {"items": [{"product": "nothing"}, {"product": "prestaimport", "quantity": 0, "gift": True}]}
UNDERSTOOD = {
    "en": ["Input should be greater than or equal to 1", "Extra inputs are not permitted"],
    "es": ["Debe ser mayor o igual que 1", "No se admite este campo"],
    "pt-BR": ["Deve ser maior ou igual a 1", "Este campo não é aceito"],
}


@pytest.mark.parametrize("language", UNDERSTOOD)
def test_each_faulty_field_is_told_in_the_language_asked_for(
    shared_world: World, token: str, language: str
) -> None:
    headers = {"accept-language": language}
    answer = shared_world.http("POST", "/v1/orders", FAULTY, token=token, headers=headers)
    assert [fault["detail"] for fault in _problem(answer)["errors"]] == UNDERSTOOD[language]


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("en", "no product nothing"),
        ("es", "no existe el producto nothing"),
        ("pt-BR", "não existe o produto nothing"),
    ],
)
def test_what_a_decision_of_ours_finds_is_told_in_the_language_asked_for(
    shared_world: World, token: str, language: str, detail: str
) -> None:
    headers = {"accept-language": language}
    body = {"items": [{"product": "nothing"}]}
    answer = shared_world.http("POST", "/v1/orders/preview", body, token=token, headers=headers)
    assert [fault["detail"] for fault in _problem(answer)["errors"]] == [detail]


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("en", "String should have at most 100 character(s)"),
        ("es", "El texto debe tener como máximo 100 carácter(es)"),
        ("pt-BR", "O texto deve ter no máximo 100 caractere(s)"),
    ],
)
def test_a_tools_faulty_question_is_told_in_the_language_asked_for(
    shared_world: World, language: str, detail: str
) -> None:
    headers = {"accept-language": language}
    answer = shared_world.http("POST", "/v1/licenses/validate", {"key": "x" * 101}, headers=headers)
    assert [one["detail"] for one in answer.json["errors"]] == [detail]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b'{"items": [}', b"\xff\xfe", b'"\\ud800"', b"[" * 5000], ids=lambda raw: repr(raw[:9])
)
def test_a_body_that_is_no_json_is_malformed(shared_world: World, token: str, raw: bytes) -> None:
    problem = _problem(shared_world.http("POST", "/v1/orders", raw=raw, token=token))
    assert (problem["status"], problem["code"]) == (400, "malformed")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "json", ""])
def test_a_body_of_another_media_type_is_not_read(shared_world: World, token: str, media_type: str) -> None:
    headers = {"content-type": media_type}
    answer = shared_world.http("POST", "/v1/orders", {"items": [LICENSE]}, token=token, headers=headers)
    assert _problem(answer)["code"] == "unsupported_media_type"
    assert answer.status == 415


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_is_read_however_it_is_announced(shared_world: World, token: str, media_type: str) -> None:
    headers = {"content-type": media_type}
    body = {"items": [LICENSE]}
    assert shared_world.http("POST", "/v1/orders/preview", body, token=token, headers=headers).status == 200


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/webhooks/asaas", "/v1/licenses/validate"])
def test_a_body_over_64_kilobytes_is_too_large(shared_world: World, token: str, path: str) -> None:
    raw = json.dumps({"key": "x" * 65536}).encode()
    answer = shared_world.http("POST", path, raw=raw, token=token)
    assert (answer.status, _problem(answer)["code"]) == (413, "too_large")


def test_a_body_of_64_kilobytes_is_read(shared_world: World) -> None:
    raw = b'{"key": "x"}'.ljust(65536)
    assert shared_world.http("POST", "/v1/licenses/validate", raw=raw).status == 200


CURSORS = {
    "not one at all": "zzz",
    "not base64": "é!",
    "another shape": encode_cursor({"from": "1"}),
    "no object": "WzFd",
    "another list's": encode_cursor({"pk": "INV#x", "sk": "INV", "gsi1sk": "INV#2026#x"}),
    "a longer prefix": encode_cursor({"pk": "x", "sk": "x", "gsi1sk": "ORDERS#2026#x"}),
    "without a position": encode_cursor({"pk": "", "sk": "ORD", "gsi1sk": "ORD#2026#x"}),
    "not texts": "eyJwayI6MSwic2siOjIsImdzaTFzayI6M30",
    "too long": "x" * 1001,
}


@pytest.mark.parametrize("kind", CURSORS)
def test_an_unknown_cursor_is_refused(shared_world: World, token: str, kind: str) -> None:
    answer = shared_world.http("GET", f"/v1/orders?cursor={CURSORS[kind]}", token=token)
    assert list(steps.faults(answer)) == ["/query/cursor"]


def test_somebody_elses_cursor_leads_into_ones_own_list(shared_world: World, token: str) -> None:
    _, other = shared_world.customer("other@example.com", tax_id="11144477735")
    for _ in range(2):
        steps.place(shared_world, other, LICENSE)
    cursor = steps.read(shared_world, other, "/v1/orders?limit=1")["next_cursor"]
    assert steps.read(shared_world, token, f"/v1/orders?cursor={cursor}")["data"] == []


def test_an_id_that_no_key_can_hold_is_not_found(shared_world: World, token: str) -> None:
    answer = shared_world.http("GET", f"/v1/orders/{'x' * 3000}", token=token)
    assert (answer.status, answer.json["code"]) == (404, "order_not_found")


def test_what_nobody_foresaw_is_a_problem_that_tells_nothing(shared_world: World) -> None:
    _, token = shared_world.customer("gone@example.com", tax_id="11144477735")
    order = steps.place(shared_world, token, LICENSE)
    (payment,) = [row for row in shared_world.rows("payment") if row["order_id"] == order["id"]]
    steps.put(shared_world, {**payment, "amount": "not money"})
    for language, title in (("en", "Internal error"), ("es", "Error interno"), ("pt-BR", "Erro interno")):
        headers = {"accept-language": language}
        answer = shared_world.http("GET", "/v1/payments", token=token, headers=headers)
        problem = _problem(answer)
        assert (answer.status, problem["code"]) == (500, "internal_error")
        assert problem["title"] == problem["detail"] == title


def test_who_must_slow_down_is_told_for_how_long(shared_world: World) -> None:
    blueprint, app = Blueprint("test"), Chalice("test", configure_logs=False)

    @route(blueprint, "GET", "/busy")
    def busy(call: Call) -> None:
        raise TooManyRequests(retry_after=60)

    SPECS.pop()
    app.register_blueprint(blueprint)
    event = {**http_event("GET", "/health", "", {}, None), "resource": "/busy"}
    event["requestContext"] |= {"resourcePath": "/busy"}
    answer = app(event, None)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (429, "60")
    assert json.loads(answer["body"])["detail"] == "Too many requests; try again in 60 seconds."


# CORS


@pytest.mark.parametrize("origin", [STORE, "https://admin.example.com"])
@pytest.mark.parametrize("path", ["/v1/products", "/v1/products/no-such", "/v1/me"])
def test_answers_and_problems_may_be_read_by_the_stages_own_origins(
    shared_world: World, origin: str, path: str
) -> None:
    headers = shared_world.http("GET", path, headers={"origin": origin}).headers
    assert headers["Access-Control-Allow-Origin"] == origin
    assert headers["Vary"] == "Origin"
    assert "Idempotent-Replayed" in headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", f"{STORE}.evil.com", "http://store.example.com", "null", "*", ""]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_another_origin_gets_no_leave(shared_world: World, origin: str, method: str) -> None:
    headers = shared_world.http(method, "/v1/products", headers={"origin": origin}).headers
    assert not [name for name in headers if name.startswith("Access-Control")]
    assert headers["Vary"] == "Origin"


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/orders/ord_x", "/v1/staff/tasks", "/health"])
def test_a_preflight_needs_no_sign_in_and_names_what_is_allowed(shared_world: World, path: str) -> None:
    answer = shared_world.http("OPTIONS", path, headers={"origin": STORE})
    assert (answer.status, answer.text) == (204, "")
    assert answer.headers["Access-Control-Allow-Origin"] == STORE
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]


def test_every_answer_forbids_caching_unless_it_says_otherwise(shared_world: World, token: str) -> None:
    assert shared_world.http("GET", "/v1/licenses", token=token).headers["Cache-Control"] == "no-store"
    described = shared_world.http("GET", "/openapi.json").headers["Cache-Control"]
    assert described == "max-age=300"
