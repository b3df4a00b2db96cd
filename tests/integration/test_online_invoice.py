"""The online invoice in a browser against the running stack: seen, paid and taken back (V7, V8)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from infra import commands
from infra.local import Local
from tests.integration.browsing import Payer, browser_of, chromium, overflow, violations
from tests.integration.running import Client, eventually, registered

SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z", "name": "José García"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_of(chromium()) as running:
        yield running


@pytest.fixture
def payer(browser: Browser, local: Local) -> Iterator[Payer]:
    """Somebody with a browser, which must not have complained: not about our policy either."""
    payer = Payer(browser, local.endpoints["api"])
    yield payer
    payer.close()
    assert payer.faults == []


@dataclass(frozen=True)
class Ordered:
    """An order, its customer and the address of its invoice."""

    customer: Client
    order: Any
    url: str

    def payment(self) -> Any:
        return self.customer.get(f"/v1/orders/{self.order['id']}")["payment"]

    def pending(self) -> Any:
        """The payment, as soon as its provider has it."""
        return eventually("the charge", lambda: p if (p := self.payment())["status"] == "pending" else None)


def ordered(visitor: Client, method: str, **profile: str) -> Ordered:
    """A new customer's order."""
    _, customer = registered(visitor, **profile)
    body = {"items": [{"product": "prestaimport"}], "payment_method": method}
    placed = customer.call("POST", "/v1/orders", body)
    assert placed.status == 201, placed
    url = customer.get(f"/v1/invoices/{placed.json['invoice_id']}")["online_url"]
    return Ordered(customer, placed.json, url)


def at_the_invoice(page: Page, ordered: Ordered) -> None:
    """Wait until the page is the invoice's again, without the mark of a choice."""
    page.wait_for_url(re.compile(re.escape(ordered.url) + r"(\?[^#]*)?$"))


# Seen


@pytest.mark.parametrize("method", ["boleto", "card", "redsys", "transfer"])
def test_the_page_can_be_read_on_a_phone_in_three_languages_by_everybody(
    visitor: Client, payer: Payer, method: str
) -> None:
    sold = ordered(visitor, method, **({} if method == "boleto" else SPAIN))
    sold.pending()
    for scheme in ("light", "dark"):
        page = payer.page(color_scheme=scheme)
        for language in ("es", "pt-BR", "en"):
            page.goto(f"{sold.url}?lang={language}")
            assert page.locator("html").get_attribute("lang") == language
            assert overflow(page) == 0
            assert violations(page) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert overflow(page) == 0


def test_everything_that_is_pressed_is_large_enough(visitor: Client, payer: Payer) -> None:
    page = payer.page()
    page.goto(ordered(visitor, "boleto").url)
    expect(page.get_by_role("button", name="Copiar linha")).to_be_visible()
    sizes = [one.bounding_box() for one in page.get_by_role("button").all()]
    assert len(sizes) >= 4
    assert all(size and size["height"] >= 44 for size in sizes)


def test_another_language_is_a_link_away(visitor: Client, payer: Payer) -> None:
    page = payer.page()
    page.goto(ordered(visitor, "boleto").url)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Details")).to_be_visible()


def test_a_name_with_a_script_in_it_stays_text(visitor: Client, payer: Payer) -> None:
    name = '"><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
    page = payer.page()
    page.goto(ordered(visitor, "boleto", name=name).url)
    expect(page.get_by_text(name)).to_be_visible()
    assert page.evaluate("window.hacked") is None


def test_a_script_that_got_into_the_page_would_not_run(visitor: Client, payer: Payer) -> None:
    page = payer.page()
    page.goto(ordered(visitor, "transfer", **SPAIN).url)
    page.evaluate(
        "const one = document.createElement('script'); one.textContent = 'window.hacked = 1';"
        "document.body.append(one)"
    )
    assert page.evaluate("window.hacked") is None
    (complaint,) = payer.faults
    assert "Content Security Policy" in complaint
    payer.faults.clear()


# Paid


@pytest.mark.parametrize(
    ("button", "onward"),
    [
        ("Pagar con tarjeta", "/stripe/pay/"),
        ("Pagar con PayPal", "/paypal/checkoutnow/"),
        ("Pagar con tarjeta (Redsys)", "/redsys/sis/realizarPago"),
    ],
    ids=["card", "paypal", "redsys"],
)
def test_who_chooses_a_way_pays_at_its_provider_and_comes_back(
    local: Local, visitor: Client, payer: Payer, button: str, onward: str
) -> None:
    sold = ordered(visitor, "transfer", **SPAIN)
    page = payer.page()
    page.goto(sold.url)
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(f"{local.endpoints['sandbox']}{onward}**")
    page.get_by_role("button", name="Pay", exact=True).click()
    at_the_invoice(page, sold)
    expect(page.locator(".badge")).to_have_text("Pagada")
    assert page.get_by_role("button").count() == 0
    assert sold.payment()["status"] == "paid"


def test_who_turns_back_at_the_provider_is_not_sent_there_again(
    local: Local, visitor: Client, payer: Payer
) -> None:
    sold = ordered(visitor, "transfer", **SPAIN)
    page = payer.page()
    page.goto(sold.url)
    page.get_by_role("button", name="Pagar con tarjeta", exact=True).click()
    page.wait_for_url(f"{local.endpoints['sandbox']}/**")
    page.go_back()
    at_the_invoice(page, sold)
    onward = page.get_by_role("link", name="Continuar al pago con tarjeta")
    expect(onward).to_be_visible()
    page.wait_for_timeout(1500)
    at_the_invoice(page, sold)
    onward.click()
    page.wait_for_url(f"{local.endpoints['sandbox']}/stripe/pay/**")


