"""Every module says what it is for, every public class and function what it does."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import EVERYTHING, PRODUCT, Module, modules


def undocumented_module(module: Module) -> Iterator[str]:
    """A module without a docstring; the empty file that makes a folder a package is no module."""
    if module.text.strip() and not ast.get_docstring(module.tree):
        yield module.at(module.tree, "the module says nothing")


def undocumented_members(module: Module) -> Iterator[str]:
    """Public classes and functions of a module without a docstring."""
    for node in module.tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not node.name.startswith("_") and not ast.get_docstring(node):
            yield module.at(node, f"{node.name} says nothing")


def test_every_module_says_what_it_is_for() -> None:
    assert [fault for module in modules(*EVERYTHING) for fault in undocumented_module(module)] == []


def test_every_public_class_and_function_says_what_it_does() -> None:
    looked_at = modules(*PRODUCT, "infra")
    assert [fault for module in looked_at for fault in undocumented_members(module)] == []


@pytest.mark.parametrize(
    "text", ["x = 1", "class A:\n    pass", "def f():\n    pass", "async def f():\n    pass"]
)
def test_silence_is_reported(text: str) -> None:
    silent = Module("chalicelib/orders/rules.py", text)
    assert [*undocumented_module(silent), *undocumented_members(silent)]


def test_private_functions_need_no_docstring() -> None:
    assert not list(undocumented_members(Module("chalicelib/orders/rules.py", "def _f():\n    pass")))
