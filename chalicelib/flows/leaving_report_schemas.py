"""Question and answer of the report on customers who wanted to leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from chalicelib.cancellations.figures import By, Figures, Group, Revenue
from chalicelib.edge.schema import MoneyOut, Schema
from chalicelib.flows.leaving_report import Asked, LeavingReport
from chalicelib.flows.reports_schemas import DaysQuery


class LeavingReportQuery(DaysQuery):
    """Which cases, and by what they are counted."""

    by: By = "reason"
    format: Literal["json", "csv"] = Field("json", description="csv has the totals in its last row")

    def asked(self, zone: str, known_as: Callable[[str], str], now: datetime) -> Asked:
        return Asked(self.period(zone, now), self.by, known_as)


class RevenueOut(Schema):
    """What the contracts of one currency bring in a year that is kept, and that is lost."""

    currency: str
    kept: MoneyOut
    lost: MoneyOut

    @classmethod
    def of(cls, revenue: Revenue) -> RevenueOut:
        kept, lost = MoneyOut.of(revenue.kept), MoneyOut.of(revenue.lost)
        return cls(currency=revenue.kept.currency, kept=kept, lost=lost)


class FiguresOut(Schema):
    """What became of some cases."""

    requested: int
    canceled: int
    reverted: int
    undecided: int
    retention_rate: str | None = Field(
        description="how many of those decided stay: from 0.0000 to 1.0000, null while none is"
    )
    revenue_a_year: list[RevenueOut] = Field(description="of what recurs, once it is decided about")

    @classmethod
    def of(cls, figures: Figures) -> FiguresOut:
        return cls(**_said(figures))


class GroupOut(FiguresOut):
    """The cases that have something in common."""

    value: str | None = Field(description="null where nothing was said, or nobody has decided")
    name: str = Field(description="how people know it: a product's name, or an agent's e-mail address")

    @classmethod
    def of_group(cls, group: Group) -> GroupOut:
        return cls(value=group.value, name=group.name, **_said(group.figures))


class LeavingReportOut(Schema):
    """A period's cases by one grouping, and all of them together."""

    by: By
    data: list[GroupOut]
    totals: FiguresOut = Field(description="each case once, whatever it is grouped by")

    @classmethod
    def of(cls, report: LeavingReport) -> LeavingReportOut:
        return cls(
            by=report.by,
            data=[GroupOut.of_group(group) for group in report.groups],
            totals=FiguresOut.of(report.totals),
        )


def _said(figures: Figures) -> dict[str, Any]:
    shared = FiguresOut.model_fields.keys() - {"revenue_a_year"}
    revenue = [RevenueOut.of(one) for one in figures.revenue]
    return {**{name: getattr(figures, name) for name in shared}, "revenue_a_year": revenue}
