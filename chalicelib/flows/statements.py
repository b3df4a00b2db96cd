"""Bank statements: propose what their lines pay, then book the lines that finance chose (V8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.billing import numbers, statements
from chalicelib.billing import store as billing
from chalicelib.billing.matching import Billed, Booking, Match, incoming, match
from chalicelib.billing.rules import Payment
from chalicelib.billing.statements import Line
from chalicelib.billing.transfers import BankEntry, awaited, entry_id
from chalicelib.flows.transfers import confirm, teller
from chalicelib.kernel.errors import Refusal
from chalicelib.orders import store as orders
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.series import subjects_of


@dataclass(frozen=True)
class Result:
    """What became of one line that was to be booked: `payment` as it is then, or why it was refused."""

    reference: str
    outcome: Literal["booked", "already_booked", "refused"]
    payment: Payment | None = None
    refusal: Refusal | None = None


def propose(raw: bytes, currency: str) -> tuple[Match, ...]:
    """What each line of a bank's CSV would pay; changes nothing. `Invalid` names every faulty line.

    What the lines refer to is read in batches, each thing once.
    """
    lines = statements.read(raw, currency)
    return match(lines, _booked(incoming(lines)), _billed(incoming(lines)))


def book(
    entries: Sequence[tuple[str, BankEntry]],
    staff_id: str,
    now: datetime,
    *,
    answer: Callable[[Sequence[Result]], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> list[Result]:
    """Book lines for payments, given by id, each for itself: one that is refused keeps no other from it.

    What makes a repeat safe is each line's reference. `answer` gives the status and body that a request with
    the same key gets again, once all its lines are booked; before that it is carried out anew.
    Raises `Replay`, `IdempotencyKeyReused`.
    """
    if repeatable:
        repeatable.replay()
    results = [_result(payment_id, entry, staff_id, now) for payment_id, entry in entries]
    if repeatable and all(result.refusal is None for result in results):
        repeatable.keep(*answer(results), now)
    return results


def _result(payment_id: str, entry: BankEntry, staff_id: str, now: datetime) -> Result:
    try:
        confirmed = confirm(payment_id, entry, teller(staff_id, entry), now)
    except Refusal as refusal:
        return Result(entry.reference, "refused", refusal=refusal)
    return Result(entry.reference, "already_booked" if confirmed.again else "booked", confirmed.payment)


def _booked(lines: Iterable[Line]) -> dict[str, Booking]:
    """What was booked under the lines' references."""
    entries = billing.entries.find_all({entry_id(line.reference) for line in lines}).values()
    payments = billing.payments.find_all({entry.payment_id for entry in entries})
    invoices = billing.invoices.find_all({payment.invoice_id for payment in payments.values()})
    found = {}
    for entry in entries:
        invoice = invoices[payments[entry.payment_id].invoice_id]
        found[entry.reference] = Booking(entry, invoice.number, invoice.customer_id)
    return found


def _billed(lines: Iterable[Line]) -> dict[str, Billed]:
    """The invoices whose numbers the lines tell, each with the payment that its order has now."""
    told = {number for line in lines for number in numbers.found_in(line.text)}
    used = subjects_of(map(numbers.parted, told))
    invoices = billing.invoices.find_all(used.values()).values()
    placed = orders.find_all({invoice.order_id for invoice in invoices})
    payments = billing.payments.find_all({order.payment_id for order in placed.values()})
    found = {}
    for invoice in invoices:
        order = placed[invoice.order_id]
        payment = payments[order.payment_id]
        transfer = payment if payment.method == "transfer" else None
        waits = awaited(payment, order_takes_money=order.takes_money)
        found[invoice.number] = Billed(invoice.number, invoice.customer_id, transfer, waits)
    return found
