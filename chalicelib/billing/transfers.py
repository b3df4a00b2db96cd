"""Money that arrived by bank transfer, as a bank statement tells (V8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from chalicelib.billing.rules import Payment
from chalicelib.kernel.errors import Conflict, FieldError, Invalid
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.money import Money

# How what has arrived compares with what was asked for.
Coverage = Literal["part", "full", "over"]


@dataclass(frozen=True)
class BankEntry:
    """One line of a bank statement; `reference` is the bank's, and the same for every telling of it."""

    reference: str
    value_date: date
    amount: Money


@dataclass(frozen=True)
class BookedEntry:
    """A line that was booked, for which payment, and by whom."""

    id: str
    payment_id: str
    reference: str
    value_date: date
    amount: Money
    booked_by: str
    booked_at: datetime
    version: int | None = None


class ReferenceUsed(Conflict):
    """The statement's line was booked before, for something else or with other figures."""

    code = "reference_used"
    text = {
        "en": "Bank reference {reference} was booked before with another payment, date or amount.",
        "es": "La referencia bancaria {reference} ya se anotó con otro pago, fecha o importe.",
        "pt-BR": "A referência bancária {reference} já foi lançada com outro pagamento, data ou valor.",
    }


class NotATransfer(Conflict):
    """Only transfers are confirmed by hand; everything else is told by its provider."""

    code = "not_a_transfer"
    text = {
        "en": "Payment {id} is not a bank transfer.",
        "es": "El pago {id} no es una transferencia bancaria.",
        "pt-BR": "O pagamento {id} não é uma transferência bancária.",
    }


def entry_id(reference: str) -> str:
    """The identity of a statement's line: told twice, it is booked once."""
    return derived_id("bnk", reference)


def booked(payment: Payment, entry: BankEntry, by: str, now: datetime) -> BookedEntry:
    """The line as it is booked for a payment; `NotATransfer`, `Invalid` for another currency."""
    if payment.method != "transfer":
        raise NotATransfer(id=payment.id)
    if entry.amount.currency != payment.amount.currency:
        fault = Fault("currency.of_payment", currency=payment.amount.currency)
        raise Invalid(errors=[FieldError("/amount/currency", fault)])
    id = entry_id(entry.reference)
    return BookedEntry(id, payment.id, entry.reference, entry.value_date, entry.amount, by, now)


def sent(payment_id: str, entry: BankEntry, by: str, now: datetime) -> BookedEntry:
    """The line of money that was sent back: as it went out, its amount is below nothing."""
    id = derived_id("bnk", entry.reference)
    return BookedEntry(id, payment_id, entry.reference, entry.value_date, entry.amount * -1, by, now)


def refuse_other(earlier: BookedEntry, entry: BookedEntry) -> None:
    """`ReferenceUsed` unless both tell of the same money."""
    same = ("payment_id", "value_date", "amount")
    if any(getattr(earlier, name) != getattr(entry, name) for name in same):
        raise ReferenceUsed(reference=entry.reference)


def awaited(payment: Payment, *, order_takes_money: bool) -> bool:
    """Whether money for it pays its order; otherwise it is for finance to decide what becomes of it."""
    return payment.status != "paid" and order_takes_money


def received(payment: Payment, amount: Money) -> Payment:
    """The payment with this money added to what had arrived."""
    before = payment.received or Money(0, payment.amount.currency)
    return replace(payment, received=before + amount)


def missing(payment: Payment) -> Money:
    """What has not arrived yet of what was asked for; nothing when more than that has."""
    arrived = payment.received.minor if payment.received else 0
    return Money(max(0, payment.amount.minor - arrived), payment.amount.currency)


def coverage(payment: Payment) -> Coverage:
    """Whether what has arrived pays what was asked for."""
    arrived = payment.received.minor if payment.received else 0
    if arrived < payment.amount.minor:
        return "part"
    return "full" if arrived == payment.amount.minor else "over"
