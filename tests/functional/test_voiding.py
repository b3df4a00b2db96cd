"""An invoice that nobody has to pay any more is declared void, never deleted (V1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional import steps
from tests.functional.steps import ADVISORY, ERP, LICENSE
from tests.world import Answer, World

# The same person each time: a key belongs to whoever sends it.
SOMEBODY = "6f1d3f0e-6a3f-4f57-9a38-1f4f3f1f7b11"


def _void(world: World, invoice_id: str, key: str | None = None, **changed: Any) -> Answer:
    body = {"reason": "ordered twice by mistake", **changed}
    headers = {"idempotency-key": key} if key else {}
    path = f"/v1/staff/invoices/{invoice_id}/void"
    return world.http("POST", path, body, token=world.keys.token(SOMEBODY, "finance"), headers=headers)


@pytest.mark.parametrize("method", ["boleto", "card", "paypal"])
def test_nothing_of_a_void_invoice_can_be_paid_any_more(world: World, method: str) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, method=method)
    answer = _void(world, order["invoice_id"])
    assert (answer.status, answer.json["status"]) == (200, "void")
    world.settle_down()
    shown = steps.read(world, token, f"/v1/orders/{order['id']}")
    assert (shown["status"], shown["payment"]["status"]) == ("canceled", "canceled")
    assert [one["status"] for one in steps.charges(world)] == ["canceled"]
    assert steps.outstanding(world) == []


def test_a_credit_note_over_all_of_it_takes_it_back(world: World) -> None:
    _, token = world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")
    order = steps.charged(world, token, LICENSE, method="card")
    invoice = _void(world, order["invoice_id"]).json
    (note,) = steps.read(world, token, "/v1/credit_notes")["data"]
    assert (note["invoice_number"], note["amount"]) == (invoice["number"], invoice["total"])
    assert note["taxes"] == invoice["taxes"] != []
    assert note["number"].startswith("R-")
    assert note["reason"] == "ordered twice by mistake"


def test_its_tickets_are_closed(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, ERP)
    order = steps.charged(world, token, ADVISORY)
    _void(world, order["invoice_id"])
    ticket = steps.read(world, token, f"/v1/tickets/{order['tickets'][0]}")
    assert ticket["status"] == "closed"


def test_money_that_comes_all_the_same_is_a_case_for_finance(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, method="card")
    world.pay(order["payment"]["id"])
    assert _void(world, order["invoice_id"]).status == 200
    world.settle_down()
    world.webhooks()
    world.settle_down()
    assert steps.tasks(world) == [("payment_late", "finance")]
    assert steps.licenses(world, token) == []
    assert steps.outstanding(world) == []


def test_an_expired_order_can_still_be_taken_back(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    steps.expired(order["id"], world.now)
    assert _void(world, order["invoice_id"]).json["status"] == "void"


def test_a_repeat_is_harmless_and_gives_the_same_answer(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    first = _void(world, order["invoice_id"], key="v1")
    again = _void(world, order["invoice_id"], key="v1")
    assert (again.status, again.text) == (200, first.text)
    assert len(world.rows("credit_note")) == 1


def test_what_was_paid_or_partly_paid_or_is_void_stays_as_it_is(world: World) -> None:
    _, token = world.customer()
    paid = steps.bought(world, token, LICENSE)
    part = steps.charged(world, token, LICENSE, method="transfer")
    line = {"reference": "N1", "value_date": "2026-11-24", "amount": {"amount": 1, "currency": "BRL"}}
    confirm = f"/v1/staff/payments/{part['payment']['id']}/confirm"
    assert world.http("POST", confirm, line, token=world.staff("finance")).status == 200
    void = steps.charged(world, token, LICENSE)
    _void(world, void["invoice_id"])
    world.settle_down()
    before = world.rows()
    for order in (paid, part, void):
        answer = _void(world, order["invoice_id"])
        assert (answer.status, answer.json["code"]) == (409, "invoice_not_voidable")
    assert world.rows() == before


def test_a_reason_is_needed(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    assert steps.faults(_void(world, order["invoice_id"], reason=" ")) == {"/reason": "string_too_short"}
