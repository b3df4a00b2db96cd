"""Every kind of mail in every language."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from chalicelib.kernel.errors import LOCALES
from chalicelib.mail.render import TEMPLATES, render
from chalicelib.mail.rules import KINDS

from .conftest import PARAMS

EVERY = [(kind, locale) for kind in sorted(KINDS) for locale in LOCALES]


def shown(page: str) -> list[str]:
    """The lines a reader of the HTML sees."""
    body = page.split("<body", 1)[1].split(">", 1)[1]
    return html.unescape(re.sub(r"<[^>]*>", "", body)).split("\n")


def test_templates_are_exactly_the_kinds_in_every_language() -> None:
    found = {(path.parent.name, path.name) for path in Path(TEMPLATES).glob("*/*.j2")}
    assert found == {(loc, f"{name}.txt.j2") for loc in LOCALES for name in (*KINDS, "letter")}


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_every_kind_renders_with_exactly_its_parameters(kind: str, locale: str) -> None:
    assert PARAMS[kind].keys() == KINDS[kind]
    letter = render(kind, locale, PARAMS[kind])
    assert letter.subject
    assert "\n" not in letter.subject
    assert "Ana Núñez" in letter.text
    assert f'<html lang="{locale}">' in letter.html


@pytest.mark.parametrize(
    ("kind", "locale", "name"), [(k, loc, n) for k, loc in EVERY for n in sorted(KINDS[k])]
)
def test_missing_parameter_is_an_error_not_a_gap(kind: str, locale: str, name: str) -> None:
    with pytest.raises((UndefinedError, TypeError)):
        render(kind, locale, {key: value for key, value in PARAMS[kind].items() if key != name})


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_html_and_text_say_the_same(kind: str, locale: str) -> None:
    letter = render(kind, locale, PARAMS[kind])
    assert [line for line in shown(letter.html) if line] == [line for line in letter.text.split("\n") if line]


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_names_are_escaped_in_html_and_plain_in_text(kind: str, locale: str) -> None:
    letter = render(kind, locale, {**PARAMS[kind], "name": '<img src="x"> & Co', "vendor": "<i>V</i>"})
    assert '<img src="x"> & Co' in letter.text
    assert "<img" not in letter.html
    assert "&lt;img src=&#34;x&#34;&gt; &amp; Co" in letter.html
    assert "<i>" not in letter.html


@pytest.mark.parametrize(("kind", "locale"), EVERY)
def test_a_name_cannot_begin_a_paragraph_or_bring_a_link(kind: str, locale: str) -> None:
    evil = "Ana\r\n\r\nhttps://evil.example\nBcc: x@example.com"
    letter = render(kind, locale, {**PARAMS[kind], "name": evil, "number": "1\n\n2", "product": "P\n\nQ"})
    assert "\nhttps://evil.example" not in letter.text
    assert 'href="https://evil.example' not in letter.html
    assert "\n" not in letter.subject


def test_the_boleto_can_be_read_copied_and_opened() -> None:
    letter = render("boleto_to_pay", "pt-BR", PARAMS["boleto_to_pay"])
    assert letter.subject == "Boleto da fatura 2026-000017: vence em 27 de novembro de 2026"
    assert "\n00190.00009 01149.718601 68524.522114 6 75860000102656\n" in letter.text
    assert "Valor: R$ 1.026,56\n" in letter.text
    assert '<a href="https://bank.example/boleto.pdf?id=1&amp;copy=2">' in letter.html


def test_only_web_addresses_become_links() -> None:
    letter = render("boleto_to_pay", "es", {**PARAMS["boleto_to_pay"], "pdf_url": "javascript:alert(1)"})
    assert "href" not in letter.html


def test_invoice_lists_its_lines_and_total() -> None:
    letter = render("invoice_issued", "es", PARAMS["invoice_issued"])
    assert "1 × PrestaImport: 199,00 €\n2 × Proveedor A: 50,00 €\nTotal: 249,00 €\n" in letter.text


def test_a_payments_day_is_written_out() -> None:
    letter = render("payment_received", "pt-BR", PARAMS["payment_received"])
    assert "Data: 22 de novembro de 2026\n" in letter.text


def test_licence_mail_tells_each_expiry_and_only_the_end_of_the_key() -> None:
    letter = render("license_active", "en", PARAMS["license_active"])
    assert letter.subject == "Your PrestaImport licence is active (key …K7QX2M)"
    assert "Valid until: 22 November 2027\n" in letter.text
    assert "- Proveedor A, until 22 May 2027\n- Proveedor B\n" in letter.text


def test_licence_without_end_or_addons_says_so() -> None:
    letter = render("license_active", "es", {**PARAMS["license_active"], "last_day": None, "addons": []})
    assert "Sin fecha de caducidad" in letter.text
    assert "Complementos" not in letter.text
