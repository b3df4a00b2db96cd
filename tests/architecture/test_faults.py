"""Every fault that the application can find in a value has its sentence, filled with facts that are given."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
from pydantic_core._pydantic_core import list_all_errors
from pydantic_core.core_schema import ErrorType

import app
from chalicelib.edge.routes import SPECS
from chalicelib.kernel.faults import OTHER, TEXTS
from tests.architecture.layers import layer_of
from tests.architecture.source import PRODUCT, Module, calls, modules, origin

FAULT = "chalicelib.kernel.faults.Fault"
# Pydantic's findings, with the facts that it gives, become faults here.
TRANSLATOR = "chalicelib.edge.schema"
# What faults are told by instead of a plain ValueError, wherever pydantic asks for one.
SHAPES = ("schemas", "flows.schemas", "shapes")

# Pydantic's types that a JSON body, a query or a form can meet, by what a schema of ours is made of.
FOUND_BY: Mapping[str, tuple[str, ...]] = {
    "model": ("model_type", "model_attributes_type", "json_invalid"),
    "model-fields": ("missing", "extra_forbidden", "invalid_key", "model_type", "model_attributes_type"),
    "str": ("string_type", "string_unicode"),
    "int": ("int_type", "int_parsing", "int_parsing_size", "int_from_float", "finite_number"),
    "bool": ("bool_type", "bool_parsing"),
    "list": ("list_type",),
    "dict": ("dict_type",),
    "literal": ("literal_error",),
    "date": ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
    "datetime": (
        *("datetime_type", "datetime_parsing", "datetime_object_invalid", "datetime_from_date_parsing"),
        "timezone_aware",
    ),
    # What a decision of ours looks at, and not pydantic.
    "any": (),
    # Of secrets: only Python hands one over.
    "is-instance": (),
    **dict.fromkeys(
        ("model-field", "default", "nullable", "function-after", "function-before", "function-plain"), ()
    ),
    **dict.fromkeys(("no-info", "with-info", "lax-or-strict", "json-or-python", "union"), ()),
}
FOUND_BY_CONSTRAINT: Mapping[tuple[str, str], str] = {
    ("str", "min_length"): "string_too_short",
    ("str", "max_length"): "string_too_long",
    ("str", "pattern"): "string_pattern_mismatch",
    ("list", "min_length"): "too_short",
    ("list", "max_length"): "too_long",
    **{
        (kind, bound): found
        for kind in ("int", "date", "datetime")
        for bound, found in (
            ("gt", "greater_than"),
            ("ge", "greater_than_equal"),
            ("lt", "less_than"),
            ("le", "less_than_equal"),
        )
    },
}
CONTEXTS: dict[str, set[str]] = {
    one["type"]: set(one.get("example_context") or {}) for one in list_all_errors()
}
# Where we put other facts in their place.
CONTEXTS["json_invalid"] = {"line", "column"}


def fault_classes(product: tuple[Module, ...]) -> set[str]:
    """`Fault` and the classes made of it, in dotted form."""
    found = {FAULT}
    for module in product:
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and any(origin(module, base) in found for base in node.bases):
                found.add(f"{module.dotted}.{node.name}")
    return found


def made(product: tuple[Module, ...]) -> Iterator[tuple[str, str, set[str]]]:
    """Every fault that is made: where, its name (empty if it cannot be read) and the facts it is given."""
    classes = fault_classes(product)
    for module in product:
        for call, called in calls(module):
            if {called, f"{module.dotted}.{called}"} & classes and module.dotted != TRANSLATOR:
                first = call.args[0] if len(call.args) == 1 else None
                readable = isinstance(first, ast.Constant) and all(one.arg for one in call.keywords)
                name = str(first.value) if isinstance(first, ast.Constant) and readable else ""
                yield module.at(call, name or ast.unparse(call)), name, {str(k.arg) for k in call.keywords}


def variables(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def untold(product: tuple[Module, ...], texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Faults without a sentence in some language, or with one that tells other facts than are given."""
    for place, name, facts in made(product):
        for locale, sentences in texts.items():
            if name not in sentences:
                yield f"{place}: no sentence in {locale}"
            elif variables(sentences[name]) != facts:
                yield f"{place}: {locale} tells {variables(sentences[name])} and is given {facts}"


def plain_errors(module: Module) -> Iterator[str]:
    """Faults of values that are no `Fault`, so that they would be told in English only."""
    for call, called in calls(module):
        if layer_of(module.dotted) in SHAPES and called.rpartition(".")[2] in (
            "ValueError",
            "PydanticCustomError",
        ):
            yield module.at(call, called)


def asked_for() -> Iterator[Mapping[str, Any]]:
    """Every part of the schemas of what routes are sent."""
    assert app.app
    for spec in SPECS:
        for model in (spec.body, spec.query):
            if model is not None:
                yield from parts(model.__pydantic_core_schema__)


def parts(schema: object) -> Iterator[Mapping[str, Any]]:
    """A core schema's parts that have a type."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema
        for name, part in schema.items():
            if name != "metadata":
                yield from parts(part)
    elif isinstance(schema, (list, tuple)):
        for part in schema:
            yield from parts(part)


def can_find(part: Mapping[str, Any]) -> Iterator[str]:
    """Pydantic's types of what a part can find; KeyError for a part of a kind that is not known here."""
    yield from FOUND_BY[part["type"]]
    yield from (
        found for (kind, name), found in FOUND_BY_CONSTRAINT.items() if kind == part["type"] and name in part
    )


def test_every_fault_has_a_sentence_of_its_facts_in_each_language() -> None:
    assert list(untold(modules(*PRODUCT), TEXTS)) == []


def test_a_schema_refuses_by_faults_only() -> None:
    assert [fault for module in modules(*PRODUCT) for fault in plain_errors(module)] == []


def test_whatever_pydantic_can_find_in_a_request_has_a_sentence_of_its_facts() -> None:
    types = {found for part in asked_for() for found in can_find(part)}
    assert types <= set(get_args(ErrorType))
    assert len(types) > 20
    assert types - TEXTS["en"].keys() == set()
    for texts in TEXTS.values():
        assert [name for name in types if not variables(texts[name]) <= CONTEXTS[name]] == []


def test_every_sentence_is_told_by_something() -> None:
    ours = {name for _, name, _ in made(modules(*PRODUCT))}
    known = {found for types in FOUND_BY.values() for found in types} | set(FOUND_BY_CONSTRAINT.values())
    assert TEXTS["en"].keys() - ours - known - {OTHER, "json_invalid.text"} == set()


OFFENDER = Module(
    "chalicelib/billing/schemas.py",
    """
from chalicelib.kernel.faults import Fault

class Late(Fault):
    pass

def check(code, day):
    if code:
        raise Late("late", day=day)
    if day:
        raise ValueError("late")
    return Fault(code), Fault("late"), Fault("new", day=day), Fault("late", **day)
""",
)


def test_a_fault_without_a_sentence_or_with_other_facts_is_seen() -> None:
    told = list(untold((OFFENDER,), {"es": {"late": "tarde: {day}"}}))
    assert [one.rpartition(": ")[2] for one in told] == [
        "no sentence in es",
        "es tells {'day'} and is given set()".rpartition(": ")[2],
        "no sentence in es",
        "no sentence in es",
    ]
    assert len(list(plain_errors(OFFENDER))) == 1


def test_a_schema_of_a_kind_nobody_knows_is_seen() -> None:
    with pytest.raises(KeyError, match="uuid"):
        list(can_find({"type": "uuid"}))
