"""`Idempotency-Key` on orders: a repeat creates nothing and is answered as before (B4)."""

from __future__ import annotations

import pytest

from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World


def test_a_repeat_is_answered_with_the_same_status_and_body(shared_world: World) -> None:
    _, token = shared_world.customer()
    first = steps.ask(shared_world, token, LICENSE, key="k")
    before = shared_world.rows()
    again = steps.ask(shared_world, token, LICENSE, key="k")
    assert (again.status, again.text) == (first.status, first.text) == (201, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert shared_world.rows() == before


def test_white_space_makes_no_other_body(shared_world: World) -> None:
    _, token = shared_world.customer()
    first = steps.ask(shared_world, token, {"product": "prestaimport"}, key="k")
    headers = {"idempotency-key": "k"}
    raw = b'{ "items" : [ {"quantity": 1, "product": "prestaimport"} ] }'
    again = shared_world.http("POST", "/v1/orders", raw=raw, token=token, headers=headers)
    assert again.text == first.text


def test_the_same_key_with_another_body_is_refused(shared_world: World) -> None:
    _, token = shared_world.customer()
    steps.ask(shared_world, token, LICENSE, key="k")
    before = shared_world.rows()
    other = steps.ask(shared_world, token, LICENSE, method="card", key="k")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert shared_world.rows() == before


def test_a_refused_order_does_not_use_its_key_up(shared_world: World) -> None:
    _, token = shared_world.customer()
    assert steps.ask(shared_world, token, {"product": "no-such"}, key="k").status == 422
    assert steps.ask(shared_world, token, LICENSE, key="k").status == 201


def test_without_a_key_every_request_is_an_order(shared_world: World) -> None:
    _, token = shared_world.customer()
    one, two = (steps.place(shared_world, token, LICENSE) for _ in range(2))
    assert one["id"] != two["id"]


def test_keys_of_two_customers_have_nothing_to_do_with_each_other(shared_world: World) -> None:
    orders = [
        steps.ask(shared_world, shared_world.customer(email)[1], LICENSE, key="k").json["id"]
        for email in ("ana@example.com", "rui@example.com")
    ]
    assert orders[0] != orders[1]


@pytest.mark.parametrize("length", [0, 256, 5000])
def test_a_key_has_between_1_and_255_characters(shared_world: World, length: int) -> None:
    _, token = shared_world.customer()
    body, headers = {"items": [LICENSE]}, {"idempotency-key": "k" * length}
    before = shared_world.rows()
    answer = shared_world.http("POST", "/v1/orders", body, token=token, headers=headers)
    assert steps.faults(answer) == {"/headers/Idempotency-Key": "length"}
    assert shared_world.rows() == before


def test_a_key_of_255_characters_is_taken(shared_world: World) -> None:
    _, token = shared_world.customer()
    assert steps.ask(shared_world, token, LICENSE, key="k" * 255).status == 201


def test_a_repeat_after_the_record_has_expired_finds_the_same_order(shared_world: World) -> None:
    _, token = shared_world.customer()
    first = steps.ask(shared_world, token, LICENSE, key="k").json
    steps.delete(shared_world, shared_world.rows("idempotency"))
    before = shared_world.rows()
    again = steps.ask(shared_world, token, LICENSE, key="k")
    assert (again.status, again.json["id"]) == (201, first["id"])
    assert shared_world.rows() == before


def test_the_record_is_kept_for_30_days(shared_world: World) -> None:
    _, token = shared_world.customer()
    steps.delete(shared_world, shared_world.rows("idempotency"))
    steps.ask(shared_world, token, LICENSE, key="k")
    (record,) = shared_world.rows("idempotency")
    assert int(record["ttl"]) - int(shared_world.now.timestamp()) in range(30 * 86400, 30 * 86400 + 600)


def test_a_key_on_a_call_that_creates_nothing_does_not_matter(shared_world: World) -> None:
    _, token = shared_world.customer()
    body, headers = {"items": [LICENSE]}, {"idempotency-key": "k" * 256}
    answer = shared_world.http("POST", "/v1/orders/preview", body, token=token, headers=headers)
    assert answer.status == 200
