"""What follows from the end of a subscription (A2)."""

from __future__ import annotations

from datetime import datetime

from chalicelib.flows import voiding
from chalicelib.flows.parts import leave_parts
from chalicelib.flows.reach import Reach
from chalicelib.kernel.events import SYSTEM, Actor, Event
from chalicelib.orders import store as orders
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store as subscriptions


def close_orders(event: Event, reach: Reach, now: datetime) -> None:
    """Declare void what was asked for and is not owed any more; its charges are closed at their providers.

    What is paid by then is left to its activation, which asks finance to give the money back.
    """
    subscription = subscriptions.get(event.subject)
    for one in subscription.installments:
        if one.status == "canceled" and one.order_id:
            _close(
                one.order_id, reach, f"{subscription.id}: {subscription.ended_because or 'rescinded'}", now
            )


def _close(order_id: str, reach: Reach, reason: str, now: datetime) -> None:
    order = orders.get(order_id)
    try:
        voiding.void(order.invoice_id, reach.vendor.zone, Actor(SYSTEM.id, SYSTEM.channel, reason), now)
    except voiding.InvoiceNotVoidable:
        retrying(lambda: _leave_parts(order_id, now))


def _leave_parts(order_id: str, now: datetime) -> None:
    """A part of a transfer has arrived: finance sends it back, and then declares the invoice void."""
    order = orders.get(order_id)
    if order.takes_money:
        writing = Transaction()
        leave_parts(writing, order, now)
        writing.commit()
