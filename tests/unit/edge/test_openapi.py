"""The API's description of itself: OpenAPI 3.1, complete, and every reference leads somewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app import app
from chalicelib.edge import openapi
from chalicelib.edge.routes import SPECS

DOCUMENT = openapi.document()
# What a function of its own answers, past Chalice.
ELSEWHERE = {"POST /v1/licenses/validate"}
# For people, who post forms.
PAGES = {"GET /i/{token}/pdf", "GET /i/{token}", "POST /i/{token}/payments"}
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from _nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)


def _resolve(reference: str) -> Any:
    assert reference.startswith("#/")
    found: Any = DOCUMENT
    for step in reference[2:].split("/"):
        found = found[step]
    return found


def test_the_document_is_json_of_version_3_1() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
    assert re.fullmatch(r"3\.1\.\d+", DOCUMENT["openapi"])
    assert set(DOCUMENT) <= {"openapi", "info", "paths", "components", "servers", "security", "tags"}
    assert DOCUMENT["info"]["title"]
    assert DOCUMENT["info"]["version"]


def test_every_route_of_the_app_is_described_and_nothing_else() -> None:
    routed = {
        f"{method} {path}"
        for path, methods in app.routes.items()
        for method in methods
        if method != "OPTIONS"
    }
    assert {name for name, _ in OPERATIONS} == routed | ELSEWHERE
    assert not routed & ELSEWHERE


def test_every_reference_leads_to_a_schema_and_every_schema_is_used() -> None:
    references = {node["$ref"] for node in _nodes(DOCUMENT) if "$ref" in node}
    for reference in references:
        assert isinstance(_resolve(reference), dict)
    assert references == {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_an_operation_has_the_shape_that_openapi_asks_for(name: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert set(operation) <= {
        *("operationId", "summary", "description", "parameters", "requestBody", "responses", "security"),
        "x-roles",
    }
    in_path = set(re.findall(r"{(\w+)}", name))
    declared = [(one["in"], one["name"]) for one in operation["parameters"]]
    assert len(set(declared)) == len(declared)
    assert {parameter for where, parameter in declared if where == "path"} == in_path
    for parameter in operation["parameters"]:
        assert parameter["in"] in ("path", "query", "header")
        assert parameter["required"] or parameter["in"] != "path"
        assert parameter["schema"]
    for status, answer in operation["responses"].items():
        assert re.fullmatch(r"[1-5]\d\d", status)
        assert answer["description"]
        problem = {"application/problem+json"} if name not in PAGES else {"text/html"}
        assert int(status) < 400 or set(answer["content"]) == problem
    if "requestBody" in operation:
        assert not name.startswith("GET")
        (content,) = operation["requestBody"]["content"].values()
        assert "schema" in content


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.method} {spec.path}")
def test_an_operation_says_what_its_route_declares(spec: Any) -> None:
    operation = DOCUMENT["paths"][spec.path][spec.method.lower()]
    assert str(spec.status) in operation["responses"]
    sent = operation.get("requestBody", {"content": {}})["content"]
    assert list(sent) == ([spec.reads or "application/json"] if spec.body or spec.raw else [])
    assert operation.get("x-roles") == (sorted(spec.roles) if spec.roles is not None else None)
    assert operation.get("security") == ([{"bearer": []}] if spec.roles is not None else None)
    assert {"401", "403"} <= set(operation["responses"]) or spec.roles is None
    headers = [one for one in operation["parameters"] if one["in"] == "header"]
    keys = [(one["name"], one["schema"]["maxLength"], one["required"]) for one in headers]
    assert keys == ([("Idempotency-Key", 255, False)] if spec.repeatable else [])
    answers = set(operation["responses"])
    assert {"400", "413", "415", "422"} <= answers or not spec.body
    assert {"413", "415", "422"} <= answers or not spec.reads


def test_what_an_answer_can_be_besides_json_is_described() -> None:
    for spec in SPECS:
        answer = DOCUMENT["paths"][spec.path][spec.method.lower()]["responses"][str(spec.status)]
        described = set(answer.get("content", {}))
        page = {"text/html"} if spec.page and spec.status == 200 and not spec.media_types else set()
        wanted = {"application/json"} if spec.out else page
        assert described == {*wanted, *spec.media_types}, spec.path


def test_pages_and_their_forms_are_described() -> None:
    assert {f"{spec.method} {spec.path}" for spec in SPECS if spec.page} == PAGES
    sent = DOCUMENT["paths"]["/i/{token}/payments"]["post"]["requestBody"]["content"]
    assert set(sent) == {"application/x-www-form-urlencoded"}


def test_every_call_that_creates_something_can_be_repeated() -> None:
    creating = {f"{spec.method} {spec.path}" for spec in SPECS if spec.status == 201}
    repeatable = {f"{spec.method} {spec.path}" for spec in SPECS if spec.repeatable}
    # A session is nothing that is kept.
    assert creating - repeatable == {"POST /v1/sessions"}


def test_requests_refuse_unknown_fields_and_answers_have_no_others() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if schema.get("type") == "object" and name not in ("Problem", "FieldProblem"):
            assert schema["additionalProperties"] is False, name


def test_lists_have_bounded_pages() -> None:
    for spec in SPECS:
        if spec.query and "limit" in spec.query.model_fields:
            (limit,) = [
                one for one in DOCUMENT["paths"][spec.path]["get"]["parameters"] if one["name"] == "limit"
            ]
            bounds = limit["schema"]
            assert (bounds["minimum"], bounds["maximum"], bounds["default"]) == (1, 100, 20)


@pytest.mark.parametrize(
    ("path", "required"),
    [
        ("/v1/orders", True),
        ("/v1/subscriptions/{subscription_id}/cancel_renewal", False),
        ("/v1/webhooks/asaas", True),
        ("/i/{token}/payments", True),
    ],
)
def test_a_body_need_not_be_sent_where_all_of_it_may_be_left_out(path: str, required: bool) -> None:
    assert DOCUMENT["paths"][path]["post"]["requestBody"]["required"] is required
