"""Money is exact: splitting, writing and reading it loses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.money import EXPONENTS, CurrencyMismatch, Money, total

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
AMOUNTS = st.builds(Money, st.integers(-(10**15), 10**15), CURRENCIES)


@given(AMOUNTS, st.integers(1, 400))
def test_instalments_add_up_to_the_whole_and_differ_by_one_unit_at_most(amount: Money, parts: int) -> None:
    shares = amount.split(parts)
    assert len(shares) == parts
    assert total(shares, amount.currency) == amount
    assert max(one.minor for one in shares) - min(one.minor for one in shares) <= 1
    assert list(shares) == sorted(shares, key=lambda one: -one.minor)


@given(AMOUNTS)
def test_an_amount_written_as_a_decimal_is_read_back(amount: Money) -> None:
    assert Money.from_decimal(amount.decimal(), amount.currency) == amount


@given(st.lists(st.integers(-(10**9), 10**9)), CURRENCIES)
def test_a_sum_does_not_depend_on_the_order(minors: list[int], currency: str) -> None:
    amounts = [Money(minor, currency) for minor in minors]
    assert total(amounts, currency) == total(amounts[::-1], currency) == Money(sum(minors), currency)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(12345, "BRL"), "123.45"),
        (Money(5, "EUR"), "0.05"),
        (Money(-5, "EUR"), "-0.05"),
        (Money(-12345, "BRL"), "-123.45"),
        (Money(990, "CLP"), "990"),
        (Money(0, "CLP"), "0"),
    ],
)
def test_decimals_follow_the_currency(amount: Money, text: str) -> None:
    assert amount.decimal() == text


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1", "BRL", 100),
        ("1.5", "BRL", 150),
        ("1.500", "BRL", 150),
        ("007.00", "EUR", 700),
        ("12.0", "CLP", 12),
    ],
)
def test_missing_decimals_are_padded_and_zeros_beyond_are_overlooked(
    text: str, currency: str, minor: int
) -> None:
    assert Money.from_decimal(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.234", "BRL"),
        ("0.5", "CLP"),
        ("1,50", "EUR"),
        ("1e3", "EUR"),
        ("", "EUR"),
        (" 1", "EUR"),
        ("+1", "EUR"),
        ("1.", "EUR"),
        ("NaN", "EUR"),
        ("1", "XXX"),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"decimals|not an amount"):
        Money.from_decimal(text, currency)


def test_different_currencies_do_not_add_up() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "BRL")
    with pytest.raises(CurrencyMismatch):
        total([Money(1, "EUR")], "BRL")


def test_only_known_currencies_exist() -> None:
    with pytest.raises(ValueError, match="unknown currency"):
        Money(1, "XYZ")


@pytest.mark.parametrize("parts", [0, -1])
def test_an_amount_is_split_into_one_part_or_more(parts: int) -> None:
    with pytest.raises(ValueError, match="one part"):
        Money(1, "EUR").split(parts)


def test_an_amount_says_what_it_is() -> None:
    assert [str(Money(12345, "BRL")), str(Money(990, "CLP")), str(Money(-5, "EUR"))] == [
        "123.45 BRL",
        "990 CLP",
        "-0.05 EUR",
    ]
