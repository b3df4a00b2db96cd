"""Charging by Redsys: one signed form per payment, as its community's library would make it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redsys.clients import RedirectClient
from urllib3 import PoolManager

from chalicelib.billing.gateways import ChargeRefused
from chalicelib.billing.gateways.redsys import Redsys
from chalicelib.billing.gateways.redsys_reading import order_of
from chalicelib.billing.gateways.redsys_signing import V2, VERSIONS, sign
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_redsys import (
    CODE,
    EUROS,
    ID,
    NOTIFY,
    ORDER,
    SECRET,
    offline,
    parameters,
)
from tests.unit.billing.stub import ANA


def _form(request: Any = EUROS, version: str = V2) -> dict[str, str]:
    form = offline(version).charge(request).form
    assert form is not None
    assert form.url == "https://sis.redsys.es/sis/realizarPago"
    return dict(form.fields)


def test_a_charge_is_a_form_for_the_whole_amount() -> None:
    charged = offline().charge(EUROS)
    assert (charged.provider_id, charged.redirect_url, charged.slip) == (ID, None, None)
    assert parameters(_form()) == {
        "DS_MERCHANT_AMOUNT": "14990",
        "DS_MERCHANT_CURRENCY": "978",
        "DS_MERCHANT_MERCHANTCODE": CODE,
        "DS_MERCHANT_ORDER": ORDER,
        "DS_MERCHANT_TERMINAL": "1",
        "DS_MERCHANT_TRANSACTIONTYPE": "0",
        "DS_MERCHANT_MERCHANTDATA": "pay_1",
        "DS_MERCHANT_MERCHANTURL": NOTIFY,
        "DS_MERCHANT_URLOK": "https://shop.example/orders/1",
        "DS_MERCHANT_URLKO": "https://shop.example/orders/1",
        "DS_MERCHANT_PRODUCTDESCRIPTION": "Licencia ERP",
        "DS_MERCHANT_TITULAR": "Ana Lima",
        "DS_MERCHANT_CONSUMERLANGUAGE": "9",
    }


def test_the_form_asks_for_what_the_library_would_ask_for() -> None:
    client = RedirectClient(SECRET, merchant_code=CODE, terminal=1)
    theirs = client.payment(
        amount=Decimal("149.90"),
        currency=978,
        order=ORDER,
        merchant_data="pay_1",
        merchant_url=NOTIFY,
        url_ok="https://shop.example/orders/1",
        url_ko="https://shop.example/orders/1",
        product_description="Licencia ERP",
        titular="Ana Lima",
        consumer_language=9,
    ).to_dict()
    asked = {name.upper(): str(value) for name, value in parameters(theirs).items()}
    assert asked == parameters(_form())


@pytest.mark.parametrize("version", VERSIONS)
def test_the_form_is_signed_with_the_version_of_the_terminal(version: str) -> None:
    form = _form(version=version)
    assert form["Ds_SignatureVersion"] == version
    assert form["Ds_Signature"] == sign(version, SECRET, ORDER, form["Ds_MerchantParameters"])


def test_a_repeat_is_the_same_form_and_another_payment_another_order() -> None:
    assert offline().charge(EUROS) == offline().charge(EUROS)
    again = offline().charge(replace(EUROS, payment_id="pay_2"))
    assert again.provider_id.partition("-")[0] != ORDER


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=40))
def test_an_order_number_is_four_digits_and_eight_letters_or_digits(payment_id: str) -> None:
    order = order_of(payment_id)
    assert len(order) == 12
    assert order[:4].isdecimal()
    assert order.isascii()
    assert order.isalnum()
    assert order == order.upper()


def test_a_hundred_thousand_payments_have_as_many_orders() -> None:
    assert len({order_of(f"pay_{number}") for number in range(100_000)}) == 100_000


@pytest.mark.parametrize(("locale", "language"), [("es", "1"), ("en", "2"), ("pt-BR", "9"), ("xx", "1")])
def test_the_page_speaks_the_payers_language(locale: str, language: str) -> None:
    form = _form(replace(EUROS, payer=replace(ANA, locale=locale)))
    assert parameters(form)["DS_MERCHANT_CONSUMERLANGUAGE"] == language


def test_long_texts_are_cut_to_what_redsys_takes() -> None:
    asked = parameters(_form(replace(EUROS, description="x" * 500, payer=replace(ANA, name="é" * 99))))
    assert (len(asked["DS_MERCHANT_PRODUCTDESCRIPTION"]), len(asked["DS_MERCHANT_TITULAR"])) == (125, 60)


def test_without_an_address_for_notices_the_terminals_own_is_used() -> None:
    assert "DS_MERCHANT_MERCHANTURL" not in parameters(_form(replace(EUROS, notify_url="")))


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (replace(EUROS, amount=Money(990, "CLP")), "currency_not_supported"),
        (replace(EUROS, amount=Money(990, "BRL")), "currency_not_supported"),
        (replace(EUROS, card="token"), "stored_card_not_supported"),
        (replace(EUROS, return_url="https://shop.example/" + "x" * 250), "address_too_long"),
        (replace(EUROS, notify_url="https://shop.example/" + "x" * 250), "address_too_long"),
    ],
)
def test_what_no_form_can_ask_for_is_refused(request_: Any, code: str) -> None:
    with pytest.raises(ChargeRefused) as refusal:
        offline().charge(request_)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"merchant_code": ""}, "merchant code"),
        ({"merchant_code": "<a>"}, "merchant code"),
        ({"terminal": "1000"}, "terminal"),
        ({"terminal": "١"}, "terminal"),
        ({"secret": ""}, "24 bytes"),
        ({"version": "HMAC_SHA512_V3"}, "one of"),
        ({"base_url": "http://sis.redsys.es"}, "https"),
    ],
)
def test_an_adapter_without_what_it_needs_is_not_made(changed: dict[str, str], why: str) -> None:
    settings: Any = {"base_url": "https://sis.redsys.es", "merchant_code": CODE, "terminal": "1"}
    with pytest.raises(ValueError, match=why):
        Redsys(PoolManager(), **{**settings, "secret": SECRET, **changed})
