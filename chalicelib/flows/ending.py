"""What follows from the end of a subscription (A2)."""

from __future__ import annotations

from datetime import datetime

from chalicelib.billing import store as billing
from chalicelib.flows import voiding
from chalicelib.flows.parts import leave_parts
from chalicelib.flows.reach import Reach
from chalicelib.kernel.events import SYSTEM, Actor, Event
from chalicelib.orders import store as orders
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Subscription
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import Task, new_task

# What the credit note of an unpaid instalment says to its customer.
CREDITED_FOR = {"en": "Contract ended", "es": "Contrato terminado", "pt-BR": "Contrato encerrado"}


def close_orders(event: Event, reach: Reach, now: datetime) -> None:
    """Declare void what was asked for and is not owed any more; its charges are closed at their providers.

    What is paid by then is left to its activation, which asks finance to give the money back; so is done here
    with a next period that is paid already, where nobody else sees to that.
    """
    subscription = subscriptions.get(event.subject)
    if subscription.ended_because == "money_given_back":
        _give_back_ahead(subscription, now)
    for one in subscription.installments:
        if one.status == "canceled" and one.order_id:
            take_back(one.order_id, reach.vendor.zone, now)


def about_order(kind: str, order_id: str, subscription: Subscription, now: datetime) -> Task:
    """A task for finance about the order of one of a subscription's instalments."""
    facts = {
        "order_id": order_id,
        "subscription_id": subscription.id,
        "customer_id": subscription.customer_id,
    }
    return new_task("finance", kind, order_id, facts, now)


def _give_back_ahead(subscription: Subscription, now: datetime) -> None:
    """The next period is paid, and never begins: finance is asked to give the money back."""
    renewal = subscription.renewal
    if renewal and renewal.status == "paid" and renewal.order_id:
        tasks.open_once(about_order("paid_for_ended_subscription", renewal.order_id, subscription, now))


def take_back(order_id: str, zone: str, now: datetime) -> None:
    """Declare the invoice of an order void that nobody has to pay any more; again is harmless."""
    invoice = billing.invoices.get(orders.get(order_id).invoice_id)
    actor = Actor(SYSTEM.id, SYSTEM.channel, CREDITED_FOR[invoice.locale])
    try:
        voiding.void(invoice.id, zone, actor, now)
    except voiding.InvoiceNotVoidable:
        retrying(lambda: _leave_parts(order_id, now))


def _leave_parts(order_id: str, now: datetime) -> None:
    """A part of a transfer has arrived: finance sends it back, and then declares the invoice void."""
    order = orders.get(order_id)
    if order.takes_money:
        writing = Transaction()
        leave_parts(writing, order, now)
        writing.commit()
