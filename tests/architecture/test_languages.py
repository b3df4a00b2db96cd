"""Whatever is said by language is said in all of them, of the same things and with the same facts (B12)."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.kernel.errors import LOCALES
from tests.architecture.source import PRODUCT, Module, modules


def by_language(module: Module) -> Iterator[ast.Dict]:
    """Every mapping, as written, in which a language is a key; `es` alone may be a country's domain."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Dict) and set(map(_constant, node.keys)) & (set(LOCALES) - {"es"}):
            yield node


def said(value: ast.expr) -> Any:
    """What one language has: the variables of a sentence, or of each of several, by name or in order."""
    if isinstance(value, ast.Constant):
        return _variables(value.value) if isinstance(value.value, str) else type(value.value)
    if isinstance(value, ast.Dict):
        return {_constant(key): said(part) for key, part in zip(value.keys, value.values, strict=True)}
    if isinstance(value, ast.Call):
        return [said(one) for one in value.args], {one.arg: said(one.value) for one in value.keywords}
    if isinstance(value, (ast.Tuple, ast.List)):
        return [said(one) for one in value.elts]
    return type(value)


def faults(module: Module) -> Iterator[str]:
    """Mappings by language that lack a language, or something in one of them."""
    for node in by_language(module):
        spoken = [_constant(key) for key in node.keys]
        if sorted(map(str, spoken)) != sorted(LOCALES):
            yield module.at(node, f"speaks {spoken}")
        elif any(said(value) != said(node.values[0]) for value in node.values):
            yield module.at(node, "says or is given something else in one language")


def _constant(node: ast.expr | None) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def _variables(text: str) -> list[str]:
    try:
        return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})
    except ValueError:
        # A brace that is no variable's.
        return []


def test_whatever_is_said_is_said_in_every_language() -> None:
    product = modules(*PRODUCT)
    assert sum(1 for module in product for _ in by_language(module)) > 100
    assert [fault for module in product for fault in faults(module)] == []


@pytest.mark.parametrize(
    "text",
    [
        'TEXT = {"en": "a", "es": "b"}',
        'TEXT = {"en": "{a}", "es": "{a}", "pt-BR": "{b}"}',
        'WORDS = {"en": {"x": "1", "y": "2"}, "es": {"x": "1"}, "pt-BR": {"x": "1", "y": "2"}}',
        'WORDS = {"en": {"x": "{a}"}, "es": {"x": "{a}"}, "pt-BR": {"x": "a"}}',
        'WORDS = {"en": W(x="{a}"), "es": W(x="{a}"), "pt-BR": W(x="")}',
    ],
)
def test_a_missing_translation_or_variable_is_seen(text: str) -> None:
    assert len(list(faults(Module("chalicelib/x/words.py", text)))) == 1
