"""What of a payment has gone back, by our refunds and without us: chargebacks, reversals, other hands. Pure.

Three sums of a payment tell it, each of them never more than the payment itself. `promised` is what we have
asked to give back and nobody has refused: it is done, or on its way. `taken` is what went back without us, as
far as the provider shows more than we have promised. `refunded` is all that is known to have gone back: what
was taken, and those of our own refunds that are done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.billing.pauses import ASK_CONTESTED_FOR
from chalicelib.billing.rules import Payment
from chalicelib.billing.verdicts import Sighting
from chalicelib.kernel.money import Money

# What a credit note says to its customer; why finance gave money back, or who took it, is for ourselves.
CREDITED_FOR: Mapping[str, str] = {
    "en": "Payment returned",
    "es": "Devolución del pago",
    "pt-BR": "Devolução do pagamento",
}


def left(payment: Payment) -> Money:
    """What can still be given back."""
    gone = _minor(payment.promised) + _minor(payment.taken)
    return Money(max(0, payment.amount.minor - gone), payment.amount.currency)


def promised(payment: Payment, amount: Money) -> Payment:
    """The payment of which so much will be given back by us."""
    return replace(payment, promised=_sum(payment, payment.promised, amount.minor))


def released(payment: Payment, amount: Money | None) -> Payment:
    """The payment after a refund could not be made; `amount` is not given back after all."""
    free = replace(payment, claimed_until=None)
    return replace(free, promised=_sum(payment, payment.promised, -amount.minor)) if amount else free


def given_back(payment: Payment, amount: Money) -> Payment:
    """The payment after one of our refunds is done."""
    free = replace(payment, claimed_until=None)
    return _gone(free, amount.minor) if payment.status == "paid" else free


def questioned(payment: Payment, now: datetime) -> Payment:
    """The payment of whose money there may be news; of a transfer's nobody can be asked."""
    return payment if payment.provider == "manual" else replace(payment, review_from=now)


def in_vain(payment: Payment, now: datetime) -> bool:
    """Whether its provider has been asked for news for so long that a person has to find out."""
    return payment.review_from is not None and now >= payment.review_from + ASK_CONTESTED_FOR


def observed(payment: Payment, seen: Sighting, now: datetime) -> Payment:
    """The payment after a look at its charge; repeating the look changes nothing but when it was taken.

    Whatever it shows, news need not be looked for any more.

    A refund of ours that is on its way is not taken for a chargeback: only what is more than was promised
    went back without us. Should both come together, the rest shows when our refund has come to its end.
    """
    payment = replace(payment, review_from=None)
    if payment.status != "paid":
        return payment
    taken = max(_minor(payment.taken), _minor(seen.refunded) - _minor(payment.promised))
    more = taken - _minor(payment.taken)
    after = _gone(replace(payment, taken=_money(payment, taken)), more)
    if not seen.disputed or after.status == "refunded":
        return replace(after, contested_at=None)
    return replace(after, contested_at=payment.contested_at or now, asked_at=now)


def tells_news(payment: Payment, seen: Sighting) -> bool:
    """Whether a look at the charge shows what we do not know yet."""
    after = observed(payment, seen, payment.created_at)
    contested = bool(after.contested_at) != bool(payment.contested_at)
    return contested or after.taken != payment.taken or came_back(payment, seen)


def came_back(payment: Payment, seen: Sighting) -> bool:
    """Whether money that had gone back without us is there again, so that a person must decide."""
    return _minor(seen.refunded) < _minor(payment.taken)


def to_credit(before: Payment, after: Payment) -> Money:
    """What a change of the payment takes off its invoice: nothing for a part that was taken without us.

    Once all is gone, all that was not taken off before.
    """
    if before.status == "refunded":
        return Money(0, before.amount.currency)
    if after.status == "refunded":
        return Money(before.amount.minor - _own(before), before.amount.currency)
    return Money(_own(after) - _own(before), before.amount.currency)


def _gone(payment: Payment, minor: int) -> Payment:
    gone = min(payment.amount.minor, _minor(payment.refunded) + minor)
    after = replace(payment, refunded=_money(payment, gone))
    if gone < payment.amount.minor:
        return after
    return replace(after, status="refunded", contested_at=None)


def _own(payment: Payment) -> int:
    """Minor units that our refunds have given back; only as long as not all is gone."""
    return _minor(payment.refunded) - _minor(payment.taken)


def _sum(payment: Payment, money: Money | None, more: int) -> Money | None:
    return _money(payment, _minor(money) + more)


def _money(payment: Payment, minor: int) -> Money | None:
    return Money(minor, payment.amount.currency) if minor else None


def _minor(money: Money | None) -> int:
    return money.minor if money else 0
