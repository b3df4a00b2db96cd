"""What providers tell us: stored once, settled once, in any order; nothing granted on a word alone (B5)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing import store as billing
from chalicelib.billing.gateways import ProviderUnavailable
from chalicelib.billing.provider_events import PATIENCE
from chalicelib.flows import settlement
from chalicelib.kernel.events import SYSTEM
from chalicelib.orders import store as orders
from chalicelib.storage.transaction import Stale, Transaction
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.steps import ADDON_A, LICENSE
from tests.world import SECRETS, Answer, World

ASAAS = {"asaas-access-token": SECRETS["asaas"]["webhook_token"]}


def _asaas(world: World, body: Any, headers: dict[str, str] = ASAAS) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return world.http("POST", "/v1/webhooks/asaas", raw=raw, headers=headers)


def _paid_event(charge_id: str, event_id: str = "evt_early") -> dict[str, Any]:
    payment = {"object": "payment", "id": charge_id, "status": "RECEIVED", "value": 1}
    return {"id": event_id, "event": "PAYMENT_RECEIVED", "payment": payment}


def _order(world: World, token: str, order: Any) -> Any:
    return steps.read(world, token, f"/v1/orders/{order['id']}")


def _second_charge(world: World, payment: Any) -> str:
    """Another charge at the provider under the same reference, as a slip issued by hand would be."""
    headers = {"access_token": SECRETS["asaas"]["api_key"]}
    listed = world.sandbox.answer(Request("GET", "/asaas/v3/customers", {}, headers))
    wanted = {
        "customer": json.loads(listed.body)["data"][0]["id"],
        "billingType": "BOLETO",
        "value": payment["amount"]["amount"] / 100,
        "dueDate": payment["due_date"],
        "externalReference": payment["id"],
    }
    body = json.dumps(wanted).encode()
    made = world.sandbox.answer(Request("POST", "/asaas/v3/payments", {}, headers, body))
    return str(json.loads(made.body)["id"])


# In any order and number


def test_webhooks_that_come_again_change_nothing(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, LICENSE, ADDON_A)
    before = world.rows()
    for _ in range(2):
        assert {answer.status for answer in world.webhooks()} == {200}
        world.settle_down()
    assert world.rows() == before


@pytest.mark.parametrize(
    ("method", "backwards", "at_once"),
    [
        ("boleto", False, True),
        ("boleto", True, True),
        ("boleto", True, False),
        ("card", True, False),
    ],
)
def test_the_order_of_events_does_not_matter(
    world: World, method: str, backwards: bool, at_once: bool
) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, method=method)
    world.pay(order["payment"]["id"])
    events = world.sandbox.signed_events()
    for event, headers in events[::-1] if backwards else events:
        path = f"/v1/webhooks/{event.provider}"
        assert world.http("POST", path, raw=event.body.encode(), headers=headers).status == 200
        if not at_once:
            world.settle_down()
    world.settle_down()
    assert _order(world, token, order)["status"] == "paid"
    assert len(world.rows("license")) == 1
    assert steps.outcomes(world).count("accept") == 1
    assert steps.tasks(world) == []
    assert steps.outstanding(world) == []


def test_an_event_that_announces_money_too_early_stays_due_and_is_settled_later(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    (payment,) = world.rows("payment")
    assert _asaas(world, _paid_event(payment["provider_id"])).status == 200
    world.settle_down()
    assert steps.outstanding(world) == ["payment", "provider_event"]
    assert _order(world, token, order)["status"] == "pending_payment"
    world.pay(order["payment"]["id"])
    world.reconcile(after=timedelta(minutes=21))
    world.settle_down()
    assert _order(world, token, order)["status"] == "paid"
    assert steps.outcomes(world) == ["accept"]
    assert steps.outstanding(world) == []


def test_announced_money_that_never_comes_is_a_case_for_finance(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    (payment,) = world.rows("payment")
    _asaas(world, _paid_event(payment["provider_id"]))
    world.settle_down()
    world.reconcile(after=PATIENCE + timedelta(minutes=1))
    world.settle_down()
    assert steps.outcomes(world) == ["announced_unseen"]
    assert steps.tasks(world) == [("payment_announced_unseen", "finance")]
    assert _order(world, token, order)["status"] == "pending_payment"


def test_while_the_provider_does_not_answer_its_events_stay_due(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    world.pay(order["payment"]["id"])
    events = world.sandbox.signed_events()
    world.sandbox.stop()
    for event, headers in events:
        world.http("POST", "/v1/webhooks/asaas", raw=event.body.encode(), headers=headers)
    with pytest.raises(ProviderUnavailable):
        world.settle_down()
    assert set(steps.outstanding(world)) >= {"provider_event"}
    assert "accept" not in steps.outcomes(world)


# Money that does not pay what it was for


def _pay_and_tell(world: World, payment_id: str) -> None:
    world.pay(payment_id)
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()


def test_a_wrong_amount_pays_nothing_and_finance_is_told(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    steps.turn(world, wrong_amount=-100)
    _pay_and_tell(world, order["payment"]["id"])
    after = _order(world, token, order)
    assert (after["status"], after["payment"]["status"]) == ("pending_payment", "pending")
    assert world.rows("license") == []
    (task,) = world.rows("task")
    assert (task["task_kind"], task["sector"]) == ("payment_wrong_amount", "finance")
    facts = json.loads(task["facts"])
    assert (facts["amount"], facts["expected"]) == ("598.00 BRL", "599.00 BRL")
    assert facts["order_id"] == order["id"]
    # It is finance's now: the provider is not asked about it any more.
    assert steps.outstanding(world) == []


@pytest.mark.parametrize("status", ["canceled", "refunded"])
def test_money_that_comes_too_late_is_a_case_for_a_refund(world: World, status: str) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    steps.set_order(order["id"], status=status)
    _pay_and_tell(world, order["payment"]["id"])
    assert _order(world, token, order)["status"] == status
    assert world.rows("license") == []
    assert steps.tasks(world) == [("payment_late", "finance")]
    assert set(steps.outcomes(world)) == {"late"}
    assert steps.outstanding(world) == []


def test_an_order_paid_twice_is_activated_once_and_the_second_money_is_a_case_for_finance(
    world: World,
) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    first = order["payment"]
    (payment,) = world.rows("payment")
    booked, other = payment["provider_id"], _second_charge(world, first)
    _pay_and_tell(world, first["id"])
    _pay_and_tell(world, first["id"])
    assert steps.tasks(world) == [("payment_double", "finance")]
    (task,) = world.rows("task")
    (payment,) = world.rows("payment")
    assert {payment["provider_id"], json.loads(task["facts"])["provider_id"]} == {booked, other}
    assert len(world.rows("license")) == 1


def test_who_finds_the_invoice_paid_meanwhile_begins_again(world: World) -> None:
    _, token = world.customer()
    placed = steps.charged(world, token, LICENSE)
    payment = billing.payments.get(placed["payment"]["id"])
    order = orders.get(placed["id"])
    _pay_and_tell(world, payment.id)
    before = world.rows()
    with pytest.raises(Stale, match="is paid"):
        settlement.accept(Transaction(), payment, order, "another", world.now, SYSTEM, world.now)
    assert world.rows() == before


def test_money_for_an_unknown_order_is_a_case_for_finance(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    _second_charge(world, {**order["payment"], "id": "pay_somebody_elses"})
    _pay_and_tell(world, "pay_somebody_elses")
    assert steps.tasks(world) == [("payment_unknown_reference", "finance")]
    assert _order(world, token, order)["status"] == "pending_payment"


def test_an_event_about_a_charge_that_the_provider_does_not_know_grants_nothing(world: World) -> None:
    _asaas(world, {"id": "evt_1", "event": "PAYMENT_CREATED", "payment": {"id": "pay_0"}})
    world.settle_down()
    assert steps.outcomes(world) == ["not_paid"]
    assert world.rows("task") == []


def test_several_events_about_the_same_trouble_open_one_task(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    steps.set_order(order["id"], status="canceled")
    _pay_and_tell(world, order["payment"]["id"])
    assert steps.outcomes(world) == ["late"] * 3
    assert len(world.rows("task")) == 1


def test_webhooks_of_a_provider_with_a_wrong_secret_are_all_refused(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    steps.turn(world, bad_signature=True)
    world.pay(order["payment"]["id"])
    assert {answer.status for answer in world.webhooks()} == {401}
    assert world.rows("provider_event") == []
