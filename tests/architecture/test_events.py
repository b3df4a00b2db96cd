"""Every event that is emitted has its line in `flows/subscribers.py`, and every line there is emitted."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.layers import layer_of
from tests.architecture.source import PRODUCT, Module, calls, modules, the_module

EVENT = "chalicelib.kernel.events.Event"


def emitted(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Events made in a module, by name; an empty name where the source does not tell it.

    `storage` makes events too, out of the rows that already carry them: those are no new ones.
    """
    if layer_of(module.dotted) == "storage":
        return
    for call, origin in calls(module):
        if origin == EVENT:
            names = list(_names(module, call.args[0] if call.args else None)) or [""]
            yield from ((call, name) for name in names)


def _names(module: Module, argument: ast.expr | None) -> Iterator[str]:
    """The name itself, or, for a parameter of a function of this module, what its callers give."""
    if isinstance(argument, ast.Constant):
        yield str(argument.value)
    elif isinstance(argument, ast.Name):
        for function, position in _functions_with(module, argument.id):
            for call, origin in calls(module):
                given = call.args[position] if origin == function and len(call.args) > position else None
                if isinstance(given, ast.Constant):
                    yield str(given.value)


def _functions_with(module: Module, parameter: str) -> Iterator[tuple[str, int]]:
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef):
            parameters = [argument.arg for argument in node.args.args]
            if parameter in parameters:
                yield node.name, parameters.index(parameter)


def subscribed(table_of_contents: Module) -> set[str]:
    """The events in `SUBSCRIBERS`, as written."""
    for node in table_of_contents.tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "SUBSCRIBERS":
            return {ast.literal_eval(name) for name in getattr(node.value, "keys", [])}
    return set()


def faults(product: tuple[Module, ...], names: set[str]) -> Iterator[str]:
    """Events without subscribers, subscribers without events, and events whose name cannot be read."""
    made = [(module.at(call, "event"), name) for module in product for call, name in emitted(module)]
    yield from (f"{place} has a name that cannot be read" for place, name in made if not name)
    yield from (f"{place} {name} has no subscribers" for place, name in made if name and name not in names)
    yield from (f"nobody emits {name}" for name in names - {name for _, name in made})


def test_events_and_subscribers_match() -> None:
    names = subscribed(the_module("chalicelib/flows/subscribers.py"))
    assert names
    assert list(faults(modules(*PRODUCT), names)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Event('order.lost', id, now)", "order.lost has no subscribers"),
        ("pass", "nobody emits order.placed"),
        ("def f(row):\n    Event(row.name, row.id, now)", "a name that cannot be read"),
        ("def f(what):\n    Event(what, id, now)\nf('order.lost')", "order.lost has no subscribers"),
    ],
)
def test_a_mismatch_is_reported(text: str, fault: str) -> None:
    module = Module("chalicelib/flows/purchase.py", f"from chalicelib.kernel.events import Event\n{text}")
    assert any(fault in found for found in faults((module,), {"order.placed"}))


def test_an_event_named_through_a_parameter_is_found() -> None:
    text = (
        "from chalicelib.kernel.events import Event\ndef f(what):\n    Event(what, 1, 2)\nf('order.placed')"
    )
    assert not list(faults((Module("chalicelib/flows/purchase.py", text),), {"order.placed"}))
