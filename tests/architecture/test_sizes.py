"""A module over 300 lines or a function over 40 has its reason here, with a date (design rule 7).

Complexity is ruff's job (`C90`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.architecture.source import EVERYTHING, Module, modules

MODULE_LINES = 300
FUNCTION_LINES = 40


@dataclass(frozen=True)
class Longer:
    """How long one module or function may be, since when and why."""

    lines: int
    since: str
    why: str


# `path` for a module, `path:function` for a function.
EXCEPTIONS: Mapping[str, Longer] = {
    "chalicelib/wiring.py": Longer(380, "2026-11-27", "the composition root: one factory for each thing"),
    "tests/world.py": Longer(480, "2026-11-22", "everything around the app, shared by all larger tests"),
    "tests/functional/steps.py": Longer(
        320, "2026-11-27", "what people, providers and time do, one function each"
    ),
    "tests/integration/faults/mutants.py": Longer(370, "2026-11-27", "one list of bugs"),
    "tests/integration/faults/hooks.py": Longer(315, "2026-11-27", "the wire, and all that happens on it"),
    "tests/infra/test_template.py": Longer(400, "2026-11-22", "one list of promises about one template"),
    "tests/unit/billing/test_asaas.py": Longer(330, "2026-11-22", "one list of facts about one adapter"),
}


def sizes(module: Module) -> Iterator[tuple[str, int, int]]:
    """(name, lines, lines allowed to all) of a module and each of its functions; decorators not counted."""
    yield module.path, len(module.text.splitlines()), MODULE_LINES
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{module.path}:{node.name}", (node.end_lineno or 0) - node.lineno + 1, FUNCTION_LINES


def too_long(modules: tuple[Module, ...], exceptions: Mapping[str, Longer]) -> list[str]:
    """What is longer than it may be, and exceptions that are not needed (any more)."""
    # Sorted, so that of several functions with one name the longest counts.
    found = {name: (lines, usual) for module in modules for name, lines, usual in sorted(sizes(module))}
    return [
        *(
            f"{name} has {lines} lines"
            for name, (lines, usual) in found.items()
            if lines > (exceptions[name].lines if name in exceptions else usual)
        ),
        *(
            f"{name} needs no exception"
            for name in exceptions
            if name not in found or found[name][0] <= found[name][1]
        ),
    ]


def test_nothing_is_longer_than_it_may_be() -> None:
    assert too_long(modules(*EVERYTHING), EXCEPTIONS) == []


def test_a_long_module_is_reported_unless_excused() -> None:
    module = Module("chalicelib/long.py", "x = 1\n" * 301)
    assert too_long((module,), {}) == ["chalicelib/long.py has 301 lines"]
    assert too_long((module,), {"chalicelib/long.py": Longer(301, "2026-11-22", "a list")}) == []
    assert too_long((module,), {"chalicelib/long.py": Longer(300, "2026-11-22", "a list")})


def test_a_long_function_is_reported() -> None:
    module = Module("chalicelib/long.py", "def f():\n" + "    x = 1\n" * 40)
    assert too_long((module,), {}) == ["chalicelib/long.py:f has 41 lines"]


def test_an_exception_nobody_needs_is_reported() -> None:
    short = Module("chalicelib/short.py", "x = 1\n")
    excused = {"chalicelib/short.py": Longer(400, "2026-11-22", "was long once")}
    assert too_long((short,), excused) == ["chalicelib/short.py needs no exception"]
