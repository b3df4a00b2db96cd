"""Money that came in and does not pay what it was for: finance is asked once, providers no more (B5, S7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import RefundRequest
from chalicelib.flows import charging, closing, expiry, reconciliation, settlements
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World

HOUR = timedelta(hours=1)


@dataclass
class Counted:
    """A provider, and what it was asked."""

    gateway: Any
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self.gateway, name)


def _wrongly_paid(world: World, payment_id: str) -> None:
    """The payer pays too little; nobody has told us yet."""
    steps.turn(world, wrong_amount=-100)
    world.pay(payment_id)
    steps.turn(world)


def _given_back(world: World, payment_id: str) -> None:
    """The payer pays, and gets all of it back on the provider's own pages; nobody has told us yet."""
    world.pay(payment_id)
    payment = billing.payments.get(payment_id)
    gateway = wiring.gateways()[payment.provider]
    found = gateway.find(payment_id, None)
    assert found
    assert gateway.refund(RefundRequest("elsewhere", found.provider_id, payment.amount, "")).done


def _calls(world: World, after: timedelta) -> list[str]:
    """What providers are asked by both sweeps, some time later, and all that follows from them."""
    world.now += after
    gateways = {name: Counted(gateway) for name, gateway in wiring.gateways().items()}
    told: Any = gateways
    expiry.sweep(wiring.reach(), world.now)
    reconciliation.reconcile(wiring.reach(), world.now)
    world.stream()
    for message in steps.waiting(world, "charges"):
        charging.charge(message["payment_id"], told, wiring.links(), world.now)
    for message in steps.waiting(world, "settlements"):
        settlements.work(message, told, wiring.reach(), world.now)
    return [name for gateway in gateways.values() for name in gateway.asked]


def _due(world: World) -> list[str]:
    return sorted(row["kind"] for row in world.rows() if "gsi2pk" in row and row["kind"] != "license")


def _overdue(world: World, token: str) -> Any:
    order = steps.charged(world, token, LICENSE)
    world.now += timedelta(days=20)
    return order


def _answer_lost(payment_id: str) -> None:
    """The provider has the charge, and we do not know."""
    steps.set_payment(payment_id, status="requested", provider_id=None, slip=None, pix=None)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("is_known", [True, False])
def test_an_overdue_order_with_held_money_waits_for_a_person_and_asks_nobody(
    world: World, told: bool, is_known: bool
) -> None:
    _, token = world.customer()
    order = _overdue(world, token)
    payment_id = order["payment"]["id"]
    _wrongly_paid(world, payment_id)
    if not is_known:
        _answer_lost(payment_id)
    if told:
        world.webhooks()
        world.settle_down()
    assert _calls(world, HOUR) != []
    assert _calls(world, HOUR) == _calls(world, timedelta(days=30)) == []
    assert _due(world) == []
    assert steps.tasks(world) == [("payment_wrong_amount", "finance")]
    assert billing.payments.get(payment_id).held == "wrong_amount"
    shown = steps.read(world, token, f"/v1/orders/{order['id']}")
    assert shown["status"] == "pending_payment"
    assert "order_expired" not in {row["mail_kind"] for row in world.rows("mail")}


def test_an_order_with_held_money_can_be_paid_anew_and_ends_by_its_new_slip(world: World) -> None:
    _, token = world.customer()
    order = _overdue(world, token)
    _wrongly_paid(world, order["payment"]["id"])
    _calls(world, HOUR)
    again = steps.attempt(world, token, order["invoice_id"], "boleto")
    assert _due(world) == ["order", "payment"]
    steps.pay(world, again)
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "paid"
    assert (_due(world), steps.tasks(world)) == ([], [("payment_wrong_amount", "finance")])


def test_an_order_with_held_money_can_be_declared_void(world: World) -> None:
    _, token = world.customer()
    order = _overdue(world, token)
    _wrongly_paid(world, order["payment"]["id"])
    _calls(world, HOUR)
    path = f"/v1/staff/invoices/{order['invoice_id']}/void"
    answer = world.http("POST", path, {"reason": "sent back"}, token=world.staff("finance"))
    assert answer.status == 200
    world.settle_down()
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "canceled"
    assert _calls(world, HOUR) == []


@pytest.mark.parametrize(
    ("happens", "task"),
    [(_wrongly_paid, "payment_wrong_amount"), (_given_back, "payment_taken_back")],
)
def test_money_of_an_attempt_that_we_never_knew_to_be_made_is_held_too(
    world: World, happens: Callable[[World, str], None], task: str
) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, method="card")
    payment_id = order["payment"]["id"]
    happens(world, payment_id)
    _answer_lost(payment_id)
    steps.set_order(order["id"], status="canceled")
    assert _calls(world, HOUR) != []
    assert _calls(world, HOUR) == _calls(world, HOUR) == []
    assert (steps.tasks(world), _due(world)) == ([(task, "finance")], [])
    # A message that was late asks for no charge.
    counted: Any = {"stripe": Counted(None)}
    charging.charge(payment_id, counted, wiring.links(), world.now)
    assert counted["stripe"].asked == []


def test_money_that_came_and_went_by_a_charge_we_never_knew_of_is_booked_so(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, method="card")
    payment_id = order["payment"]["id"]
    _given_back(world, payment_id)
    _answer_lost(payment_id)
    assert closing.money_came(billing.payments.get(payment_id), wiring.gateways()["stripe"], world.now)
    world.settle_down()
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "refunded"
    assert (steps.tasks(world), _due(world)) == ([("payment_taken_back", "finance")], [])
    assert world.rows("license") == []


def test_a_slip_whose_announced_money_never_came_is_closed_with_its_order(world: World) -> None:
    _, token = world.customer()
    order = _overdue(world, token)
    steps.set_payment(order["payment"]["id"], held="announced_unseen")
    assert "cancel" in _calls(world, HOUR)
    shown = steps.read(world, token, f"/v1/orders/{order['id']}")
    assert (shown["status"], shown["payment"]["status"]) == ("expired", "canceled")
