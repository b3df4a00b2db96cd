"""A card that its holder asked to keep is charged at once, and he can take it back (S2, S5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World


def _holder(world: World, by: str = "") -> str:
    """Somebody with a card on file; `by` makes it one that makes trouble later."""
    _, token = world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")
    order = steps.charged(world, token, LICENSE, method="card", keep_card=True)
    steps.pay_with(world, order["payment"]["id"], by)
    return token


def _cards(world: World, token: str) -> list[Any]:
    found: list[Any] = steps.read(world, token, "/v1/me/cards")["data"]
    return found


def test_a_card_is_kept_only_when_its_holder_asks_for_it(world: World) -> None:
    _, token = world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")
    steps.bought(world, token, LICENSE, method="card")
    assert _cards(world, token) == []
    steps.bought(world, token, LICENSE, method="card", keep_card=True)
    (card,) = _cards(world, token)
    assert set(card) == {"id", "brand", "last4", "expires", "created_at"}
    (row,) = world.rows("card")
    assert ":" in row["token"]
    assert not [one for one in world.rows("audit") if row["token"] in str(one)]


def test_the_card_on_file_is_charged_at_once_without_a_page(world: World) -> None:
    token = _holder(world)
    (card,) = _cards(world, token)
    body = {"items": [LICENSE]}
    shown = world.http("POST", "/v1/orders/preview", body, token=token).json["payment"]
    assert (shown["method"], shown["card"]["id"]) == ("card", card["id"])
    order = steps.charged(world, token, LICENSE)
    assert (order["status"], order["payment"]["card_id"]) == ("paid", card["id"])
    assert order["payment"]["redirect_url"] is None
    assert order["payment"]["paid_at"][:10] == f"{world.now:%Y-%m-%d}"
    assert len(order["licenses"]) == 1
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()
    assert world.rows("task") == []
    assert steps.outstanding(world) == []


def test_another_card_can_be_used_instead(world: World) -> None:
    token = _holder(world)
    order = steps.charged(world, token, LICENSE, method="card", new_card=True)
    assert (order["payment"]["card_id"], order["status"]) == (None, "pending_payment")
    assert order["payment"]["redirect_url"]


@pytest.mark.parametrize(
    ("by", "failure"), [("card_declined", "declined"), ("authentication_required", "authentication")]
)
def test_a_declined_card_on_file_leaves_the_order_payable_and_its_holder_told(
    world: World, by: str, failure: str
) -> None:
    token = _holder(world, by)
    order = steps.charged(world, token, LICENSE)
    assert (order["status"], order["payment"]["status"]) == ("pending_payment", "failed")
    assert order["payment"]["failure"] == failure
    assert "payment_failed" in {row["mail_kind"] for row in world.rows("mail")}
    assert world.rows("task") == []
    again = steps.attempt(world, token, order["invoice_id"], "card", new_card=True)
    steps.pay(world, again)
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "paid"


def test_a_card_that_was_taken_back_is_not_charged(world: World) -> None:
    token = _holder(world)
    (card,) = _cards(world, token)
    waiting = steps.place(world, token, LICENSE)
    for _ in range(2):
        assert world.http("DELETE", f"/v1/me/cards/{card['id']}", token=token).status == 200
    assert _cards(world, token) == []
    world.settle_down()
    shown = steps.read(world, token, f"/v1/orders/{waiting['id']}")
    assert (shown["payment"]["status"], shown["payment"]["failure"]) == ("failed", "declined")
    assert steps.charged(world, token, LICENSE)["payment"]["redirect_url"]
    trail = [row["action"] for row in world.rows("audit") if row["subject"] == card["id"]]
    assert sorted(trail) == ["card kept", "card removed"]


def test_a_card_past_its_month_is_not_charged(world: World) -> None:
    token = _holder(world)
    (row,) = world.rows("card")
    steps.put(world, {**row, "expires": f"{world.now - timedelta(days=40):%Y-%m}"})
    assert steps.charged(world, token, LICENSE)["payment"]["redirect_url"]


def test_a_default_method_is_used_when_nothing_is_said(world: World) -> None:
    _, token = world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")
    for method in ("paypal", "redsys", "transfer"):
        changed = world.http("PATCH", "/v1/me", {"default_payment_method": method}, token=token)
        assert changed.status == 200
        assert steps.place(world, token, LICENSE)["payment"]["method"] == method
    refused = world.http("PATCH", "/v1/me", {"default_payment_method": "boleto"}, token=token)
    assert steps.faults(refused) == {"/default_payment_method": "boleto_only_in_brl"}


def test_only_tokens_are_kept(world: World) -> None:
    token = _holder(world)
    steps.charged(world, token, LICENSE)
    stored = str(world.rows())
    assert "4242424242424242" not in stored
    asked = world.sandbox.answer(Request("GET", "/_sandbox/charges"))
    assert asked.status == 200
