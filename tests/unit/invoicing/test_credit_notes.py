"""Credit notes of one invoice never exceed it, and together have its taxes to the last unit."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.credit_notes import (
    Credited,
    CreditExceedsInvoice,
    CreditNote,
    issued,
    more_credited,
    nothing_credited,
)
from chalicelib.billing.rules import Invoice
from chalicelib.billing.taxes import Tax, included
from chalicelib.kernel.money import CurrencyMismatch, Money, total
from tests.unit.invoicing.made import BUYER, NOW, SELLER, TODAY, an_invoice


def _note(invoice: Invoice, before: Credited, after: Credited, **changed: Any) -> CreditNote:
    given = {"id": "crn_1", "number": "R-2026-000001", "on": TODAY, "reason": "Devolución", "now": NOW}
    return issued(invoice, before, after, **{**given, **changed})


def _notes(invoice: Invoice, minors: list[int]) -> list[CreditNote]:
    """One credit note after the other."""
    amounts = [Money(minor, invoice.total.currency) for minor in minors]
    points = list(
        accumulate(
            amounts,
            lambda so_far, one: more_credited(so_far, invoice, one),
            initial=nothing_credited(invoice),
        )
    )
    return [_note(invoice, before, after) for before, after in pairwise(points)]


def test_a_full_credit_takes_back_the_whole_invoice_with_its_very_taxes() -> None:
    invoice = an_invoice()
    (note,) = _notes(invoice, [invoice.total.minor])
    assert (note.amount, note.taxes, note.net) == (invoice.total, invoice.taxes, invoice.net)


def test_a_credit_note_says_what_it_corrects_between_whom_and_why() -> None:
    invoice = an_invoice()
    (note,) = _notes(invoice, [12000])
    assert (note.invoice_id, note.invoice_number, note.invoice_issued_on) == ("inv_1", "A-2026-000017", TODAY)
    assert (note.order_id, note.customer_id, note.locale) == ("ord_1", "cus_1", "es")
    assert (note.seller, note.buyer, note.reason) == (SELLER, BUYER, "Devolución")
    assert (note.amount, note.taxes[0].amount, note.net) == (
        Money(12000, "EUR"),
        Money(2083, "EUR"),
        Money(9917, "EUR"),
    )


def test_an_invoice_without_taxes_has_credit_notes_without() -> None:
    (note,) = _notes(an_invoice(taxes=()), [100])
    assert (note.taxes, note.net) == ((), Money(100, "EUR"))


@given(
    st.sampled_from(["EUR", "CLP"]),
    st.integers(0, 10_000),
    st.lists(st.integers(1, 10**9), min_size=1, max_size=10),
    st.integers(0, 10**9),
)
def test_whatever_is_credited_in_whatever_parts_stays_within_the_invoice(
    currency: str, rate: int, minors: list[int], rest: int
) -> None:
    whole = Money(sum(minors) + rest, currency)
    invoice = an_invoice(total=whole, taxes=included(whole, Tax("IVA", rate)))
    notes = _notes(invoice, minors)
    for note in notes:
        (share,) = note.taxes
        assert share.base + share.amount == note.amount
        assert note.net == share.base
        assert min(share.base.minor, share.amount.minor) >= 0
    credited = total((note.taxes[0].amount for note in notes), currency)
    assert credited.minor <= invoice.taxes[0].amount.minor
    if rest == 0:
        assert credited == invoice.taxes[0].amount


@pytest.mark.parametrize("earlier", [[], [1], [12000, 11999]])
def test_more_than_the_invoice_is_refused(earlier: list[int]) -> None:
    invoice = an_invoice()
    with pytest.raises(CreditExceedsInvoice) as refused:
        _notes(invoice, [*earlier, invoice.total.minor - sum(earlier) + 1])
    left = Money(invoice.total.minor - sum(earlier), "EUR")
    assert refused.value.facts == {"number": "A-2026-000017", "left": left}


@pytest.mark.parametrize("minor", [0, -1])
def test_a_credit_of_nothing_is_a_mistake(minor: int) -> None:
    with pytest.raises(ValueError, match="a credit of"):
        _notes(an_invoice(), [minor])


def test_a_credit_in_another_currency_is_a_mistake() -> None:
    with pytest.raises(CurrencyMismatch):
        more_credited(nothing_credited(an_invoice()), an_invoice(), Money(1, "BRL"))
