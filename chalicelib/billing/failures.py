"""Why an attempt to be paid came to nothing, as its payer is told, and whether he can mend it himself."""

from __future__ import annotations

from typing import Literal

from chalicelib.billing.rules import Payment

Why = Literal["declined", "authentication", "not_completed", "refused"]

WHY: dict[str, Why] = {
    "authentication_required": "authentication",
    "card_declined": "declined",
    "card_removed": "declined",
    "card_unknown": "declined",
    "closed_by_provider": "not_completed",
    "lapsed": "not_completed",
}


def why(payment: Payment) -> Why:
    """In words of ours; `refused` for what only we can find out."""
    return WHY.get(payment.failure or "", "refused")


def payer_mends(payment: Payment) -> bool:
    """Whether another attempt may do better. A slip that was closed by somebody else is for us to look at."""
    return why(payment) != "refused" and (payment.method, payment.failure) != ("boleto", "closed_by_provider")
