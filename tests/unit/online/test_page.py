"""The online invoice as HTML: complete in each language, inert whatever it is given, and confined (V8)."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
from jinja2 import Environment, nodes

from chalicelib.billing import page
from chalicelib.billing.failures import Why
from chalicelib.billing.online import State, View
from chalicelib.billing.rules import Form, InvoiceLine, Party, Slip, Transfer
from chalicelib.billing.taxes import TaxShare
from chalicelib.billing.wording import LANGUAGES, WORDS
from chalicelib.kernel.errors import LOCALES
from chalicelib.kernel.methods import METHODS
from chalicelib.kernel.money import Money

from .made import CHECKOUT, FORM, LINE, NOW, PIX, TRANSFER, a_view, an_invoice

TOKEN = "0123456789abcdefghjkmnpqrs0123456789abcdefghjkmnpqrs"
PAID: dict[str, Any] = {"status": "paid", "paid_at": NOW}
VIEWS: dict[str, View] = {
    **{str(method): a_view(method) for method in METHODS},
    "preparing": a_view("card", status="requested", redirect_url=None),
    "processing": a_view("card", redirect_url=None),
    "part of a transfer": a_view("transfer", received=Money(5000, "EUR")),
    "checking": a_view(held="wrong_amount"),
    "paid": a_view(invoice=an_invoice(**PAID), **PAID),
    "given back in part": a_view(invoice=an_invoice(**PAID), refunded=Money(2000, "EUR"), **PAID),
    "refunded": a_view(invoice=an_invoice(**PAID), **{**PAID, "status": "refunded"}),
    "expired": a_view(invoice=an_invoice(status="uncollectible"), status="canceled"),
    "void": a_view(invoice=an_invoice(status="void"), status="canceled"),
    **{why: a_view(status="failed", failure=why) for why in ("card_declined", "lapsed", "else")},
    "not confirmed": a_view(status="failed", failure="authentication_required"),
}
EVERY = [(kind, locale) for kind in VIEWS for locale in LOCALES]


def shown(view: View, locale: str = "en") -> str:
    """The page's HTML."""
    return page.online(view, TOKEN, locale).html


def said(source: str) -> str:
    """What a reader sees of it, in one line."""
    body = re.sub(r"<(style|script)>.*?</\1>", "", source, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def policy(found: page.Page) -> dict[str, str]:
    """The directives of the page's Content-Security-Policy."""
    parts = (part.split(" ", 1) for part in found.headers["Content-Security-Policy"].split("; "))
    return {name: " ".join(value) for name, *value in parts}


# Languages


def _words_used() -> set[str]:
    """The words that the templates name, and those that they choose by state, reason or method."""
    used: set[str] = set()
    for path in page.TEMPLATES.glob("*.j2"):
        tree = Environment().parse(path.read_text(encoding="utf-8"))
        for found in tree.find_all(nodes.Getattr):
            if isinstance(found.node, nodes.Name) and found.node.name == "words":
                used.add(found.attr)
    used |= {*get_args(State), *(f"{state}_text" for state in get_args(State) if state != "waiting")}
    used |= {f"failed_{why}" for why in get_args(Why)} | {f"pay_{method}" for method in METHODS}
    return used | {f"continue_{method}" for method in ("card", "paypal", "redsys")}


def test_every_language_has_exactly_the_words_that_are_used() -> None:
    assert set(WORDS) == set(LANGUAGES) == set(LOCALES)
    for locale in LOCALES:
        assert set(WORDS[locale]) == _words_used(), locale
        assert all(text.strip() == text != "" for text in WORDS[locale].values())


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_every_page_is_whole_and_in_one_language(kind: str, locale: str) -> None:
    view = VIEWS[kind]
    source, text = shown(view, locale), said(shown(view, locale))
    assert f'<html lang="{locale}">' in source
    assert WORDS[locale][view.state] in text
    for party in (view.seller, view.buyer):
        assert party.name in text
        assert party.tax_id is not None
        assert party.tax_id in text
    assert view.number in text
    assert "None" not in text
    assert len(re.findall("<h1>", source)) == 1
    ids = re.findall(r'id="([^"]*)"', source)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'aria-labelledby="([^"]*)"', source)) <= set(ids)
    for other in set(LOCALES) - {locale}:
        assert f'<a href="?lang={other}" lang="{other}"' in source


