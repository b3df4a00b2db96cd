"""Tests replace nothing in our own code: where one needs to, a parameter is missing (design rule 6)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import Module, calls, dotted, modules, origin

OURS = ("app", "chalicelib", "infra", "tests", "vigencia_client")
# Replacing code is what this module is for: it seeds bugs that the fault sweep must catch (2026-11-22).
EXCEPTIONS = frozenset({"tests/integration/faults/mutants.py"})


def replacements(module: Module) -> Iterator[str]:
    """Patches of `unittest.mock` and pytest-mock, and attributes set on what was imported from our code."""
    if module.path in EXCEPTIONS:
        return
    yield from _patches(module)
    yield from _assignments(module)
    yield from _set_attributes(module)


def _patches(module: Module) -> Iterator[str]:
    for found in module.imports:
        if found.item.startswith(("unittest.mock.patch", "pytest_mock")):
            yield f"{module.path}:{found.line}: imports {found.item}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.arg) and node.arg == "mocker":
            yield module.at(node, "takes mocker")
        if isinstance(node, ast.Attribute) and origin(module, node) == "unittest.mock.patch":
            yield module.at(node, "patches")


def _assignments(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and _is_ours(module, node):
            yield module.at(node, f"replaces {ast.unparse(node)}")


def _set_attributes(module: Module) -> Iterator[str]:
    for call, name in calls(module):
        if not call.args:
            continue
        target = call.args[0]
        replaced = module.at(call, f"replaces an attribute of {ast.unparse(target)}")
        if name in ("setattr", "delattr") and _is_ours(module, target):
            yield replaced
        # What is not plainly somebody else's might be ours under another name.
        if name in ("monkeypatch.setattr", "monkeypatch.delattr") and not _is_foreign(module, target):
            yield replaced


def _is_ours(module: Module, target: ast.expr) -> bool:
    """Whether this is reached through a name that was imported from our code."""
    imported = module.origins.get(dotted(target).partition(".")[0], "")
    return imported.partition(".")[0] in OURS


def _is_foreign(module: Module, target: ast.expr) -> bool:
    """Whether this is reached through a name, or by a text, of a library."""
    if isinstance(target, ast.Constant):
        return str(target.value).partition(".")[0] not in OURS
    return dotted(target).partition(".")[0] in module.origins and not _is_ours(module, target)


def test_no_test_replaces_our_own_code() -> None:
    assert [fault for module in modules("tests") for fault in replacements(module)] == []


@pytest.mark.parametrize(
    "text",
    [
        "from unittest.mock import patch",
        "from unittest import mock\nmock.patch('chalicelib.wiring.mailer')",
        "from unittest import mock\nmock.patch.object(x, 'y')",
        "import unittest.mock\nunittest.mock.patch('x')",
        "def test_x(mocker): pass",
        "from chalicelib import wiring\nwiring.mailer = None",
        "from chalicelib.mail import service\nservice.render.cache = None",
        "from chalicelib import wiring\nsetattr(wiring, 'mailer', None)",
        "from chalicelib import wiring\ndef test_x(monkeypatch): monkeypatch.setattr(wiring, 'mailer', None)",
        "def test_x(monkeypatch): monkeypatch.setattr('chalicelib.wiring.mailer', None)",
        "def test_x(monkeypatch, module): monkeypatch.delattr(module, 'mailer')",
    ],
)
def test_a_replacement_is_reported(text: str) -> None:
    assert list(replacements(Module("tests/unit/test_x.py", text)))


@pytest.mark.parametrize(
    "text",
    [
        "def test_x(monkeypatch): monkeypatch.setenv('STAGE', 'test')",
        "import socket\ndef test_x(monkeypatch): monkeypatch.setattr(socket, 'socket', None)",
        "from chalicelib.orders.rules import Order\ndef test_x(): order = Order(); order.note = 'x'",
        "def test_x(fake): setattr(fake, 'answer', 1)",
    ],
)
def test_what_is_not_our_code_may_be_set(text: str) -> None:
    assert not list(replacements(Module("tests/unit/test_x.py", text)))


def test_the_seeded_bugs_may_replace_code() -> None:
    text = "from chalicelib import wiring\nwiring.mailer = None"
    assert not list(replacements(Module("tests/integration/faults/mutants.py", text)))
