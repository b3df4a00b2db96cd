"""The tables of contents tell the truth: `app.py`, the folders, and the functions' environment."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from chalicelib.settings import Settings
from tests.architecture.layers import FEATURES, SHARED
from tests.architecture.source import PRODUCT, ROOT, Module, calls, modules, origin, the_module

# What stands in the repository (design, section 1). `.gitignore` names what is made in it.
# `clients` holds the reference client that vendors of tools copy or install (decision of 2026-11-22).
TOP = frozenset({".chalice", ".ci", ".git", "chalicelib", "clients", "infra", "tests"})
TESTS = frozenset({"architecture", "bench", "functional", "infra", "integration", "unit"})


# app.py


def superfluous(app: Module) -> Iterator[str]:
    """What `app.py` does besides importing, making the app and registering blueprints."""
    for node in app.tree.body[1 if ast.get_docstring(app.tree) else 0 :]:
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        called = node.value if isinstance(node, ast.Assign | ast.Expr) else None
        name = origin(app, called.func) if isinstance(called, ast.Call) else ""
        if name not in ("chalice.Chalice", "app.register_blueprint"):
            yield app.at(node, ast.unparse(node))


def registered(app: Module) -> list[str]:
    """The modules whose blueprints `app.py` registers."""
    found = [call for call, name in calls(app) if name == "app.register_blueprint"]
    return [origin(app, call.args[0]).removesuffix(".bp") for call in found]


def with_blueprint(product: Iterable[Module]) -> list[str]:
    """The modules that make a blueprint."""
    makers = ("chalice.Blueprint", "chalice.app.Blueprint")
    return [module.dotted for module in product for _, name in calls(module) if name in makers]


def test_app_only_imports_and_registers() -> None:
    assert list(superfluous(the_module("app.py"))) == []


def test_every_blueprint_is_registered_once() -> None:
    assert sorted(registered(the_module("app.py"))) == sorted(with_blueprint(modules(*PRODUCT)))


@pytest.mark.parametrize(
    "line", ["def f(): pass", "wiring.connect()", "STAGE = 'dev'", "if True: pass", "app = Flask(__name__)"]
)
def test_work_in_app_is_reported(line: str) -> None:
    assert list(superfluous(Module("app.py", f'"""App."""\nfrom chalice import Chalice\n{line}')))


def test_a_forgotten_blueprint_is_noticed() -> None:
    lost = Module("chalicelib/orders/api.py", "from chalice import Blueprint\nbp = Blueprint(__name__)")
    app = Module("app.py", "from chalicelib.billing import api as b\napp.register_blueprint(b.bp)")
    assert with_blueprint([lost]) == ["chalicelib.orders.api"]
    assert registered(app) == ["chalicelib.billing.api"]


# Folders


def unknown_folders(present: Iterable[str], allowed: frozenset[str], ignored: Iterable[str]) -> list[str]:
    """Folders that neither the design nor `.gitignore` names."""
    patterns = [line.rstrip("/") for line in ignored]
    return [
        name
        for name in present
        if name not in allowed and not any(fnmatch(name, pattern) for pattern in patterns)
    ]


@pytest.mark.parametrize(
    ("folder", "allowed"), [("", TOP), ("chalicelib", FEATURES | SHARED), ("tests", TESTS)]
)
def test_folders_are_those_of_the_design(folder: str, allowed: frozenset[str]) -> None:
    present = [path.name for path in (ROOT / folder).iterdir() if path.is_dir()]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert unknown_folders(present, allowed, ignored) == []


def test_an_unknown_folder_is_reported() -> None:
    present = ["infra", "utils", "__pycache__", ".venv-aws"]
    assert unknown_folders(present, TOP, ["__pycache__/", ".venv*/"]) == ["utils"]


# The environment


class Template(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, whose meaning does not matter here."""


def _ignore_tag(loader: Template, suffix: str, node: yaml.Node) -> str:
    return suffix


Template.add_multi_constructor("!", _ignore_tag)


def environment_of(template: str) -> Mapping[str, Any]:
    """The variables that a template gives to every function."""
    variables: Mapping[str, Any] = yaml.load(template, Template)["Globals"]["Function"]["Environment"][
        "Variables"
    ]
    return variables


def test_every_setting_is_set_by_the_template_and_every_variable_is_read() -> None:
    template = (ROOT / "infra" / "resources.yaml").read_text(encoding="utf-8")
    assert {field.name.upper() for field in fields(Settings)} == set(environment_of(template))


def test_the_variables_of_a_template_are_found() -> None:
    template = (
        "Globals: {Function: {Environment: {Variables: {TABLE_NAME: !Ref Table, URL: !If [A, !Ref B, c]}}}}"
    )
    assert set(environment_of(template)) == {"TABLE_NAME", "URL"}
