"""Field names of what ends a contract: a rescission by staff, and a customer's own withdrawal."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from chalicelib.edge.schema import TRIMMED, Instant, MoneyOut, ReasonIn, Schema
from chalicelib.flows.withdrawing import Contract
from chalicelib.kernel.money import Money
from chalicelib.orders.withdrawals import Content, Line, Withdrawal
from chalicelib.subscriptions.rescinding import Rescission
from chalicelib.subscriptions.schemas import InstallmentOut


class RescindIn(ReasonIn):
    """Why the contract ends, and on which day of its market; without one, today."""

    effective_on: date | None = None


class RescissionOut(Schema):
    """What ends when, what nobody has to pay any more, what stays owed, and what is given back (A2)."""

    subscription_id: str
    effective_on: date
    ends_at: Instant
    canceled: list[InstallmentOut]
    still_owed: list[InstallmentOut]
    paid: MoneyOut = Field(description="what came in for the current period, and the next one")
    refund: MoneyOut | None

    @classmethod
    def of(cls, plan: Rescission) -> RescissionOut:
        return cls(
            subscription_id=plan.subscription_id,
            effective_on=plan.effective_on,
            ends_at=plan.ends_at,
            canceled=[InstallmentOut.showing(one) for one in plan.canceled],
            still_owed=[InstallmentOut.showing(one) for one in plan.still_owed],
            paid=MoneyOut.of(plan.paid),
            refund=_money(plan.refund),
        )


class WithdrawalIn(Schema):
    """From which order one withdraws, or from which subscription; for good with `confirm`.

    A statement is kept and acknowledged, and never needed.
    """

    order_id: str | None = Field(None, min_length=1, max_length=64)
    subscription_id: str | None = Field(None, min_length=1, max_length=64)
    confirm: bool = Field(False, strict=True)
    statement: Annotated[str, TRIMMED, Field(min_length=1, max_length=2000)] | None = None

    def contract(self) -> Contract:
        return Contract(self.order_id, self.subscription_id)


class LineOut(Schema):
    """One line of the contract, as its invoice says it."""

    name: str
    quantity: int
    amount: MoneyOut

    @classmethod
    def of(cls, line: Line) -> LineOut:
        return cls(name=line.name, quantity=line.quantity, amount=MoneyOut.of(line.amount))


class WithdrawalOut(Schema):
    """What a withdrawal is of and what follows from it; once it is received, its acknowledgement (B7)."""

    id: str | None = None
    order_id: str
    invoice_number: str
    ordered_at: Instant
    lines: list[LineOut]
    total: MoneyOut
    until: date = Field(description="the last day on which it is possible, where it was sold")
    ends: list[str] = Field(description="what stops at once")
    no_longer_owed: MoneyOut | None
    refund: MoneyOut | None
    received_at: Instant | None = None
    statement: str | None = None
    document_url: str | None = Field(None, description="the acknowledgement, below the address of this API")

    @classmethod
    def of(cls, told: Content | Withdrawal) -> WithdrawalOut:
        if isinstance(told, Content):
            return cls._of(told)
        return cls._of(
            told.content,
            id=told.id,
            received_at=told.created_at,
            statement=told.statement,
            document_url=f"/v1/withdrawals/{told.id}/document",
        )

    @classmethod
    def _of(cls, content: Content, **received: Any) -> WithdrawalOut:
        return cls(
            order_id=content.order_id,
            invoice_number=content.invoice_number,
            ordered_at=content.ordered_at,
            lines=[LineOut.of(line) for line in content.lines],
            total=MoneyOut.of(content.total),
            until=content.until,
            ends=list(content.ends),
            no_longer_owed=_money(content.no_longer_owed),
            refund=_money(content.refund),
            **received,
        )


class WithdrawalList(Schema):
    """One page of a customer's withdrawals."""

    data: list[WithdrawalOut]
    next_cursor: str | None


def _money(amount: Money | None) -> MoneyOut | None:
    return MoneyOut.of(amount) if amount else None
