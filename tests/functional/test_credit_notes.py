"""Credit notes: a series of their own, one for each reason, told to nobody but their customer (V1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing import store as billing
from chalicelib.billing.credit_notes import CreditExceedsInvoice
from chalicelib.flows.crediting import credit
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.events import Actor
from chalicelib.kernel.money import Money
from chalicelib.storage.transaction import Stale, Transaction
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World

SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}


def _invoiced(world: World, token: str) -> Any:
    order = steps.bought(world, token, LICENSE, method="card")
    return steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")


def _tries(world: World, invoice_id: str, minor: int, subject: str) -> Transaction:
    """A credit that is not committed yet."""
    writing = Transaction()
    invoice = billing.invoices.get(invoice_id)
    amount = Money(minor, invoice.total.currency)
    credit(writing, invoice, amount, "Devolución", subject, "Europe/Madrid", world.now)
    return writing


def test_its_customer_sees_what_was_taken_off_which_invoice_and_why(world: World) -> None:
    _, token = world.customer(**SPAIN, address="Calle de Alcalá, 50")
    invoice = _invoiced(world, token)
    note = steps.credited(world, invoice["id"], 6000)
    year = local_date(world.now, "Europe/Madrid").year
    shown = steps.read(world, token, f"/v1/credit_notes/{note.id}")
    assert shown == {
        "id": note.id,
        "number": f"R-{year}-000001",
        "invoice_id": invoice["id"],
        "invoice_number": invoice["number"],
        "order_id": invoice["order_id"],
        "reason": "Devolución",
        "net": {"amount": 4958, "currency": "EUR"},
        "taxes": [
            {
                "name": "IVA",
                "basis_points": 2100,
                "base": {"amount": 4958, "currency": "EUR"},
                "amount": {"amount": 1042, "currency": "EUR"},
            }
        ],
        "amount": {"amount": 6000, "currency": "EUR"},
        "seller": invoice["seller"],
        "buyer": invoice["buyer"],
        "issued_on": local_date(world.now, "Europe/Madrid").isoformat(),
    }
    assert steps.read(world, token, "/v1/credit_notes") == {"data": [shown], "next_cursor": None}


def test_they_are_numbered_without_gaps_apart_from_the_invoices(world: World) -> None:
    _, token = world.customer(**SPAIN)
    first, second = _invoiced(world, token), _invoiced(world, token)
    notes = []
    for invoice, subject in ((first, "a"), (second, "a"), (first, "b")):
        notes.append(steps.credited(world, invoice["id"], 100, subject))
        world.now += timedelta(seconds=1)
    year = local_date(world.now, "Europe/Madrid").year
    assert [note.number for note in notes] == [f"R-{year}-{number:06d}" for number in (1, 2, 3)]
    listed = steps.read(world, token, "/v1/credit_notes?limit=2")["data"]
    assert [one["id"] for one in listed] == [notes[2].id, notes[1].id]
    assert _invoiced(world, token)["number"] == f"A-{year}-000003"


def test_the_same_reason_again_finds_the_note_and_adds_nothing(world: World) -> None:
    _, token = world.customer(**SPAIN)
    invoice = _invoiced(world, token)
    note = steps.credited(world, invoice["id"], 12000)
    before = world.rows()
    again = steps.credited(world, invoice["id"], 12000)
    assert (again.id, again.number, again.amount) == (note.id, note.number, note.amount)
    assert world.rows() == before


def test_everything_of_a_note_is_written_together_with_who_did_it(world: World) -> None:
    _, token = world.customer(**SPAIN)
    invoice_id = _invoiced(world, token)["id"]
    before = {(row["pk"], row["sk"]) for row in world.rows()}
    writing, by = Transaction(), Actor("finance-1", "staff", "paid twice")
    invoice = billing.invoices.get(invoice_id)
    note = credit(writing, invoice, invoice.total, "Pago doble", "ref_1", "Europe/Madrid", world.now, by)
    assert {(row["pk"], row["sk"]) for row in world.rows()} == before
    writing.commit()
    written = [row for row in world.rows() if (row["pk"], row["sk"]) not in before]
    assert sorted(row["kind"] for row in written) == [
        *("audit", "counter", "credit_note", "credited", "number", "outbox")
    ]
    (audit,) = (row for row in written if row["kind"] == "audit")
    assert (audit["subject"], audit["after"], audit["actor"], audit["reason"]) == (
        note.id,
        "issued",
        "finance-1",
        "paid twice",
    )
    assert billing.invoices.get(invoice_id) == invoice


def test_more_than_the_invoice_is_refused_and_takes_no_number(world: World) -> None:
    _, token = world.customer(**SPAIN)
    invoice = _invoiced(world, token)
    steps.credited(world, invoice["id"], 11999, "a")
    before = world.rows()
    with pytest.raises(CreditExceedsInvoice):
        steps.credited(world, invoice["id"], 2, "b")
    assert world.rows() == before
    steps.credited(world, invoice["id"], 1, "c")


def test_two_credits_at_once_cannot_both_have_the_last_cent(world: World) -> None:
    _, token = world.customer(**SPAIN)
    invoice_id = _invoiced(world, token)["id"]
    first, second = _tries(world, invoice_id, 8000, "a"), _tries(world, invoice_id, 8000, "b")
    first.commit()
    with pytest.raises(Stale):
        second.commit()
    assert len(world.rows("credit_note")) == 1
