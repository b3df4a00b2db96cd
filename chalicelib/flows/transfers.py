"""Bank transfers: finance says what arrived, and it is booked like any other money (V8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.billing import store as billing
from chalicelib.billing.rules import Payment
from chalicelib.billing.transfers import BankEntry, awaited, booked, coverage, received, refuse_other
from chalicelib.flows.settlement import accept
from chalicelib.kernel.clock import start_of
from chalicelib.kernel.events import Actor, Change
from chalicelib.kernel.markets import market_of
from chalicelib.orders import store as orders
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task


@dataclass(frozen=True)
class Confirmed:
    """A payment with a line booked for it; `again` says that it had been booked before."""

    payment: Payment
    again: bool


def teller(staff_id: str, entry: BankEntry) -> Actor:
    """Who books a line, as the audit trail names him and his reason."""
    return Actor(staff_id, "staff", f"bank statement {entry.reference}")


def confirm(payment_id: str, entry: BankEntry, actor: Actor, now: datetime) -> Confirmed:
    """Book one line of a bank statement for a payment; the same line again changes nothing.

    A part is kept until the rest comes. What is too much, or comes for an order that is paid or given up,
    opens a task for finance. `PaymentNotFound`, `NotATransfer`, `ReferenceUsed`, `Invalid`.
    """
    return retrying(lambda: _confirm(payment_id, entry, actor, now))


def _confirm(payment_id: str, entry: BankEntry, actor: Actor, now: datetime) -> Confirmed:
    payment = billing.payments.get(payment_id)
    line = booked(payment, entry, actor.id, now)
    if earlier := billing.entries.find(line.id):
        refuse_other(earlier, line)
        return Confirmed(payment, again=True)
    after = received(payment, line.amount)
    order = orders.get(payment.order_id)
    writing = Transaction()
    writing.save(billing.entries.row(line))
    waits = awaited(payment, order_takes_money=order.takes_money)
    if waits and coverage(after) != "part":
        invoice = billing.invoices.get(payment.invoice_id)
        paid_at = start_of(entry.value_date, market_of(invoice.seller.country).zone)
        after = accept(
            writing, after, order, after.provider_id or f"transfer:{payment.id}", paid_at, actor, now
        )
    else:
        writing.save(billing.payments.row(after))
        action, state = f"transfer of {entry.amount} booked", after.status
        writing.audit(Change(payment.id, payment.customer_id, action, state, state, actor, now))
    if not waits or coverage(after) == "over":
        _ask_finance(writing, after, "over" if waits else "late", now)
    writing.commit()
    return Confirmed(after, again=False)


def _ask_finance(writing: Transaction, payment: Payment, why: str, now: datetime) -> None:
    arrived = payment.received
    facts = {
        "payment_id": payment.id,
        "order_id": payment.order_id,
        "customer_id": payment.customer_id,
        "expected": str(payment.amount),
        "received": str(arrived) if arrived else "",
    }
    subject = f"{payment.id}:{facts['received']}"
    tasks.add_once(writing, new_task("finance", f"transfer_{why}", subject, facts, now))
