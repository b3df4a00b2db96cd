"""The online invoice without a browser: who sees it, what it costs, how it is paid and taken back (V8)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.storage.table import Row
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import Answer, World, forget_everything

FORM = {"content-type": "application/x-www-form-urlencoded"}
SPANIARD = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}


@dataclass(frozen=True)
class Visit:
    """Somebody who knows the address of an order's invoice, and the customer who ordered."""

    world: World
    token: str
    order: Any
    path: str

    def see(self, query: str = "", **headers: str) -> Answer:
        return self.world.http("GET", f"{self.path}{query}", headers=headers)

    def state(self) -> tuple[str, str]:
        told = self.world.http("GET", f"{self.path}/state")
        assert told.status == 200
        return told.json["state"], told.json["version"]

    def choose(self, form: str, query: str = "", **headers: str) -> Answer:
        path = f"{self.path}/payments{query}"
        return self.world.http("POST", path, raw=form.encode(), headers={**FORM, **headers})

    def invoice(self) -> Any:
        return steps.read(self.world, self.token, f"/v1/invoices/{self.order['invoice_id']}")

    def payment(self) -> Any:
        self.world.settle_down()
        return steps.read(self.world, self.token, f"/v1/orders/{self.order['id']}")["payment"]


def visit(world: World, method: str | None = None, **profile: str) -> Visit:
    """An order that has its charge, and the address of its invoice."""
    _, token = world.customer(**profile)
    order = steps.charged(world, token, LICENSE, method=method)
    invoice = steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")
    return Visit(world, token, order, _path(invoice))


def _path(invoice: Any) -> str:
    address = str(invoice["online_url"])
    assert address.startswith("https://api.example.com/i/")
    return address.removeprefix("https://api.example.com")


@contextmanager
def table_calls() -> Iterator[list[str]]:
    """The calls to the table inside the block."""
    found: list[str] = []

    def heard(event_name: str, **_: Any) -> None:
        found.append(event_name.rpartition(".")[2])

    events = Row._get_connection().connection.client.meta.events
    events.register("before-send.dynamodb", heard)
    yield found
    events.unregister("before-send.dynamodb", heard)


@pytest.fixture
def boleto(world: World) -> Visit:
    return visit(world)


def test_the_page_is_html_in_the_language_of_the_invoice(boleto: Visit) -> None:
    answer = boleto.see(**{"accept-language": "en"})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert '<html lang="pt-BR">' in answer.text
    assert boleto.invoice()["number"] in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "locale"),
    [("?lang=es", "es"), ("?lang=en", "en"), ("?lang=fr", "pt-BR"), ("?lang=", "pt-BR")],
)
def test_another_language_can_be_chosen(boleto: Visit, query: str, locale: str) -> None:
    assert f'<html lang="{locale}">' in boleto.see(query).text


def test_what_a_provider_adds_when_it_sends_the_payer_back_does_no_harm(boleto: Visit) -> None:
    answer = boleto.see("?token=EC-1&PayerID=2&Ds_Signature=a%2Fb&lang=es")
    assert (answer.status, '<html lang="es">' in answer.text) == (200, True)


def test_seeing_an_invoice_is_three_reads_and_no_write(boleto: Visit) -> None:
    boleto.see()
    before = boleto.world.rows()
    for ask in (boleto.see, boleto.state):
        with table_calls() as calls:
            ask()
        assert calls == ["GetItem"] * 3
    assert boleto.world.rows() == before


# Who may see it


def _plain(answer: Answer) -> tuple[int, str, Any]:
    return answer.status, answer.text, sorted(answer.headers.items())


def test_every_address_that_opens_nothing_looks_the_same(boleto: Visit) -> None:
    *_, token = boleto.path.split("/")
    unknown = boleto.world.http("GET", f"/i/{'0' * 52}")
    assert unknown.status == 404
    assert unknown.headers["Content-Type"] == "text/html; charset=utf-8"
    for wrong in ("x", f"{token[:26]}{'0' * 26}", token.upper(), f"{token}0", "%E9%ED%A0%80", "0" * 3000):
        assert _plain(boleto.world.http("GET", f"/i/{wrong}")) == _plain(unknown)


def test_an_address_that_opens_nothing_speaks_the_language_asked_for(boleto: Visit) -> None:
    answer = boleto.world.http("GET", "/i/x", headers={"accept-language": "es"})
    assert "Esta dirección no lleva" in answer.text
    state = boleto.world.http("GET", "/i/x/state")
    assert (state.status, state.json["code"]) == (404, "online_invoice_not_found")


def test_an_address_that_was_taken_back_is_dead_and_the_new_one_opens(boleto: Visit) -> None:
    path = f"/v1/invoices/{boleto.order['invoice_id']}/link"
    renewed = _path(boleto.world.http("POST", path, token=boleto.token).json)
    assert boleto.see().status == boleto.choose("method=card").status == 404
    assert boleto.world.http("GET", f"{boleto.path}/state").status == 404
    assert boleto.world.http("GET", renewed).status == 200
    assert boleto.payment()["method"] == "boleto"


# Paying


