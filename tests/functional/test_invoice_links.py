"""The address that each invoice has, and that its customer can replace (V8)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing import store as billing
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World


def _issued(world: World) -> tuple[str, Any]:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    return token, steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")


def _opens(shown: Any) -> bool:
    token = shown["online_url"].removeprefix("https://api.example.com/i/")
    return wiring.links().opens(token, billing.invoices.get(shown["id"]))


def test_an_invoice_and_the_list_of_them_show_the_address(world: World) -> None:
    token, invoice = _issued(world)
    assert _opens(invoice)
    assert steps.read(world, token, "/v1/invoices")["data"] == [invoice]


def test_a_new_address_kills_the_former_one_and_leaves_a_trace(world: World) -> None:
    token, before = _issued(world)
    answer = world.http("POST", f"/v1/invoices/{before['id']}/link", token=token)
    assert answer.status == 200
    assert answer.json == steps.read(world, token, f"/v1/invoices/{before['id']}")
    assert answer.json == {**before, "online_url": answer.json["online_url"]}
    assert (_opens(before), _opens(answer.json)) == (False, True)
    (trail,) = [row for row in world.rows("audit") if row["action"] == "link renewed"]
    owner = billing.invoices.get(before["id"]).customer_id
    assert (trail["subject"], trail["actor"], trail["channel"]) == (before["id"], owner, "store")


def test_addresses_stand_in_the_mails_that_tell_them_and_in_no_other_row(world: World) -> None:
    token, invoice = _issued(world)
    world.settle_down()
    world.http("POST", f"/v1/invoices/{invoice['id']}/link", token=token)
    world.settle_down()
    proof = invoice["online_url"][-26:]
    assert {row["kind"] for row in world.rows() if proof in str(row)} == {"mail"}


@pytest.mark.parametrize(
    ("locale", "words"),
    [("pt-BR", "Emitimos a fatura"), ("es", "Hemos emitido la factura"), ("en", "We have issued invoice")],
)
def test_the_mail_of_an_invoice_leads_to_it(world: World, locale: str, words: str) -> None:
    _, token = world.customer(locale=locale)
    order = steps.charged(world, token, LICENSE)
    address = steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")["online_url"]
    (letter,) = [one for one in steps.letters() if words in one.body]
    assert f'<a href="{address}">{address}</a>' in letter.body
