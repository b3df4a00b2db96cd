"""The catalogue as everybody sees it, and the part of it that one customer may buy (S1, R1)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.catalog import store as catalog
from infra.demo import products
from tests.functional import steps
from tests.world import World

CODES = {
    "erp": "subscription",
    "multipack": "subscription",
    "prestaimport": "license",
    "supplier-a": "addon",
    "supplier-b": "addon",
    "advisory-1h": "service",
    "advisory-3h": "service",
    "domain": "subscription",
    "corporate-email": "subscription",
    "site": "subscription",
    "integration": "subscription",
}


def _products(world: World, query: str = "", language: str = "en") -> Any:
    answer = world.http("GET", f"/v1/products{query}", headers={"accept-language": language})
    assert answer.status == 200, answer.text
    return answer.json["data"]


def _codes(world: World, query: str = "") -> set[str]:
    return {product["code"] for product in _products(world, query)}


def test_the_catalogue_lists_every_product_with_its_kind(shared_world: World) -> None:
    assert {one["code"]: one["kind"] for one in _products(shared_world, "?limit=100")} == CODES


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=asesoria%20especializada", {"advisory-1h", "advisory-3h"}),
        ("?q=ASSESSORIA%203h", {"advisory-3h"}),
        ("?q=expert%20advisory", {"advisory-1h", "advisory-3h"}),
        ("?q=supplier&kind=addon", {"supplier-a", "supplier-b"}),
        ("?q=advisory&kind=addon", set()),
        ("?kind=license", {"prestaimport"}),
        ("?q=corporate-email", {"corporate-email"}),
        ("?q=nothing%20like%20it", set()),
        ("?q=%25", set()),
    ],
)
def test_search_finds_by_every_word_in_any_language_without_case_and_accents(
    shared_world: World, query: str, found: set[str]
) -> None:
    assert _codes(shared_world, query) == found


@pytest.mark.parametrize("limit", [1, 4, 11, 100])
def test_pages_show_every_product_once_and_then_end(shared_world: World, limit: int) -> None:
    seen: list[str] = []
    cursor = ""
    for _ in range(len(CODES)):
        page = shared_world.http("GET", f"/v1/products?limit={limit}{cursor}").json
        seen += [product["code"] for product in page["data"]]
        assert len(page["data"]) <= limit
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == sorted(CODES)


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("es", "Asesoría Especializada 1h"),
        ("es-CL,en;q=0.5", "Asesoría Especializada 1h"),
        ("pt", "Assessoria Especializada 1h"),
        ("pt-BR", "Assessoria Especializada 1h"),
        ("en-GB", "Expert Advisory 1h"),
        ("de, es;q=0.7", "Asesoría Especializada 1h"),
        ("en;q=0.3, es;q=0.9, pt;q=0.5", "Asesoría Especializada 1h"),
        ("es;q=0, pt", "Assessoria Especializada 1h"),
        ("es;q=, pt;q=0.999, en;q=0.1", "Asesoría Especializada 1h"),
        ("de", "Expert Advisory 1h"),
        ("", "Expert Advisory 1h"),
    ],
)
def test_products_are_shown_in_the_language_asked_for(shared_world: World, language: str, name: str) -> None:
    headers = {"accept-language": language}
    product = shared_world.http("GET", "/v1/products/advisory-1h", headers=headers).json
    assert product["name"] == name


@pytest.mark.parametrize(
    ("query", "currency", "amount"),
    [
        ("?currency=EUR", "EUR", 12000),
        ("?currency=BRL", "BRL", 59900),
        ("?currency=CLP", "CLP", 119000),
        ("", "EUR", 12000),
    ],
)
def test_the_price_is_in_the_currency_asked_for_or_the_vendors_own(
    shared_world: World, query: str, currency: str, amount: int
) -> None:
    product = shared_world.http("GET", f"/v1/products/prestaimport{query}").json
    assert product["price"] == {"amount": amount, "currency": currency}
    assert len(product["prices"]) == 3


def test_a_product_tells_how_it_is_billed_and_what_it_needs(shared_world: World) -> None:
    shown = {one["code"]: one for one in _products(shared_world, "?limit=100")}
    assert shown["multipack"]["billing"] == {"type": "recurring", "period": "P1Y", "installments": 3}
    assert shown["advisory-3h"]["billing"] == {"type": "one_time", "period": None, "installments": 1}
    assert (shown["advisory-3h"]["requires"], shown["advisory-3h"]["minutes"]) == (["erp"], 180)
    assert shown["supplier-a"]["license_product"] == "prestaimport"


@pytest.mark.parametrize("code", ["no-such", "ERP", "erp ", "%2e%2e", "x" * 2000])
def test_an_unknown_product_is_not_found(shared_world: World, code: str) -> None:
    answer = shared_world.http("GET", f"/v1/products/{code}")
    assert (answer.status, answer.json["code"]) == (404, "product_not_found")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", {"/query/limit": "greater_than_equal"}),
        ("limit=101", {"/query/limit": "less_than_equal"}),
        ("limit=many", {"/query/limit": "int_parsing"}),
        ("currency=USD", {"/query/currency": "literal_error"}),
        ("kind=thing", {"/query/kind": "literal_error"}),
        ("cursor=zzz", {"/query/cursor": "cursor"}),
        ("cursor=eyJmcm9tIjoiLTEifQ", {"/query/cursor": "cursor"}),
        ("colour=red&limit=0", {"/query/colour": "extra_forbidden", "/query/limit": "greater_than_equal"}),
    ],
)
def test_faulty_queries_name_their_faults(shared_world: World, query: str, named: dict[str, str]) -> None:
    assert steps.faults(shared_world.http("GET", f"/v1/products?{query}")) == named


# What one customer may buy


def test_without_the_host_product_its_services_are_not_offered(shared_world: World) -> None:
    _, token = shared_world.customer()
    offered = steps.read(shared_world, token, "/v1/me/products?limit=100")["data"]
    assert {one["code"] for one in offered} == CODES.keys() - {"advisory-1h", "advisory-3h"}


def test_the_holder_of_the_host_product_is_offered_its_services_in_his_language_and_currency(
    shared_world: World,
) -> None:
    _, token = shared_world.customer("jose@example.com", country="CL", locale="es", tax_id="125319092")
    steps.bought(shared_world, token, steps.ERP, method="card")
    offered = {
        one["code"]: one for one in steps.read(shared_world, token, "/v1/me/products?limit=100")["data"]
    }
    assert offered.keys() == CODES.keys()
    assert offered["advisory-1h"]["name"] == "Asesoría Especializada 1h"
    assert offered["advisory-1h"]["price"] == {"amount": 59000, "currency": "CLP"}


def test_the_way_a_product_ends_survives_the_store(shared_world: World) -> None:
    for product in products():
        assert catalog.get(product.code).ending == product.ending
