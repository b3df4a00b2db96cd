"""OpenAPI 3.1, generated from the typed routes: the document cannot say what the code does not do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chalicelib.edge.problems import TITLES, UNEXPECTED, status_of
from chalicelib.edge.replies import JSON
from chalicelib.edge.routes import SPECS, RouteSpec
from chalicelib.edge.schema import Problem
from chalicelib.kernel import errors
from chalicelib.kernel.errors import DEFAULT_LOCALE, Refusal

TITLE = "Vigencia"
VERSION = "1.0"
REFERENCE = "#/components/schemas/{model}"


@cache
def document() -> dict[str, Any]:
    """The whole API as an OpenAPI 3.1 document."""
    specs = list(SPECS)
    references, definitions = models_json_schema(_models(specs), ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for spec in specs:
        paths.setdefault(spec.path, {})[spec.method.lower()] = _operation(spec, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": "Back office of a software vendor."},
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _models(specs: Iterable[RouteSpec]) -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    found: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    for spec in specs:
        if spec.body:
            found.append((spec.body, "validation"))
        if spec.out:
            found.append((spec.out, "serialization"))
    return list(dict.fromkeys(found))


def _operation(spec: RouteSpec, references: Any) -> dict[str, Any]:
    summary, _, description = (spec.view.__doc__ or spec.view.__name__).partition("\n")
    operation: dict[str, Any] = {
        "operationId": spec.view.__name__,
        "summary": summary.strip(),
        "parameters": _parameters(spec),
        "responses": _responses(spec, references),
    }
    if description.strip():
        operation["description"] = re.sub(r"\s+", " ", description.strip())
    if spec.roles is not None:
        operation["security"] = [{"bearer": []}]
        operation["x-roles"] = sorted(spec.roles)
    if spec.body or spec.raw:
        schema = references[(spec.body, "validation")] if spec.body else {}
        content = {spec.reads or JSON: {"schema": schema}}
        operation["requestBody"] = {"required": spec.needs_body, "content": content}
    return operation


def _parameters(spec: RouteSpec) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", spec.path)
    ]
    if spec.query:
        schema = spec.query.model_json_schema()
        found += [
            {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": part}
            for name, part in schema["properties"].items()
        ]
    if spec.repeatable:
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    return found


def _responses(spec: RouteSpec, references: Any) -> dict[str, Any]:
    page: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
    answer: dict[str, Any] = {"description": "success"}
    others = {media_type: {"schema": _schema_of(media_type)} for media_type in spec.media_types}
    if spec.out:
        schema = references[(spec.out, "serialization")]
        answer["content"] = {JSON: {"schema": schema}, **others}
    elif others:
        answer["content"] = others
    elif spec.page and spec.status == 200:
        answer["content"] = page
    problem = {"application/problem+json": {"schema": references[(Problem, "serialization")]}}
    refused = {
        str(status): {
            "description": TITLES[status][DEFAULT_LOCALE],
            "content": page if spec.page else problem,
        }
        for status in _refusals(spec)
    }
    return {str(status): answer for status in (spec.status, *spec.also)} | refused


def _schema_of(media_type: str) -> dict[str, str]:
    return {"type": "string"} if media_type.startswith("text/") else {"type": "string", "format": "binary"}


def _refusals(spec: RouteSpec) -> list[int]:
    found: set[type[Refusal]] = set(spec.refuses)
    if spec.roles is not None:
        found |= {errors.NotAuthenticated, errors.Forbidden}
    if "{" in spec.path:
        found.add(errors.NotFound)
    if spec.query:
        found.add(errors.Invalid)
    if spec.body:
        found |= {errors.Malformed, errors.UnsupportedMediaType, errors.Invalid}
    if spec.reads:
        found |= {errors.UnsupportedMediaType, errors.Invalid}
    if spec.method != "GET":
        found.add(errors.TooLarge)
        found |= {errors.Conflict} if spec.roles is not None else set()
    return sorted({UNEXPECTED, *map(status_of, found)})
