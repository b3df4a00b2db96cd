"""A customer withdraws from a contract, in two steps: what is paid stops, what is not is taken back (B7)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.flows.quote import LARGEST_ORDER
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.contracted import ask_to_withdraw, contract, withdraw
from tests.functional.paid import Paid, paid, paid_by
from tests.functional.steps import ADDON_A, ADVISORY, ERP, LICENSE
from tests.world import World


def _charges(world: World) -> list[str]:
    answer = world.sandbox.answer(Request("GET", "/_sandbox/charges"))
    return sorted(one["status"] for one in json.loads(answer.body)["data"])


def _tasks(world: World) -> list[tuple[str, str]]:
    """The tasks that are left, but for those that every cancellation opens."""
    usual = [("cancellation", "staff"), ("slip_canceled", "finance")]
    return [task for task in steps.tasks(world) if task not in usual]


def _order(sale: Paid) -> Any:
    return next(row for row in sale.world.rows("order") if row["id"] == sale.order["id"])


# What is shown first


def test_the_first_step_shows_what_follows_and_changes_nothing(world: World) -> None:
    sale = paid(world, "card", LICENSE, ADDON_A)
    before = world.rows()
    answer = ask_to_withdraw(world, sale.token, order_id=sale.order["id"])
    assert world.rows() == before
    shown = answer.json
    assert answer.status == 200
    assert (shown["id"], shown["received_at"], shown["document_url"]) == (None, None, None)
    assert [line["name"] for line in shown["lines"]] == ["PrestaImport", "Proveedor A"]
    assert shown["ends"] == ["PrestaImport", "Proveedor A"]
    assert shown["total"] == shown["refund"] == sale.order["total"]
    assert shown["no_longer_owed"] is None
    assert shown["ordered_at"] == sale.order["created_at"]


def test_what_is_not_paid_ends_nothing_and_gives_nothing_back(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    shown = ask_to_withdraw(world, token, order_id=order["id"]).json
    assert (shown["ends"], shown["refund"], shown["no_longer_owed"]) == ([], None, order["total"])


# What is not paid


@pytest.mark.parametrize("method", ["boleto", "card"])
def test_an_unpaid_order_is_taken_back_with_its_invoice_and_its_charge(world: World, method: str) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, method=method)
    said = withdraw(world, token, order_id=order["id"])
    assert (said["order_id"], said["no_longer_owed"]) == (order["id"], order["total"])
    world.settle_down()
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "canceled"
    assert steps.invoice(order["invoice_id"]).status == "void"
    (note,) = steps.read(world, token, "/v1/credit_notes")["data"]
    assert (note["amount"], note["reason"]) == (order["total"], "Desistência")
    assert _charges(world) == ["canceled"]
    assert (_tasks(world), steps.outstanding(world)) == ([], [])


def test_money_on_its_way_is_a_case_for_finance(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    world.pay(order["payment"]["id"])
    withdraw(world, token, order_id=order["id"])
    world.settle_down()
    world.webhooks()
    world.settle_down()
    assert _tasks(world) == [("payment_late", "finance")]
    assert steps.licenses(world, token) == []


def test_a_part_of_a_transfer_blocks_nothing_and_is_sent_back(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, method="transfer")
    line = {"reference": "N1", "value_date": "2026-11-24", "amount": {"amount": 150, "currency": "BRL"}}
    path = f"/v1/staff/payments/{order['payment']['id']}/confirm"
    assert world.http("POST", path, line, token=world.staff("finance")).status == 200
    said = withdraw(world, token, order_id=order["id"])
    assert said["refund"] == {"amount": 150, "currency": "BRL"}
    world.settle_down()
    assert _tasks(world) == [("transfer_part_left", "finance")]
    assert steps.invoice(order["invoice_id"]).status == "void"


def test_an_order_that_expired_can_be_withdrawn_from_so_that_late_money_pays_nothing(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    steps.expired(order["id"], world.now)
    withdraw(world, token, order_id=order["id"])
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "canceled"


# What is paid


def test_what_was_bought_stops_at_once_and_finance_gives_the_money_back(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, ERP)
    sale = paid_by(world, token, "pix", LICENSE, ADDON_A, ADVISORY)
    said = withdraw(world, token, order_id=sale.order["id"])
    assert sale.code == "UNPAID"
    world.settle_down()
    assert _tasks(world) == [("withdrawal_refund", "finance")]
    facts = sale.facts("withdrawal_refund")
    assert (facts["withdrawal_id"], facts["order_id"]) == (said["id"], sale.order["id"])
    assert (facts["payment_ids"], facts["amount"]) == (sale.payment_id, str(sale.payment.amount))
    ticket = sale.read(f"/v1/tickets/{sale.order['tickets'][0]}")
    assert ticket["status"] == "closed"
    # What another order bought works on.
    (erp,) = sale.read("/v1/subscriptions")["data"]
    assert erp["status"] == "active"


def test_when_finance_gives_all_of_it_back_the_order_is_refunded(world: World) -> None:
    sale = paid(world, "card", LICENSE, ADDON_A)
    withdraw(world, sale.token, order_id=sale.order["id"])
    world.settle_down()
    assert sale.refund()["status"] == "done"
    assert (sale.states, sale.code) == (("refunded", "refunded", "refunded"), "UNPAID")
    trail = [row for row in world.rows("audit") if row["subject"] == sale.order["id"]]
    walked = {(row.get("before"), row["after"]) for row in trail}
    assert {("activated", "withdrawn"), ("withdrawn", "refunded")} <= walked
    assert steps.outstanding(world) == []


def test_a_part_that_is_given_back_brings_nothing_to_life_again(world: World) -> None:
    sale = paid(world, "card")
    withdraw(world, sale.token, order_id=sale.order["id"])
    sale.refund(100)
    sale.told()
    assert (sale.states[0], sale.code) == ("paid", "UNPAID")
    assert "withdrawn_at" in _order(sale)


@pytest.mark.parametrize("first", ["dispute", "withdrawal"])
def test_the_end_of_a_dispute_brings_nothing_to_life_again(world: World, first: str) -> None:
    sale = paid(world, "card")
    if first == "withdrawal":
        withdraw(world, sale.token, order_id=sale.order["id"])
    sale.happens("dispute")
    sale.told()
    if first == "dispute":
        withdraw(world, sale.token, order_id=sale.order["id"])
    sale.happens("dispute_won")
    sale.told()
    assert (sale.states[0], sale.code) == ("paid", "UNPAID")
    assert sale.refund()["status"] == "done"
    assert sale.states == ("refunded", "refunded", "refunded")


def test_a_dispute_that_is_lost_after_a_withdrawal_ends_once(world: World) -> None:
    sale = paid(world, "card")
    withdraw(world, sale.token, order_id=sale.order["id"])
    sale.happens("dispute")
    sale.told()
    sale.happens("dispute_lost")
    sale.told()
    assert (sale.states, sale.code) == (("refunded", "refunded", "refunded"), "UNPAID")


def test_a_paid_order_that_is_not_activated_yet_never_is(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, ERP)
    world.pay(order["payment"]["id"])
    world.webhooks()
    # The event is settled; nobody has been told of the order yet.
    while steps.read(world, token, f"/v1/orders/{order['id']}")["status"] != "paid":
        world.reconcile()
        world.work("settlements")
    said = withdraw(world, token, order_id=order["id"])
    world.settle_down()
    assert said["refund"] == order["total"]
    assert steps.licenses(world, token) == []
    assert steps.read(world, token, "/v1/subscriptions")["data"] == []
    assert ("withdrawal_refund", "finance") in _tasks(world)


def test_a_renewed_licence_keeps_the_term_that_it_had_before(world: World) -> None:
    sale = paid(world, "card")
    (shown,) = steps.licenses(world, sale.token)
    license_id, before = shown["id"], shown["expires_at"]
    renewal = paid_by(world, sale.token, "card", {"product": "prestaimport", "license_id": license_id})
    assert steps.licenses(world, sale.token)[0]["expires_at"] > before
    withdraw(world, sale.token, order_id=renewal.order["id"])
    assert (sale.code, steps.licenses(world, sale.token)[0]["expires_at"]) == ("VALID", before)


def test_the_largest_order_is_withdrawn_from_in_one_step_whatever_keys_its_licences_had(
    world: World,
) -> None:
    sale = paid(world, "slip", {"product": "prestaimport", "quantity": LARGEST_ORDER})
    staff = world.staff("staff")
    for license in steps.licenses(world, sale.token):
        for _ in range(2):
            path = f"/v1/staff/licenses/{license['id']}/rotate"
            assert world.http("POST", path, {"reason": "lost"}, token=staff).status == 200
    before = {row["pk"] + row["sk"]: row for row in world.rows()}
    asked = {"order_id": sale.order["id"], "confirm": True}
    headers = {"idempotency-key": "w1"}
    assert world.http("POST", "/v1/withdrawals", asked, token=sale.token, headers=headers).status == 201
    changed = [row for row in world.rows() if before.get(row["pk"] + row["sk"]) != row]
    assert LARGEST_ORDER * 4 < len(changed) <= 100
    assert {one["code"] for one in steps.licenses(world, sale.token)} == {"UNPAID"}


# Subscriptions


def test_a_subscription_ends_with_every_instalment_and_all_that_was_paid_is_given_back(world: World) -> None:
    held = contract(world)
    held.moved(45)
    second = held.charged()
    steps.pay(world, second["payment"])
    held.moved(30)
    third = held.charged()
    assert held.states == ["paid", "paid", "charged"]
    shown = ask_to_withdraw(world, held.token, subscription_id=held.id).json
    assert shown["order_id"] == held.order["id"]
    assert shown["no_longer_owed"] == {"amount": 39900, "currency": "BRL"}
    withdraw(world, held.token, subscription_id=held.id)
    world.settle_down()
    assert (held.stored.status, held.stored.ended_because) == ("ended", "withdrawn")
    assert held.states == ["paid", "paid", "canceled"]
    assert held.order_status(third["id"]) == "canceled"
    assert steps.invoice(third["invoice_id"]).status == "void"
    (facts,) = held.facts("withdrawal_refund")
    assert held.order["payment"]["id"] in facts["payment_ids"]


def test_the_instalments_of_a_contract_are_found_by_their_orders(world: World) -> None:
    held = contract(world, installment_every="P1D")
    held.moved(1)
    second = held.charged()
    steps.pay(world, second["payment"])
    said = withdraw(world, held.token, order_id=held.order["id"])
    assert said["refund"] == {"amount": 79800, "currency": "BRL"}
    (facts,) = held.facts("withdrawal_refund")
    assert facts["payment_ids"] == f"{held.order['payment']['id']}, {second['payment']['id']}"
    assert (facts["amount"], facts["amounts"]) == ("798.00 BRL", "399.00 BRL, 399.00 BRL")
    finance = world.staff("finance")
    for payment_id in facts["payment_ids"].split(", "):
        path = f"/v1/staff/payments/{payment_id}/refund"
        assert world.http("POST", path, {"reason": "withdrawn"}, token=finance).status == 201
        world.settle_down()
        assert held.stored.ended_because == "withdrawn"


def test_an_instalment_is_no_contract_of_its_own(world: World) -> None:
    held = contract(world)
    held.moved(45)
    second = held.charged()
    before = world.rows()
    refused = ask_to_withdraw(world, held.token, order_id=second["id"], confirm=True)
    assert steps.faults(refused) == {"/order_id": "not_a_contract"}
    assert held.id in refused.json["errors"][0]["detail"]
    assert world.rows() == before


def test_what_was_granted_was_not_bought(world: World) -> None:
    held = contract(world)
    held.set(order_id=None)
    refused = ask_to_withdraw(world, held.token, subscription_id=held.id)
    assert steps.faults(refused) == {"/subscription_id": "not_bought"}


def test_what_staff_rescinded_can_still_be_withdrawn_from(world: World) -> None:
    held = contract(world)
    held.moved(45)
    second = held.charged(days_ago=2)
    held.rescind()
    world.settle_down()
    assert held.states == ["paid", "charged", "canceled"]
    withdraw(world, held.token, subscription_id=held.id)
    world.settle_down()
    assert (held.stored.ended_because, held.states) == ("rescinded", ["paid", "canceled", "canceled"])
    assert held.order_status(second["id"]) == "canceled"
