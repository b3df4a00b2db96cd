"""Amounts and days as banks write them: read exactly, or refused (V8)."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.figures import LARGEST, Unreadable, read_amount, read_day
from chalicelib.kernel.money import EXPONENTS, Money

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
SIGNS = ("-{}", "{}-", "- {}", "−{}", "({})", "{} DR", "{}DB")
MARKS = {"BRL": ("R$ {}", "R${}", "{} BRL"), "EUR": ("€{}", "{} €", "EUR {}"), "CLP": ("$ {}", "CLP {}")}
MARKS["USD"] = ("$ {}", "US$ {}", "{} usd")


def _grouped(digits: str, separator: str) -> str:
    """`_grouped("1234567", ".")` → `"1.234.567"`."""
    first = len(digits) % 3 or 3
    groups = [digits[:first], *(digits[at : at + 3] for at in range(first, len(digits), 3))]
    return separator.join(groups)


def _as_a_bank_writes(amount: Money, convention: str, mark: str, sign: str) -> str:
    point, thousands = convention[0], convention[1:]
    units, _, cents = Money(abs(amount.minor), amount.currency).decimal().partition(".")
    number = _grouped(units, thousands) + (point + cents if cents else "")
    text = mark.format(number)
    return sign.format(text) if amount.minor < 0 else text


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Money]:
    """An amount, and one of the ways in which banks write it."""
    amount = Money(draw(st.integers(-LARGEST, LARGEST)), draw(CURRENCIES))
    convention = draw(st.sampled_from([",.", ".,", ",", ".", ", ", ". ", ".'", ", "]))
    mark = draw(st.sampled_from(["{}", *MARKS[amount.currency]]))
    return _as_a_bank_writes(amount, convention, mark, draw(st.sampled_from(SIGNS))), amount


@given(written())
def test_an_amount_is_read_back_however_a_bank_writes_it(case: tuple[str, Money]) -> None:
    text, amount = case
    assert read_amount(text, amount.currency) == amount


@given(st.text("0123456789.,-+ ()R$", max_size=12), CURRENCIES)
def test_any_other_text_is_an_amount_or_unreadable(text: str, currency: str) -> None:
    digits = re.sub("[^0-9]", "", text)
    try:
        amount = read_amount(text, currency)
    except Unreadable:
        return
    # Cents may be left out or written out; nothing else may come or go.
    assert amount.decimal().replace(".", "").strip("-0") == digits.strip("0")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1.234,56", "EUR", 123456),
        ("1,234.56", "USD", 123456),
        ("1234.56", "EUR", 123456),
        ("-12,30", "EUR", -1230),
        ("12.30-", "EUR", -1230),
        ("R$ 1.234,56", "BRL", 123456),
        ("-R$ 1.234,56", "BRL", -123456),
        ("R$ -1.234,56", "BRL", -123456),
        ("1.234", "CLP", 1234),
        ("1.000", "CLP", 1000),
        ("1,234", "CLP", 1234),
        ("$119.000", "CLP", 119000),
        ("119000,00", "CLP", 119000),
        ("1.234.567", "CLP", 1234567),
        ("1.234.567", "EUR", 123456700),
        ("1234", "EUR", 123400),
        ("1 234,5", "EUR", 123450),
        ("1234.500", "EUR", 123450),
        ("0,500", "EUR", 50),
        ("+12,30", "EUR", 1230),
        ("12.30 CR", "USD", 1230),
        ("0,00", "EUR", 0),
    ],
)
def test_an_amount_is_read_as_its_currency_decides(text: str, currency: str, minor: int) -> None:
    assert read_amount(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("", "EUR", "missing"),
        (" \t", "EUR", "missing"),
        # 1,234 euros or 1.234 of one: nobody knows.
        ("1.234", "EUR", "ambiguous"),
        ("1,000", "BRL", "ambiguous"),
        ("-999.999", "USD", "ambiguous"),
        ("12,345", "EUR", "ambiguous"),
        ("12,3", "CLP", "amount"),
        ("1.234,50", "CLP", "amount"),
        ("0.123", "EUR", "amount"),
        ("1.23.45", "EUR", "amount"),
        ("12.34,567", "EUR", "amount"),
        ("1,234,56", "EUR", "amount"),
        ("12 34", "EUR", "amount"),
        ("12,", "EUR", "amount"),
        (",5", "EUR", "amount"),
        ("--1", "EUR", "amount"),
        ("-1-", "EUR", "amount"),
        ("(1", "EUR", "amount"),
        ("1)", "EUR", "amount"),
        ("1,00 C", "BRL", "amount"),
        ("1e3", "EUR", "amount"),
        ("١٢", "EUR", "amount"),
        ("doce", "EUR", "amount"),
        ("9" * 5000, "EUR", "amount"),
        ("R$ 12,30", "EUR", "currency"),
        ("$ 12,30", "EUR", "currency"),
        ("12,30 €", "BRL", "currency"),
        ("US$ 12", "CLP", "currency"),
        ("10.000.000.000,01", "EUR", "too_large"),
    ],
)
def test_what_is_uncertain_is_refused(text: str, currency: str, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_amount(text, currency)
    assert refused.value.code == code


def test_an_ambiguous_amount_tells_what_it_could_be() -> None:
    with pytest.raises(Unreadable, match=r"'1.234' could be 1.234 / 1234"):
        read_amount("1.234", "EUR")


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d", "%Y/%m/%d", "%d/%m/%y"]),
    st.sampled_from(["", " 10:15", "T10:15:00", " 10:15:00.123", "T10:15:00Z"]),
)
def test_a_day_is_read_back_however_a_bank_writes_it(day: date, form: str, time: str) -> None:
    assert read_day(f" {day.strftime(form)}{time} ") == day


def test_the_day_comes_first_and_needs_no_zero() -> None:
    assert read_day("3/4/2026") == date(2026, 4, 3)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("11/24/2026", "date"),
        ("31/02/2026", "date"),
        ("26-11-24", "date"),
        ("24/11-2026", "date"),
        ("24112026", "date"),
        ("24 nov 2026", "date"),
        ("46350", "date"),
        ("24/11/1926", "date"),
        ("24/11/2026 ayer", "date"),
    ],
)
def test_what_is_no_day_is_refused(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_day(text)
    assert refused.value.code == code
