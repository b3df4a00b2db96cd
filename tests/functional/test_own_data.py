"""What a customer changes of his own data (V5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional import steps
from tests.world import World


def test_a_customer_changes_what_he_names_and_nothing_else(shared_world: World) -> None:
    customer, token = shared_world.customer(phone="+55 11 91234-5678")
    changed = shared_world.http(
        "PATCH", "/v1/me", {"name": "Ana S.", "default_payment_method": "card"}, token=token
    )
    assert changed.status == 200
    me = steps.read(shared_world, token, "/v1/me")
    assert (me["name"], me["default_payment_method"], me["tax_id"], me["phone"]) == (
        "Ana S.",
        "card",
        "52998224725",
        "+55 11 91234-5678",
    )
    trail = [row["action"] for row in shared_world.rows("audit") if row["subject"] == customer.id]
    assert sorted(trail) == ["changed default_payment_method, name", "registered"]


def test_a_boleto_cannot_be_the_usual_way_to_pay_where_none_is_sold(shared_world: World) -> None:
    _, token = shared_world.customer(country="ES", tax_id="12345678Z")
    body = {"default_payment_method": "boleto"}
    answer = shared_world.http("PATCH", "/v1/me", body, token=token)
    assert steps.faults(answer) == {"/default_payment_method": "boleto_only_in_brl"}


def test_null_removes_what_a_customer_need_not_have(shared_world: World) -> None:
    _, token = shared_world.customer(phone="+55 11 91234-5678")
    removed = {"tax_id": None, "phone": None, "address": None}
    assert shared_world.http("PATCH", "/v1/me", removed, token=token).status == 200
    me = steps.read(shared_world, token, "/v1/me")
    assert {name: me[name] for name in removed} == removed


@pytest.mark.parametrize("address", ["Calle Mayor 1", "Calle Mayor 1\n28013 Madrid\nEspaña", "ñ" * 300])
def test_an_address_may_have_several_lines(shared_world: World, address: str) -> None:
    _, token = shared_world.customer()
    changed = shared_world.http("PATCH", "/v1/me", {"address": f" {address}\n"}, token=token)
    assert (changed.status, changed.json["address"]) == (200, address)
    assert steps.read(shared_world, token, "/v1/me")["address"] == address


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "string_pattern_mismatch"),
        (" \n ", "string_pattern_mismatch"),
        ("a" * 301, "string_too_long"),
        *((f"Calle{control}1", "string_pattern_mismatch") for control in "\x00\t\r\x1b\x7f\x85\x9f"),
    ],
)
def test_an_address_holds_no_other_control_characters(shared_world: World, address: str, code: str) -> None:
    _, token = shared_world.customer()
    answer = shared_world.http("PATCH", "/v1/me", {"address": address}, token=token)
    assert steps.faults(answer) == {"/address": code}


def test_a_customer_of_before_there_were_addresses_has_none(shared_world: World) -> None:
    customer, token = shared_world.customer(address="Calle Mayor 1")
    (row,) = (row for row in shared_world.rows("customer") if row["id"] == customer.id)
    steps.put(shared_world, {name: value for name, value in row.items() if name != "address"})
    assert steps.read(shared_world, token, "/v1/me")["address"] is None


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"name": None, "locale": None}, {"/name": "value_error", "/locale": "value_error"}),
        ({"tax_id": "11144477736"}, {"/tax_id": "tax_id"}),
        ({"email": "new@example.com"}, {"/email": "extra_forbidden"}),
        ({"id": "cus_x", "country": "ES"}, {"/id": "extra_forbidden", "/country": "extra_forbidden"}),
        ({"default_payment_method": "barter"}, {"/default_payment_method": "literal_error"}),
    ],
    ids=lambda value: ",".join(value),
)
def test_faulty_changes_of_ones_data_change_nothing(
    shared_world: World, body: dict[str, Any], named: dict[str, str]
) -> None:
    _, token = shared_world.customer()
    before = shared_world.rows()
    assert steps.faults(shared_world.http("PATCH", "/v1/me", body, token=token)) == named
    assert shared_world.rows() == before


@pytest.mark.parametrize("body", [{}, {"name": "Ana Souza"}], ids=["nothing", "the same"])
def test_a_change_that_changes_nothing_leaves_no_trace(shared_world: World, body: dict[str, Any]) -> None:
    _, token = shared_world.customer()
    before = shared_world.rows()
    assert shared_world.http("PATCH", "/v1/me", body, token=token).status == 200
    assert shared_world.rows() == before