def test_amounts_and_days_are_written_as_the_language_does() -> None:
    view = VIEWS["paid"]
    assert "120,00 € Pagada" in said(shown(view, "es"))
    assert "28 de noviembre de 2026" in said(shown(view, "es"))
    assert "€ 120.00 Paid" in said(shown(view, "en"))
    assert "28 November 2026" in said(shown(view, "en"))


def test_the_title_tells_the_state_to_who_hears_it_again_after_a_reload() -> None:
    assert "<title>Factura A-2026-000017 · Pagada</title>" in shown(VIEWS["paid"], "es")


def test_links_and_forms_are_relative_and_keep_a_language_that_was_chosen() -> None:
    source = shown(VIEWS["card"], "es")
    assert f'action="{TOKEN}/payments"' in source
    assert f'data-state="{TOKEN}/state"' in source
    assert f'action="{TOKEN}/payments?lang=en"' in shown(VIEWS["card"], "en")
    assert not re.search(r'(href|action)="/', source)


# What is shown


def test_a_card_payer_is_led_on_and_back() -> None:
    source = shown(VIEWS["card"])
    link = f'<a class="button first" href="{CHECKOUT}" rel="noopener noreferrer" data-go>'
    assert f"{link}Continue to card payment</a>" in source
    assert 'value="card"' in source  # to begin again, when the provider's page has lapsed


def test_a_redsys_payer_posts_the_form_as_it_was_signed() -> None:
    source = shown(VIEWS["redsys"])
    assert f'<form method="post" action="{FORM.url}" data-go>' in source
    for name, value in FORM.fields.items():
        assert f'<input type="hidden" name="{name}" value="{html.escape(value)}">' in source


def test_a_boleto_can_be_read_copied_and_opened_and_paid_by_pix() -> None:
    source = shown(VIEWS["boleto"], "pt-BR")
    text = said(source)
    assert "46190.00005 00000.000000 00648.279792 9 16480000059900" in text
    assert "2 de dezembro de 2026" in text
    assert f'data-copy="{LINE}"' in source
    assert f'data-copy="{PIX}"' in source
    assert '<a class="button second" href="https://bank.example/slip.pdf"' in source


def test_a_transfer_says_how_much_where_to_and_what_to_quote() -> None:
    text = said(shown(VIEWS["transfer"]))
    assert "Amount to send € 120.00" in text
    assert f"Account {TRANSFER.account}" in text
    assert f"Reference to quote {TRANSFER.reference}" in text


def test_a_transfer_that_came_in_part_says_what_is_still_to_come() -> None:
    text = said(shown(VIEWS["part of a transfer"]))
    assert "Received so far € 50.00 Still to come € 70.00" in text


def test_a_party_is_shown_with_address_country_and_what_its_tax_id_is_called() -> None:
    buyer = Party("Ana", "52998224725", "BR", "ana@example.com", "Rua A, 1\nSão Paulo")
    source = shown(a_view(invoice=an_invoice(buyer=buyer)))
    assert '<span class="lines">Rua A, 1\nSão Paulo</span>' in source
    assert "Brazil CPF/CNPJ: 52998224725 ana@example.com" in said(source)
    stranger = replace(buyer, country="PT", tax_id=None, address=None)
    assert "Ana PT ana@example.com" in said(shown(a_view(invoice=an_invoice(buyer=stranger))))


def test_copy_buttons_are_there_only_for_who_can_use_them() -> None:
    buttons = re.findall(r"<button[^>]*data-copy[^>]*>", shown(VIEWS["transfer"]))
    assert [button.endswith(" hidden>") for button in buttons] == [True, True]


@pytest.mark.parametrize("kind", VIEWS)
def test_there_is_one_button_for_each_way_and_none_when_nothing_can_be_paid(kind: str) -> None:
    offered = re.findall(r'name="method" value="(\w+)"', shown(VIEWS[kind]))
    again = ["card", "paypal", "redsys"]
    way = VIEWS[kind].way
    led_on = way is not None and bool(way.redirect_url or way.form) and way.method in again
    assert offered == ([way.method] if way and led_on else []) + list(VIEWS[kind].methods)