def test_another_way_is_begun_and_the_page_leads_on_to_it(boleto: Visit) -> None:
    *_, token = boleto.path.split("/")
    chosen = boleto.choose("method=card")
    assert (chosen.status, chosen.headers["Location"], chosen.text) == (303, f"../{token}#go", "")
    assert chosen.headers["Referrer-Policy"] == "no-referrer"
    assert boleto.state()[0] == "preparing"
    payment = boleto.payment()
    assert (payment["method"], payment["status"]) == ("card", "pending")
    assert payment["redirect_url"] in boleto.see().text
    assert boleto.state()[0] == "waiting"


def test_a_language_that_was_chosen_is_kept(boleto: Visit) -> None:
    assert boleto.choose("method=card", "?lang=en").headers["Location"].endswith("?lang=en#go")
    assert boleto.choose("method=card", "?lang=//x").headers["Location"].endswith("#go")


def test_the_same_way_again_begins_nothing_new(boleto: Visit) -> None:
    for _ in range(2):
        assert boleto.choose("method=card").status == 303
        boleto.world.settle_down()
    assert len(boleto.world.rows("payment")) == 2


def test_who_knows_the_address_cannot_charge_the_card_on_file(world: World) -> None:
    shop = visit(world, "boleto")
    steps.bought(world, shop.token, LICENSE, method="card", keep_card=True)
    assert shop.choose("method=card").status == 303
    payment = shop.payment()
    assert (payment["card_id"], payment["status"]) == (None, "pending")
    assert payment["redirect_url"]


@pytest.mark.parametrize("form", ["method=redsys", "method=barter", "method=", "", "method=%00&method=x"])
def test_a_way_that_is_not_offered_is_refused_on_a_page_and_changes_nothing(boleto: Visit, form: str) -> None:
    before = boleto.world.rows()
    answer = boleto.choose(form, **{"accept-language": "pt-BR"})
    assert (answer.status, answer.headers["Content-Type"]) == (422, "text/html; charset=utf-8")
    assert "não pode ser paga dessa forma" in answer.text
    *_, token = boleto.path.split("/")
    assert f'href="../{token}"' in answer.text
    assert boleto.world.rows() == before


def test_a_form_with_fields_of_its_own_is_refused_and_they_are_named(boleto: Visit) -> None:
    answer = boleto.choose("method=card&amount=1&%3Cscript%3E=2")
    assert answer.status == 422
    assert "/amount: " in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("raw", "media_type", "status"),
    [
        (b'{"method": "card"}', "application/json", 415),
        (b"method=card&x=" + b"x" * 65536, "application/x-www-form-urlencoded", 413),
    ],
)
def test_what_is_no_form_or_too_large_is_refused_on_a_page(
    boleto: Visit, raw: bytes, media_type: str, status: int
) -> None:
    headers = {"content-type": media_type}
    answer = boleto.world.http("POST", f"{boleto.path}/payments", raw=raw, headers=headers)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")


def test_a_paid_invoice_shows_it_and_is_not_paid_again(boleto: Visit) -> None:
    _, unpaid = boleto.state()
    boleto.world.pay(boleto.order["payment"]["id"])
    boleto.world.webhooks()
    boleto.world.settle_down()
    assert boleto.state()[0] == "paid"
    assert boleto.state()[1] != unpaid
    before = boleto.world.rows()
    assert boleto.choose("method=card").status == 303
    assert boleto.world.rows() == before
    assert 'class="badge paid"' in boleto.see().text


def test_an_expired_invoice_says_so_and_is_not_paid(boleto: Visit) -> None:
    steps.expired(boleto.order["id"], boleto.world.now)
    assert boleto.state()[0] == "expired"
    assert boleto.choose("method=card").status == 303
    assert not re.search('name="method"', boleto.see().text)


def test_a_redsys_form_stands_in_the_page_and_may_be_posted(world: World) -> None:
    spaniard = visit(world, "redsys", **SPANIARD)
    form = spaniard.payment()["form"]
    answer = spaniard.see()
    for name, value in form["fields"].items():
        assert f'name="{name}" value="{value}"' in answer.text
    origin = world.sandbox.url
    assert f"form-action 'self' {origin};" in answer.headers["Content-Security-Policy"]


# How often


def test_an_address_asks_so_often_a_minute(boleto: Visit) -> None:
    os.environ["VALIDATIONS_PER_ADDRESS"] = "3"
    forget_everything()
    answers = [boleto.see(**{"accept-language": "es"}) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Content-Type"] == "text/html; charset=utf-8"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20
    assert "Demasiadas solicitudes" in answers[-1].text
    assert boleto.choose("method=card").status == 429
    state = boleto.world.http("GET", f"{boleto.path}/state")
    assert (state.status, state.json["code"]) == (429, "too_many_requests")


def test_what_nobody_foresaw_is_a_page_with_the_id_to_quote(boleto: Visit) -> None:
    (payment,) = boleto.world.rows("payment")
    steps.put(boleto.world, {**payment, "amount": "not money"})
    answer = boleto.see(**{"accept-language": "es"})
    assert (answer.status, answer.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "Error interno" in answer.text
    assert re.search(r"<li>[0-9a-f-]{36}</li>", answer.text)
