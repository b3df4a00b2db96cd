"""Taxes are read from the setting or refused, and what is split off adds up to the last unit."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.taxes import Tax, TaxesNotValid, TaxShare, included, parse_taxes, stretch
from chalicelib.kernel.money import EXPONENTS, Money, total

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
GROSS = st.builds(Money, st.integers(0, 10**12), CURRENCIES)
TAXES = st.builds(Tax, st.just("IVA"), st.integers(0, 10_000))


# The setting


@pytest.mark.parametrize(
    ("text", "taxes"),
    [
        ("-", {}),
        (" - ", {}),
        ("ES=IVA 21", {"ES": Tax("IVA", 2100)}),
        ("ES=IVA 21, CL=IVA 19", {"ES": Tax("IVA", 2100), "CL": Tax("IVA", 1900)}),
        (" FR = TVA réduite 5.5 ,IT=IVA 10.50", {"FR": Tax("TVA réduite", 550), "IT": Tax("IVA", 1050)}),
        (
            "AD=IGI 4.05,MC=0 0,BR=ISS 100",
            {"AD": Tax("IGI", 405), "MC": Tax("0", 0), "BR": Tax("ISS", 10_000)},
        ),
    ],
)
def test_a_countrys_tax_is_read_in_basis_points(text: str, taxes: dict[str, Tax]) -> None:
    assert parse_taxes(text) == taxes


@pytest.mark.parametrize(
    "part",
    [
        "",
        "-",
        "ES",
        "ES=",
        "ES=21",
        "ES=IVA",
        "es=IVA 21",
        "ESP=IVA 21",
        "ES=IVA 21%",
        "ES=IVA 1.005",
        "ES=IVA -1",
        "ES=IVA 100.01",
        "ES=IVA ٢١",
        "ES=IVA 2e1",
        f"ES={'I' * 41} 21",
        "PT=IVA 23",
    ],
)
def test_every_faulty_part_is_named_at_once(part: str) -> None:
    with pytest.raises(TaxesNotValid) as refused:
        parse_taxes(f"PT=IVA 23, {part}, CL=IVA 19, nonsense")
    assert refused.value.parts == (part, "nonsense")
    assert all(repr(told) in str(refused.value) for told in (part, "nonsense"))


# What a price includes


@pytest.mark.parametrize(
    ("gross", "rate", "base", "amount"),
    [
        (Money(12100, "EUR"), 2100, 10000, 2100),
        (Money(12000, "EUR"), 2100, 9917, 2083),
        (Money(119900, "CLP"), 1900, 100756, 19144),
        (Money(105, "EUR"), 10_000, 53, 52),  # 52.5: half up
        (Money(1, "CLP"), 1900, 1, 0),
        (Money(0, "EUR"), 2100, 0, 0),
        (Money(990, "EUR"), 0, 990, 0),
    ],
)
def test_the_base_is_rounded_half_up_and_the_tax_is_the_rest(
    gross: Money, rate: int, base: int, amount: int
) -> None:
    (share,) = included(gross, Tax("IVA", rate))
    assert share == TaxShare("IVA", rate, Money(base, gross.currency), Money(amount, gross.currency))


def test_without_a_tax_nothing_is_split_off() -> None:
    assert included(Money(12100, "EUR"), None) == ()


@given(GROSS, TAXES)
def test_base_and_tax_add_up_to_what_was_paid_at_any_rate(gross: Money, tax: Tax) -> None:
    (share,) = included(gross, tax)
    assert share.base + share.amount == gross
    assert 0 <= share.amount.minor <= share.base.minor + 1
    # Nobody could choose another base that is nearer to the exact one.
    error = abs(share.base.minor * (10_000 + tax.basis_points) - gross.minor * 10_000)
    assert 2 * error <= 10_000 + tax.basis_points


# Parts of it


@given(GROSS.filter(lambda gross: gross.minor > 0), TAXES, st.lists(st.integers(1, 10**12), max_size=8))
def test_stretches_of_an_amount_have_its_tax_exactly_however_it_is_cut(
    gross: Money, tax: Tax, cuts: list[int]
) -> None:
    shares = included(gross, tax)
    points = sorted({0, gross.minor, *(cut % gross.minor for cut in cuts)})
    parts = [
        stretch(shares, Money(start, gross.currency), Money(end, gross.currency), gross)[0]
        for start, end in pairwise(points)
    ]
    assert total((part.amount for part in parts), gross.currency) == shares[0].amount
    assert total((part.base for part in parts), gross.currency) == shares[0].base
    for part, (start, end) in zip(parts, pairwise(points), strict=True):
        assert (part.base + part.amount).minor == end - start
        assert min(part.base.minor, part.amount.minor) >= 0


def test_the_whole_at_once_has_the_very_same_taxes() -> None:
    gross = Money(12000, "EUR")
    shares = included(gross, Tax("IVA", 2100))
    assert stretch(shares, Money(0, "EUR"), gross, gross) == shares


def test_two_taxes_on_different_bases_are_prorated_each_by_itself() -> None:
    shares = (
        *included(Money(12100, "EUR"), Tax("IVA", 2100)),
        *included(Money(1000, "EUR"), Tax("IVA", 1000)),
    )
    halves = [(0, 6550), (6550, 13100)]
    first, second = (
        stretch(shares, Money(start, "EUR"), Money(end, "EUR"), Money(13100, "EUR")) for start, end in halves
    )
    assert [one.amount + other.amount for one, other in zip(first, second, strict=True)] == [
        share.amount for share in shares
    ]
    assert [share.basis_points for share in first] == [2100, 1000]
