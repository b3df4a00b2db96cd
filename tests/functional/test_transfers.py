"""Bank transfers: told where to pay, confirmed by finance, booked once; parts and excess show (V7, V8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import ACCOUNT, Answer, World

TOTAL = 12000


def _spaniard(world: World) -> str:
    return world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")[1]


def _ordered(world: World, token: str) -> Any:
    return steps.charged(world, token, LICENSE, method="transfer")


def _confirm(
    world: World, payment_id: str, reference: str = "N1", minor: int = TOTAL, **changed: Any
) -> Answer:
    body = {
        "reference": reference,
        "value_date": "2026-11-24",
        "amount": {"amount": minor, "currency": "EUR"},
        **changed,
    }
    token = world.staff("finance")
    answer = world.http("POST", f"/v1/staff/payments/{payment_id}/confirm", body, token=token)
    world.settle_down()
    return answer


def _status(world: World, token: str, order: Any) -> tuple[str, str]:
    shown = steps.read(world, token, f"/v1/orders/{order['id']}")
    return shown["status"], shown["payment"]["status"]


def test_an_order_says_where_to_send_the_money_and_what_to_quote(world: World) -> None:
    token = _spaniard(world)
    order = _ordered(world, token)
    invoice = steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")
    assert order["payment"]["instructions"] == {"account": ACCOUNT, "reference": invoice["number"]}
    assert (order["payment"]["status"], order["payment"]["received"]) == ("pending", None)
    kinds = [row["mail_kind"] for row in world.rows("mail")]
    assert sorted(kinds) == ["invoice_issued", "transfer_to_make"]
    assert steps.outstanding(world) == []


def test_the_whole_amount_pays_and_activates_the_order_once(world: World) -> None:
    token = _spaniard(world)
    order = _ordered(world, token)
    first = _confirm(world, order["payment"]["id"])
    assert (first.status, first.json["status"], first.json["received"]["amount"]) == (200, "paid", TOTAL)
    again = _confirm(world, order["payment"]["id"])
    assert (again.status, again.json) == (200, first.json)
    assert _status(world, token, order) == ("paid", "paid")
    assert len(steps.licenses(world, token)) == 1
    assert len(world.rows("bank_entry")) == 1
    assert world.rows("task") == []
    trail = [row for row in world.rows("audit") if row["action"] == "payment received"]
    assert {(row["channel"], row["reason"]) for row in trail} == {("staff", "bank statement N1")}


def test_parts_add_up_until_they_pay(world: World) -> None:
    token = _spaniard(world)
    order = _ordered(world, token)
    part = _confirm(world, order["payment"]["id"], "N1", 5000)
    assert (part.json["status"], part.json["received"]["amount"]) == ("pending", 5000)
    assert steps.licenses(world, token) == []
    rest = _confirm(world, order["payment"]["id"], "N2", 7000)
    assert (rest.json["status"], rest.json["received"]["amount"]) == ("paid", TOTAL)
    assert world.rows("task") == []


def test_what_is_too_much_pays_and_is_for_finance(world: World) -> None:
    token = _spaniard(world)
    order = _ordered(world, token)
    assert _confirm(world, order["payment"]["id"], minor=TOTAL + 1).json["status"] == "paid"
    assert steps.tasks(world) == [("transfer_over", "finance")]


def test_money_for_what_is_paid_or_given_up_is_booked_and_for_finance(world: World) -> None:
    token = _spaniard(world)
    order = _ordered(world, token)
    _confirm(world, order["payment"]["id"])
    assert _confirm(world, order["payment"]["id"], "N2").json["received"]["amount"] == 2 * TOTAL
    canceled = _ordered(world, token)
    steps.set_order(canceled["id"], status="canceled")
    assert _confirm(world, canceled["payment"]["id"], "N3").json["status"] == "pending"
    assert steps.tasks(world) == [("transfer_late", "finance")] * 2
    assert len(steps.licenses(world, token)) == 1


@pytest.mark.parametrize("other", [{"minor": 1}, {"value_date": "2026-11-25"}])
def test_a_reference_booked_with_other_figures_is_refused(world: World, other: dict[str, Any]) -> None:
    token = _spaniard(world)
    order = _ordered(world, token)
    _confirm(world, order["payment"]["id"])
    before = world.rows()
    answer = _confirm(world, order["payment"]["id"], **other)
    assert (answer.status, answer.json["code"]) == (409, "reference_used")
    assert world.rows() == before


def test_a_reference_pays_one_payment_only(world: World) -> None:
    token = _spaniard(world)
    first, second = _ordered(world, token), _ordered(world, token)
    _confirm(world, first["payment"]["id"])
    assert _confirm(world, second["payment"]["id"]).status == 409
    assert _status(world, token, second) == ("pending_payment", "pending")


def test_only_transfers_are_confirmed_by_hand(world: World) -> None:
    token = _spaniard(world)
    order = steps.charged(world, token, LICENSE, method="card")
    answer = _confirm(world, order["payment"]["id"])
    assert (answer.status, answer.json["code"]) == (409, "not_a_transfer")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"amount": {"amount": TOTAL, "currency": "BRL"}}, {"/amount/currency": "currency"}),
        ({"amount": {"amount": 0, "currency": "EUR"}}, {"/amount/amount": "greater_than"}),
        ({"amount": {"amount": 1.5, "currency": "EUR"}}, {"/amount/amount": "int_type"}),
        (
            {"reference": " ", "value_date": "soon", "amount": {"amount": 1, "currency": "XXX"}, "who": 1},
            {
                "/reference": "string_too_short",
                "/value_date": "date_from_datetime_parsing",
                "/amount/currency": "literal_error",
                "/who": "extra_forbidden",
            },
        ),
    ],
)
def test_a_faulty_confirmation_names_its_faults_and_books_nothing(
    world: World, changed: dict[str, Any], named: dict[str, str]
) -> None:
    token = _spaniard(world)
    order = _ordered(world, token)
    assert steps.faults(_confirm(world, order["payment"]["id"], **changed)) == named
    assert world.rows("bank_entry") == []


def test_the_day_of_value_is_when_it_was_paid(world: World) -> None:
    token = _spaniard(world)
    order = _ordered(world, token)
    paid_at = _confirm(world, order["payment"]["id"]).json["paid_at"]
    # Midnight in Madrid.
    assert paid_at == "2026-11-23T23:00:00Z"


def test_an_unknown_payment_is_not_found(world: World) -> None:
    assert _confirm(world, "pay_x").status == 404
