"""Attempts to be paid for an order: the first, and another one in another way (S2, S4, S5, V8).

An order waits for one attempt at a time. A new one does not ask the provider of the former here: the worker
that makes its charge closes the former first, so that never two of them can be paid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.billing import methods
from chalicelib.billing import store as billing
from chalicelib.billing.cards import Card, usable
from chalicelib.billing.expiry import expires_at
from chalicelib.billing.rules import BOLETO_DAYS, BOLETO_ZONE, PROVIDER_OF_METHOD, Invoice, Payment
from chalicelib.customers import store as customers
from chalicelib.customers.rules import Customer
from chalicelib.flows.reach import Vendor
from chalicelib.kernel.banking import next_banking_day
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import Conflict, FieldError, Invalid
from chalicelib.kernel.events import SYSTEM, Actor, Change, Event
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.methods import Method
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order, attempted
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying

# For how long the provider's page of an attempt is given out again, before a new attempt is made: a little
# shorter than the page lives there.
PAGES_LAST: dict[Method, timedelta] = {
    "card": timedelta(hours=20),
    "paypal": timedelta(hours=2),
    "redsys": timedelta(minutes=20),
}
MOST_ATTEMPTS = 50


class InvoiceNotPayable(Conflict):
    """It is paid, or was given up."""

    code = "invoice_not_payable"
    text = {
        "en": "Invoice {number} cannot be paid: it is {status}.",
        "es": "La factura {number} no se puede pagar: su estado es {status}.",
        "pt-BR": "A fatura {number} não pode ser paga: seu estado é {status}.",
    }


class TooManyAttempts(Conflict):
    """Somebody or something tries again and again."""

    code = "too_many_attempts"
    text = {
        "en": "Invoice {number} has been tried to be paid too often; write to us.",
        "es": "Se ha intentado pagar la factura {number} demasiadas veces; escríbanos.",
        "pt-BR": "Tentou-se pagar a fatura {number} vezes demais; escreva para nós.",
    }


@dataclass(frozen=True)
class PayBy:
    """How somebody wants to pay: without a method in his usual way; by `card`, the one on file if there is
    one, unless he wants a `new_card`; `keep_card` keeps the new one for later."""

    method: Method | None = None
    new_card: bool = False
    keep_card: bool = False


@dataclass(frozen=True)
class Means:
    """How it will be paid: a `card` on file is charged without its holder."""

    method: Method
    due_date: date | None = None
    card: Card | None = None
    keep_card: bool = False


def means(
    customer: Customer, wanted: PayBy, vendor: Vendor, now: datetime, invoice: Invoice | None = None
) -> tuple[Means, list[FieldError]]:
    """What follows from a wish, and what is wrong with it (S2).

    Of an `invoice` that is there already, its frozen buyer counts: that is whom its charge is made out to.
    """
    tax_id = invoice.buyer.tax_id if invoice else customer.tax_id
    buyer = methods.Buyer(market_of(customer.country).currency, tax_id)
    method = wanted.method or methods.usual(customer.default_payment_method, buyer, vendor.methods)
    wrong = methods.fault(method, buyer, vendor.methods)
    faults = [FieldError("/payment_method", wrong)] if wrong else []
    if method != "card":
        due = local_date(now, BOLETO_ZONE) + timedelta(days=BOLETO_DAYS) if method == "boleto" else None
        return Means(method, due), faults
    if wanted.new_card or wanted.keep_card:
        return Means(method, keep_card=wanted.keep_card), faults
    return Means(method, card=_on_file(customer, now)), faults


def new_payment(order_id: str, invoice: Invoice, how: Means, number: int, now: datetime) -> Payment:
    """An attempt that its provider has not been asked for yet."""
    return Payment(
        id=derived_id("pay", order_id, str(number)),
        order_id=order_id,
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        method=how.method,
        provider=PROVIDER_OF_METHOD[how.method],
        status="requested",
        amount=invoice.total,
        due_date=how.due_date,
        card_id=how.card.id if how.card else None,
        keep_card=how.keep_card,
        created_at=now,
    )


def pay_again(
    invoice_id: str,
    wanted: PayBy,
    vendor: Vendor,
    now: datetime,
    *,
    actor: Actor,
    customer_id: str | None = None,
    answer: Callable[[Payment], tuple[int, str]] | None = None,
    repeatable: Repeatable | None = None,
) -> Payment:
    """Another attempt to pay an open invoice; an open one of the same kind is given as it is.

    With a `customer_id` the invoice must be his own. `answer` gives what a repeat of the request gets again.
    Raises `InvoiceNotFound`, `InvoiceNotPayable`, `TooManyAttempts`, `Invalid`, `Replay`.
    """

    def attempt() -> Payment:
        if repeatable:
            repeatable.replay()
        find = billing.invoices
        invoice = find.get_own(invoice_id, customer_id) if customer_id else find.get(invoice_id)
        order = orders.get(invoice.order_id)
        _refuse_closed(invoice, order)
        how, faults = means(customers.get(invoice.customer_id), wanted, vendor, now, invoice)
        if faults:
            raise Invalid(errors=[FieldError("/method", one.fault) for one in faults])
        writing = Transaction()
        current = billing.payments.get(order.payment_id)
        payment = (
            current if _serves(current, how, now) else _attempt(writing, order, invoice, how, actor, now)
        )
        if repeatable and answer:
            writing.save(repeatable.row(*answer(payment), now))
        writing.commit()
        return payment

    return retrying(attempt)


def try_again(writing: Transaction, order: Order, vendor: Vendor, now: datetime) -> None:
    """Another attempt in the customer's usual way, within a transaction; not while one is open already."""
    invoice = billing.invoices.get(order.invoice_id)
    how, faults = means(customers.get(order.customer_id), PayBy(), vendor, now, invoice)
    if not faults and not billing.payments.get(order.payment_id).is_open:
        _attempt(writing, order, invoice, how, SYSTEM, now)


def _refuse_closed(invoice: Invoice, order: Order) -> None:
    if invoice.status != "open" or order.status != "pending_payment":
        raise InvoiceNotPayable(number=invoice.number, status=invoice.status)


def _attempt(
    writing: Transaction, order: Order, invoice: Invoice, how: Means, actor: Actor, now: datetime
) -> Payment:
    if len(order.earlier_payment_ids) + 1 >= MOST_ATTEMPTS:
        raise TooManyAttempts(number=invoice.number)
    payment = new_payment(order.id, invoice, how, len(order.earlier_payment_ids) + 2, now)
    end = expires_at(how.due_date) if how.due_date else None
    writing.save(billing.payments.row(payment), orders.row(attempted(order, payment.id, end)))
    writing.emit(Event("payment.requested", payment.id, now))
    change = Change(payment.id, payment.customer_id, "payment requested", None, payment.status, actor, now)
    writing.audit(change)
    return payment


def _serves(current: Payment, how: Means, now: datetime) -> bool:
    """Whether the present attempt is still good for what is wanted."""
    asked = (how.method, how.card.id if how.card else None, how.keep_card)
    if not current.is_open or current.held or (current.method, current.card_id, current.keep_card) != asked:
        return False
    if current.due_date and local_date(now, BOLETO_ZONE) > next_banking_day(current.due_date):
        return False  # banks take this slip no more
    lasts = PAGES_LAST.get(current.method)
    return lasts is None or now < current.created_at + lasts


def _on_file(customer: Customer, now: datetime) -> Card | None:
    """The card that was kept last, if it is still good."""
    today = local_date(now, market_of(customer.country).zone)
    return next(iter(usable(billing.cards.all_of(customer.id), today)), None)
