"""Products: what they are called and cost, who may buy them, and the demonstration's data file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.rules import Product, offered_to, search
from chalicelib.kernel.errors import LOCALES
from chalicelib.kernel.money import Money
from chalicelib.kernel.periods import add_period
from chalicelib.kernel.terms import Ending
from infra.demo import products

CATALOGUE = {product.code: product for product in products()}
PRODUCT = Product(
    code="advisory-1h",
    kind="service",
    names={"es": "Asesoría Especializada", "en": "Expert Advisory"},
    descriptions={"es": "Una sesión", "en": "One session"},
    prices=(Money(6000, "EUR"), Money(59000, "CLP")),
)


@pytest.mark.parametrize(
    ("locale", "name", "description"),
    [
        ("es", "Asesoría Especializada", "Una sesión"),
        ("en", "Expert Advisory", "One session"),
        ("pt-BR", "Expert Advisory", "One session"),
    ],
)
def test_without_a_translation_the_english_text_is_shown(locale: str, name: str, description: str) -> None:
    assert (PRODUCT.name(locale), PRODUCT.description(locale)) == (name, description)


@pytest.mark.parametrize(
    ("currency", "price"), [("EUR", Money(6000, "EUR")), ("CLP", Money(59000, "CLP")), ("BRL", None)]
)
def test_a_product_has_one_price_in_each_currency_it_is_sold_in(currency: str, price: Money | None) -> None:
    assert PRODUCT.price(currency) == price


@pytest.mark.parametrize(
    ("requires", "held", "offered"),
    [
        ((), set(), True),
        ((), {"erp"}, True),
        (("erp",), set(), False),
        (("erp",), {"multipack"}, False),
        (("erp",), {"erp"}, True),
        (("erp", "booker"), {"booker"}, True),
    ],
)
def test_one_of_the_host_products_is_enough(requires: tuple[str, ...], held: set[str], offered: bool) -> None:
    assert offered_to(replace(PRODUCT, requires=requires), frozenset(held)) is offered


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ASESORIA", True),
        ("asesoría especializada", True),
        ("advisory expert", True),
        ("sesion", True),
        ("advisory-1h", True),
        ("  ", True),
        (None, True),
        ("advisory 9h", False),
        ("asesores", False),
    ],
)
def test_search_wants_every_word_in_any_order_and_language(text: str | None, found: bool) -> None:
    assert bool(search([PRODUCT], text, None)) is found


@given(st.text())
def test_whatever_is_searched_for_is_found_among_the_products(text: str) -> None:
    found = search(CATALOGUE.values(), text, None)
    assert set(one.code for one in found) <= CATALOGUE.keys()
    assert search(found, text, None) == found


# The data file of the demonstration


def test_every_demo_product_has_three_languages_and_three_currencies() -> None:
    for product in CATALOGUE.values():
        assert set(product.names) == set(product.descriptions) == set(LOCALES)
        assert {price.currency for price in product.prices} == {"EUR", "BRL", "CLP"}
        assert all(price.minor > 0 for price in product.prices)


def test_demo_products_refer_to_products_that_exist() -> None:
    for product in CATALOGUE.values():
        assert all(CATALOGUE[host].kind == "subscription" for host in product.requires)
        assert (product.license_product is not None) == (product.kind == "addon")
        if product.license_product:
            assert CATALOGUE[product.license_product].kind == "license"


def test_demo_products_have_terms_exactly_where_they_recur() -> None:
    for product in CATALOGUE.values():
        assert (product.terms is None) == (product.kind == "service")
        assert (product.minutes is not None) == (product.kind == "service")
        if product.terms:
            assert add_period(date(2026, 1, 1), product.terms.period) > date(2026, 1, 1)


def test_the_two_versions_of_a_service_differ_in_duration_and_price_only() -> None:
    short, long = CATALOGUE["advisory-1h"], CATALOGUE["advisory-3h"]
    assert (short.minutes, long.minutes) == (60, 180)
    same = replace(
        long,
        code=short.code,
        names=short.names,
        descriptions=short.descriptions,
        minutes=short.minutes,
        prices=short.prices,
    )
    assert same == short


def test_multipack_is_what_the_contract_says() -> None:
    terms = CATALOGUE["multipack"].terms
    assert terms
    assert (terms.period, terms.installments, terms.self_cancel, terms.cutoff_days) == ("P1Y", 3, True, 15)


def test_what_more_than_its_billing_has_to_be_ended_is_told_of_four_products() -> None:
    assert {code: one.ending for code, one in CATALOGUE.items() if one.ending} == {
        "domain": "domain",
        "corporate-email": "corporate_email",
        "site": "site",
        "integration": "software",
    }
    assert {one.ending for one in CATALOGUE.values()} == {None, *get_args(Ending)}