def test_a_declined_card_is_told_and_another_way_is_open(local: Local, visitor: Client, payer: Payer) -> None:
    sold = ordered(visitor, "redsys", **SPAIN)
    page = payer.page()
    page.goto(sold.url)
    page.get_by_role("button", name="Continuar al TPV del banco").click()
    page.get_by_role("button", name="Have the card declined").click()
    at_the_invoice(page, sold)
    expect(page.locator(".notice.failed")).to_be_visible()
    page.get_by_role("button", name="Pagar por transferencia").click()
    expect(page.get_by_text("Referencia que debe indicar")).to_be_visible()
    at_the_invoice(page, sold)


def test_a_boleto_and_its_pix_code_are_copied(visitor: Client, payer: Payer) -> None:
    sold = ordered(visitor, "boleto")
    page = payer.page()
    page.goto(sold.url)
    boleto = sold.pending()["boleto"]
    for button, code in (("Copiar linha", "digitable_line"), ("Copiar código Pix", "pix")):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("status")).to_have_text(f"Copiado: {button}")
        assert page.evaluate("navigator.clipboard.readText()") == boleto[code]
    slip = page.get_by_role("link", name="Abrir o boleto (PDF)")
    assert slip.get_attribute("href") == boleto["pdf_url"]


def test_an_open_page_shows_by_itself_what_is_paid_elsewhere(
    local: Local, visitor: Client, payer: Payer
) -> None:
    sold = ordered(visitor, "boleto")
    page = payer.page()
    page.goto(sold.url)
    expect(page.locator(".badge")).to_have_text("Aguardando pagamento")
    assert commands.pay(local.home, sold.order["payment"]["id"]) == 0
    expect(page.locator(".badge")).to_have_text("Paga")
    assert "Paga" in page.title()


def test_a_page_asks_only_while_somebody_looks_and_something_may_happen(
    local: Local, visitor: Client, payer: Payer
) -> None:
    sold = ordered(visitor, "boleto")
    sold.pending()
    page, asked, state = payer.page(), list[str](), f"{sold.url}/state"
    page.clock.install()
    page.goto(sold.url)
    page.on("request", lambda request: asked.append(request.url))

    def hide(hidden: str) -> None:
        page.evaluate(f"Object.defineProperty(document, 'hidden', {{value: {hidden}, configurable: true}})")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def minute() -> list[str]:
        """What is asked for in a minute."""
        before = len(asked)
        page.clock.fast_forward(60_000)
        page.wait_for_timeout(300)
        return asked[before:]

    assert minute() == [state]
    hide("true")
    assert minute() == []
    hide("false")
    assert minute() == [state]
    assert commands.pay(local.home, sold.order["payment"]["id"]) == 0
    expect(page.locator(".badge")).to_have_text("Paga")
    assert minute() == []


def test_a_transfer_is_told_where_to_go_and_shown_as_it_arrives(visitor: Client, payer: Payer) -> None:
    sold = ordered(visitor, "transfer", **SPAIN)
    page = payer.page()
    page.goto(sold.url)
    told = sold.pending()["instructions"]
    expect(page.locator("#account")).to_have_text(told["account"])
    expect(page.locator("#reference")).to_have_text(told["reference"])
    finance = visitor.signed_in("finance@example.com")
    confirm = f"/v1/staff/payments/{sold.order['payment']['id']}/confirm"
    for arrived, shown in ((2000, "Falta por llegar100,00 €"), (10000, None)):
        amount = {"amount": arrived, "currency": "EUR"}
        entry = {"reference": uuid.uuid4().hex, "value_date": "2026-11-20", "amount": amount}
        assert finance.call("POST", confirm, entry).status == 200
        if shown:
            expect(page.locator("#go dl")).to_contain_text(shown)
    expect(page.locator(".badge")).to_have_text("Pagada")


def test_everything_can_be_done_without_scripts(local: Local, visitor: Client, payer: Payer) -> None:
    sold = ordered(visitor, "boleto")
    boleto = sold.pending()["boleto"]
    page = payer.page(java_script_enabled=False)
    page.goto(sold.url)
    assert page.locator("#line").inner_text().replace(".", "").replace(" ", "") == boleto["digitable_line"]
    expect(page.get_by_role("button", name="Copiar linha")).to_be_hidden()
    page.get_by_role("button", name="Pagar com cartão").click()
    eventually("the checkout", lambda: sold.payment()["redirect_url"])
    page.get_by_role("link", name="Ver como está o pagamento agora").click()
    page.get_by_role("link", name="Continuar para o pagamento com cartão").click()
    page.wait_for_url(f"{local.endpoints['sandbox']}/stripe/pay/**")


# Taken back


def test_an_address_that_was_taken_back_opens_nothing_not_even_where_it_is_open(
    visitor: Client, payer: Payer
) -> None:
    sold = ordered(visitor, "boleto")
    page = payer.page()
    page.goto(sold.url)
    renewed = sold.customer.call("POST", f"/v1/invoices/{sold.order['invoice_id']}/link")
    assert renewed.status == 200
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    gone = page.goto(sold.url)
    assert gone is not None
    assert gone.status == 404
    assert violations(page) == []
    # The browser tells of every answer that is no success.
    assert all("404" in fault for fault in payer.faults)
    payer.faults.clear()
    page.goto(renewed.json["online_url"])
    expect(page.locator(".badge")).to_have_text("Aguardando pagamento")