def test_the_page_asks_again_until_nothing_more_will_happen() -> None:
    final = {kind for kind in VIEWS if " data-final>" in shown(VIEWS[kind])}
    assert final == {"paid", "given back in part", "refunded", "expired", "void"}
    assert {kind for kind in VIEWS if "<noscript>" in shown(VIEWS[kind])} == set(VIEWS) - final


def test_net_taxes_and_pdf_are_shown_where_they_are_known() -> None:
    tax = TaxShare("IVA", 2100, Money(9917, "EUR"), Money(2083, "EUR"))
    view = replace(VIEWS["paid"], net=Money(9917, "EUR"), taxes=(tax,), pdf_url="x/pdf")
    text = said(shown(view, "es"))
    assert "Base imponible 99,17 € IVA 21 % sobre 99,17 € 20,83 € Total 120,00 €" in text
    assert '<a href="x/pdf">Descargar la factura (PDF)</a>' in shown(view, "es")
    assert "Base imponible" not in said(shown(VIEWS["paid"], "es"))


# What must not happen

EVIL = "\"'><script>alert(1)</script>"


def test_whatever_a_name_is_it_stays_text() -> None:
    evil = Party(EVIL, EVIL, "ES", f"a@b.example?subject={EVIL}")
    lines = (InvoiceLine(EVIL, 1, Money(1, "EUR"), Money(1, "EUR")),)
    invoice = an_invoice(seller=evil, buyer=evil, number=EVIL, lines=lines)
    for view in (
        a_view("transfer", invoice, transfer=Transfer(EVIL, EVIL)),
        a_view("redsys", invoice, form=Form(f"https://sis.example/{EVIL}", {EVIL: EVIL})),
        a_view("boleto", invoice, slip=Slip(EVIL, EVIL, EVIL), pix=EVIL, due_date=date(2026, 12, 2)),
    ):
        source = shown(view)
        assert "<script>alert" not in source
        assert source.count("<script>") == 1
        assert EVIL in said(source)


def test_a_slip_whose_address_is_not_safe_is_not_linked() -> None:
    slip = Slip(LINE, "0" * 44, "javascript:alert(1)")
    assert "javascript" not in shown(a_view("boleto", slip=slip))


@pytest.mark.parametrize("found", [page.online(VIEWS["card"], TOKEN, "en"), page.refusal("en", "No", "Why")])
def test_nothing_is_loaded_and_only_what_stands_in_the_page_is_run(found: page.Page) -> None:
    allowed = policy(found)
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", found.html, flags=re.DOTALL) or [None]
        if text is not None:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert allowed.pop(name) == f"'sha256-{digest}'"
    assert (allowed["default-src"], allowed["base-uri"], allowed["frame-ancestors"]) == ("'none'",) * 3
    assert "unsafe" not in str(found.headers)
    assert not re.search(r"<[^>]* (style|on\w+)=", found.html)
    assert not re.search(r"<(img|link|iframe|object|base)\b", found.html)


def test_forms_go_to_us_and_to_the_provider_of_the_form_that_is_there() -> None:
    assert policy(page.online(VIEWS["card"], TOKEN, "en"))["form-action"] == "'self'"
    redsys = policy(page.online(VIEWS["redsys"], TOKEN, "en"))
    assert redsys["form-action"] == "'self' https://sis.redsys.example"
    assert policy(page.refusal("en", "No", "Why"))["form-action"] == "'none'"


def test_the_address_is_neither_sent_on_nor_indexed_nor_kept() -> None:
    headers = page.online(VIEWS["card"], TOKEN, "en").headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_refusal_says_why_and_shows_the_way_back_where_there_is_one() -> None:
    source = page.refusal("es", "No <válido>", "Elija otra.", ["/method: x"], "../token").html
    assert said(source) == "No <válido> No <válido> Elija otra. /method: x Volver a la factura"
    assert '<a class="button" href="../token">' in source
    assert "<a" not in page.refusal("es", "No", "Nada.").html


PROBE = "import sys, chalicelib.billing.page\nprint(*{'jinja2'} & set(sys.modules))"


def test_importing_the_page_does_not_load_jinja2(request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
