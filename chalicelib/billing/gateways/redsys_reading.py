"""Order numbers, and what the operations of an order mean in our words: how it stands, what went back."""

from __future__ import annotations

import hashlib
import re

from chalicelib.billing.gateways import PaymentStatus, ProviderPayment, ProviderUnavailable, RefundRequest
from chalicelib.billing.gateways.http import safe_id
from chalicelib.billing.gateways.redsys_query import PAYMENT, REFUND, Operation
from chalicelib.billing.gateways.refunds import check_refund
from chalicelib.kernel.money import Money

# A terminal is for one currency; ours are for euros.
CURRENCIES = {"EUR": "978"}
ORDER = re.compile("[0-9A-Za-z]{4,12}")
ORDER_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def order_of(payment_id: str) -> str:
    """The order number of a payment: four digits, then eight of 0-9 and A-Z.

    Some 2^54 are possible: among a million payments two have one with a probability of 1 in 50,000.
    """
    rest = int.from_bytes(hashlib.sha256(f"redsys order\x1f{payment_id}".encode()).digest(), "big")
    rest, digits = divmod(rest, 10_000)
    letters = ""
    for _ in range(8):
        rest, letter = divmod(rest, len(ORDER_LETTERS))
        letters += ORDER_LETTERS[letter]
    return f"{digits:04d}{letters}"


def joined(order: str, reference: str | None) -> str:
    """The provider's id: the order number, and our payment id, which Redsys's query would not tell."""
    return f"{order}-{reference}" if reference else order


def parted(provider_id: str) -> tuple[str, str | None]:
    """The order number ("" when it is none), and the payment id that it was made from, if it was."""
    order, _, reference = provider_id.partition("-")
    if not ORDER.fullmatch(order):
        return "", None
    return order, reference if safe_id(reference) and order_of(reference) == order else None


def payment_of(order: str, reference: str | None, operations: list[Operation]) -> ProviderPayment | None:
    """The order as its operations show it: one that succeeded counts more than one that may yet."""
    tries = [one for one in operations if one.kind == PAYMENT and one.currency in CURRENCIES.values()]
    if not tries:
        return None
    charge = max(tries, key=lambda one: (one.succeeded, one.undecided))
    back = _refunded(operations)
    return ProviderPayment(
        provider_id=joined(order, reference),
        reference=reference,
        amount=Money(charge.amount, "EUR"),
        status=_status(charge, back),
        paid_at=charge.day if charge.succeeded else None,
        refunded=Money(back, "EUR") if back else None,
    )


def _status(charge: Operation, back: int) -> PaymentStatus:
    if charge.succeeded:
        return "refunded" if back >= charge.amount else "paid"
    # Denied, or given up by the payer. A later try in the same page would be announced and found.
    return "pending" if charge.undecided else "canceled"


def _refunded(operations: list[Operation]) -> int:
    return sum(one.amount for one in operations if one.kind == REFUND and one.succeeded)


def refund_made(
    request: RefundRequest, known: ProviderPayment | None, operations: list[Operation]
) -> bool | None:
    """Whether this refund has been made: False when it cannot be told, None when it is still to be made.

    Raises ChargeRefused when it cannot be made, ProviderUnavailable while another one is under way.
    """
    refunds = [one for one in operations if one.kind == REFUND]
    if any(one.undecided for one in refunds):
        raise ProviderUnavailable("a refund of this order is under way")
    amount, back = request.amount, _refunded(operations)
    alike = any(one.succeeded and Money(one.amount, "EUR") == amount for one in refunds)
    if alike and known is not None and back + amount.minor > known.amount.minor:
        return True
    check_refund(known, request, back)
    return False if alike else None
