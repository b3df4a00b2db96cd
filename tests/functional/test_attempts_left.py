"""What is left of an attempt that came to nothing: no money forgotten, none taken that nobody wants (V8)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.billing.expiry import BeingCharged
from chalicelib.flows import attempts, expiry
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World

SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}


def test_a_part_of_a_transfer_is_not_forgotten_when_another_attempt_pays(world: World) -> None:
    token = world.customer(**SPAIN)[1]
    order = steps.charged(world, token, LICENSE, method="transfer")
    part = {"reference": "N1", "value_date": "2026-11-24", "amount": {"amount": 5000, "currency": "EUR"}}
    confirm = f"/v1/staff/payments/{order['payment']['id']}/confirm"
    assert world.http("POST", confirm, part, token=world.staff("finance")).status == 200
    steps.pay(world, steps.attempt(world, token, order["invoice_id"], "card"))
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "paid"
    assert steps.tasks(world) == [("transfer_part_left", "finance")]


def test_an_order_is_not_given_up_for_an_attempt_that_came_meanwhile(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    card = steps.attempt(world, token, order["invoice_id"], "card")
    steps.set_order(order["id"], expires_at=world.now)
    with pytest.raises(BeingCharged):
        expiry.close(order["id"], order["payment"]["id"], world.now)
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "pending_payment"
    assert steps.charges_stand(world)[card["id"]] == "open"


def test_what_a_payer_agreed_to_is_not_taken_for_an_invoice_that_is_void(world: World) -> None:
    token = world.customer(**SPAIN)[1]
    order = steps.charged(world, token, LICENSE, method="paypal")
    world.pay(order["payment"]["id"])  # he agrees, and the message about it is lost
    path = f"/v1/staff/invoices/{order['invoice_id']}/void"
    assert world.http("POST", path, {"reason": "a mistake"}, token=world.staff("finance")).status == 200
    world.settle_down()
    assert steps.charges_stand(world)[order["payment"]["id"]] == "canceled"
    assert world.rows("task") == []


def test_a_slip_that_banks_take_no_more_is_not_given_out_again(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    late = world.now + timedelta(days=8)
    payment = attempts.pay_again(
        order["invoice_id"], attempts.PayBy("boleto"), wiring.vendor(), late, actor=steps.OPERATOR
    )
    assert payment.id != order["payment"]["id"]
    assert payment.due_date
    assert payment.due_date > late.date()


def test_a_boleto_is_made_out_to_the_buyer_on_the_invoice(world: World) -> None:
    _, token = world.customer()
    world.http("PATCH", "/v1/me", {"tax_id": None}, token=token)
    order = steps.charged(world, token, LICENSE, method="card")
    world.http("PATCH", "/v1/me", {"tax_id": "52998224725"}, token=token)
    path = f"/v1/invoices/{order['invoice_id']}/payments"
    refused = world.http("POST", path, {"method": "boleto"}, token=token)
    assert steps.faults(refused) == {"/method": "tax_id_required"}
