"""From wishes to priced lines: prices from the catalogue, all faults at once (S1, R1)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.rules import Product
from chalicelib.flows.quote import LARGEST_ORDER, Context, Extendable, Wish, quote
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money, total
from chalicelib.kernel.terms import Terms
from chalicelib.orders.rules import Installation
from infra.demo import products

CATALOGUE = {product.code: product for product in products()}
CONTEXT = Context(CATALOGUE, frozenset({"erp"}), {"lic_1": Extendable("prestaimport")}, "BRL", "pt-BR")
PLACE = Installation("Loja", "loja.example.com")
WISHES = st.lists(
    st.builds(
        Wish,
        product=st.sampled_from([*CATALOGUE, "no-such"]),
        quantity=st.integers(1, 5),
        license_id=st.none() | st.sampled_from(["lic_1", "lic_2"]),
        installation=st.none() | st.just(PLACE),
    ),
    min_size=1,
    max_size=6,
)


def _faults(wishes: list[Wish], context: Context = CONTEXT) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        quote(wishes, context)
    return {error.pointer: error.code for error in refused.value.errors}


def _refused(wishes: list[Wish]) -> bool:
    try:
        quote(wishes, CONTEXT)
    except Invalid:
        return True
    return False


def test_a_subscription_paid_in_instalments_is_ordered_with_the_first_one() -> None:
    (item,) = quote([Wish("multipack")], CONTEXT).items
    price = Money(119700, "BRL")
    assert (item.unit_price, item.period_price, item.note) == (price.split(3)[0], price, "1/3")
    # Whatever else is sold is paid at once: nobody would charge the rest of it.
    licence = CATALOGUE["prestaimport"]
    parts = replace(licence, terms=Terms("P1Y", installments=3))
    (item,) = quote([Wish("prestaimport")], replace(CONTEXT, products={"prestaimport": parts})).items
    assert (item.unit_price, item.period_price) == (licence.price("BRL"), None)


@given(WISHES)
def test_what_is_quoted_is_priced_from_the_catalogue_line_by_line(wishes: list[Wish]) -> None:
    if _refused(wishes):
        return
    quoted = quote(wishes, CONTEXT)
    assert [(item.product, item.quantity) for item in quoted.items] == [
        (wish.product, wish.quantity) for wish in wishes
    ]
    for item in quoted.items:
        assert (item.period_price or item.unit_price) == CATALOGUE[item.product].price("BRL")
        assert item.amount == item.unit_price * item.quantity
        assert item.terms == CATALOGUE[item.product].terms
        assert item.name == CATALOGUE[item.product].names["pt-BR"]
    assert quoted.total == total((item.amount for item in quoted.items), "BRL")


@given(WISHES)
def test_a_quote_depends_on_nothing_but_wishes_and_context(wishes: list[Wish]) -> None:
    outcomes = []
    for _ in range(2):
        try:
            outcomes.append(repr(quote(wishes, CONTEXT)))
        except Invalid as refused:
            outcomes.append(repr(refused.errors))
    assert outcomes[0] == outcomes[1]


@given(WISHES)
def test_a_fault_of_a_line_names_that_line(wishes: list[Wish]) -> None:
    if not _refused(wishes):
        return
    for pointer in _faults(wishes):
        assert pointer == "/items" or int(pointer.split("/")[2]) < len(wishes)


@given(WISHES)
def test_an_addon_of_the_same_order_finds_the_line_of_its_licence(wishes: list[Wish]) -> None:
    if _refused(wishes):
        return
    for item in quote(wishes, CONTEXT).items:
        if item.host_item is not None:
            host = wishes[item.host_item]
            assert host.product == CATALOGUE[item.product].license_product
            assert host.quantity == 1
        else:
            assert item.kind != "addon" or item.license_id is not None


def test_an_addon_names_its_licence_or_stands_by_exactly_one() -> None:
    addon, license = Wish("supplier-a"), Wish("prestaimport")
    assert quote([license, addon], CONTEXT).items[1].host_item == 0
    assert quote([addon, license], CONTEXT).items[0].host_item == 1
    assert quote([replace(addon, license_id="lic_1")], CONTEXT).items[0].license_id == "lic_1"
    missing = {"/items/0/license_id": "license_required"}
    assert _faults([addon]) == missing
    assert _faults([addon, license, license]) == missing
    assert _faults([addon, replace(license, quantity=2)]) == missing


def test_two_licences_may_have_the_same_addon() -> None:
    wishes = [Wish("supplier-a", license_id="lic_1"), Wish("prestaimport"), Wish("supplier-a")]
    assert len(quote(wishes, CONTEXT).items) == 3


def test_a_licence_of_another_product_takes_no_addon_of_this_one() -> None:
    context = replace(CONTEXT, licenses={"lic_1": Extendable("something-else")})
    wish = Wish("supplier-a", license_id="lic_1")
    assert _faults([wish], context) == {"/items/0/license_id": "unknown_license"}


@pytest.mark.parametrize("code", ["advisory-1h", "advisory-3h"])
def test_a_host_product_must_be_held_already(code: str) -> None:
    context = replace(CONTEXT, held=frozenset())
    assert _faults([Wish(code)], context) == {"/items/0/product": "host_product_required"}
    assert quote([Wish(code)], CONTEXT).items[0].kind == "service"


@pytest.mark.parametrize("code", sorted(CATALOGUE.keys() - {"prestaimport"}))
def test_only_licences_come_in_numbers(code: str) -> None:
    wish = Wish(code, 2, "lic_1" if CATALOGUE[code].kind == "addon" else None)
    assert _faults([wish]) == {"/items/0/quantity": "one_only"}
    assert quote([Wish("prestaimport", 2)], CONTEXT).items[0].quantity == 2


def test_a_licence_at_an_installation_is_one() -> None:
    assert _faults([Wish("prestaimport", 2, installation=PLACE)]) == {"/items/0/quantity": "one_only"}


@pytest.mark.parametrize(("first", "fits"), [(LARGEST_ORDER - 1, True), (LARGEST_ORDER, False)])
def test_an_order_is_small_enough_to_be_activated_at_once(first: int, fits: bool) -> None:
    wishes = [Wish("prestaimport", first), Wish("erp")]
    assert _refused(wishes) != fits


def test_every_fault_of_every_line_is_named() -> None:
    wishes = [
        Wish("no-such", 99),
        Wish("erp", 2, "lic_1", PLACE),
        Wish("supplier-a", license_id="lic_2"),
        Wish("supplier-a", license_id="lic_2"),
    ]
    assert _faults(wishes) == {
        "/items/0/product": "unknown_product",
        "/items/1/quantity": "one_only",
        "/items/1/installation": "not_a_license",
        "/items/1/license_id": "not_an_addon",
        "/items/2/license_id": "unknown_license",
        "/items/3/license_id": "unknown_license",
        "/items/3/product": "repeated",
        "/items": "too_many",
    }


def test_what_is_not_sold_in_a_currency_is_not_quoted_in_it() -> None:
    local = Product("local", "service", {"en": "Local"}, {"en": ""}, (Money(100, "EUR"),))
    context = replace(CONTEXT, products={"local": local})
    assert _faults([Wish("local")], context) == {"/items/0/product": "no_price"}
    assert quote([Wish("local")], replace(context, currency="EUR")).total == Money(100, "EUR")


def test_terms_are_frozen_into_the_line() -> None:
    (item,) = quote([Wish("multipack")], CONTEXT).items
    assert item.terms == Terms("P1Y", installments=3, cutoff_days=15, self_cancel=True, grace_days=5)
