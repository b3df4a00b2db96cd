"""Closing what was not paid in time: first at the provider, then here (S7).

A slip that stays payable after its order was given up would take money for nothing. So the provider is asked
and told first; money that it has by then is booked, and money that arrives even later revives the order.
Money that came in and does not pay the order is for finance to decide on: nobody who has paid is told that he
has not, so the order stays as it is, can be paid anew or declared void, and is not looked at by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.billing import invoices
from chalicelib.billing import store as billing
from chalicelib.billing.expiry import BeingCharged, closable, given_up
from chalicelib.billing.gateways import Gateway
from chalicelib.billing.rules import Invoice
from chalicelib.flows import closing
from chalicelib.flows.parts import leave_parts
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.orders import rules as order_rules
from chalicelib.orders import store as orders
from chalicelib.storage.table import Row
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tickets import rules as ticket_rules
from chalicelib.tickets import service as tickets

REASON = "boleto_expired"


def sweep(reach: Reach, now: datetime) -> None:
    """Have every overdue order closed by a worker, which may take its time with the provider."""
    for order_id in orders.due(now):
        reach.settlements({"order_id": order_id, "at": rfc3339(now)})


def expire(order_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """Close an order whose boleto was not paid in time; repeating it changes nothing.

    `ProviderUnavailable`, `BeingCharged`: it stays due and is closed later.
    """
    order = orders.get(order_id)
    if not order_rules.overdue(order, now):
        return
    payment = billing.payments.get(order.payment_id)
    if closable(payment, now) and closing.money_came(payment, gateways[payment.provider], now):
        retrying(lambda: _leave_to_finance(order_id, now))
    else:
        retrying(lambda: close(order_id, payment.id, now))


def close(order_id: str, payment_id: str, now: datetime) -> None:
    """Give an overdue order up, with its payment, invoice and tickets; its charge is closed already.

    `BeingCharged`: by now it waits for another payment, or a worker has begun to charge this one.
    """
    order = orders.get(order_id)
    if not order_rules.overdue(order, now):
        return
    payment = billing.payments.get(order.payment_id)
    if payment.id != payment_id:
        raise BeingCharged(payment.id)
    closable(payment, now)
    invoice = billing.invoices.get(order.invoice_id)
    writing = Transaction()
    pairs: list[tuple[Any, Any, Callable[[Any], Row]]] = [
        (order, order_rules.expired(order), orders.row),
        (payment, given_up(payment, "expired", now), billing.payments.row),
        (invoice, _given_up(invoice), billing.invoices.row),
    ]
    for before, after, row in pairs:
        if after != before:
            writing.save(row(after))
            writing.audit(
                Change(after.id, order.customer_id, REASON, before.status, after.status, SYSTEM, now)
            )
    tickets.follow(
        writing, order.ticket_ids, lambda one: ticket_rules.closed(one, REASON, now), REASON, SYSTEM, now
    )
    leave_parts(writing, order, now)
    writing.emit(Event("order.expired", order.id, now))
    writing.commit()


def _leave_to_finance(order_id: str, now: datetime) -> None:
    """An overdue order whose money is held, of which finance has its task, needs nothing more from us."""
    order = orders.get(order_id)
    if order_rules.overdue(order, now) and billing.payments.get(order.payment_id).held:
        writing = Transaction()
        writing.save(orders.row(order_rules.without_end(order)))
        writing.commit()


def _given_up(invoice: Invoice) -> Invoice:
    """One that was declared void meanwhile stays so."""
    return invoices.uncollectible(invoice) if invoice.status == "open" else invoice
