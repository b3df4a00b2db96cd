"""Questions and answers of reports."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from chalicelib.billing.history import PaymentFilter, StatusTotal, Total
from chalicelib.billing.rules import PROVIDER_OF_METHOD, PaymentStatus
from chalicelib.edge.schema import Currency, Instant, ListQuery, MoneyOut, Schema
from chalicelib.flows.payment_report import Asked, Line, PaymentReport
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.methods import Method
from chalicelib.kernel.money import Money
from chalicelib.reports.periods import Period, check_days, lately, period_of


def _written_out(text: object) -> object:
    # Alone, pydantic would take a number for the seconds since 1970.
    if isinstance(text, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise Fault("date")
    return text


# Wide enough for every report, and no zone leads out of what a date can be.
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
Day = Annotated[date, BeforeValidator(_written_out), Field(ge=EARLIEST, le=LATEST)]


Format = Annotated[
    Literal["json", "csv"],
    Field(description="csv is the whole period; `limit` and `cursor` do not matter to it"),
]


class DaysQuery(Schema):
    """`?from=&to=` of a report."""

    from_: Day | None = Field(
        None,
        alias="from",
        description="first day, in the vendor's zone; without it, that of `to`'s month or of this one",
    )
    to: Day | None = Field(
        None, description="last day, included; without it, that of `from`'s month or of this one"
    )

    @field_validator("to")
    @classmethod
    def _makes_a_period(cls, to: date | None, info: ValidationInfo) -> date | None:
        if to and (first := info.data.get("from_")):
            check_days(first, to)
        return to

    def period(self, zone: str, now: datetime) -> Period:
        return period_of(self.from_, self.to, zone, now)


class PeriodQuery(DaysQuery, ListQuery):
    """`?from=&to=&limit=&cursor=` of a report that is read page by page."""


class RecentQuery(PeriodQuery):
    """`?from=&to=&limit=&cursor=` of a list of what happened lately."""

    from_: Day | None = Field(
        None,
        alias="from",
        description="first day, in the vendor's zone; without it, 92 days are shown",
    )
    to: Day | None = Field(None, description="last day, included; without it, 92 days from `from`, or today")

    def period(self, zone: str, now: datetime) -> Period:
        return lately(self.from_, self.to, zone, now)


class PaymentReportQuery(PeriodQuery):
    """What finance asks for; what is left out is not asked for."""

    status: PaymentStatus | None = None
    method: Method | None = None
    provider: str | None = Field(None, pattern=f"^({'|'.join(sorted({*PROVIDER_OF_METHOD.values()}))})$")
    currency: Currency | None = None
    customer_id: str | None = Field(None, min_length=1, max_length=64)
    format: Format = "json"

    def asked(self, zone: str, now: datetime) -> Asked:
        wanted = {one.name: getattr(self, one.name) for one in fields(PaymentFilter)}
        return Asked(self.period(zone, now), PaymentFilter(**wanted))


class PaymentLineOut(Schema):
    """One payment with what its invoice says."""

    id: str
    created_at: Instant
    paid_at: Instant | None
    customer_id: str
    customer_name: str = Field(description="as on the invoice")
    invoice_number: str
    order_id: str
    method: str
    provider: str
    provider_id: str | None
    status: str
    amount: MoneyOut
    received: MoneyOut | None = Field(description="what has arrived of a transfer so far")
    refunded: MoneyOut | None = Field(description="what has gone back")

    @classmethod
    def of(cls, line: Line) -> PaymentLineOut:
        said = {name: getattr(line, name) for name in cls.model_fields}
        money = {name: MoneyOut.of(value) for name, value in said.items() if isinstance(value, Money)}
        return cls(**{**said, **money})


class StatusTotalOut(Schema):
    """The payments of one currency that have one status."""

    status: str
    count: int
    amount: MoneyOut

    @classmethod
    def of(cls, total: StatusTotal) -> StatusTotalOut:
        return cls(status=total.status, count=total.count, amount=MoneyOut.of(total.amount))


class PaymentTotalOut(Schema):
    """All payments of one currency that the question is about, not only those of the page."""

    currency: str
    count: int
    amount: MoneyOut = Field(description="what was asked for, whatever became of it")
    paid: MoneyOut = Field(description="what was paid, also where it went back since")
    refunded: MoneyOut = Field(description="what has gone back")
    open: MoneyOut = Field(description="what is still to come, less what has arrived of transfers")
    statuses: list[StatusTotalOut]

    @classmethod
    def of(cls, total: Total) -> PaymentTotalOut:
        return cls(
            currency=total.currency,
            count=total.count,
            amount=MoneyOut.of(total.amount),
            paid=MoneyOut.of(total.paid),
            refunded=MoneyOut.of(total.refunded),
            open=MoneyOut.of(total.open),
            statuses=[StatusTotalOut.of(one) for one in total.statuses],
        )


class PaymentReportOut(Schema):
    """One page of a period's payments, newest first, and the totals per currency."""

    data: list[PaymentLineOut]
    totals: list[PaymentTotalOut]
    next_cursor: str | None

    @classmethod
    def of(cls, report: PaymentReport) -> PaymentReportOut:
        return cls(
            data=[PaymentLineOut.of(line) for line in report.page.items],
            totals=[PaymentTotalOut.of(total) for total in report.totals],
            next_cursor=report.page.next_cursor,
        )
