"""Ordering another term of a licence, or an addon for one that is there already (V9, V10)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.rules import Product
from chalicelib.flows.quote import Context, Extendable, Wish, quote
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Seating
from chalicelib.orders.rules import Installation
from infra.demo import products

CATALOGUE = {product.code: product for product in products()}
HELD = {
    "lic_good": Extendable("prestaimport"),
    "lic_ended": Extendable("prestaimport", usable=False),
    "lic_revoked": Extendable("prestaimport", usable=False, revoked=True),
    "lic_endless": Extendable("prestaimport", endless=frozenset({"prestaimport"})),
    "lic_other": Extendable("something-else"),
}
CONTEXT = Context(CATALOGUE, frozenset(), HELD, "EUR", "es")
PLACE = Installation("Tienda", "tienda.example.com")
RENEWAL, ADDON = Wish("prestaimport", license_id="lic_good"), Wish("supplier-a", license_id="lic_good")
IDS = st.sampled_from([*HELD, "lic_unknown"])
WISHES = st.lists(
    st.builds(Wish, st.sampled_from(["prestaimport", "supplier-a", "supplier-b"]), license_id=IDS),
    min_size=1,
    max_size=4,
)


def _faults(*wishes: Wish, context: Context = CONTEXT) -> dict[str, str]:
    """Codes of what is wrong, by field; nothing for what is quoted."""
    try:
        quote(wishes, context)
    except Invalid as refused:
        return {error.pointer: error.code for error in refused.errors}
    return {}


def test_a_licence_that_is_named_is_paid_for_another_term() -> None:
    (item,) = quote([RENEWAL], CONTEXT).items
    assert (item.kind, item.license_id, item.host_item) == ("license", "lic_good", None)
    assert item.unit_price == CATALOGUE["prestaimport"].price("EUR")
    assert item.terms == CATALOGUE["prestaimport"].terms


def test_one_that_has_ended_or_is_suspended_can_be_paid_again() -> None:
    assert _faults(replace(RENEWAL, license_id="lic_ended")) == {}


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"license_id": "lic_unknown"}, {"/items/0/license_id": "unknown_license"}),
        ({"license_id": "lic_other"}, {"/items/0/license_id": "unknown_license"}),
        ({"license_id": "lic_revoked"}, {"/items/0/license_id": "license_not_usable"}),
        ({"license_id": "lic_endless"}, {"/items/0/license_id": "never_ends"}),
        ({"quantity": 2}, {"/items/0/quantity": "one_only"}),
        ({"installation": PLACE}, {"/items/0/installation": "not_a_license"}),
        (
            {"license_id": "lic_unknown", "quantity": 3, "installation": PLACE},
            {
                "/items/0/license_id": "unknown_license",
                "/items/0/quantity": "one_only",
                "/items/0/installation": "not_a_license",
            },
        ),
    ],
)
def test_a_renewal_that_cannot_be_is_refused_field_by_field(
    changed: dict[str, Any], faults: dict[str, str]
) -> None:
    assert _faults(replace(RENEWAL, **changed)) == faults


def test_one_term_at_a_time() -> None:
    assert _faults(RENEWAL, RENEWAL) == {"/items/1/product": "repeated"}
    assert _faults(ADDON, RENEWAL, ADDON) == {"/items/2/product": "repeated"}
    # Of two licences each may be renewed, and a new one bought besides.
    assert _faults(RENEWAL, replace(RENEWAL, license_id="lic_ended"), Wish("prestaimport")) == {}


@pytest.mark.parametrize("license_id", ["lic_good", "lic_endless"])
def test_a_licence_that_works_takes_an_addon(license_id: str) -> None:
    (item,) = quote([replace(ADDON, license_id=license_id)], CONTEXT).items
    assert (item.license_id, item.host_item) == (license_id, None)


def test_an_addon_without_an_end_is_not_bought_again_and_everything_else_is() -> None:
    held = {"lic_good": Extendable("prestaimport", endless=frozenset({"supplier-a"}))}
    context = replace(CONTEXT, licenses=held)
    assert _faults(ADDON, context=context) == {"/items/0/license_id": "never_ends"}
    assert _faults(RENEWAL, replace(ADDON, product="supplier-b"), context=context) == {}


def test_a_licence_that_has_ended_takes_an_addon_only_when_it_is_renewed_with_it() -> None:
    addon, renewal = replace(ADDON, license_id="lic_ended"), replace(RENEWAL, license_id="lic_ended")
    refused = "license_not_usable"
    assert _faults(addon) == {"/items/0/license_id": refused}
    assert _faults(addon, renewal) == _faults(renewal, addon) == {}
    # Renewing another one, or buying a new one, does not help it.
    assert _faults(addon, RENEWAL) == {"/items/0/license_id": refused}
    assert _faults(addon, Wish("prestaimport")) == {"/items/0/license_id": refused}
    # Neither does another addon of its own.
    both = _faults(addon, replace(addon, product="supplier-b"))
    assert both == {"/items/0/license_id": refused, "/items/1/license_id": refused}


def test_a_revoked_licence_takes_nothing_whatever_is_ordered_with_it() -> None:
    dead = [replace(one, license_id="lic_revoked") for one in (RENEWAL, ADDON)]
    assert set(_faults(*dead).values()) == {"license_not_usable"}
    assert len(_faults(*dead)) == 2


def test_a_renewal_is_no_host_for_an_addon_that_names_no_licence() -> None:
    nameless = Wish("supplier-a")
    assert _faults(RENEWAL, nameless) == {"/items/1/license_id": "license_required"}
    items = quote([RENEWAL, nameless, Wish("prestaimport")], CONTEXT).items
    assert [item.host_item for item in items] == [None, 2, None]


@pytest.mark.parametrize("code", ["erp", "multipack"])
def test_only_licences_and_addons_name_a_licence(code: str) -> None:
    assert _faults(Wish(code, license_id="lic_good")) == {"/items/0/license_id": "not_an_addon"}


@given(WISHES)
def test_no_order_extends_what_is_not_there_or_was_revoked(wishes: list[Wish]) -> None:
    if _faults(*wishes):
        return
    items = quote(wishes, CONTEXT).items
    for item in items:
        assert item.license_id in ("lic_good", "lic_ended", "lic_endless")
        assert (item.kind, item.license_id) != ("license", "lic_endless")
    lines = [(item.product, item.license_id) for item in items]
    assert len(set(lines)) == len(lines)
    extended = {item.license_id for item in items if item.kind == "addon"}
    if "lic_ended" in extended:
        assert ("prestaimport", "lic_ended") in lines


def test_how_many_seats_a_licence_has_is_frozen_into_the_line() -> None:
    seating = Seating(seats=3, moves_per_year=0)
    product = Product("multi", "license", {"en": "Multi"}, {"en": ""}, (Money(100, "EUR"),), seating=seating)
    (item,) = quote([Wish("multi")], replace(CONTEXT, products={"multi": product})).items
    assert item.seating == seating
    assert item.terms is None
