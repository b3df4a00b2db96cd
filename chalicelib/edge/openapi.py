"""OpenAPI 3.1, generated from the typed routes: the document cannot say what the code does not do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from chalicelib.edge.problems import TITLES, UNEXPECTED, status_of
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
    if spec.body:
        schema = references[(spec.body, "validation")]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif spec.raw:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": {}}}}
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
    answer: dict[str, Any] = {"description": "success"}
    if spec.out:
        schema = references[(spec.out, "serialization")]
        answer["content"] = {"application/json": {"schema": schema}}
    elif spec.produces:
        answer["content"] = {spec.produces: {"schema": {"type": "string", "format": "binary"}}}
    problem = {"application/problem+json": {"schema": references[(Problem, "serialization")]}}
    refused = {
        str(status): {"description": TITLES[status][DEFAULT_LOCALE], "content": problem}
        for status in _refusals(spec)
    }
    return {str(spec.status): answer, **refused}


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
    if spec.method != "GET":
        found.add(errors.TooLarge)
        found |= {errors.Conflict} if spec.roles is not None else set()
    return sorted({UNEXPECTED, *map(status_of, found)})
