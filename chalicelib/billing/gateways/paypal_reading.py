"""What PayPal's orders, captures and refunds mean in our words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from chalicelib.billing.gateways import PaymentStatus, ProviderPayment
from chalicelib.billing.gateways.http import Json, dig, id_of, reading, text_of
from chalicelib.kernel.money import EXPONENTS, Money

# Of an order that nothing was captured of. With any other intent than to capture it is one that we closed.
ORDERS: dict[str, PaymentStatus] = {
    "CREATED": "pending",
    "SAVED": "pending",
    "PAYER_ACTION_REQUIRED": "pending",
    "APPROVED": "pending",
    "VOIDED": "canceled",
}
CAPTURES: dict[str, PaymentStatus] = {
    "COMPLETED": "paid",
    "PARTIALLY_REFUNDED": "paid",
    "PENDING": "pending",
    "REFUNDED": "refunded",
    "REVERSED": "refunded",
}
# No money came of these.
DEAD = ("DECLINED", "FAILED")
RANKS: tuple[PaymentStatus, ...] = ("paid", "refunded", "pending", "unknown")
# Why a capture is held or taken back: its payer contests it, at PayPal or at his bank.
CONTESTED = ("BUYER_COMPLAINT", "CHARGEBACK")
GONE = ("COMPLETED",)
PROMISED = ("COMPLETED", "PENDING")


def payment_of(order: Json) -> ProviderPayment | None:
    """The charge; None for an order that cannot be ours: of several parts, or in another currency."""
    with reading("an order of PayPal"):
        part, capture = _part(order), capture_of(order)
        told = (capture or part)["amount"]
        if len(order["purchase_units"]) != 1 or told["currency_code"] not in EXPONENTS:
            return None
        amount, reference = _money(told), part.get("custom_id")
        status, refunded = _standing(order, capture, amount)
        return ProviderPayment(
            provider_id=id_of(order["id"]),
            reference=reference if isinstance(reference, str) and reference else None,
            amount=amount,
            status=status,
            paid_at=_instant(capture) if status == "paid" else None,
            refunded=refunded,
            disputed=_contested(capture),
            approved=_awaits_capture(order, part, capture),
        )


def capture_of(order: Json) -> Json | None:
    """The capture that counts: declined ones do not."""
    live = [one for one in _listed(order, "captures") if one["status"] not in DEAD]
    return min(live, key=lambda one: RANKS.index(CAPTURES.get(one["status"], "unknown")), default=None)


def approval_of(order: Json) -> str | None:
    """Where the payer says yes; None when that is done."""
    with reading("an order of PayPal"):
        if order["status"] in ("APPROVED", "COMPLETED"):
            return None
        found = [link["href"] for link in order["links"] if link["rel"] in ("payer-action", "approve")]
        address = text_of(found[0] if found else None)
        if not address.startswith(("https://", "http://")):
            raise ValueError("not an address to send anybody to")
        return address


def refund_of(order: Json, refund_id: str) -> Json | None:
    """The refund made earlier under our id."""
    with reading("a refund of PayPal"):
        made = [one for one in _listed(order, "refunds") if one.get("custom_id") == refund_id]
        return made[0] if made else None


def promised(order: Json) -> int:
    """Minor units that have been given back or are on their way."""
    with reading("a refund of PayPal"):
        return sum(amount.minor for amount in _refunds(order, PROMISED))


def _standing(order: Json, capture: Json | None, amount: Money) -> tuple[PaymentStatus, Money | None]:
    """How the charge stands, and what of it has gone back."""
    if capture is None:
        return _uncaptured(order), None
    status = CAPTURES.get(capture["status"], "unknown")
    if status == "pending" and _contested(capture):
        status = "paid"  # only what was paid can be contested: it is held until that is decided
    gone = amount if status == "refunded" else _total(_refunds(order, GONE), amount.currency)
    if status == "paid" and gone is not None and gone.minor >= amount.minor:
        status = "refunded"
    return status, gone


def _uncaptured(order: Json) -> PaymentStatus:
    if order["intent"] != "CAPTURE":
        return "canceled"
    if order["status"] == "COMPLETED" and _listed(order, "captures"):
        return "canceled"  # PayPal first took the money for pending, and then declined it
    return ORDERS.get(order["status"], "unknown")


def _awaits_capture(order: Json, part: Json, capture: Json | None) -> bool:
    """Whether the payer has said yes to an order of ours, and the money is ours to take.

    Others may use the same account: what we make bears our reference twice.
    """
    if capture is not None or (order["status"], order["intent"]) != ("APPROVED", "CAPTURE"):
        return False
    return bool(part.get("custom_id")) and part.get("custom_id") == part.get("invoice_id")


def _part(order: Json) -> Json:
    """The first part of an order; those that we make have no other."""
    parts = order["purchase_units"]
    if not (isinstance(parts, list) and parts and isinstance(parts[0], dict)):
        raise ValueError("an order of nothing")
    part: Json = parts[0]
    return part


def _listed(order: Json, kind: str) -> list[Json]:
    """The captures or refunds of an order's one part."""
    with reading("an order of PayPal"):
        items = dig(_part(order), "payments", kind)
        return [{**item, "status": text_of(item["status"])} for item in items or []]


def _refunds(order: Json, statuses: tuple[str, ...]) -> list[Money]:
    return [_money(one["amount"]) for one in _listed(order, "refunds") if one["status"] in statuses]


def _total(amounts: Iterable[Money], currency: str) -> Money | None:
    known = list(amounts)
    return sum(known, Money(0, currency)) if known else None


def _money(told: Json) -> Money:
    amount = Money.from_decimal(told["value"], told["currency_code"])
    if amount.minor < 0:
        raise ValueError("an amount below zero")
    return amount


def _contested(capture: Json | None) -> bool:
    return dig(capture, "status_details", "reason") in CONTESTED


def _instant(capture: Json | None) -> datetime | None:
    """When the payer paid; the days that his bank takes come later."""
    told = dig(capture, "create_time")
    if told is None:
        return None
    instant = datetime.fromisoformat(told)
    if instant.tzinfo is None:
        raise ValueError("an instant without its zone")
    return instant.astimezone(UTC)
