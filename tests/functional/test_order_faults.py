"""Faulty orders: a 422 that names all faulty fields, for order and preview alike, and nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.catalog import store as catalog
from chalicelib.flows.quote import LARGEST_ORDER
from chalicelib.kernel.money import Money
from chalicelib.licensing import store as licensing
from tests.functional import steps
from tests.functional.steps import ADDON_A, ADVISORY, ERP, LICENSE
from tests.world import World

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Buyers:
    """A Brazilian and a Spaniard, neither of whom holds `erp`, and two licences."""

    ana: str
    jose: str
    own: str
    foreign: str


@pytest.fixture(scope="module")
def buyers(shared_world: World) -> Buyers:
    _, ana = shared_world.customer()
    _, jose = shared_world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")
    own = steps.bought(shared_world, ana, LICENSE)["licenses"][0]
    foreign = steps.bought(shared_world, jose, LICENSE, method="card")["licenses"][0]
    return Buyers(ana, jose, own, foreign)


UNKNOWN = {"product": "no-such"}
AT_HOME = {"name": "Home"}
FAULTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "unknown product": ({"items": [UNKNOWN]}, {"/items/0/product": "unknown_product"}),
    "host product missing": ({"items": [ADVISORY]}, {"/items/0/product": "host_product_required"}),
    "the host product in the same order is not held yet": (
        {"items": [ERP, ADVISORY]},
        {"/items/1/product": "host_product_required"},
    ),
    "addon without a licence": ({"items": [ADDON_A]}, {"/items/0/license_id": "license_required"}),
    "addon between two licences": (
        {"items": [LICENSE, ADDON_A, LICENSE]},
        {"/items/1/license_id": "license_required"},
    ),
    "addon of two equal licences": (
        {"items": [{"product": "prestaimport", "quantity": 2}, ADDON_A]},
        {"/items/1/license_id": "license_required"},
    ),
    "unknown licence": (
        {"items": [{**ADDON_A, "license_id": "lic_x"}]},
        {"/items/0/license_id": "unknown_license"},
    ),
    "a licence for what extends none": (
        {"items": [{**ERP, "license_id": "own"}]},
        {"/items/0/license_id": "not_an_addon"},
    ),
    "the same addon twice": ({"items": [LICENSE, ADDON_A, ADDON_A]}, {"/items/2/product": "repeated"}),
    "the same addon twice for one licence": (
        {"items": [{**ADDON_A, "license_id": "own"}, {**ADDON_A, "license_id": "own"}]},
        {"/items/1/product": "repeated"},
    ),
    "two of an addon": (
        {"items": [{**ADDON_A, "license_id": "own", "quantity": 2}]},
        {"/items/0/quantity": "one_only"},
    ),
    "two of a subscription": ({"items": [{**ERP, "quantity": 2}]}, {"/items/0/quantity": "one_only"}),
    "two licences at one installation": (
        {"items": [{**LICENSE, "quantity": 2}]},
        {"/items/0/quantity": "one_only"},
    ),
    "an installation of a subscription": (
        {"items": [{**ERP, "installation": AT_HOME}]},
        {"/items/0/installation": "not_a_license"},
    ),
    "more than can be activated at once": (
        {"items": [{"product": "prestaimport", "quantity": LARGEST_ORDER}, LICENSE]},
        {"/items": "too_many"},
    ),
    "all faults of several lines": (
        {"items": [UNKNOWN, {**ADVISORY, "quantity": 2, "installation": AT_HOME}, ADDON_A]},
        {
            "/items/0/product": "unknown_product",
            "/items/1/product": "host_product_required",
            "/items/1/quantity": "one_only",
            "/items/1/installation": "not_a_license",
            "/items/2/license_id": "license_required",
        },
    ),
    "nothing ordered": ({"items": []}, {"/items": "too_short"}),
    "no items at all": ({}, {"/items": "missing"}),
    "21 lines": ({"items": [LICENSE] * 21}, {"/items": "too_long"}),
    "prices in the body": (
        {"items": [{**LICENSE, "unit_price": 1}], "total": {"amount": 1, "currency": "BRL"}},
        {"/items/0/unit_price": "extra_forbidden", "/total": "extra_forbidden"},
    ),
    "every shape at once": (
        {
            "items": [
                {"product": "", "quantity": 0},
                {"product": "erp", "quantity": 21, "installation": {"name": "", "domain": ""}},
                {"product": "erp", "quantity": "1"},
                {"product": "erp", "quantity": 1.5},
                {"quantity": True},
                {"product": "x" * 65, "license_id": 7},
                "erp",
            ],
            "payment_method": "barter",
        },
        {
            "/items/0/product": "string_too_short",
            "/items/0/quantity": "greater_than_equal",
            "/items/1/quantity": "less_than_equal",
            "/items/1/installation/name": "string_too_short",
            "/items/1/installation/domain": "string_too_short",
            "/items/2/quantity": "int_type",
            "/items/3/quantity": "int_type",
            "/items/4/product": "missing",
            "/items/4/quantity": "int_type",
            "/items/5/product": "string_too_long",
            "/items/5/license_id": "string_type",
            "/items/6": "model_type",
            "/payment_method": "literal_error",
        },
    ),
    "no object": ([], {"": "model_type"}),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/orders/preview"])
@pytest.mark.parametrize("kind", FAULTS)
def test_a_faulty_order_names_every_faulty_field_and_changes_nothing(
    shared_world: World, buyers: Buyers, kind: str, path: str
) -> None:
    body, named = FAULTS[kind]
    for item in body.get("items", []) if isinstance(body, dict) else []:
        if isinstance(item, dict) and item.get("license_id") == "own":
            item["license_id"] = buyers.own
    before = shared_world.rows()
    answer = shared_world.http("POST", path, body, token=buyers.ana, headers={"idempotency-key": kind})
    assert steps.faults(answer) == named
    assert shared_world.rows() == before


def test_somebody_elses_licence_is_as_unknown_as_one_that_does_not_exist(
    shared_world: World, buyers: Buyers
) -> None:
    foreign = steps.ask(shared_world, buyers.ana, {**ADDON_A, "license_id": buyers.foreign})
    unknown = steps.ask(shared_world, buyers.ana, {**ADDON_A, "license_id": "lic_x"})
    assert foreign.json["errors"] == unknown.json["errors"]


@pytest.mark.parametrize(
    "changes", [{"status": "suspended"}, {"status": "revoked"}, {"expires_at": LONG_AGO}]
)
def test_a_licence_that_does_not_work_is_not_extended(
    shared_world: World, buyers: Buyers, changes: dict[str, Any]
) -> None:
    sound = licensing.get(buyers.own)
    steps.set_license(buyers.own, **changes)
    answer = steps.ask(shared_world, buyers.ana, {**ADDON_A, "license_id": buyers.own})
    assert steps.faults(answer) == {"/items/0/license_id": "license_not_usable"}
    steps.set_license(buyers.own, status=sound.status, expires_at=sound.expires_at)


def test_the_faults_of_lines_and_method_are_named_together(shared_world: World, buyers: Buyers) -> None:
    before = shared_world.rows()
    answer = steps.ask(shared_world, buyers.jose, UNKNOWN, LICENSE, method="boleto")
    assert steps.faults(answer) == {
        "/items/0/product": "unknown_product",
        "/payment_method": "boleto_only_in_brl",
    }
    assert shared_world.rows() == before


def test_a_product_without_a_price_in_the_customers_currency_is_refused(shared_world: World) -> None:
    catalog.put(replace(catalog.get("site"), code="euro-site", prices=(Money(2900, "EUR"),)))
    _, token = shared_world.customer()
    assert steps.faults(steps.ask(shared_world, token, {"product": "euro-site"})) == {
        "/items/0/product": "no_price"
    }


def test_the_largest_order_is_placed_paid_and_activated(shared_world: World) -> None:
    _, token = shared_world.customer("big@example.com", tax_id="11144477735")
    many = {"product": "prestaimport", "quantity": LARGEST_ORDER - 1}
    order = steps.bought(shared_world, token, many, ERP)
    assert len(order["licenses"]) == LARGEST_ORDER - 1
