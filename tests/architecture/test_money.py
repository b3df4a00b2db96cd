"""No binary fraction anywhere in the product: an amount that met one is not exact any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import PRODUCT, Module, calls, modules

# (module, offending expression): since, why.
EXCEPTIONS = {
    ("chalicelib/storage/transaction.py", "0.4"): ("2026-11-22", "seconds of a pause"),
    ("chalicelib/storage/transaction.py", "0.01"): ("2026-11-22", "seconds of a pause"),
    ("chalicelib/wiring.py", "0.05"): ("2026-11-22", "seconds of a pause"),
    ("chalicelib/mail/render.py", "TEMPLATES / locale"): ("2026-11-22", "joins a path"),
    ("chalicelib/mail/render.py", "Path(__file__).parent / 'templates'"): ("2026-11-22", "joins a path"),
}


def fractions(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Literals with a point, true divisions, and calls of `float` and the like: the ways to a fraction."""
    for node in ast.walk(module.tree):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
        division = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        if literal or division:
            yield node, ast.unparse(node)
    for call, name in calls(module):
        if name in ("float", "complex") or name.startswith(("math.", "statistics.", "numpy.")):
            yield call, ast.unparse(call)


def faults(module: Module) -> list[str]:
    """The fractions that nobody has excused."""
    return [
        module.at(node, text) for node, text in fractions(module) if (module.path, text) not in EXCEPTIONS
    ]


def test_the_product_knows_no_fraction() -> None:
    assert [fault for module in modules(*PRODUCT) for fault in faults(module)] == []


def test_every_exception_is_still_needed() -> None:
    present = {(module.path, text) for module in modules(*PRODUCT) for _, text in fractions(module)}
    assert set(EXCEPTIONS) <= present


@pytest.mark.parametrize(
    "line", ["RATE = 0.21", "float('1.5')", "half = total / 2", "total /= 2", "import math\nmath.floor(1)"]
)
def test_a_fraction_is_reported(line: str) -> None:
    assert faults(Module("chalicelib/orders/rules.py", line))


def test_whole_division_and_text_are_no_fractions() -> None:
    assert not faults(
        Module("chalicelib/orders/rules.py", "cents = divmod(990, 100)\ntext = '1.5'\nx = 7 // 2")
    )
