"""The price of a period in parts, each charged on its day, by an order of its own. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.money import Money
from chalicelib.kernel.periods import add_period
from chalicelib.kernel.terms import Terms

InstallmentStatus = Literal["scheduled", "charged", "paid", "canceled"]


@dataclass(frozen=True)
class Installment:
    """Part `number` of `of` of the price of the period that begins on `start`; charged on `due_on`.

    `scheduled` until it is charged by the order `order_id`, which is not closed before `payable_until`.
    `retry_at` is when a declined card is charged anew, `retries` how often that has been done. `late_days` is
    how much later than planned it was asked for, all told. `canceled` ones are not owed (any more).
    """

    start: date
    number: int
    of: int
    due_on: date
    amount: Money
    status: InstallmentStatus = "scheduled"
    order_id: str | None = None
    payable_until: datetime | None = None
    retries: int = 0
    retry_at: datetime | None = None
    late_days: int = 0

    @property
    def is_owed(self) -> bool:
        """Whether it has not been paid, and has to be."""
        return self.status in ("scheduled", "charged")


def schedule(start: date, end: date, price: Money, terms: Terms) -> tuple[Installment, ...]:
    """The instalments of the period [start, end): exact parts of its price, all of them within it."""
    parts = price.split(terms.installments)
    last = end - timedelta(days=1)
    days = (add_period(start, terms.installment_every, at) for at in range(len(parts)))
    return tuple(
        Installment(start, at, len(parts), min(day, last), amount)
        for at, (day, amount) in enumerate(zip(days, parts, strict=True), start=1)
    )


def order_id(subscription_id: str, start: date, number: int) -> str:
    """The order by which an instalment is asked for: always the same one, so that it is asked for once."""
    return derived_id("ord", subscription_id, start.isoformat(), str(number))


def charged(
    one: Installment, order_id: str, day: date, payable_until: datetime | None, late_days: int = 0
) -> Installment:
    """The instalment that is asked for by an order, on `day`."""
    asked = replace(one, status="charged", order_id=order_id, due_on=day, late_days=late_days)
    return replace(asked, payable_until=payable_until)


def paid(one: Installment) -> Installment:
    """The instalment whose money is in."""
    return replace(one, status="paid", retry_at=None)


def canceled(one: Installment) -> Installment:
    """The instalment that nobody has to pay; one that is paid stays so."""
    return replace(one, status="canceled", retry_at=None) if one.is_owed else one


def declined(one: Installment, terms: Terms, at: datetime) -> Installment:
    """The instalment whose card was declined: charged anew as the ladder says, until that has ended."""
    if one.retries >= len(terms.retry_days):
        return replace(one, retry_at=None)
    return replace(one, retry_at=at + timedelta(days=terms.retry_days[one.retries]))


def retried(one: Installment, late_days: int = 0) -> Installment:
    """The instalment whose card is charged anew, so many days later than planned."""
    return replace(one, retries=one.retries + 1, retry_at=None, late_days=one.late_days + late_days)
