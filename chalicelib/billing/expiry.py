"""When what nobody paid comes to its end, and what becomes of its payment (S7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from chalicelib.billing.rules import BOLETO_ZONE, Payment
from chalicelib.kernel.banking import add_banking_days, next_banking_day
from chalicelib.kernel.clock import start_of

# A slip that is paid on its last day shows at the provider so many banking days later.
CLEARING_DAYS = 3
# Redsys hears of a charge when its payer comes, and PayPal forgets one that he did not agree to.
LAPSES_AFTER: Mapping[str, timedelta] = {"redsys": timedelta(days=1), "paypal": timedelta(days=1)}


class BeingCharged(Exception):
    """A worker is asking the provider for the charge right now: it cannot be closed before that has ended."""


def expires_at(due: date) -> datetime:
    """From when an unpaid boleto may be closed: the end of the last payable day and of its clearing."""
    return start_of(add_banking_days(next_banking_day(due), CLEARING_DAYS) + timedelta(days=1), BOLETO_ZONE)


def closable(payment: Payment, now: datetime) -> bool:
    """Whether there is a charge to close; `BeingCharged` while one is being made."""
    if payment.status == "requested" and payment.claimed_until and now < payment.claimed_until:
        raise BeingCharged(payment.id)
    return payment.is_open


def has_lapsed(payment: Payment, now: datetime) -> bool:
    """Whether a charge that its provider does not know (any more) can be taken for one that nobody pays."""
    lasts = LAPSES_AFTER.get(payment.provider)
    return lasts is not None and now >= payment.created_at + lasts


def given_up(payment: Payment, why: str, now: datetime) -> Payment:
    """The payment after its charge was closed at the provider; one that is closed already stays as it is."""
    return replace(payment, status="canceled", failure=why, ended_at=now) if payment.is_open else payment
