"""Closing attempts that nobody waits for any more, at their provider first: none may stay payable (S7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.billing import expiry
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import Gateway, ProviderPayment, ProviderUnavailable
from chalicelib.billing.rules import Payment
from chalicelib.flows import settlement
from chalicelib.kernel.events import SYSTEM, Change
from chalicelib.storage.transaction import Transaction, retrying

REPLACED = "replaced"


def close(payment_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """Close an attempt; money that has come in by it is booked, and one that is closed stays as it is.

    `ProviderUnavailable`, `BeingCharged`: it may still be payable, and is closed later.
    """
    payment = billing.payments.get(payment_id)
    if not expiry.closable(payment, now):
        return
    if not money_came(payment, gateways[payment.provider], now):
        retrying(lambda: _give_up(payment_id, now))


def money_came(payment: Payment, gateway: Gateway, now: datetime) -> bool:
    """Close an open attempt at its provider; True when it had been paid by then.

    The money is booked then, or the payment is held and finance asked. What its payer has agreed to is taken
    as long as the order wants it: he has done all that he can.
    """
    found = _closed(payment, gateway)
    if found and found.status in ("paid", "refunded"):
        settlement.take(payment.id, found, now)
        return True
    if found and found.status != "canceled":
        raise ProviderUnavailable(f"{payment.id} is still {found.status}")
    return False


def _closed(payment: Payment, gateway: Gateway) -> ProviderPayment | None:
    """The charge as it stands after it was closed at the provider; None if there is none."""
    found = settlement.captured(gateway, gateway.find(payment.id, payment.provider_id))
    if found is None or found.status != "pending":
        return found
    return gateway.cancel(found.provider_id)


def _give_up(payment_id: str, now: datetime) -> None:
    before = billing.payments.get(payment_id)
    # A worker may have begun to charge it since it was looked at: then it is closed again after that.
    expiry.closable(before, now)
    after = expiry.given_up(before, REPLACED, now)
    if after != before:
        writing = Transaction()
        writing.save(billing.payments.row(after))
        change = Change(
            after.id, after.customer_id, "payment closed", before.status, after.status, SYSTEM, now
        )
        writing.audit(change)
        writing.commit()
