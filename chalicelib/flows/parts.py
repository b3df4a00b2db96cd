"""Parts of a transfer whose rest will not come: what has arrived must not be forgotten (V8)."""

from __future__ import annotations

from datetime import datetime

from chalicelib.billing import store as billing
from chalicelib.orders.rules import Order
from chalicelib.storage.transaction import Transaction
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task


def leave_parts(writing: Transaction, order: Order, now: datetime, paid_by: str | None = None) -> None:
    """Ask finance to send back what arrived by attempts other than the one that paid, once for each."""
    for payment_id in (*order.earlier_payment_ids, order.payment_id):
        payment = billing.payments.get(payment_id) if payment_id != paid_by else None
        if payment and payment.received:
            facts = {
                "payment_id": payment.id,
                "order_id": order.id,
                "customer_id": order.customer_id,
                "received": str(payment.received),
            }
            tasks.add_once(writing, new_task("finance", "transfer_part_left", payment.id, facts, now))
