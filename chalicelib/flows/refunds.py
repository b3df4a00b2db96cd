"""Giving money back: finance asks for it, a worker has the provider do it, or a person sends it by hand.

What is promised is kept on the payment in the transaction that makes the refund, so that no two refunds
together exceed it. The provider is asked under the refund's own id until it is certain what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from chalicelib.billing import invoices, refunds, reversals, rules
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import ChargeRefused, Gateway, ProviderUnavailable, Refunded, RefundRequest
from chalicelib.billing.refunds import Refund
from chalicelib.billing.rules import Payment
from chalicelib.billing.transfers import BankEntry, ReferenceUsed, sent
from chalicelib.flows.crediting import credit
from chalicelib.flows.entitlements import Cause, withdraw
from chalicelib.kernel.clock import start_of
from chalicelib.kernel.events import SYSTEM, Actor, Change, Event
from chalicelib.kernel.ids import derived_id, new_id
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.money import Money
from chalicelib.orders import store as orders
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Stale, Transaction, retrying
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task


def request(
    payment_id: str,
    amount: Money | None,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    answer: Callable[[Refund], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Refund:
    """Promise some of a payment, or all that is left of it, back; its provider is asked by a worker.

    `answer` gives what a repeat of the request gets again. Raises `PaymentNotFound`, `PaymentNotRefundable`,
    `PaymentContested`, `Invalid`, `Replay`, `IdempotencyKeyReused`.
    """
    refund_id = derived_id("rfd", repeatable.id) if repeatable else new_id("rfd", now)

    def attempt() -> Refund:
        if repeatable and (earlier := billing.refunds.find(refund_id)):
            repeatable.replay()
            return earlier
        writing = Transaction()
        refund = _promise(writing, refund_id, billing.payments.get(payment_id), amount, reason, actor, now)
        if repeatable:
            writing.save(repeatable.row(*answer(refund), now))
        writing.commit()
        return refund

    return retrying(attempt)


def carry_out(refund_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """Have the provider give the money back; repeating it gives nothing back twice.

    One refund of a payment at a time, for providers that cannot tell two apart. Raises `ProviderUnavailable`
    and `Claimed`: the message comes again later, until after some days a person has to find out.
    """
    refund = billing.refunds.get(refund_id)
    if refund.status != "requested":
        return
    refund, payment = _claimed(refund, now)
    wanted = RefundRequest(refund.id, payment.provider_id or "", refund.amount, refund.reason)
    try:
        made = gateways[payment.provider].refund(wanted)
    except ChargeRefused as refusal:
        code = refusal.code
        retrying(lambda: _refused(refund_id, code, now))
        return
    except ProviderUnavailable:
        if not refunds.is_uncertain(refund, now):
            raise
        # An answer may have been lost, so that the money has gone: it stays promised.
        made = Refunded("", done=False)
    if made.done:
        retrying(lambda: _done(refund_id, made.provider_id, now))
    elif refunds.is_uncertain(refund, now):
        retrying(lambda: _refused(refund_id, refunds.UNCERTAIN, now))


def confirm(refund_id: str, reference: str, value_date: date, actor: Actor, now: datetime) -> Refund:
    """Book a refund that was sent by hand, as a bank statement tells; the same line again changes nothing.

    Raises `RefundNotFound`, `NotByHand`, `ReferenceUsed`.
    """
    return retrying(lambda: _confirm(refund_id, reference, value_date, actor, now))


def gone_back(
    writing: Transaction,
    before: Payment,
    after: Payment,
    subject: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Book what follows from money that has gone back, by whatever way, within a transaction.

    A part is taken off the invoice, for `subject`. When all is gone, invoice and order are refunded, and
    what the order bought has ended.
    """
    invoice = billing.invoices.get(after.invoice_id)
    amount = reversals.to_credit(before, after)
    if amount.minor:
        zone = market_of(invoice.seller.country).zone
        credit(writing, invoice, amount, reversals.CREDITED_FOR[invoice.locale], subject, zone, now, actor)
    if after.status == before.status:
        return
    order = orders.get(after.order_id)
    gone = withdraw(order, Cause(writing, actor, now, "money given back"))
    writing.save(billing.invoices.row(invoices.refunded(invoice)), orders.row(gone))
    for id, was in ((invoice.id, invoice.status), (order.id, order.stage)):
        writing.audit(Change(id, order.customer_id, "money given back", was, "refunded", actor, now))


