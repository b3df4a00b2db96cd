"""At PayPal the payer agrees and we take the money: once, and only for an order that wants it (B5, V8)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing.pauses import ASK_SOON
from chalicelib.flows import closing, settlement
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World

SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}
SOON = timedelta(minutes=1)


class Agreed:
    """An order whose payer has agreed at PayPal's page; its message is stored, and nobody has settled it."""

    def __init__(self, world: World, earlier: str = "paypal") -> None:
        self.world = world
        self.token = world.customer(**SPAIN)[1]
        self.order = steps.charged(world, self.token, LICENSE, method=earlier)
        self.earlier = self.order["payment"]
        if earlier == "redsys":
            steps.open_form(world, self.earlier)  # and stays on that page, which nobody can close
        if earlier != "paypal":
            steps.attempt(world, self.token, self.order["invoice_id"], "paypal")
        (self.payment_id,) = [row["id"] for row in world.rows("payment") if row["provider"] == "paypal"]
        world.pay(self.payment_id)
        self.tell("paypal")

    def tell(self, provider: str) -> None:
        """A provider's messages arrive."""
        for event, headers in self.world.sandbox.signed_events():
            if event.provider == provider:
                path, raw = f"/v1/webhooks/{provider}", event.body.encode()
                assert self.world.http("POST", path, raw=raw, headers=headers).status == 200

    def settle(self, provider: str = "paypal") -> None:
        """A worker settles a provider's messages, before anything else moves."""
        for row in self.world.rows("provider_event"):
            if row["provider"] == provider:
                settlement.settle(row["id"], wiring.gateways(), self.world.now)

    def captures(self) -> int:
        """How often PayPal took his money."""
        events = [event for event, _ in self.world.sandbox.signed_events()]
        bodies = [json.loads(event.body) for event in events if event.provider == "paypal"]
        return [body["event_type"] for body in bodies].count("PAYMENT.CAPTURE.COMPLETED")

    def at_paypal(self) -> str:
        """How his order stands there."""
        answer = self.world.sandbox.answer(Request("GET", "/_sandbox/charges"))
        (found,) = [one for one in json.loads(answer.body)["data"] if one["reference"] == self.payment_id]
        return str(found["status"])

    def shown(self) -> Any:
        """Our order as it stands."""
        return steps.read(self.world, self.token, f"/v1/orders/{self.order['id']}")


def test_what_an_awaited_orders_payer_agreed_to_is_taken_once(world: World) -> None:
    agreed = Agreed(world)
    assert agreed.captures() == 0
    for _ in range(2):
        agreed.settle()
        settlement.ask(agreed.payment_id, wiring.gateways(), world.now)
    agreed.tell("paypal")
    world.settle_down()
    assert agreed.captures() == 1
    assert (agreed.shown()["status"], len(agreed.shown()["licenses"])) == ("paid", 1)
    assert world.rows("task") == []
    assert steps.outstanding(world) == []


def test_what_the_payer_of_an_expired_order_agreed_to_revives_it(world: World) -> None:
    agreed = Agreed(world)
    steps.expired(agreed.order["id"], world.now)
    agreed.settle()
    world.settle_down()
    assert (agreed.captures(), agreed.shown()["status"]) == (1, "paid")
    assert world.rows("task") == []


def test_an_agreement_of_which_no_message_comes_is_found_by_asking(world: World) -> None:
    agreed = Agreed(world)
    steps.delete(world, world.rows("provider_event"))
    steps.delete(world, [row for row in world.rows("outbox") if row["name"] == "provider_event.stored"])
    world.reconcile(ASK_SOON["paypal"] + SOON)
    world.settle_down()
    assert (agreed.captures(), agreed.shown()["status"]) == (1, "paid")


def test_nothing_is_taken_for_an_order_that_was_paid_by_card_meanwhile(world: World) -> None:
    agreed = Agreed(world, earlier="redsys")
    world.pay(agreed.earlier["id"])
    agreed.tell("redsys")
    agreed.settle("redsys")
    assert agreed.shown()["status"] == "paid"
    agreed.settle()
    assert (agreed.captures(), agreed.at_paypal()) == (0, "approved")
    # What stays agreed to is closed by the worker that closes the other attempts of a paid order.
    world.settle_down()
    assert (agreed.captures(), agreed.at_paypal()) == (0, "canceled")
    assert steps.payment(world, agreed.token, agreed.payment_id)["status"] == "canceled"
    assert world.rows("task") == []


def test_nothing_is_taken_for_an_invoice_that_was_declared_void_meanwhile(world: World) -> None:
    agreed = Agreed(world)
    path = f"/v1/staff/invoices/{agreed.order['invoice_id']}/void"
    assert world.http("POST", path, {"reason": "a mistake"}, token=world.staff("finance")).status == 200
    agreed.settle()
    settlement.ask(agreed.payment_id, wiring.gateways(), world.now)
    assert agreed.captures() == 0
    world.settle_down()
    assert (agreed.captures(), agreed.at_paypal()) == (0, "canceled")
    assert world.rows("task") == []


@pytest.mark.parametrize("status", ["paid", "canceled", "refunded"])
def test_neither_a_message_nor_asking_nor_closing_takes_what_no_order_wants(
    world: World, status: str
) -> None:
    agreed = Agreed(world)
    steps.set_order(agreed.order["id"], status=status)
    agreed.settle()
    settlement.ask(agreed.payment_id, wiring.gateways(), world.now)
    assert (agreed.captures(), agreed.at_paypal()) == (0, "approved")
    closing.close(agreed.payment_id, wiring.gateways(), world.now)
    assert (agreed.captures(), agreed.at_paypal()) == (0, "canceled")
    assert world.rows("task") == []


def test_another_amount_than_the_invoices_is_not_taken(world: World) -> None:
    agreed = Agreed(world)
    world.sandbox._state.charges[steps.provider_id(agreed.payment_id)].skew = -100
    agreed.settle()
    settlement.ask(agreed.payment_id, wiring.gateways(), world.now)
    assert (agreed.captures(), agreed.at_paypal()) == (0, "approved")
    assert agreed.shown()["status"] == "pending_payment"


def test_closing_an_attempt_takes_what_its_payer_agreed_to_while_the_order_wants_it(world: World) -> None:
    agreed = Agreed(world)
    closing.close(agreed.payment_id, wiring.gateways(), world.now)
    assert (agreed.captures(), agreed.shown()["status"]) == (1, "paid")
