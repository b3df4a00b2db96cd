"""An order can be paid in every way, and tried again in another: never two at a time (S5, V7, V8)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing.gateways import ProviderUnavailable
from chalicelib.flows import attempts, charging
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World

METHODS = ["card", "paypal", "redsys"]


def _spaniard(world: World) -> str:
    return world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")[1]


def _order(world: World, token: str, order: Any) -> Any:
    return steps.read(world, token, f"/v1/orders/{order['id']}")


@pytest.mark.parametrize("method", METHODS)
def test_an_order_is_paid_and_activated(world: World, method: str) -> None:
    token = _spaniard(world)
    order = steps.bought(world, token, LICENSE, method=method)
    assert (order["payment"]["method"], order["payment"]["status"]) == (method, "paid")
    assert len(order["licenses"]) == 1
    assert world.rows("task") == []
    assert steps.outstanding(world) == []
    kinds = sorted(row["mail_kind"] for row in world.rows("mail"))
    assert kinds == ["invoice_issued", "license_active", "payment_received"]


def test_paypal_sends_its_payer_to_a_page_and_redsys_gets_a_form(world: World) -> None:
    token = _spaniard(world)
    wallet = steps.charged(world, token, LICENSE, method="paypal")["payment"]
    assert wallet["redirect_url"].startswith(f"{world.sandbox.url}/paypal/checkoutnow")
    terminal = steps.charged(world, token, LICENSE, method="redsys")["payment"]
    assert terminal["form"]["url"] == f"{world.sandbox.url}/redsys/sis/realizarPago"
    assert set(terminal["form"]["fields"]) == {
        "Ds_SignatureVersion",
        "Ds_MerchantParameters",
        "Ds_Signature",
    }


def test_payers_come_back_to_their_online_invoice(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="paypal")
    invoice = steps.invoice(order["invoice_id"])
    charge = world.sandbox._state.charges[steps.provider_id(order["payment"]["id"])]
    assert charge.details["return_url"] == wiring.links().online(invoice)


@pytest.mark.parametrize(
    ("profile", "method", "code"),
    [
        ({}, "redsys", "not_in_currency"),
        ({"country": "CL", "locale": "es", "tax_id": "125319092"}, "paypal", "not_in_currency"),
        ({"country": "ES", "locale": "es", "tax_id": "12345678Z"}, "boleto", "boleto_only_in_brl"),
    ],
)
def test_a_method_is_for_some_currencies(world: World, profile: Any, method: str, code: str) -> None:
    _, token = world.customer(**profile)
    assert steps.faults(steps.ask(world, token, LICENSE, method=method)) == {"/payment_method": code}
    assert world.rows("order") == []


def test_a_declined_card_leaves_the_order_to_be_paid_by_another_attempt(world: World) -> None:
    token = _spaniard(world)
    steps.turn(world, decline=True)
    order = steps.charged(world, token, LICENSE, method="card")
    assert (order["status"], order["payment"]["status"]) == ("pending_payment", "failed")
    steps.turn(world)
    second = steps.attempt(world, token, order["invoice_id"], "paypal")
    assert second["id"] != order["payment"]["id"]
    steps.pay(world, second)
    shown = _order(world, token, order)
    assert (shown["status"], shown["payment"]["id"]) == ("paid", second["id"])


@pytest.mark.parametrize("first", METHODS)
@pytest.mark.parametrize("second", METHODS)
def test_the_former_attempt_is_closed_before_the_new_one_can_be_paid(
    world: World, first: str, second: str
) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method=first)
    again = steps.attempt(world, token, order["invoice_id"], second)
    former = order["payment"]["id"]
    if first == second:
        assert again["id"] == former
        return
    assert steps.payment(world, token, former)["status"] == "canceled"
    # Redsys knows of a charge only when its payer comes.
    assert steps.charges_stand(world).get(former) in ("canceled", None)
    steps.pay(world, again)
    shown = _order(world, token, order)
    assert (shown["status"], shown["payment"]["id"], len(shown["licenses"])) == ("paid", again["id"], 1)
    # Somebody may still be on Redsys's page.
    assert steps.outstanding(world) == (["payment"] if first == "redsys" else [])
    assert world.rows("task") == []


def test_a_page_that_is_about_to_close_is_not_given_out_again(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="paypal")
    at = world.now + attempts.PAGES_LAST["paypal"] + timedelta(minutes=1)
    payment = attempts.pay_again(
        order["invoice_id"],
        attempts.PayBy("paypal"),
        wiring.vendor(),
        at,
        actor=steps.OPERATOR,
    )
    assert payment.id != order["payment"]["id"]


def test_money_that_the_former_attempt_took_meanwhile_is_booked_and_nothing_else_charged(
    world: World,
) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="card")
    world.pay(order["payment"]["id"])  # and its webhook is late
    second = steps.attempt(world, token, order["invoice_id"], "paypal")
    assert second["status"] == "canceled"
    assert second["id"] not in steps.charges_stand(world)
    shown = _order(world, token, order)
    assert (shown["status"], len(shown["licenses"])) == ("paid", 1)
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()
    assert world.rows("task") == []
    assert steps.outstanding(world) == []


def test_a_transfer_that_was_replaced_still_pays_when_it_arrives(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="transfer")
    second = steps.attempt(world, token, order["invoice_id"], "card")
    body = {"reference": "N1", "value_date": "2026-11-24", "amount": order["total"]}
    path = f"/v1/staff/payments/{order['payment']['id']}/confirm"
    answer = world.http("POST", path, body, token=world.staff("finance"))
    assert (answer.status, answer.json["status"]) == (200, "paid")
    world.settle_down()
    assert _order(world, token, order)["status"] == "paid"
    assert steps.charges_stand(world)[second["id"]] == "canceled"
    assert steps.payment(world, token, second["id"])["status"] == "canceled"
    assert steps.outstanding(world) == []


def test_while_the_former_cannot_be_closed_the_new_one_is_not_charged(world: World) -> None:
    class Unreachable:
        def find(self, reference: str, provider_id: str | None) -> None:
            raise ProviderUnavailable("time-out")

    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="card")
    asked = {"method": "paypal"}
    answer = world.http("POST", f"/v1/invoices/{order['invoice_id']}/payments", asked, token=token)
    broken: Any = {"stripe": Unreachable()}
    with pytest.raises(ProviderUnavailable):
        charging.charge(answer.json["id"], broken, wiring.links(), world.now)
    assert steps.payment(world, token, answer.json["id"])["status"] == "requested"
    world.settle_down()
    assert steps.payment(world, token, answer.json["id"])["status"] == "pending"


def test_a_repeated_request_makes_one_attempt_and_another_body_is_refused(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="card")
    path, key = f"/v1/invoices/{order['invoice_id']}/payments", {"idempotency-key": "k1"}
    first = world.http("POST", path, {"method": "paypal"}, token=token, headers=key)
    world.settle_down()
    again = world.http("POST", path, {"method": "paypal"}, token=token, headers=key)
    assert (again.status, again.text) == (201, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = world.http("POST", path, {"method": "redsys"}, token=token, headers=key)
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert len(world.rows("payment")) == 2


def test_a_paid_invoice_is_not_paid_again(world: World) -> None:
    token = _spaniard(world)
    order = steps.bought(world, token, LICENSE, method="card")
    before = world.rows()
    path = f"/v1/invoices/{order['invoice_id']}/payments"
    answer = world.http("POST", path, {"method": "paypal"}, token=token)
    assert (answer.status, answer.json["code"]) == (409, "invoice_not_payable")
    assert world.rows() == before


def test_a_faulty_attempt_names_its_faults(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    path = f"/v1/invoices/{order['invoice_id']}/payments"
    answer = world.http("POST", path, {"method": "shells", "amount": 1}, token=token)
    assert steps.faults(answer) == {"/method": "literal_error", "/amount": "extra_forbidden"}
    refused = world.http("POST", path, {"method": "redsys"}, token=token)
    assert steps.faults(refused) == {"/method": "not_in_currency"}


def test_attempts_come_to_an_end(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="card")
    earlier = tuple(f"pay_{number}" for number in range(attempts.MOST_ATTEMPTS - 1))
    steps.set_order(order["id"], earlier_payment_ids=earlier)
    path = f"/v1/invoices/{order['invoice_id']}/payments"
    answer = world.http("POST", path, {"method": "paypal"}, token=token)
    assert (answer.status, answer.json["code"]) == (409, "too_many_attempts")


def test_a_boleto_after_another_attempt_gives_the_order_its_end(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, method="card")
    (row,) = world.rows("order")
    assert "expires_at" not in row
    boleto = steps.attempt(world, token, order["invoice_id"], "boleto")
    assert boleto["boleto"]["pix"]
    (row,) = world.rows("order")
    assert "expires_at" in row
    steps.pay(world, boleto)
    assert _order(world, token, order)["status"] == "paid"


def test_an_order_whose_card_attempt_outlasts_its_boleto_expires_with_it(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    card = steps.attempt(world, token, order["invoice_id"], "card")
    world.now += timedelta(days=20)
    steps.expiry_sweep(world)
    assert _order(world, token, order)["status"] == "expired"
    assert steps.charges_stand(world)[card["id"]] == "canceled"
    assert "order_expired" in {row["mail_kind"] for row in world.rows("mail")}


def test_a_payment_at_redsys_of_which_no_notice_comes_is_found_after_half_an_hour(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="redsys")
    steps.open_form(world, order["payment"])
    world.pay(order["payment"]["id"])
    world.reconcile(timedelta(minutes=29))
    world.settle_down()
    assert _order(world, token, order)["status"] == "pending_payment"
    world.reconcile(timedelta(minutes=2))
    world.settle_down()
    assert _order(world, token, order)["status"] == "paid"


@pytest.mark.parametrize("method", ["paypal", "redsys"])
def test_a_page_that_nobody_came_to_lapses_and_its_payer_is_told_where_to_pay(
    world: World, method: str
) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method=method)
    if method == "paypal":
        del world.sandbox._state.charges[steps.provider_id(order["payment"]["id"])]
    for _ in range(6):
        world.reconcile(timedelta(hours=6))
        world.settle_down()
    shown = _order(world, token, order)
    assert (shown["status"], shown["payment"]["status"]) == ("pending_payment", "failed")
    assert shown["payment"]["failure"] == "not_completed"
    (letter,) = [row for row in world.rows("mail") if row["mail_kind"] == "payment_failed"]
    assert json.loads(letter["params"])["pay_url"] == wiring.links().online(
        steps.invoice(order["invoice_id"])
    )
    assert world.rows("task") == []
