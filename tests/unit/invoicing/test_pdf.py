"""The PDF itself: the same bytes each time, text that can be read and copied, and nothing that breaks it."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from chalicelib.billing.pdf import render
from chalicelib.billing.rules import Party
from chalicelib.kernel.errors import LOCALES
from chalicelib.paper import printable
from tests.unit.invoicing.made import BUYER, SELLER, an_invoice, line
from tests.unit.invoicing.test_sheets import EVERYTHING, URL, a_credit_note

PROBE = """
import hashlib
from chalicelib.billing.pdf import render
from tests.unit.invoicing.made import an_invoice
print(hashlib.sha256(render(an_invoice(), "https://store.example.com/i/abc")).hexdigest())
"""


def read(document: bytes) -> PdfReader:
    assert document.startswith(b"%PDF-")
    return PdfReader(io.BytesIO(document))


def text_of(document: bytes) -> str:
    """All that can be selected, with every white space as one."""
    return " ".join(" ".join(page.extract_text() for page in read(document).pages).split())


# The same bytes


def test_the_same_record_gives_the_same_bytes() -> None:
    assert render(an_invoice(), URL) == render(an_invoice(), URL)
    assert render(a_credit_note(), URL) == render(a_credit_note(), URL)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_gives_the_same_bytes(seed: str, request: pytest.FixtureRequest) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=request.config.rootpath,
        env={"PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(render(an_invoice(), URL)).hexdigest()


@pytest.mark.parametrize("status", ["open", "paid", "void", "uncollectible", "refunded"])
def test_what_becomes_of_an_invoice_does_not_show(status: Any) -> None:
    changed = an_invoice(status=status, paid_at=an_invoice().created_at, version=7)
    assert render(changed, URL) == render(an_invoice(), URL)


# What can be read


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_on_the_sheet_can_be_selected_as_text(locale: str) -> None:
    shown = text_of(render(an_invoice(locale=locale, how_to_pay=EVERYTHING), URL))
    for wanted in (
        "A-2026-000017",
        "Vigencia Demo S.L.",
        "B12345674",
        "28013 Madrid",
        "José García",
        "12345678Z",
        "Calle de Alcalá, 50",
        "Asesoría",
        "41,65 €" if locale == "es" else "41",
        "ES91 2100, Vigencia Demo S.L.",
        URL,
    ):
        assert wanted in shown, wanted


def test_a_credit_note_names_the_invoice_and_the_reason() -> None:
    shown = text_of(render(a_credit_note(), URL))
    for wanted in ("Factura rectificativa", "R-2026-000001", "A-2026-000017", "Desistimiento", "120,00 €"):
        assert wanted in shown


def test_title_author_and_language_are_in_its_properties() -> None:
    found = read(render(an_invoice(locale="pt-BR"), URL))
    assert found.metadata
    assert (found.metadata.title, found.metadata.author) == ("Fatura A-2026-000017", "Vigencia Demo S.L.")
    assert str(found.root_object["/Lang"]) == "pt-BR"


def test_the_address_for_paying_is_a_link() -> None:
    url = 'https://store.example.com/i/abc?x=1&y="2"'
    (page,) = read(render(an_invoice(), url)).pages
    assert [one.get_object()["/A"]["/URI"] for one in page.annotations or ()] == [url]


@pytest.mark.parametrize(("lines", "pages"), [(1, 1), (15, 1), (40, 2), (150, 5)])
def test_a_long_list_flows_over_pages_that_say_which_of_how_many_they_are(lines: int, pages: int) -> None:
    invoice = an_invoice(lines=tuple(line(f"Licencia {number}.", 100) for number in range(lines)))
    found = [page.extract_text() for page in read(render(invoice, URL)).pages]
    assert len(found) == pages
    for number, shown in enumerate(found, start=1):
        assert f"Página {number} de {pages}" in shown
        assert "Vigencia Demo S.L. · Factura A-2026-000017" in shown
    assert all("Descripción" in shown for shown in found[: pages - 1])
    together = " ".join(found)
    assert all(f"Licencia {number}." in together for number in range(lines))


# What must not break it


def test_what_looks_like_markup_is_only_text() -> None:
    evil = '<b>José</b> & "Co" <img src="http://127.0.0.1:9/x.png"/> </para> &lt;'
    party = Party(evil, evil[:60], "ES", evil, evil)
    invoice = an_invoice(buyer=party, seller=party, lines=(line(evil, 100),))
    shown = text_of(render(invoice, URL))
    assert shown.count('<b>José</b> & "Co" <img src="http://127.0.0.1:9/x.png"/> </para> &lt;') >= 3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("José Núñez, São Paulo, façade, Ærø, Straße", "José Núñez, São Paulo, façade, Ærø, Straße"),
        ("“12 €” – … ™ Œuvre Žižek", "“12 €” – … ™ Œuvre Žižek"),
        ("e\u0301", "é"),
        ("Łódź Đorđe Erdoğan Győr Čapek ſ ﬁ №", "Lódz Dorde Erdogan Gyor Capek s fi No"),
        ("A\u2212B\u2011C", "A-B-C"),
        ("漢字 😀", "?? ?"),
        ("a\tb\nc\x00d\u200be\xadf\x81g", "a b cdefg"),
        ("", ""),
    ],
)
def test_what_the_fonts_lack_is_replaced_by_what_is_nearest(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_every_text_becomes_one_that_the_fonts_have(text: str) -> None:
    shown = printable(text)
    assert shown.encode("cp1252").decode("cp1252") == shown
    assert printable(shown) == shown
    assert shown.isprintable() or "\xa0" in shown


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200), st.text(max_size=300), st.text(max_size=3000))
def test_no_name_address_or_description_keeps_an_invoice_from_being_made(
    name: str, address: str, description: str
) -> None:
    buyer = replace(BUYER, name=name, address=address)
    assert read(render(an_invoice(buyer=buyer, lines=(line(description, 1),)), URL)).pages


@pytest.mark.parametrize("long", ["W" * 9000, "palabra " * 3000, "a\n" * 500])
def test_a_text_longer_than_a_page_goes_on_on_the_next(long: str) -> None:
    document = render(
        replace(a_credit_note(), reason=f"{long} END", seller=replace(SELLER, name=long[:200])), URL
    )
    assert len(read(document).pages) > 1
    assert "END" in text_of(document)
