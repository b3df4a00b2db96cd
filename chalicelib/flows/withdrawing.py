"""A customer withdraws from a contract: in two steps, without a reason, and acknowledged at once (B7).

What is not paid is taken back as it is when staff declares an invoice void. What is paid stops working, and
finance gives the money back; a refund, a dispute or its end changes nothing of that any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.billing import reversals
from chalicelib.billing import store as billing
from chalicelib.billing.rules import Invoice, Payment
from chalicelib.flows import entitlements, voiding
from chalicelib.flows.entitlements import Cause
from chalicelib.flows.parts import leave_parts
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.events import Actor, Change, Event
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.money import Money, total
from chalicelib.orders import acknowledgement
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.orders.withdrawals import (
    Content,
    Line,
    Withdrawal,
    last_day,
    require_open,
    withdrawal_id,
)
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import changes
from chalicelib.subscriptions import store as subscriptions
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task

# What the credit note of an unpaid invoice says to its customer.
CREDITED_FOR = {"en": "Withdrawal", "es": "Desistimiento", "pt-BR": "Desistência"}


@dataclass(frozen=True)
class Contract:
    """From what somebody withdraws: an order, or the one that made a subscription; exactly one of them."""

    order_id: str | None = None
    subscription_id: str | None = None


@dataclass(frozen=True)
class Case:
    """A contract from which one can withdraw; `refunds` is what is to be given back from which payment."""

    order: Order
    invoice: Invoice
    content: Content
    refunds: tuple[tuple[Payment, Money], ...]


def preview(customer_id: str, contract: Contract, now: datetime) -> Content | Withdrawal:
    """What would be withdrawn from, and what would follow; the withdrawal itself if that has been done.

    `OrderNotFound`, `SubscriptionNotFound`, `OrderNotWithdrawable`, `WithdrawalWindowClosed`; `Invalid` for
    what is no contract of its own.
    """
    order = _order(customer_id, contract)
    return orders.withdrawals.find(withdrawal_id(order.id)) or _case(order, now).content


def withdraw(
    customer_id: str,
    contract: Contract,
    statement: str | None,
    now: datetime,
    *,
    answer: Callable[[Withdrawal], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Withdrawal:
    """Withdraw; a second time gives the same acknowledgement. A `statement` is never asked for.

    `answer` gives what a repeat of the request gets again. Raises as `preview` does, and `Replay`,
    `IdempotencyKeyReused`.
    """

    def attempt() -> Withdrawal:
        if repeatable:
            repeatable.replay()
        order = _order(customer_id, contract)
        if earlier := orders.withdrawals.find(withdrawal_id(order.id)):
            return earlier
        writing = Transaction()
        received = _receive(writing, _case(order, now), statement, now)
        if repeatable:
            writing.save(repeatable.row(*answer(received), now))
        writing.commit()
        return received

    return retrying(attempt)


def _order(customer_id: str, contract: Contract) -> Order:
    """The order by which the contract was made."""
    if contract.order_id is not None and contract.subscription_id is None:
        order = orders.get_own(contract.order_id, customer_id)
        paying = [item.subscription_id for item in order.items if item.subscription_id]
        if paying:
            raise _fault("/order_id", Fault("not_a_contract", id=paying[0]))
        return order
    if contract.subscription_id is not None and contract.order_id is None:
        subscription = subscriptions.get_own(contract.subscription_id, customer_id)
        if subscription.order_id is None:
            raise _fault("/subscription_id", Fault("not_bought"))
        return orders.get(subscription.order_id)
    both = [FieldError(f"/{name}", Fault("exactly_one")) for name in ("order_id", "subscription_id")]
    raise Invalid(errors=both)


def _fault(pointer: str, fault: Fault) -> Invalid:
    return Invalid(errors=[FieldError(pointer, fault)])


def _case(order: Order, now: datetime) -> Case:
    invoice = billing.invoices.get(order.invoice_id)
    zone = market_of(invoice.buyer.country).zone
    until = last_day(order.created_at, invoice.buyer.country)
    require_open(order, until, zone, now)
    refunds = tuple(_refunds(order))
    owed, currency = _owed(order), order.total.currency
    back = total((amount for _, amount in refunds), currency)
    content = Content(
        order_id=order.id,
        invoice_number=invoice.number,
        customer_name=invoice.buyer.name,
        seller_name=invoice.seller.name,
        seller_email=invoice.seller.email,
        locale=invoice.locale,
        zone=zone,
        ordered_at=order.created_at,
        lines=tuple(Line(one.description, one.quantity, one.amount) for one in invoice.lines),
        total=invoice.total,
        until=until,
        ends=() if order.takes_money else tuple(item.name for item in order.items),
        no_longer_owed=owed if owed.minor else None,
        refund=back if back.minor else None,
    )
    return Case(order, invoice, content, refunds)


def _refunds(order: Order) -> Iterator[tuple[Payment, Money]]:
    """Every payment of the contract of which there is something left, its instalments' too, and how much."""
    if order.takes_money:
        attempts = billing.payments.find_all((*order.earlier_payment_ids, order.payment_id)).values()
        yield from ((one, one.received) for one in attempts if one.received)
        return
    bought = entitlements.subscriptions_of(order)
    asked = orders.find_all(id for one in bought for id in changes.order_ids(one)).values()
    paid = [order, *sorted((one for one in asked if one.status == "paid"), key=lambda one: one.created_at)]
    payments = billing.payments.find_all(one.payment_id for one in paid)
    for one in paid:
        payment = payments[one.payment_id]
        if (left := reversals.left(payment)).minor:
            yield payment, left


