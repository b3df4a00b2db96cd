"""What Asaas tells of a payment, in our words: its state, its amount, and what of it has gone back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.billing.gateways import PaymentStatus, ProviderPayment
from chalicelib.billing.gateways.http import Json, id_of, reading
from chalicelib.kernel.clock import start_of
from chalicelib.kernel.money import Money

ZONE = "America/Sao_Paulo"

# Confirmed: the payer has paid and only the payout is outstanding, so it counts. So does received in cash, as
# the vendor's own staff said so at Asaas, and received by dunning, as the debt was collected. A contested
# payment is paid until the dispute is lost: then Asaas tells it as refunded. Whatever Asaas adds some day is
# unknown, for a person to look at.
STATUSES: dict[str, PaymentStatus] = {
    "RECEIVED": "paid",
    "CONFIRMED": "paid",
    "RECEIVED_IN_CASH": "paid",
    "DUNNING_RECEIVED": "paid",
    "CHARGEBACK_REQUESTED": "paid",
    "CHARGEBACK_DISPUTE": "paid",
    "AWAITING_CHARGEBACK_REVERSAL": "paid",
    "PENDING": "pending",
    "OVERDUE": "pending",
    "AUTHORIZED": "pending",
    "AWAITING_RISK_ANALYSIS": "pending",
    "DUNNING_REQUESTED": "pending",
    "REFUND_REQUESTED": "refunded",
    "REFUND_IN_PROGRESS": "refunded",
    "REFUNDED": "refunded",
}
DISPUTED = ("CHARGEBACK_REQUESTED", "CHARGEBACK_DISPUTE", "AWAITING_CHARGEBACK_REVERSAL")
# Which of several charges under one reference tells most.
RANKS: tuple[PaymentStatus, ...] = ("paid", "pending", "unknown", "refunded", "canceled")


@dataclass(frozen=True)
class AsaasRefund:
    """One refund of a payment; `status` is PENDING, DONE or CANCELLED."""

    amount: Money
    status: str
    description: str


def payment_of(payment: Json) -> ProviderPayment:
    """The payment as it stands; ProviderUnavailable when it lacks what was agreed."""
    with reading("a payment of Asaas"):
        told = payment["status"]
        amount, reference = _amount(payment), payment.get("externalReference")
        status, back = _status(payment, amount)
        return ProviderPayment(
            provider_id=id_of(payment["id"]),
            reference=reference if isinstance(reference, str) and reference else None,
            amount=amount,
            status=status,
            paid_at=_paid_at(payment, status),
            refunded=Money(back, amount.currency) if back else None,
            disputed=told in DISPUTED,
        )


def refunds_of(payment: Json) -> list[AsaasRefund]:
    """The refunds of a payment, also those that are not done yet and those that were called off."""
    with reading("a refund of Asaas"):
        found: list[Any] = payment.get("refunds") or []
        return [
            AsaasRefund(
                Money.from_decimal(str(one["value"]), "BRL"), one["status"], one.get("description") or ""
            )
            for one in found
        ]


def paid_at_once(payment: Json) -> bool:
    """Whether it was paid by Pix or card, though a slip was asked for: then Asaas can send the money back."""
    return payment.get("billingType") in ("PIX", "CREDIT_CARD") or bool(payment.get("pixTransaction"))


def rank(payment: Json) -> tuple[int, str]:
    """A key that sorts first what tells most."""
    known = payment_of(payment)
    return RANKS.index(known.status), known.provider_id


def _status(payment: Json, amount: Money) -> tuple[PaymentStatus, int]:
    """The status, and the minor units that have gone back."""
    told, refunds = payment["status"], refunds_of(payment)
    status = STATUSES.get(told, "unknown")
    done = sum(one.amount.minor for one in refunds if one.status == "DONE")
    # A refund of which the list tells is done when the list says so, not when it was asked for.
    if status in ("paid", "refunded") and told != "REFUNDED" and refunds:
        status = "refunded" if done >= amount.minor else "paid"
    if payment.get("deleted") is True and status not in ("paid", "refunded"):
        status = "canceled"
    return status, amount.minor if status == "refunded" else min(done, amount.minor)


def _amount(payment: Json) -> Money:
    """What was charged: after a late payment `value` includes interest, and `originalValue` does not."""
    told = (payment["value"], payment.get("originalValue"))
    amounts = [Money.from_decimal(str(value), "BRL") for value in told if value is not None]
    return min(amounts, key=lambda amount: amount.minor)


def _paid_at(payment: Json, status: PaymentStatus) -> datetime | None:
    """The start of the day on which the payer paid; the days of clearing come later."""
    days = [payment.get(key) for key in ("clientPaymentDate", "confirmedDate", "paymentDate")]
    known = [day for day in days if day is not None]
    return start_of(date.fromisoformat(known[0]), ZONE) if known and status == "paid" else None
