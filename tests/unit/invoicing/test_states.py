"""An invoice goes along the edges of its table and no others, and changes in nothing but its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import get_args

import pytest

from chalicelib.billing import invoices
from chalicelib.billing.invoices import EDGES, Draft, issued
from chalicelib.billing.rules import Invoice, InvoiceStatus
from chalicelib.kernel.money import Money
from tests.unit.invoicing.made import DRAFT, NOW, TODAY, an_invoice

MOVES: Mapping[str, Callable[[Invoice], Invoice]] = {
    "paid": lambda invoice: invoices.paid(invoice, NOW),
    "uncollectible": invoices.uncollectible,
    "void": invoices.void,
    "refunded": invoices.refunded,
}
ALLOWED = {
    ("draft", "open"),
    ("open", "paid"),
    ("open", "void"),
    ("open", "uncollectible"),
    ("uncollectible", "paid"),
    ("uncollectible", "void"),
    ("paid", "refunded"),
}


def test_the_table_has_every_state_and_the_edges_that_were_agreed() -> None:
    assert set(EDGES) == set(get_args(InvoiceStatus))
    assert {(before, after) for before, nexts in EDGES.items() for after in nexts} == ALLOWED


@pytest.mark.parametrize("after", MOVES)
@pytest.mark.parametrize("before", sorted(set(EDGES) - {"draft"}))
def test_an_invoice_moves_along_the_edges_and_along_no_others(before: InvoiceStatus, after: str) -> None:
    invoice = an_invoice(status=before)
    if (before, after) in ALLOWED:
        moved = MOVES[after](invoice)
        assert moved.status == after
        assert replace(moved, status=before, paid_at=None) == invoice
    else:
        with pytest.raises(ValueError, match=f"inv_1 is {before}, and cannot become {after}"):
            MOVES[after](invoice)


def test_a_paid_invoice_knows_when() -> None:
    assert invoices.paid(an_invoice(), NOW).paid_at == NOW


def test_a_draft_becomes_an_open_invoice_with_all_that_it_said() -> None:
    invoice = issued(DRAFT, "A-2026-000017", TODAY)
    assert (invoice.status, invoice.number, invoice.issued_on) == ("open", "A-2026-000017", TODAY)
    assert (invoice.paid_at, invoice.version) == (None, None)
    said = [field.name for field in fields(Draft)]
    assert [getattr(invoice, name) for name in said] == [getattr(DRAFT, name) for name in said]


def test_the_net_is_what_the_taxes_leave_of_the_total() -> None:
    assert an_invoice().net == Money(19835, "EUR")
    assert an_invoice(taxes=()).net == an_invoice().total
