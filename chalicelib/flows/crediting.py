"""Taking something off an invoice: its credit note, in the transaction that gives the money back (V1)."""

from __future__ import annotations

from datetime import datetime

from chalicelib.billing import credit_notes
from chalicelib.billing import store as billing
from chalicelib.billing.credit_notes import CreditNote, more_credited, nothing_credited
from chalicelib.billing.rules import Invoice
from chalicelib.flows.invoicing import take_number
from chalicelib.kernel.events import SYSTEM, Actor, Change, Event
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.money import Money
from chalicelib.storage.transaction import Transaction


def credit(
    writing: Transaction,
    invoice: Invoice,
    amount: Money,
    reason: str,
    subject: str,
    zone: str,
    now: datetime,
    actor: Actor = SYSTEM,
) -> CreditNote:
    """Issue a credit note over `amount` of an invoice, within a transaction that the caller commits.

    It takes the next number, so that there is one in a transaction at most.
    `subject` is what calls for it, such as a refund's id: for the same one again, the note that exists is
    given back and nothing is added. `reason` stands on the note; its day and year are those in `zone`. The
    invoice itself is left to the caller. `CreditExceedsInvoice`; ValueError for an amount of nothing.
    """
    id = derived_id("crn", invoice.id, subject)
    if earlier := billing.credit_notes.find(id):
        return earlier
    before = billing.credited.find(invoice.id) or nothing_credited(invoice)
    after = more_credited(before, invoice, amount)
    number, on = take_number(writing, "R", id, zone, now)
    note = credit_notes.issued(invoice, before, after, id=id, number=number, on=on, reason=reason, now=now)
    writing.save(billing.credit_notes.row(note), billing.credited.row(after))
    writing.audit(Change(id, invoice.customer_id, "credit note issued", None, "issued", actor, now))
    writing.emit(Event("credit_note.issued", id, now))
    return note
