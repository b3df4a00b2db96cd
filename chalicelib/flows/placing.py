"""Putting an order into a transaction: with its invoice, its payment, its event and its trace (S3, V1).

The order does not wait for the provider: its event leads to the queue worker that creates the charge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.billing import store as billing
from chalicelib.billing.expiry import expires_at
from chalicelib.billing.methods import Buyer, open_to
from chalicelib.billing.rules import HowToPay, Payment
from chalicelib.customers.rules import Customer
from chalicelib.flows import attempts
from chalicelib.flows.attempts import Means
from chalicelib.flows.invoicing import drafted, issue
from chalicelib.flows.quote import Quote
from chalicelib.flows.reach import Vendor
from chalicelib.kernel.events import Actor, Change, Event
from chalicelib.kernel.markets import market_of
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.storage.transaction import Transaction
from chalicelib.tickets.rules import Ticket


@dataclass(frozen=True)
class Placed:
    """An order with its payment, as an answer shows them."""

    order: Order
    payment: Payment


def put(
    writing: Transaction,
    order_id: str,
    customer: Customer,
    quote: Quote,
    how: Means,
    vendor: Vendor,
    actor: Actor,
    now: datetime,
    opened: Sequence[Ticket] = (),
) -> Placed:
    """An order of priced lines, to be paid as `how` says, within a transaction that the caller commits.

    It takes the next invoice number, so that there is one in a transaction at most. `opened` are its tickets.
    """
    how_to_pay = _how_to_pay(customer, vendor, how.due_date)
    invoice = issue(writing, drafted(order_id, customer, quote, how_to_pay, vendor, now), vendor.zone, now)
    payment = attempts.new_payment(order_id, invoice, how, 1, now)
    order = Order(
        id=order_id,
        customer_id=customer.id,
        status="pending_payment",
        items=quote.items,
        total=quote.total,
        invoice_id=invoice.id,
        payment_id=payment.id,
        ticket_ids=tuple(ticket.id for ticket in opened),
        created_at=now,
        expires_at=expires_at(how.due_date) if how.due_date else None,
    )
    writing.save(orders.row(order), billing.invoices.row(invoice), billing.payments.row(payment))
    writing.emit(Event("order.placed", order.id, now))
    for subject, state in ((order, order.status), (invoice, invoice.status), (payment, payment.status)):
        writing.audit(Change(subject.id, customer.id, "order placed", None, state, actor, now))
    return Placed(order, payment)


def _how_to_pay(customer: Customer, vendor: Vendor, due_date: date | None) -> HowToPay:
    buyer = Buyer(market_of(customer.country).currency, customer.tax_id)
    return HowToPay(tuple(open_to(buyer, vendor.methods)), vendor.transfer_account or None, due_date)
