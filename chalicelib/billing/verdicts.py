"""The decision what a provider's word about a payment is worth (B5, invariant 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chalicelib.billing.rules import Payment
from chalicelib.kernel.money import Money

Verdict = Literal[
    "accept",
    "not_paid",
    "already_booked",
    "closed",
    "unknown_reference",
    "wrong_amount",
    "late",
    "double",
    "taken_back",
    "announced_unseen",
]
# Money that does not pay what it was for, was taken back, or cannot be found: finance decides.
NEEDS_A_PERSON: frozenset[Verdict] = frozenset(
    {"unknown_reference", "wrong_amount", "late", "double", "taken_back", "announced_unseen"}
)


@dataclass(frozen=True)
class Sighting:
    """A provider's payment object as fetched: `status` is pending, paid, canceled, refunded or unknown.

    `refunded` is what of its money has gone back; `disputed` while its payer contests it.
    """

    provider_id: str
    amount: Money
    status: str
    refunded: Money | None = None
    disputed: bool = False

    @property
    def troubled(self) -> bool:
        """Whether its money is contested, or went back in part or in full."""
        return self.disputed or self.refunded is not None


def judge(
    payment: Payment | None, order_status: str | None, seen: Sighting | None, *, announced: bool
) -> Verdict:
    """What a provider's payment object means for our payment (B5, invariant 4).

    Decided on the object as fetched from the provider, never on the message that pointed to it, unless
    that message announced money which the object does not show. Money that has gone back was there before:
    it is booked too, so that what happened later can be booked on it.
    """
    if seen is not None and seen.status == "paid":
        return _judge_money(payment, order_status, seen)
    if payment is not None and seen is not None and _is_of(payment, seen):
        if seen.status == "refunded":
            return _judge_past_money(payment, order_status, seen)
        if payment.came_in and seen.status != "pending":
            return "taken_back"
        if payment.status == "pending" and seen.status == "canceled":
            return "closed"
    return "announced_unseen" if announced else "not_paid"


def _is_of(payment: Payment, seen: Sighting) -> bool:
    """Whether it is our charge, and no other one under its reference; who never heard its id takes it so."""
    return payment.provider_id in (None, seen.provider_id)


def _judge_money(payment: Payment | None, order_status: str | None, seen: Sighting) -> Verdict:
    if payment is None or order_status is None:
        return "unknown_reference"
    if payment.came_in:
        return "already_booked" if payment.provider_id == seen.provider_id else "double"
    if seen.amount != payment.amount:
        return "wrong_amount"
    if order_status == "paid":
        return "double"
    # An order that expired is still what the customer wanted: late money revives it.
    return "accept" if order_status in ("pending_payment", "expired") else "late"


def _judge_past_money(payment: Payment, order_status: str | None, seen: Sighting) -> Verdict:
    """Money of our charge that has all gone back by now; nobody is told of it twice."""
    if payment.came_in:
        return "already_booked"
    if not payment.is_open or payment.held:
        return "not_paid"
    return "accept" if _judge_money(payment, order_status, seen) == "accept" else "taken_back"