def _owed(order: Order) -> Money:
    """What has not been paid of the contract: of an order that is not, what has not arrived of it yet."""
    if order.takes_money:
        return order.total
    pending = (part for one in entitlements.subscriptions_of(order) for part in one.pending)
    return total((part.amount for part in pending), order.total.currency)


def _receive(writing: Transaction, case: Case, statement: str | None, now: datetime) -> Withdrawal:
    order, actor = case.order, Actor(case.order.customer_id, "store")
    id = withdrawal_id(order.id)
    document = acknowledgement.render(id, case.content, statement, now)
    received = Withdrawal(id, order.customer_id, now, case.content, document, statement)
    writing.save(orders.withdrawals.row(received))
    writing.audit(Change(id, order.customer_id, "withdrawal received", None, "received", actor, now))
    if order.takes_money:
        _take_back(writing, case, actor, now)
    else:
        _stop(writing, case, actor, now)
    writing.emit(Event("order.withdrawn", order.id, now, {"withdrawal_id": id}))
    return received


def _take_back(writing: Transaction, case: Case, actor: Actor, now: datetime) -> None:
    """Nobody has to pay it any more; what comes all the same, or came in part, is a case for finance."""
    invoice, zone = case.invoice, market_of(case.invoice.seller.country).zone
    voiding.take_back(writing, invoice, case.order, CREDITED_FOR[invoice.locale], zone, actor, now)
    leave_parts(writing, case.order, now)


def _stop(writing: Transaction, case: Case, actor: Actor, now: datetime) -> None:
    order = case.order
    after = entitlements.stop(order, Cause(writing, actor, now, "withdrawn"))
    writing.save(orders.row(after))
    writing.audit(Change(order.id, order.customer_id, "withdrawn", order.stage, after.stage, actor, now))
    if case.refunds:
        facts = {
            "withdrawal_id": withdrawal_id(order.id),
            "order_id": order.id,
            "customer_id": order.customer_id,
            "invoice": case.invoice.number,
            "amount": str(case.content.refund),
            "payment_ids": ", ".join(payment.id for payment, _ in case.refunds),
            "amounts": ", ".join(str(amount) for _, amount in case.refunds),
        }
        tasks.add_once(writing, new_task("finance", "withdrawal_refund", order.id, facts, now))
