"""Field names of bank statements in the API: what a file proposes, and what is booked of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from pydantic import Field

from chalicelib.billing.matching import Match, Outcome
from chalicelib.billing.schemas import PaymentOut
from chalicelib.billing.transfers import Coverage
from chalicelib.edge.schema import MoneyOut, Schema
from chalicelib.flows.schemas import ConfirmIn
from chalicelib.flows.statements import Result


class StatementQuery(Schema):
    """`?currency=` of a file that does not name it; without it, the vendor's own."""

    currency: Literal["BRL", "CLP", "EUR", "USD"] | None = None


class MatchOut(Schema):
    """One line of a statement and what it would pay."""

    line: int = Field(description="its line in the file, from 1")
    reference: str = Field(description="the bank's, or one made from what the line says")
    value_date: date
    amount: MoneyOut = Field(description="below zero for money that went out")
    text: str
    outcome: Outcome
    payment_id: str | None
    invoice_number: str | None
    customer_id: str | None
    coverage: Coverage | None = Field(description="of what is missing, when the lines above are booked")
    missing: MoneyOut | None = Field(description="what has not arrived yet, before this line")

    @classmethod
    def of(cls, match: Match) -> MatchOut:
        line = match.line
        return cls(
            line=line.number,
            reference=line.reference,
            value_date=line.value_date,
            amount=MoneyOut.of(line.amount),
            text=line.text,
            outcome=match.outcome,
            payment_id=match.payment_id,
            invoice_number=match.invoice_number,
            customer_id=match.customer_id,
            coverage=match.coverage,
            missing=MoneyOut.of(match.missing) if match.missing else None,
        )


class StatementOut(Schema):
    """All lines of a statement, in the file's order."""

    lines: list[MatchOut]


class EntryIn(ConfirmIn):
    """A line of a statement, and the payment that it is booked for."""

    payment_id: str = Field(min_length=1, max_length=64)


class EntriesIn(Schema):
    """Lines to be booked, each for itself."""

    entries: list[EntryIn] = Field(min_length=1, max_length=100)


class EntryOut(Schema):
    """What became of one line."""

    reference: str
    outcome: Literal["booked", "already_booked", "refused"]
    code: str | None = Field(description="why it was refused")
    detail: str | None
    payment: PaymentOut | None

    @classmethod
    def of(cls, result: Result, locale: str) -> EntryOut:
        code, detail = _told(result, locale)
        payment = PaymentOut.of(result.payment) if result.payment else None
        return cls(
            reference=result.reference, outcome=result.outcome, code=code, detail=detail, payment=payment
        )


class EntriesOut(Schema):
    """One result for each line, in the order asked."""

    entries: list[EntryOut]

    @classmethod
    def of(cls, results: Iterable[Result], locale: str) -> EntriesOut:
        return cls(entries=[EntryOut.of(result, locale) for result in results])


def _told(result: Result, locale: str) -> tuple[str | None, str | None]:
    """Code and text of a refusal; of the one faulty field, if that is why."""
    if result.refusal is None:
        return None, None
    fault = next(iter(result.refusal.errors), None)
    return (
        (fault.code, fault.message(locale))
        if fault
        else (result.refusal.code, result.refusal.message(locale))
    )
