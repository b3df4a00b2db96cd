"""The repository's Python as syntax trees: what the rules of this folder look at.

A `Module` knows its path and its text only, so that a rule judges a made-up offender as it judges a file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("app.py", "chalicelib")
EVERYTHING = (*PRODUCT, "clients", "infra", "tests")


@dataclass(frozen=True)
class Import:
    """One imported module, or package when a name was taken out of it, in absolute dotted form.

    `name` is what the importing module calls it, `item` the dotted origin of that very name.
    """

    target: str
    name: str
    item: str
    line: int


@dataclass(frozen=True)
class Module:
    """One source file; `path` is relative to the repository, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def dotted(self) -> str:
        """`chalicelib/orders/__init__.py` → `chalicelib.orders`."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def package(self) -> str:
        """What a relative import starts from."""
        return self.dotted if self.path.endswith("/__init__.py") else self.dotted.rpartition(".")[0]

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Everything imported anywhere in the module: at the top, inside functions, for types only."""
        return tuple(_imports(self))

    @cached_property
    def origins(self) -> dict[str, str]:
        """Where each imported name comes from: `{"now": "chalicelib.kernel.clock.utc_now"}`."""
        return {found.name: found.item for found in self.imports}

    def at(self, node: ast.AST, what: str) -> str:
        """One fault, as the tests report it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what}"


def _imports(module: Module) -> Iterator[Import]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                yield Import(alias.name, bound, alias.name if alias.asname else bound, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            for alias in node.names:
                item = f"{base}.{alias.name}"
                yield Import(
                    item if _is_module(item) else base, alias.asname or alias.name, item, node.lineno
                )


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    above = module.package.split(".")[: -(node.level - 1) or None]
    return ".".join([*above, node.module] if node.module else above)


def _is_module(dotted: str) -> bool:
    path = ROOT.joinpath(*dotted.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


@cache
def modules(*places: str) -> tuple[Module, ...]:
    """The modules in these files and folders of the repository, in order of path."""
    found: list[Path] = []
    for place in places:
        path = ROOT / place
        found += path.rglob("*.py") if path.is_dir() else [path]
    return tuple(
        Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in sorted(found)
    )


def the_module(path: str) -> Module:
    """One file of the repository."""
    (found,) = modules(path)
    return found


def dotted(node: ast.expr) -> str:
    """`os.environ.get` for that expression; empty for anything that is not names and dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def origin(module: Module, node: ast.expr) -> str:
    """Where names and dots lead, imports followed: `datetime.now` → `datetime.datetime.now`."""
    first, dot, rest = dotted(node).partition(".")
    return f"{module.origins.get(first, first)}{dot}{rest}"


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the origin of what is called."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield node, origin(module, node.func)
