"""By which method and in which currency a customer pays (S2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World

SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}


@pytest.mark.parametrize(
    ("profile", "default", "asked", "method"),
    [
        ({}, None, None, "boleto"),
        ({}, None, "card", "card"),
        ({}, "card", None, "card"),
        ({}, "card", "boleto", "boleto"),
        (SPAIN, None, None, "card"),
        ({"country": "CL", "tax_id": "125319092"}, None, None, "card"),
    ],
)
def test_the_method_is_the_one_asked_for_or_the_customers_or_his_countrys(
    shared_world: World, profile: dict[str, str], default: str | None, asked: str | None, method: str
) -> None:
    _, token = shared_world.customer(**profile)
    if default:
        shared_world.http("PATCH", "/v1/me", {"default_payment_method": default}, token=token)
    order = steps.place(shared_world, token, LICENSE, method=asked)
    assert order["payment"]["method"] == method
    assert (order["payment"]["due_date"] is None) == (method == "card")


def test_a_brazilian_without_a_tax_id_pays_by_card_unless_he_asks_for_a_boleto(shared_world: World) -> None:
    _, token = shared_world.customer()
    shared_world.http("PATCH", "/v1/me", {"tax_id": None}, token=token)
    assert steps.place(shared_world, token, LICENSE)["payment"]["method"] == "card"
    refused = steps.ask(shared_world, token, LICENSE, method="boleto")
    assert steps.faults(refused) == {"/payment_method": "tax_id_required"}


@pytest.mark.parametrize(
    ("profile", "total"),
    [
        ({}, {"amount": 59900, "currency": "BRL"}),
        (SPAIN, {"amount": 12000, "currency": "EUR"}),
        ({"country": "CL", "locale": "es", "tax_id": "125319092"}, {"amount": 119000, "currency": "CLP"}),
        ({"country": "PT", "locale": "en", "tax_id": "123456789"}, {"amount": 12000, "currency": "EUR"}),
    ],
)
def test_a_customer_pays_in_the_currency_of_his_country(
    shared_world: World, profile: dict[str, str], total: dict[str, Any]
) -> None:
    _, token = shared_world.customer(**profile)
    assert steps.place(shared_world, token, LICENSE)["total"] == total