def _promise(
    writing: Transaction,
    refund_id: str,
    payment: Payment,
    amount: Money | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Refund:
    refund = Refund(
        id=refund_id,
        payment_id=payment.id,
        invoice_id=payment.invoice_id,
        order_id=payment.order_id,
        customer_id=payment.customer_id,
        amount=refunds.refundable(payment, amount),
        reason=reason,
        requested_by=actor.id,
        created_at=now,
    )
    after = reversals.promised(payment, refund.amount)
    writing.save(billing.refunds.row(refund), billing.payments.row(after))
    writing.emit(Event("refund.requested", refund.id, now))
    _audit(writing, refund, None, actor, now)
    _audit_payment(writing, payment, after, f"refund of {refund.amount} requested", actor, now)
    return refund


def _claimed(refund: Refund, now: datetime) -> tuple[Refund, Payment]:
    claimed = refunds.claim(refund, now)
    payment = rules.claim(billing.payments.get(refund.payment_id), now)
    writing = Transaction()
    writing.save(billing.refunds.row(claimed), billing.payments.row(payment))
    try:
        writing.commit()
    except Stale:
        # Somebody else was quicker; this message comes again after his lease.
        raise rules.Claimed(refund.id) from None
    return claimed, payment


def _refused(refund_id: str, failure: str, now: datetime) -> None:
    """Keep why the provider will not, and ask finance: to send the money, or to talk to the customer."""
    before = billing.refunds.get(refund_id)
    if before.status != "requested":
        return
    after = refunds.refused(before, failure)
    payment = billing.payments.get(before.payment_id)
    released = reversals.released(payment, before.amount if after.status == "refused" else None)
    writing = Transaction()
    writing.save(billing.refunds.row(after), billing.payments.row(reversals.questioned(released, now)))
    kind = "refund_refused" if after.status == "refused" else "refund_by_hand"
    tasks.add_once(writing, new_task("finance", kind, after.id, _facts(after, payment), now))
    writing.emit(Event("refund.failed", after.id, now, {"payment_id": payment.id}))
    _audit(writing, after, before.status, SYSTEM, now)
    _audit_payment(writing, payment, released, f"refund of {after.amount} {failure}", SYSTEM, now)
    writing.commit()


def _done(refund_id: str, provider_id: str, now: datetime) -> None:
    before = billing.refunds.get(refund_id)
    if before.status != "requested":
        return
    after = refunds.done(before, provider_id, None, now)
    writing = Transaction()
    _book(writing, before, after, SYSTEM, now)
    writing.commit()


def _confirm(refund_id: str, reference: str, value_date: date, actor: Actor, now: datetime) -> Refund:
    refund = billing.refunds.get(refund_id)
    line = sent(refund.payment_id, BankEntry(reference, value_date, refund.amount), actor.id, now)
    if earlier := billing.entries.find(line.id):
        if refund.reference == reference and earlier.value_date == value_date:
            return refund
        raise ReferenceUsed(reference=reference)
    if refund.status != "by_hand":
        raise refunds.NotByHand(id=refund.id, status=refund.status)
    seller = billing.invoices.get(refund.invoice_id).seller
    done_at = start_of(value_date, market_of(seller.country).zone)
    after = refunds.done(refund, refund.provider_id, reference, done_at)
    writing = Transaction()
    writing.save(billing.entries.row(line))
    _book(writing, refund, after, actor, now)
    writing.commit()
    return after


def _book(writing: Transaction, before: Refund, after: Refund, actor: Actor, now: datetime) -> None:
    """A refund that is done: on its payment, and everything that follows."""
    payment = billing.payments.get(after.payment_id)
    less = reversals.given_back(payment, after.amount)
    writing.save(billing.refunds.row(after), billing.payments.row(reversals.questioned(less, now)))
    gone_back(writing, payment, less, after.id, actor, now)
    whole = "yes" if less.status == "refunded" else "no"
    writing.emit(Event("refund.made", after.id, now, {"payment_id": payment.id, "whole": whole}))
    _audit(writing, after, before.status, actor, now)
    _audit_payment(writing, payment, less, f"refund of {after.amount} made", actor, now)


def _audit(writing: Transaction, refund: Refund, before: str | None, actor: Actor, now: datetime) -> None:
    action = "refund requested" if before is None else f"refund {refund.status}"
    writing.audit(Change(refund.id, refund.customer_id, action, before, refund.status, actor, now))


def _audit_payment(
    writing: Transaction, before: Payment, after: Payment, action: str, actor: Actor, now: datetime
) -> None:
    writing.audit(Change(after.id, after.customer_id, action, before.status, after.status, actor, now))


def _facts(refund: Refund, payment: Payment) -> dict[str, str]:
    """What somebody needs who sends the money, or tells the customer why he does not get it."""
    return {
        "refund_id": refund.id,
        "amount": str(refund.amount),
        "reason": refund.reason,
        "failure": refund.failure or "",
        "payment_id": payment.id,
        "method": payment.method,
        "provider": payment.provider,
        "provider_id": payment.provider_id or "",
        "invoice": billing.invoices.get(refund.invoice_id).number,
        "order_id": refund.order_id,
        "customer_id": refund.customer_id,
    }
