"""Payments of many customers together: which ones are asked for, and what they come to (V3)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import get_args

from chalicelib.billing.rules import Payment, PaymentStatus
from chalicelib.billing.transfers import missing
from chalicelib.kernel.methods import Method
from chalicelib.kernel.money import Money, total


@dataclass(frozen=True)
class PaymentFilter:
    """What payments must be like; None admits all."""

    status: PaymentStatus | None = None
    method: Method | None = None
    provider: str | None = None
    currency: str | None = None
    customer_id: str | None = None

    def admits(self, payment: Payment) -> bool:
        """Whether this one is like that."""
        asked = (
            (self.status, payment.status),
            (self.method, payment.method),
            (self.provider, payment.provider),
            (self.currency, payment.amount.currency),
            (self.customer_id, payment.customer_id),
        )
        return all(wanted is None or wanted == found for wanted, found in asked)


@dataclass(frozen=True)
class StatusTotal:
    """The payments of one currency that have one status."""

    status: PaymentStatus
    count: int
    amount: Money


@dataclass(frozen=True)
class Total:
    """The payments of one currency.

    `paid` is what was paid, also where it went back since; `refunded` what went back; `open` what is still to
    come.
    """

    currency: str
    paid: Money
    refunded: Money
    open: Money
    statuses: tuple[StatusTotal, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(one.count for one in self.statuses)

    @property
    def amount(self) -> Money:
        """What was asked for in all of them, whatever became of it."""
        return total((one.amount for one in self.statuses), self.currency)


@dataclass
class _Sums:
    """Of one currency, in minor units."""

    paid: int = 0
    refunded: int = 0
    open: int = 0
    counts: Counter[PaymentStatus] = field(default_factory=Counter)
    amounts: Counter[PaymentStatus] = field(default_factory=Counter)


class Totals:
    """Adds payments up as they pass by, so that none of them has to be kept."""

    def __init__(self) -> None:
        self._sums: defaultdict[str, _Sums] = defaultdict(_Sums)

    def counting(self, payments: Iterable[Payment]) -> Iterator[Payment]:
        """The same payments; each is counted when it is taken."""
        for payment in payments:
            sums = self._sums[payment.amount.currency]
            sums.counts[payment.status] += 1
            sums.amounts[payment.status] += payment.amount.minor
            sums.paid += payment.amount.minor if payment.paid_at else 0
            sums.refunded += payment.refunded.minor if payment.refunded else 0
            sums.open += outstanding(payment).minor
            yield payment

    def by_currency(self) -> tuple[Total, ...]:
        """What has been counted so far."""
        return tuple(_total(currency, self._sums[currency]) for currency in sorted(self._sums))


def outstanding(payment: Payment) -> Money:
    """What is still to come: of a transfer that came in part, the rest; nothing once it is paid or closed."""
    return missing(payment) if payment.is_open else Money(0, payment.amount.currency)


def _total(currency: str, sums: _Sums) -> Total:
    paid, refunded, still = (Money(minor, currency) for minor in (sums.paid, sums.refunded, sums.open))
    statuses = tuple(
        StatusTotal(status, sums.counts[status], Money(sums.amounts[status], currency))
        for status in get_args(PaymentStatus)
        if sums.counts[status]
    )
    return Total(currency, paid, refunded, still, statuses)
