"""Paid orders and the licences they become, on a table, as the tests of activation make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.billing.links import Links
from chalicelib.customers import store as customers
from chalicelib.customers.rules import Customer
from chalicelib.flows.activation import activate
from chalicelib.flows.entitlements import Cause
from chalicelib.flows.reach import Reach, Vendor
from chalicelib.kernel.clock import start_of
from chalicelib.kernel.events import SYSTEM, Event
from chalicelib.kernel.money import Money, total
from chalicelib.kernel.terms import Terms
from chalicelib.licensing import store as licensing
from chalicelib.licensing.decision import Question, decide
from chalicelib.licensing.rules import (
    Addon,
    License,
)
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order, OrderItem
from chalicelib.storage.table import Row
from chalicelib.storage.transaction import Transaction

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY = timedelta(days=1)
Act = Callable[[Order, Cause], Order]
SECRET = bytes(range(32))
YEARLY = Terms("P1Y", grace_days=7)
ZONE = "Europe/Madrid"
# Midnight in Madrid, a year after the day of purchase.
FIRST_END = start_of(NOW.date().replace(year=2027), ZONE)


def _send(_: Mapping[str, str]) -> None:
    raise AssertionError("activating puts nothing on a queue")


def _count(_: str) -> None:
    raise AssertionError("activating is counted nowhere")


REACH = Reach(
    charges=_send,
    settlements=_send,
    mails=_send,
    documents=_send,
    count=_count,
    vendor=Vendor("V", "x", "ES", ZONE, "v@example.com", "team@example.com", "https://x", ("card",)),
    links=Links("https://api", lambda: SECRET),
    license_secret=lambda: SECRET,
)


def save(*rows: Row) -> None:
    writing = Transaction()
    writing.save(*rows)
    writing.commit()


def an_item(kind: str = "license", **changed: Any) -> OrderItem:
    code = "prestaimport" if kind == "license" else "supplier-a"
    return replace(OrderItem(code, kind, "Name", 1, Money(100, "EUR"), YEARLY), **changed)


def activated_order(number: int, *items: OrderItem, now: datetime = NOW, customer: str = "cus_1") -> Order:
    """An order of these lines, paid and activated."""
    if customers.find(customer) is None:
        ana = Customer(customer, "ana@example.com", "Ana", "ES", "es", None, None, None, NOW)
        save(customers.row(ana))
    cost = total((item.amount for item in items), "EUR")
    order = Order(f"ord_{number}", customer, "paid", items, cost, "inv_1", "pay_1", (), now)
    save(orders.row(order))
    activate(Event("order.paid", order.id, now), REACH, now)
    return orders.get(order.id)


def bought_license(**changed: Any) -> License:
    """The licence of a first order."""
    (license_id,) = activated_order(1, an_item(**changed)).license_ids
    return licensing.get(license_id)


def renewed(license: License, now: datetime, *more: OrderItem, number: int = 2, **changed: Any) -> License:
    renewal = an_item(license_id=license.id, **changed)
    assert activated_order(number, renewal, *more, now=now).license_ids == (license.id,)
    return licensing.get(license.id)


def the_addon(license: License) -> Addon:
    (addon,) = license.addons
    return addon


def do(act: Act, number: int, now: datetime = NOW) -> Order:
    """Do it to an order, and save what comes of it."""
    writing = Transaction()
    after = act(orders.get(f"ord_{number}"), Cause(writing, SYSTEM, now, "tested"))
    writing.save(orders.row(after))
    writing.commit()
    return after


def code(license_id: str, now: datetime = NOW) -> str:
    """What a tool is told of a licence."""
    return decide(Question(licensing.get(license_id), (), now)).code


def stripped(license: License) -> License:
    """Without what every save changes."""
    return replace(license, version=None)
