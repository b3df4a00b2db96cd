"""Declaring an unpaid invoice void: with a credit note over all of it, and all that waits for it (V1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.billing import invoices
from chalicelib.billing import store as billing
from chalicelib.billing.rules import Invoice
from chalicelib.flows.crediting import credit
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.events import Actor, Change, Event
from chalicelib.orders import rules as order_rules
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.table import Row
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tickets import rules as ticket_rules
from chalicelib.tickets import service as tickets

REASON = "invoice_void"


class InvoiceNotVoidable(Conflict):
    """Money came in for it: that can be given back. Or it is void already."""

    code = "invoice_not_voidable"
    text = {
        "en": "Invoice {number} cannot be declared void: it is {status}.",
        "es": "La factura {number} no se puede anular: su estado es {status}.",
        "pt-BR": "A fatura {number} não pode ser anulada: seu estado é {status}.",
    }


def void(
    invoice_id: str,
    zone: str,
    actor: Actor,
    now: datetime,
    *,
    answer: Callable[[Invoice], tuple[int, str]] | None = None,
    repeatable: Repeatable | None = None,
) -> Invoice:
    """Take an unpaid invoice back, its order with it; the actor says why.

    Its attempts to be paid are closed at their providers by a worker. Money that comes all the same is a case
    for finance. `InvoiceNotFound`, `InvoiceNotVoidable`, `Replay`.
    """

    def attempt() -> Invoice:
        if repeatable:
            repeatable.replay()
        writing = Transaction()
        after = _void(writing, billing.invoices.get(invoice_id), zone, actor, now)
        if repeatable and answer:
            writing.save(repeatable.row(*answer(after), now))
        writing.commit()
        return after

    return retrying(attempt)


def _void(writing: Transaction, invoice: Invoice, zone: str, actor: Actor, now: datetime) -> Invoice:
    order = orders.get(invoice.order_id)
    if invoice.status not in ("open", "uncollectible") or _has_money(order):
        raise InvoiceNotVoidable(number=invoice.number, status=invoice.status)
    return take_back(writing, invoice, order, actor.reason or "", zone, actor, now)


def take_back(
    writing: Transaction,
    invoice: Invoice,
    order: Order,
    reason: str,
    zone: str,
    actor: Actor,
    now: datetime,
) -> Invoice:
    """Declare an unpaid invoice void and cancel its order, within a transaction that the caller commits.

    `reason` stands on its credit note. What has arrived in part is left to the caller.
    """
    after = invoices.void(invoice)
    pairs: list[tuple[Any, Any, Callable[[Any], Row]]] = [
        (invoice, after, billing.invoices.row),
        (order, order_rules.canceled(order), orders.row),
    ]
    for before, changed, row in pairs:
        if changed != before:
            writing.save(row(changed))
            change = Change(changed.id, order.customer_id, REASON, before.status, changed.status, actor, now)
            writing.audit(change)
    tickets.follow(
        writing, order.ticket_ids, lambda one: ticket_rules.closed(one, REASON, now), REASON, actor, now
    )
    credit(writing, invoice, invoice.total, reason, REASON, zone, now, actor)
    writing.emit(Event("order.canceled", order.id, now))
    return after


def _has_money(order: Order) -> bool:
    """Whether a part of a transfer has arrived: it must be given back first, or the rest must come."""
    attempts = billing.payments.find_all((*order.earlier_payment_ids, order.payment_id))
    return any(payment.received for payment in attempts.values())
