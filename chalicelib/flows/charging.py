"""Asking the provider for the charge of a payment; safe to repeat at any point (S4, S5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.billing import rules
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import Charged, ChargeRefused, ChargeRequest, Gateway, Payer
from chalicelib.billing.rules import Payment, Slip, Transfer
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.storage.transaction import Stale, Transaction, retrying


def charge(payment_id: str, gateways: Mapping[str, Gateway], store_url: str, now: datetime) -> None:
    """Create the charge at the provider and tell the customer how to pay.

    Raises `ProviderUnavailable` and `Claimed`: the message comes again later.
    """
    payment = billing.payments.get(payment_id)
    if payment.status != "requested":
        return
    payment = _claimed(payment, now)
    try:
        made = gateways[payment.provider].charge(_request(payment, store_url))
    except ChargeRefused as refusal:
        code = refusal.code
        _record(payment_id, lambda one: rules.failed(one, code), "payment.failed", now)
        return
    _record(payment_id, lambda one: _charged(one, made), "payment.charged", now)


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


def _request(payment: Payment, store_url: str) -> ChargeRequest:
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
        return_url=store_url,
    )


def _charged(payment: Payment, made: Charged) -> Payment:
    slip = Slip(made.slip.line, made.slip.barcode, made.slip.pdf_url) if made.slip else None
    transfer = Transfer(made.transfer.account, made.transfer.reference) if made.transfer else None
    payment = replace(payment, slip=slip, redirect_url=made.redirect_url, transfer=transfer)
    # Should the customer have been quicker than our record of the charge, only its facts are kept.
    return rules.charged(payment, made.provider_id) if payment.status == "requested" else payment


def _record(payment_id: str, change: rules.PaymentChange, event: str, now: datetime) -> None:
    def attempt() -> None:
        before = billing.payments.get(payment_id)
        after = change(before)
        if after == before:
            return
        writing = Transaction()
        writing.save(billing.payments.row(after))
        if after.status != before.status:
            writing.emit(Event(event, payment_id, now))
            writing.audit(
                Change(payment_id, before.customer_id, event, before.status, after.status, SYSTEM, now)
            )
        writing.commit()

    retrying(attempt)
