"""A refund, full or partial: money that finance gives back, by the provider or by hand. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.billing import reversals
from chalicelib.billing.rules import CHARGE_LEASE, SWEEP_AFTER, Payment
from chalicelib.kernel.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.money import Money

Status = Literal["requested", "done", "refused", "by_hand"]

# Why a provider will not give money back that somebody can send by hand.
BY_HAND = frozenset({"refund_by_hand", "refund_not_supported"})
# How long a refund may stay uncertain at its provider before a person has to find out.
UNCERTAIN_FOR = timedelta(days=3)
UNCERTAIN = "refund_uncertain"
LONGEST_PAUSE = timedelta(hours=12)


@dataclass(frozen=True)
class Refund:
    """Some or all of a payment to be given back; `reference` is the bank's, where a person sent it.

    `requested` until it is certain what became of it; `claimed_until` is the lease of the worker that is
    asking the provider. `by_hand`: the provider cannot, so finance sends it and says so.
    """

    id: str
    payment_id: str
    invoice_id: str
    order_id: str
    customer_id: str
    amount: Money
    reason: str
    requested_by: str
    created_at: datetime
    status: Status = "requested"
    claimed_until: datetime | None = None
    provider_id: str | None = None
    failure: str | None = None
    done_at: datetime | None = None
    reference: str | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the sweep must have the provider asked (again); the pauses grow with its age."""
        if self.status != "requested":
            return None
        if self.claimed_until is None:
            return self.created_at + SWEEP_AFTER
        age = self.claimed_until - self.created_at
        return self.claimed_until + min(max(SWEEP_AFTER, age // 2), LONGEST_PAUSE)


class RefundNotFound(NotFound):
    """No such refund."""

    code = "refund_not_found"
    thing = {"en": "refund", "es": "el reembolso", "pt-BR": "o reembolso"}


class PaymentNotRefundable(Conflict):
    """It was never paid, or nothing of it is left to give back."""

    code = "payment_not_refundable"
    text = {
        "en": "Nothing of payment {id} can be given back: it is {status}, and {left} is left.",
        "es": "No se puede devolver nada del pago {id}: su estado es {status} y queda {left}.",
        "pt-BR": "Nada do pagamento {id} pode ser devolvido: seu estado é {status} e resta {left}.",
    }


class PaymentContested(Conflict):
    """Its payer contests it: the bank decides, and money given back meanwhile would go twice."""

    code = "payment_contested"
    text = {
        "en": "Payment {id} is contested by its payer: wait for the decision.",
        "es": "El pagador ha disputado el pago {id}: espere la decisión.",
        "pt-BR": "O pagador contestou o pagamento {id}: aguarde a decisão.",
    }


class NotByHand(Conflict):
    """Only a refund that is to be sent by hand is confirmed by hand."""

    code = "refund_not_by_hand"
    text = {
        "en": "Refund {id} is not to be sent by hand: it is {status}.",
        "es": "El reembolso {id} no se envía a mano: su estado es {status}.",
        "pt-BR": "O reembolso {id} não é enviado à mão: seu estado é {status}.",
    }


def refundable(payment: Payment, amount: Money | None) -> Money:
    """How much is to be given back: as asked, else all that is left.

    `PaymentContested`, `PaymentNotRefundable`, `Invalid` for another currency or more than is left.
    """
    if payment.contested_at:
        raise PaymentContested(id=payment.id)
    left = reversals.left(payment)
    if payment.status != "paid" or not left.minor:
        raise PaymentNotRefundable(id=payment.id, status=payment.status, left=left)
    if amount is None:
        return left
    if amount.currency != left.currency:
        fault = Fault("currency.of_payment", currency=left.currency)
        raise Invalid(errors=[FieldError("/amount/currency", fault)])
    if amount.minor > left.minor:
        raise Invalid(errors=[FieldError("/amount", Fault("more_than_left", left=left))])
    return amount


def claim(refund: Refund, now: datetime) -> Refund:
    """The refund while a worker asks its provider; it holds the payment's lease, too."""
    return replace(refund, claimed_until=now + CHARGE_LEASE)


def done(refund: Refund, provider_id: str | None, reference: str | None, done_at: datetime) -> Refund:
    """The refund whose money has gone back."""
    return replace(refund, status="done", provider_id=provider_id, reference=reference, done_at=done_at)


def refused(refund: Refund, failure: str) -> Refund:
    """The refund that cannot be made; where a person can send the money, it waits for him."""
    status: Status = "by_hand" if failure in BY_HAND or failure == UNCERTAIN else "refused"
    return replace(refund, status=status, failure=failure)


def is_uncertain(refund: Refund, now: datetime) -> bool:
    """Whether nobody can tell for so long what became of it that a person has to."""
    return now >= refund.created_at + UNCERTAIN_FOR
