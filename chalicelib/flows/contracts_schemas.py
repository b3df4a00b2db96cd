"""Field names of what ends a contract: a rescission by staff, and a customer's own withdrawal."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from chalicelib.edge.schema import Instant, MoneyOut, ReasonIn, Schema
from chalicelib.subscriptions.installments import Installment
from chalicelib.subscriptions.rescinding import Rescission


class RescindIn(ReasonIn):
    """Why the contract ends, and on which day of its market; without one, today."""

    effective_on: date | None = None


class RescindQuery(Schema):
    """`?preview=true` shows what would happen, and changes nothing."""

    preview: bool = False


class InstallmentOut(Schema):
    """Part `number` of `of` of the price of the period that begins on `start`."""

    start: date
    number: int
    of: int
    due_on: date
    amount: MoneyOut
    order_id: str | None = Field(description="the order by which it was asked for, if it was")

    @classmethod
    def shown(cls, one: Installment) -> InstallmentOut:
        return cls(
            start=one.start,
            number=one.number,
            of=one.of,
            due_on=one.due_on,
            amount=MoneyOut.of(one.amount),
            order_id=one.order_id,
        )


class RescissionOut(Schema):
    """What ends when, what nobody has to pay any more, what stays owed, and what is given back (A2)."""

    subscription_id: str
    effective_on: date
    ends_at: Instant
    canceled: list[InstallmentOut]
    still_owed: list[InstallmentOut]
    paid: MoneyOut = Field(description="what came in for the current period")
    refund: MoneyOut | None

    @classmethod
    def of(cls, plan: Rescission) -> RescissionOut:
        return cls(
            subscription_id=plan.subscription_id,
            effective_on=plan.effective_on,
            ends_at=plan.ends_at,
            canceled=[InstallmentOut.shown(one) for one in plan.canceled],
            still_owed=[InstallmentOut.shown(one) for one in plan.still_owed],
            paid=MoneyOut.of(plan.paid),
            refund=MoneyOut.of(plan.refund) if plan.refund else None,
        )
