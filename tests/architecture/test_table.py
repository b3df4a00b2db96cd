"""Keys: every prefix has one store, all due work its sweep, all that is reported its report (design, 2)."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.architecture.layers import layer_of
from tests.architecture.source import PRODUCT, Module, calls, dotted, modules, origin, the_module

KEYS, TABLE, RECORDS = (f"chalicelib.storage.{name}" for name in ("keys", "table", "records"))
# Which argument is the prefix of the rows.
PREFIX_ARGUMENT = {f"{KEYS}.key": 0, f"{RECORDS}.Records": 0}
# Which argument is the kind of due work. A store of `Records` does both itself, under its prefix.
DUE, DUE_UNTIL = f"{TABLE}.due", f"{TABLE}.due_until"
KIND_ARGUMENT = {DUE: 0, DUE_UNTIL: 1}
# These serve every store: they are given a prefix, and name customers as owners of lists.
SHARED = frozenset({KEYS, TABLE, RECORDS})
# A list belongs to somebody else, mostly a customer: naming him there is not keeping his rows.
OWNER_KEYS = frozenset({"gsi1pk", "gsi1sk"})


def prefix_faults(product: tuple[Module, ...], registered: list[str]) -> Iterator[str]:
    """Prefixes registered twice, used without being registered, by nobody, or by more than one store."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for module in product:
        for prefix in _prefixes(module):
            users[prefix].add(module.path)
    yield from (f"{prefix} is registered twice" for prefix in registered if registered.count(prefix) > 1)
    yield from (f"{prefix} is not registered" for prefix in users.keys() - set(registered))
    yield from (f"{prefix} is used by nobody" for prefix in set(registered) - users.keys())
    for prefix, paths in users.items():
        if len(paths) > 1:
            yield f"{prefix} is used by {', '.join(sorted(paths))}"


def key_faults(module: Module) -> Iterator[str]:
    """Keys built outside stores, or from a prefix that cannot be read in the source."""
    for call, name in calls(module):
        if name not in PREFIX_ARGUMENT or module.dotted in SHARED:
            continue
        if layer_of(module.dotted) not in ("store", "storage", "keys"):
            yield module.at(call, f"builds a key: {ast.unparse(call)}")
        if not _literal(call, PREFIX_ARGUMENT[name]):
            yield module.at(call, f"hides its prefix: {ast.unparse(call)}")


def work_faults(product: tuple[Module, ...]) -> Iterator[str]:
    """Kinds of due work that no sweep looks for, and sweeps for what nobody makes due."""
    made = {kind for module in product for kind in (*_kinds(module, DUE), *_saying(module, "due_at"))}
    swept = {kind for module in product for kind in _kinds(module, DUE_UNTIL)} | _asked(product, "due")
    yield from (f"nobody sweeps due {kind}" for kind in made - swept)
    yield from (f"a sweep looks for {kind}, which is never due" for kind in swept - made)


def report_faults(product: tuple[Module, ...]) -> Iterator[str]:
    """Kinds of records in the index by period that nobody reads there, and readings of what is not in it."""
    told = {kind for module in product for kind in _saying(module, "reported_at")}
    read = _asked(product, "reported")
    yield from (f"nobody reports {kind}" for kind in told - read)
    yield from (f"a report reads {kind}, which is never reported" for kind in read - told)


def _prefixes(module: Module) -> Iterator[str]:
    if module.dotted in SHARED:
        return
    naming_owners = set(_owners(module))
    for call, name in calls(module):
        prefix = _literal(call, PREFIX_ARGUMENT[name]) if name in PREFIX_ARGUMENT else ""
        if prefix and call not in naming_owners:
            yield prefix


