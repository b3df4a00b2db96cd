"""What stands on an invoice: taxes by country, and both parties as they were (V1)."""

from __future__ import annotations

import os
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing.taxes import TaxesNotValid
from tests.functional import steps
from tests.functional.steps import ADDON_A, LICENSE
from tests.world import ACCOUNT, VENDOR_ADDRESS, World, forget_everything

SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}
CHILE = {"country": "CL", "locale": "es", "tax_id": "125319092"}


def _invoiced(world: World, token: str, *items: dict[str, Any]) -> Any:
    order = steps.place(world, token, *(items or (LICENSE,)))
    return steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")


def _set(**environment: str) -> None:
    os.environ.update(environment)
    forget_everything()


@pytest.mark.parametrize(
    ("profile", "total", "net", "tax"),
    [(SPAIN, 12000, 9917, 2083), (CHILE, 119000, 100000, 19000)],
    ids=["cents", "whole pesos"],
)
def test_the_tax_of_the_buyers_country_is_in_the_price_and_shown_apart(
    world: World, profile: dict[str, str], total: int, net: int, tax: int
) -> None:
    _, token = world.customer(**profile)
    invoice = _invoiced(world, token)
    (share,) = invoice["taxes"]
    assert share["name"] == "IVA"
    assert share["basis_points"] == {"ES": 2100, "CL": 1900}[profile["country"]]
    assert [invoice["total"]["amount"], invoice["net"]["amount"]] == [total, net]
    assert [share["base"]["amount"], share["amount"]["amount"]] == [net, tax]
    assert share["amount"]["currency"] == invoice["total"]["currency"]


def test_a_country_without_an_entry_has_no_tax_lines(world: World) -> None:
    _, token = world.customer()
    invoice = _invoiced(world, token, LICENSE, ADDON_A)
    assert (invoice["taxes"], invoice["net"]) == ([], invoice["total"])


def test_a_vendor_may_have_neither_taxes_nor_an_address_nor_an_account(world: World) -> None:
    _set(TAXES="-", VENDOR_ADDRESS="-", TRANSFER_ACCOUNT="-")
    _, token = world.customer(**SPAIN)
    invoice = _invoiced(world, token)
    assert (invoice["taxes"], invoice["seller"]["address"]) == ([], None)
    (row,) = world.rows("invoice")
    assert '"methods":["card","redsys","paypal"],"account":null' in row["how_to_pay"]


def test_faulty_taxes_are_refused_naming_them_before_anything_is_sold(world: World) -> None:
    _set(TAXES="ES=IVA 21, CL=nineteen, BR")
    with pytest.raises(TaxesNotValid, match="'CL=nineteen', 'BR'"):
        wiring.vendor()


def test_both_parties_stand_on_it_as_they_were_when_it_was_issued(world: World) -> None:
    _, token = world.customer(**SPAIN, address="Calle de Alcalá, 50\n28014 Madrid")
    before = _invoiced(world, token)
    assert before["buyer"]["address"] == "Calle de Alcalá, 50\n28014 Madrid"
    assert before["seller"]["address"] == VENDOR_ADDRESS
    moved = {"name": "José G.", "address": "Calle Mayor 2"}
    assert world.http("PATCH", "/v1/me", moved, token=token).status == 200
    _set(VENDOR_ADDRESS="Gran Vía 1", VENDOR_NAME="New Name", TAXES="ES=IVA 22")
    assert steps.read(world, token, f"/v1/invoices/{before['id']}") == before
    after = _invoiced(world, token)
    assert (after["buyer"]["name"], after["buyer"]["address"]) == ("José G.", "Calle Mayor 2")
    assert (after["seller"]["name"], after["taxes"][0]["basis_points"]) == ("New Name", 2200)


@pytest.mark.parametrize(
    ("profile", "methods"),
    [
        (SPAIN, '["card","redsys","paypal","transfer"]'),
        ({}, '["boleto","card","paypal","transfer"]'),
    ],
    ids=["Spain", "Brazil"],
)
def test_the_ways_to_pay_are_kept_as_they_were_offered(
    world: World, profile: dict[str, str], methods: str
) -> None:
    _, token = world.customer(**profile)
    order = steps.place(world, token, LICENSE)
    (row,) = world.rows("invoice")
    due = order["payment"]["due_date"]
    told = f'"{due}"' if due else "null"
    assert row["how_to_pay"] == f'{{"methods":{methods},"account":"{ACCOUNT}","due_date":{told}}}'


def test_an_invoice_of_before_there_were_taxes_is_still_readable(world: World) -> None:
    _, token = world.customer(**SPAIN)
    shown = _invoiced(world, token)
    (row,) = world.rows("invoice")
    steps.put(world, {name: row[name] for name in row if name not in ("taxes", "how_to_pay")})
    assert steps.read(world, token, f"/v1/invoices/{shown['id']}") == {
        **shown,
        "taxes": [],
        "net": shown["total"],
    }
