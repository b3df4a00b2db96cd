"""Credit notes: what is taken off an invoice, with its taxes in proportion, and never more than it (V1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.billing.rules import SWEEP_AFTER, Invoice, Party
from chalicelib.billing.taxes import TaxShare, net_of, stretch
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.money import Money


@dataclass(frozen=True)
class CreditNote:
    """A correction of an invoice by `amount`, which includes `taxes`; it is never changed.

    `reason` is for its customer to read. Both parties are those of the invoice. `document` is the digest of
    its PDF, as soon as that has been made.
    """

    id: str
    number: str
    invoice_id: str
    invoice_number: str
    invoice_issued_on: date
    order_id: str
    customer_id: str
    amount: Money
    taxes: tuple[TaxShare, ...]
    reason: str
    seller: Party
    buyer: Party
    locale: str
    issued_on: date
    created_at: datetime
    document: str | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must look at it: until its document has been made."""
        return None if self.document else self.created_at + SWEEP_AFTER

    @property
    def net(self) -> Money:
        """What is left of the amount without its taxes."""
        return net_of(self.amount, self.taxes)


@dataclass(frozen=True)
class Credited:
    """How much has been taken off an invoice, whose `id` it has; saved with every credit note.

    Its version lets one credit note of an invoice through at a time.
    """

    id: str
    amount: Money
    version: int | None = None


class CreditNoteNotFound(NotFound):
    """No such credit note, or somebody else's."""

    code = "credit_note_not_found"
    thing = {"en": "credit note", "es": "la factura rectificativa", "pt-BR": "a nota de crédito"}


class CreditExceedsInvoice(Conflict):
    """More would be credited than was invoiced."""

    code = "credit_exceeds_invoice"
    text = {
        "en": "Of invoice {number} no more than {left} can still be credited.",
        "es": "De la factura {number} no se puede abonar más de {left}.",
        "pt-BR": "Da fatura {number} não se pode creditar mais de {left}.",
    }


def nothing_credited(invoice: Invoice) -> Credited:
    """Where every invoice begins."""
    return Credited(invoice.id, Money(0, invoice.total.currency))


def more_credited(credited: Credited, invoice: Invoice, amount: Money) -> Credited:
    """What has been taken off an invoice after this too; `CreditExceedsInvoice`, ValueError for no amount."""
    if amount.minor <= 0:
        raise ValueError(f"a credit of {amount}")
    after = credited.amount + amount
    if after.minor > invoice.total.minor:
        left = invoice.total + credited.amount * -1
        raise CreditExceedsInvoice(number=invoice.number, left=left)
    return replace(credited, amount=after)


def issued(
    invoice: Invoice,
    before: Credited,
    after: Credited,
    *,
    id: str,
    number: str,
    on: date,
    reason: str,
    now: datetime,
) -> CreditNote:
    """The credit note over what was credited in between.

    Its taxes are in proportion: those of all credit notes that make up the invoice add up to the invoice's.
    """
    return CreditNote(
        id=id,
        number=number,
        invoice_id=invoice.id,
        invoice_number=invoice.number,
        invoice_issued_on=invoice.issued_on,
        order_id=invoice.order_id,
        customer_id=invoice.customer_id,
        amount=after.amount + before.amount * -1,
        taxes=stretch(invoice.taxes, before.amount, after.amount, invoice.total),
        reason=reason,
        seller=invoice.seller,
        buyer=invoice.buyer,
        locale=invoice.locale,
        issued_on=on,
        created_at=now,
    )
