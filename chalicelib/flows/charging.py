"""Asking the provider for the charge of a payment; safe to repeat at any point (S4, S5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.billing import rules
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import Charged, ChargeRefused, ChargeRequest, Gateway, Payer
from chalicelib.billing.links import Links
from chalicelib.billing.rules import Form, Payment, Slip, Transfer
from chalicelib.flows import closing
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.orders import store as orders
from chalicelib.storage.transaction import Stale, Transaction, retrying


def charge(payment_id: str, gateways: Mapping[str, Gateway], links: Links, now: datetime) -> None:
    """Create the charge at the provider and tell the customer how to pay; earlier attempts are closed before.

    An attempt that was given up while its charge was being made is not left payable: it is closed as well.
    Raises `ProviderUnavailable`, `BeingCharged` and `Claimed`: the message comes again later.
    """
    payment = billing.payments.get(payment_id)
    if payment.status == "requested" and not payment.held:
        if not _is_awaited(payment, gateways, now):
            return
        payment = _charge(_claimed(payment, now), gateways[payment.provider], links, now)
    if payment.status == "canceled":
        closing.money_came(payment, gateways[payment.provider], now)


def _charge(payment: Payment, gateway: Gateway, links: Links, now: datetime) -> Payment:
    try:
        made = gateway.charge(_request(payment, links))
    except ChargeRefused as refusal:
        code = refusal.code
        return _record(payment.id, lambda one: rules.failed(one, code, now), "payment.failed", now)
    return _record(payment.id, lambda one: _charged(one, made), "payment.charged", now)


def _is_awaited(payment: Payment, gateways: Mapping[str, Gateway], now: datetime) -> bool:
    """Whether the order waits for this attempt, now that no other can be paid; if not, it is closed."""
    order = orders.get(payment.order_id)
    if order.awaits(payment.id):
        for earlier in order.earlier_payment_ids:
            closing.close(earlier, gateways, now)
        if not order.earlier_payment_ids or orders.get(order.id).awaits(payment.id):
            return True
    closing.close(payment.id, gateways, now)
    return False


def _claimed(payment: Payment, now: datetime) -> Payment:
    claimed = rules.claim(payment, now)
    writing = Transaction()
    writing.save(billing.payments.row(claimed))
    try:
        writing.commit()
    except Stale:
        # Another worker was quicker; this message comes again after its lease.
        raise rules.Claimed(payment.id) from None
    return claimed


def _request(payment: Payment, links: Links) -> ChargeRequest:
    # From what was frozen into the invoice: a repeat must ask for the very same charge.
    invoice = billing.invoices.get(payment.invoice_id)
    buyer = invoice.buyer
    return ChargeRequest(
        payment_id=payment.id,
        amount=payment.amount,
        due_date=payment.due_date,
        description=invoice.number,
        payer=Payer(
            customer_id=payment.customer_id,
            name=buyer.name,
            email=buyer.email,
            tax_id=buyer.tax_id,
            country=buyer.country,
            locale=invoice.locale,
        ),
        return_url=links.online(invoice),
        notify_url=links.webhook(payment.provider),
        card=_card(payment),
        keep_card=payment.keep_card,
    )


def _card(payment: Payment) -> str | None:
    """The provider's token of the card on file that is to be charged."""
    if payment.card_id is None:
        return None
    card = billing.cards.get(payment.card_id)
    if card.removed_at:
        raise ChargeRefused("card_removed", "its holder has taken the card back")
    return card.token


def _charged(payment: Payment, made: Charged) -> Payment:
    slip = Slip(made.slip.line, made.slip.barcode, made.slip.pdf_url) if made.slip else None
    transfer = Transfer(made.transfer.account, made.transfer.reference) if made.transfer else None
    form = Form(made.form.url, dict(made.form.fields)) if made.form else None
    payment = replace(
        payment, slip=slip, pix=made.pix, redirect_url=made.redirect_url, form=form, transfer=transfer
    )
    if payment.status == "requested":
        return rules.charged(payment, made.provider_id)
    # The customer was quicker than our record of the charge, or it was given up: only its facts are kept.
    return replace(payment, provider_id=payment.provider_id or made.provider_id)


def _record(payment_id: str, change: rules.PaymentChange, event: str, now: datetime) -> Payment:
    def attempt() -> Payment:
        before = billing.payments.get(payment_id)
        after = change(before)
        if after == before:
            return after
        writing = Transaction()
        writing.save(billing.payments.row(after))
        if after.status != before.status:
            writing.emit(Event(event, payment_id, now))
            writing.audit(
                Change(payment_id, before.customer_id, event, before.status, after.status, SYSTEM, now)
            )
        writing.commit()
        return after

    return retrying(attempt)
