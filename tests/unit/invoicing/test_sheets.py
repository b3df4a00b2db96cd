"""What an invoice and a credit note say, in each language."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from string import Formatter
from typing import Any

import pytest

from chalicelib.billing.credit_notes import CreditNote, issued, more_credited, nothing_credited
from chalicelib.billing.rules import HowToPay, Party
from chalicelib.billing.sheets import Instruction, sheet_of
from chalicelib.billing.words import WORDS, Words
from chalicelib.kernel.errors import LOCALES
from chalicelib.kernel.methods import Method
from chalicelib.kernel.money import Money
from tests.unit.invoicing.made import BUYER, NOW, TODAY, an_invoice, line

URL = "https://store.example.com/i/abc"
EVERYTHING = HowToPay(("boleto", "card", "transfer"), "ES91 2100, Vigencia Demo S.L.", date(2026, 11, 27))


def a_credit_note(minor: int = 12000, **changed: str) -> CreditNote:
    invoice = an_invoice(**changed)
    before = nothing_credited(invoice)
    after = more_credited(before, invoice, Money(minor, invoice.total.currency))
    told = {"id": "crn_1", "number": "R-2026-000001", "reason": "Desistimiento"}
    return issued(invoice, before, after, on=TODAY, now=NOW, **told)


def test_a_spanish_invoice_says_all_that_a_full_one_must() -> None:
    sheet = sheet_of(an_invoice(), URL)
    assert (sheet.title, sheet.number, sheet.date) == ("Factura", "A-2026-000017", "22 de noviembre de 2026")
    assert sheet.seller == (
        "Vigencia Demo S.L.",
        "Calle Mayor 1",
        "28013 Madrid",
        "España",
        "NIF: B12345674",
        "store@example.com",
    )
    assert sheet.buyer[:5] == (
        "José García",
        "Calle de Alcalá, 50",
        "28014 Madrid",
        "España",
        "NIF: 12345678Z",
    )
    assert sheet.columns == (
        "Descripción",
        "Cantidad",
        "Precio sin impuestos",
        "Precio con impuestos",
        "Importe",
    )
    assert sheet.rows == (
        ("PrestaImport", "1", "99,17 €", "120,00 €", "120,00 €"),
        ("Proveedor A", "2", "49,59 €", "60,00 €", "120,00 €"),
        ("Asesoría", "1", "0,00 €", "0,00 €", "0,00 €"),
    )
    assert sheet.totals == (
        ("Base imponible", "198,35 €"),
        ("IVA 21 % sobre 198,35 €", "41,65 €"),
        ("Total", "240,00 €"),
    )


def test_without_a_tax_there_is_one_price_and_nothing_but_the_total() -> None:
    sheet = sheet_of(an_invoice(taxes=(), locale="en"), URL)
    assert sheet.columns == ("Description", "Quantity", "Price", "Amount")
    assert sheet.rows[1] == ("Proveedor A", "2", "€ 60.00", "€ 120.00")
    assert sheet.totals == (("Total", "€ 240.00"),)


def test_every_method_on_offer_comes_with_its_data_and_instructions() -> None:
    sheet = sheet_of(an_invoice(locale="pt-BR", how_to_pay=EVERYTHING), URL)
    assert sheet.how_to_pay == "Como pagar"
    assert sheet.instructions == (
        Instruction("Boleto bancário", "Vence em 27 de novembro de 2026.\nPague on-line:", URL),
        Instruction("Cartão", "Pague on-line:", URL),
        Instruction(
            "Transferência bancária",
            "Conta: ES91 2100, Vigencia Demo S.L.\nInforme como referência: A-2026-000017",
        ),
    )


@pytest.mark.parametrize(("method", "name"), [("paypal", "PayPal"), ("redsys", "Tarjeta (TPV virtual)")])
def test_whatever_is_paid_online_says_where_under_its_own_name(method: Any, name: str) -> None:
    sheet = sheet_of(an_invoice(how_to_pay=HowToPay((method,))), URL)
    assert sheet.instructions == (Instruction(name, "Pague en línea:", URL),)


@pytest.mark.parametrize(
    ("offered", "methods"),
    [
        (HowToPay(("card",)), ["Tarjeta"]),
        (HowToPay(("boleto", "card")), ["Boleto bancario", "Tarjeta"]),
        (HowToPay(()), []),
        (None, []),
    ],
)
def test_only_what_was_offered_stands_there(offered: HowToPay | None, methods: list[str]) -> None:
    sheet = sheet_of(an_invoice(how_to_pay=offered), URL)
    assert [one.method for one in sheet.instructions] == methods
    assert not any("Vence" in one.text for one in sheet.instructions)


def test_a_credit_note_says_which_invoice_it_corrects_why_and_with_which_taxes() -> None:
    sheet = sheet_of(a_credit_note(), URL)
    assert (sheet.title, sheet.number) == ("Factura rectificativa", "R-2026-000001")
    assert sheet.columns == ("Descripción", "Importe")
    corrects = "Rectifica la factura A-2026-000017 del 22 de noviembre de 2026.\nDesistimiento"
    assert sheet.rows == ((corrects, "120,00 €"),)
    assert sheet.totals == (
        ("Base imponible", "99,17 €"),
        ("IVA 21 % sobre 99,17 €", "20,83 €"),
        ("Total", "120,00 €"),
    )
    assert sheet.instructions == ()


@pytest.mark.parametrize(
    ("locale", "title", "credit"),
    [
        ("es", "Factura", "Factura rectificativa"),
        ("pt-BR", "Fatura", "Nota de crédito"),
        ("en", "Invoice", "Credit note"),
    ],
)
def test_each_language_has_its_titles(locale: str, title: str, credit: str) -> None:
    assert sheet_of(an_invoice(locale=locale), URL).title == title
    assert sheet_of(a_credit_note(locale=locale), URL).title == credit


def test_pesos_have_no_decimals() -> None:
    whole = Money(119000, "CLP")
    sheet = sheet_of(an_invoice(lines=(line("Licencia", 119000, 1, "CLP"),), total=whole, taxes=()), URL)
    assert sheet.rows == (("Licencia", "1", "119.000 CLP", "119.000 CLP"),)


# Parties


@pytest.mark.parametrize(
    ("country", "shown", "tax_id"),
    [
        ("ES", "España", "NIF"),
        ("BR", "Brasil", "CPF/CNPJ"),
        ("CL", "Chile", "RUT"),
        ("PT", "PT", "Id. fiscal"),
    ],
)
def test_a_tax_id_is_called_as_its_country_calls_it(country: str, shown: str, tax_id: str) -> None:
    buyer = sheet_of(an_invoice(buyer=replace(BUYER, country=country, address=None)), URL).buyer
    assert buyer == ("José García", shown, f"{tax_id}: 12345678Z", "jose@example.com")


def test_who_has_neither_tax_id_nor_address_is_named_all_the_same() -> None:
    buyer = Party("Ana", None, "BR", "ana@example.com")
    assert sheet_of(an_invoice(buyer=buyer), URL).buyer == ("Ana", "Brasil", "ana@example.com")


def test_an_address_of_many_lines_keeps_its_words_but_not_its_height() -> None:
    address = "\n".join(["", *(f"line {number}" for number in range(9)), " "])
    shown = sheet_of(an_invoice(buyer=replace(BUYER, address=address)), URL).buyer
    assert shown[1:7] == (*(f"line {n}" for n in range(5)), "line 5, line 6, line 7, line 8")


# Words


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_all_words_with_the_same_gaps(locale: str) -> None:
    for field in fields(Words):
        mine, spanish = (getattr(WORDS[one], field.name) for one in (locale, "es"))
        assert mine
        if isinstance(mine, str):
            assert _gaps(mine) == _gaps(spanish), field.name
        else:
            assert mine.keys() == spanish.keys()


def _gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("method", ["boleto", "card", "transfer"])
def test_no_gap_is_left_open(locale: str, method: Method) -> None:
    offered = replace(EVERYTHING, methods=(method,))
    for record in (an_invoice(locale=locale, how_to_pay=offered), a_credit_note(locale=locale)):
        sheet = sheet_of(record, URL)
        said = (*sheet.rows, *sheet.totals, *((one.text,) for one in sheet.instructions))
        assert not [text for row in said for text in row if "{" in text or "None" in text]
