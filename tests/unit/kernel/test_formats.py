"""How values are written in each language."""

from __future__ import annotations

import re

import pytest

from chalicelib.kernel import formats
from chalicelib.kernel.errors import LOCALES
from chalicelib.kernel.formats import STYLES
from chalicelib.kernel.money import Money


def test_every_language_has_a_style() -> None:
    assert set(STYLES) == set(LOCALES)


@pytest.mark.parametrize(
    ("locale", "amount", "currency", "written"),
    [
        ("es", 19900, "EUR", "199,00 €"),
        ("es", 1990000, "CLP", "1.990.000 CLP"),
        ("es", 990, "CLP", "990 CLP"),
        ("pt-BR", 19900, "BRL", "R$ 199,00"),
        ("pt-BR", 123456789, "BRL", "R$ 1.234.567,89"),
        ("en", 100000, "EUR", "€ 1,000.00"),
        ("en", -5, "USD", "USD -0.05"),
        ("en", -123456, "USD", "USD -1,234.56"),
    ],
)
def test_money_is_written_as_each_language_does(
    locale: str, amount: int, currency: str, written: str
) -> None:
    assert formats.money(STYLES[locale], Money(amount, currency)) == written


@pytest.mark.parametrize(
    ("locale", "basis_points", "written"),
    [
        ("es", 2100, "21 %"),
        ("es", 1050, "10,5 %"),
        ("es", 0, "0 %"),
        ("pt-BR", 1925, "19,25%"),
        ("en", 5, "0.05%"),
        ("en", 10000, "100%"),
    ],
)
def test_rates_are_written_without_empty_decimals(locale: str, basis_points: int, written: str) -> None:
    assert formats.percent(STYLES[locale], basis_points) == written


@pytest.mark.parametrize(
    ("locale", "written"),
    [("es", "1 de marzo de 2027"), ("pt-BR", "1 de março de 2027"), ("en", "1 March 2027")],
)
def test_dates_are_written_out(locale: str, written: str) -> None:
    assert formats.day(STYLES[locale], "2027-03-01") == written


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
def test_every_language_has_twelve_months_and_every_payment_method(style: formats.Style) -> None:
    assert len(style.months.split()) == 12
    assert style.methods.keys() == {"boleto", "card", "paypal", "transfer", "redsys"}


def test_digitable_line_is_grouped_also_when_it_came_grouped() -> None:
    grouped = "00190.50095 40144.816069 06809.350314 3 37370000000100"
    assert formats.digitable(grouped) == grouped
    assert formats.digitable(re.sub(r"\D", "", grouped)) == grouped


@pytest.mark.parametrize(
    ("locale", "zone", "written"),
    [
        ("es", "Europe/Madrid", "12 de diciembre de 2026, 04:00 (hora de Madrid)"),
        ("pt-BR", "America/Sao_Paulo", "12 de dezembro de 2026, 00:00 (horário de São Paulo)"),
        ("en", "America/Santiago", "12 December 2026, 00:00 (Santiago time)"),
        ("en", "America/New_York", "11 December 2026, 22:00 (New York time)"),
    ],
)
def test_an_instant_is_written_as_the_clocks_of_its_zone_show_it(
    locale: str, zone: str, written: str
) -> None:
    assert formats.moment(STYLES[locale], "2026-12-12T03:00:00Z", zone) == written