def _owners(module: Module) -> Iterator[ast.AST]:
    """What stands under the keys that say whose list a row is in."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Dict):
            for field, value in zip(node.keys, node.values, strict=True):
                if isinstance(field, ast.Constant) and field.value in OWNER_KEYS:
                    yield value


def _kinds(module: Module, function: str) -> Iterator[str]:
    for call, name in calls(module):
        if name == function and (kind := _literal(call, KIND_ARGUMENT[function])):
            yield kind


def _records(module: Module) -> Iterator[tuple[str, ast.Call]]:
    """The variables of a store that hold `Records`, with how they are made."""
    for node in module.tree.body:
        made = node.value if isinstance(node, ast.Assign) else None
        if isinstance(made, ast.Call) and origin(module, made.func) == f"{RECORDS}.Records":
            yield ast.unparse(node.targets[0]), made  # type: ignore[attr-defined]


def _saying(module: Module, when: str) -> Iterator[str]:
    """Prefixes of those whose records say when they are due, or reported."""
    for _, made in _records(module):
        home, _, name = origin(module, made.args[2]).rpartition(".")
        for node in the_module(f"{home.replace('.', '/')}.py").tree.body:
            if isinstance(node, ast.ClassDef) and node.name == name and when in _members(node):
                yield _literal(made, 0)


def _asked(product: tuple[Module, ...], method: str) -> set[str]:
    """Prefixes of those of which this method is asked for, in their store or elsewhere."""
    attributes = [(module, node) for module in product for node in ast.walk(module.tree)]
    asked = {
        name
        for module, node in attributes
        if isinstance(node, ast.Attribute) and node.attr == method
        for name in (origin(module, node), f"{module.dotted}.{dotted(node)}")
    }
    found = [(module, *made) for module in product for made in _records(module)]
    return {_literal(made, 0) for module, name, made in found if f"{module.dotted}.{name}.{method}" in asked}


def _members(node: ast.ClassDef) -> set[str]:
    fields = {ast.unparse(member.target) for member in node.body if isinstance(member, ast.AnnAssign)}
    return fields | {member.name for member in node.body if isinstance(member, ast.FunctionDef)}


def _literal(call: ast.Call, position: int) -> str:
    argument = call.args[position] if len(call.args) > position else None
    return str(argument.value) if isinstance(argument, ast.Constant) else ""


def registered_prefixes(table: Module) -> list[str]:
    """The keys of `PREFIXES` as written: in the running program a repeated one would be gone."""
    for node in table.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PREFIXES":
            return [ast.literal_eval(name) for name in getattr(node.value, "keys", [])]
    return []


def test_every_prefix_is_registered_once_and_used_by_one_store() -> None:
    registered = registered_prefixes(the_module("chalicelib/storage/keys.py"))
    assert registered
    assert list(prefix_faults(modules(*PRODUCT), registered)) == []


def test_keys_are_built_in_stores_only() -> None:
    assert [fault for module in modules(*PRODUCT) for fault in key_faults(module)] == []


def test_all_due_work_is_swept() -> None:
    assert list(work_faults(modules(*PRODUCT))) == []


def test_all_that_is_in_the_index_by_period_is_reported() -> None:
    assert list(report_faults(modules(*PRODUCT))) == []


ORDERS = Module("chalicelib/orders/store.py", f"from {KEYS} import key\nkey('ORD', 'x')")
BILLING = Module("chalicelib/billing/store.py", f"from {KEYS} import key\nkey('INV', 'x')")


@pytest.mark.parametrize(
    ("registered", "fault"),
    [
        (["ORD", "INV", "ORD"], "ORD is registered twice"),
        (["ORD"], "INV is not registered"),
        (["ORD", "INV", "TKT"], "TKT is used by nobody"),
    ],
)
def test_a_faulty_register_is_reported(registered: list[str], fault: str) -> None:
    assert fault in prefix_faults((ORDERS, BILLING), registered)


def test_two_stores_with_one_prefix_are_reported() -> None:
    text = f"from {RECORDS} import Records\n_orders = Records('ORD', OrderRow, Order, OrderNotFound, 'order')"
    (fault,) = prefix_faults((ORDERS, Module("chalicelib/billing/store.py", text)), ["ORD"])
    assert fault == "ORD is used by chalicelib/billing/store.py, chalicelib/orders/store.py"


def test_naming_the_owner_of_a_list_is_not_keeping_his_rows() -> None:
    text = f"from {KEYS} import key\nkeys = {{'pk': key('INV', i), 'gsi1pk': key('CUS', c)}}"
    customers = Module("chalicelib/customers/store.py", f"from {KEYS} import key\nkey('CUS', 'x')")
    assert not list(prefix_faults((customers, Module("chalicelib/billing/store.py", text)), ["CUS", "INV"]))


@pytest.mark.parametrize(
    ("path", "call"), [("billing/service.py", "key('INV', 'x')"), ("billing/store.py", "key(prefix, 'x')")]
)
def test_a_key_built_elsewhere_or_from_a_hidden_prefix_is_reported(path: str, call: str) -> None:
    assert list(key_faults(Module(f"chalicelib/{path}", f"from {KEYS} import key\n{call}")))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("table.due('invoice', at, id)", "nobody sweeps due invoice"),
        ("table.due_until(R, 'invoice', now)", "a sweep looks for invoice, which is never due"),
        ("mails = Records('MAIL', R, Mail, E, 'e-mail')", "nobody sweeps due MAIL"),
        (
            "sub = Records('SUB', R, Letter, E, 'x')\ndue = sub.due",
            "a sweep looks for SUB, which is never due",
        ),
    ],
)
def test_due_work_without_a_sweep_is_reported(text: str, fault: str) -> None:
    imports = f"from chalicelib.storage import table\nfrom {RECORDS} import Records\n"
    imports += "from chalicelib.mail.rules import Mail\nfrom chalicelib.mail.render import Letter\n"
    assert list(work_faults((Module("chalicelib/mail/store.py", imports + text),))) == [fault]


def test_records_whose_due_ones_are_asked_for_elsewhere_are_swept() -> None:
    made = f"from {RECORDS} import Records\nfrom chalicelib.mail.rules import Mail\n"
    store = Module("chalicelib/mail/store.py", f"{made}mails = Records('MAIL', R, Mail, E, 'e-mail')")
    sweep = Module("chalicelib/flows/sweep.py", "from chalicelib.mail import store as m\nm.mails.due(now)")
    assert not list(work_faults((store, sweep)))


@pytest.mark.parametrize(
    ("record", "reading", "fault"),
    [
        ("billing.rules import Payment", "", "nobody reports PAY"),
        ("mail.rules import Mail", "m.records.reported(a, b)", "a report reads PAY, which is never reported"),
    ],
)
def test_records_that_stand_in_the_index_for_nothing_are_reported(
    record: str, reading: str, fault: str
) -> None:
    kept = record.rpartition(" ")[2]
    made = f"from {RECORDS} import Records\nfrom chalicelib.{record}\nrecords = Records('PAY', R, {kept}, E)"
    store = Module("chalicelib/billing/store.py", made)
    report = Module("chalicelib/flows/report.py", f"from chalicelib.billing import store as m\n{reading}")
    assert list(report_faults((store, report))) == [fault]
