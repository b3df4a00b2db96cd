"""A withdrawal is acknowledged at once and for good, as long as it is possible (B7)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.flows import withdrawing
from chalicelib.flows.withdrawing import Contract
from chalicelib.orders.withdrawals import Withdrawal
from chalicelib.storage.idempotency import Repeatable
from tests.functional import steps
from tests.functional.contracted import ask_to_withdraw, contract, withdraw
from tests.functional.paid import paid
from tests.functional.steps import LICENSE
from tests.world import World

DAY = timedelta(days=1)
TAX_IDS = {"BR": "52998224725", "CL": "12345678-5", "ES": "12345678Z"}


def test_the_acknowledgement_is_there_at_once_and_stays_the_same(world: World) -> None:
    sale = paid(world, "card")
    said = withdraw(world, sale.token, order_id=sale.order["id"], statement="  Ya no lo necesito  ")
    assert said["statement"] == "Ya no lo necesito"
    assert sale.read(f"/v1/withdrawals/{said['id']}") == said
    assert sale.read("/v1/withdrawals")["data"] == [said]
    first = world.http("GET", said["document_url"], token=sale.token)
    assert first.status == 200
    assert first.headers["Content-Type"] == "text/html; charset=utf-8"
    assert first.headers["Content-Disposition"] == f'attachment; filename="{said["id"]}.html"'
    for shown in (said["id"], "Acuse de recibo", "PrestaImport", "Ya no lo necesito", "UTC+0"):
        assert shown in first.text
    sale.refund()
    assert world.http("GET", said["document_url"], token=sale.token).body == first.body


def test_it_is_told_once_and_traced_as_the_customers_own_act(world: World) -> None:
    sale = paid(world, "card")
    said = withdraw(world, sale.token, order_id=sale.order["id"])
    (event,) = [row for row in world.rows("outbox") if row["name"] == "order.withdrawn"]
    assert event["subject"] == sale.order["id"]
    assert said["id"] in str(event)
    for subject, after in ((said["id"], "received"), (sale.order["id"], "withdrawn")):
        (row,) = [row for row in world.rows("audit") if (row["subject"], row["after"]) == (subject, after)]
        assert row["channel"] == "store"


def test_a_formal_letter_says_the_same(world: World) -> None:
    sale = paid(world, "card")
    said = withdraw(world, sale.token, order_id=sale.order["id"])
    world.settle_down()
    (letter,) = [row for row in world.rows("mail") if row["mail_kind"] == "withdrawal_received"]
    assert (letter["status"], letter["formal"]) == ("sent", True)
    told = json.loads(letter["params"])
    facts = (told["number"], told["invoice"], told["received_at"], told["zone"], told["refund"])
    money = {"amount": said["total"]["amount"], "currency": said["total"]["currency"]}
    assert facts == (said["id"], said["invoice_number"], said["received_at"], "Europe/Madrid", money)
    assert [line["name"] for line in told["lines"]] == [line["name"] for line in said["lines"]]


def test_withdrawing_again_gives_the_same_acknowledgement(world: World) -> None:
    sale = paid(world, "card")
    first = withdraw(world, sale.token, order_id=sale.order["id"])
    before = world.rows()
    assert withdraw(world, sale.token, order_id=sale.order["id"], statement="again") == first
    shown = ask_to_withdraw(world, sale.token, order_id=sale.order["id"])
    assert (shown.status, shown.json) == (200, first)
    assert world.rows() == before
    sale.refund()
    steps.set_order(sale.order["id"], created_at=world.now - 90 * DAY)
    assert withdraw(world, sale.token, order_id=sale.order["id"]) == first


def test_a_repeat_with_its_key_gets_the_same_answer_and_another_body_none(world: World) -> None:
    sale = paid(world, "card")
    first = ask_to_withdraw(world, sale.token, key="w1", order_id=sale.order["id"], confirm=True)
    again = ask_to_withdraw(world, sale.token, key="w1", order_id=sale.order["id"], confirm=True)
    assert (again.status, again.text) == (201, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = ask_to_withdraw(world, sale.token, key="w1", order_id="ord_other", confirm=True)
    assert other.json["code"] == "idempotency_key_reused"


def test_two_at_once_are_one_withdrawal(world: World) -> None:
    sale = paid(world, "card")
    order = Contract(order_id=sale.order["id"])
    customer_id = sale.payment.customer_id
    others: list[Withdrawal] = []

    def meanwhile(received: Withdrawal) -> tuple[int, str]:
        if not others:
            others.append(withdrawing.withdraw(customer_id, order, None, world.now, answer=meanwhile))
        return 201, "{}"

    once = Repeatable("customer", "withdraw", "k1", b"{}")
    mine = withdrawing.withdraw(
        customer_id, order, "mine", world.now + DAY, answer=meanwhile, repeatable=once
    )
    assert [replace(one, version=mine.version) for one in others] == [mine]
    assert mine.statement is None
    world.settle_down()
    assert sale.tasks() == ["withdrawal_refund"]


# What cannot be


@pytest.mark.parametrize(("country", "days"), [("BR", 10), ("CL", 13), ("ES", 17)])
def test_outside_of_the_window_it_is_said_until_when_it_was_possible(
    world: World, country: str, days: int
) -> None:
    _, token = world.customer(country=country, locale="es", tax_id=TAX_IDS[country])
    order = steps.charged(world, token, LICENSE, method="card")
    steps.set_order(order["id"], created_at=world.now - days * DAY)
    before = world.rows()
    for confirm in (False, True):
        refused = ask_to_withdraw(world, token, order_id=order["id"], confirm=confirm)
        assert (refused.status, refused.json["code"]) == (409, "withdrawal_window_closed")
    assert world.rows() == before


def test_what_was_refunded_or_cancelled_is_no_contract_any_more(world: World) -> None:
    sale = paid(world, "card")
    sale.refund()
    refused = ask_to_withdraw(world, sale.token, order_id=sale.order["id"], confirm=True)
    assert (refused.status, refused.json["code"]) == (409, "order_not_withdrawable")


def test_bad_input_names_every_field_and_changes_nothing(world: World) -> None:
    sale = paid(world, "card")
    before = world.rows()
    neither = ask_to_withdraw(world, sale.token, confirm=True)
    both = ask_to_withdraw(
        world, sale.token, order_id=sale.order["id"], subscription_id="sub_1", confirm=True
    )
    expected = {"/order_id": "exactly_one", "/subscription_id": "exactly_one"}
    assert steps.faults(neither) == steps.faults(both) == expected
    wrong = ask_to_withdraw(world, sale.token, order_id="", confirm="yes", statement=" ", reason="none")
    assert steps.faults(wrong).keys() == {"/order_id", "/confirm", "/statement", "/reason"}
    assert world.rows() == before


def test_what_is_somebody_elses_is_unknown(world: World) -> None:
    held = contract(world)
    _, other = world.customer("rui@example.com", tax_id="11144477735")
    before = world.rows()
    for confirm in (False, True):
        order = ask_to_withdraw(world, other, order_id=held.order["id"], confirm=confirm)
        subscription = ask_to_withdraw(world, other, subscription_id=held.id, confirm=confirm)
        assert (order.status, order.json["code"]) == (404, "order_not_found")
        assert (subscription.status, subscription.json["code"]) == (404, "subscription_not_found")
    assert world.rows() == before
