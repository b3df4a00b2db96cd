"""Requests and answers around notices on customers' files."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Annotated

from pydantic import Field

from chalicelib.cancellations.notices import (
    Group,
    Notice,
    NoticeFilter,
    NoticeSector,
    NoticeStatus,
    StaffSector,
)
from chalicelib.cancellations.notices_service import Said
from chalicelib.edge.schema import TRIMMED, Instant, Schema
from chalicelib.flows.notices import Asked
from chalicelib.flows.reports_schemas import RecentQuery

Code = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, TRIMMED, Field(min_length=1, max_length=2000)]


class NoticeIn(Schema):
    """What staff has to say on a customer's file."""

    customer_id: Code
    products: list[Code] = Field(min_length=1, max_length=20, description="codes of the catalogue")
    reason: Text = Field(description="why the customer leaves, in detail")
    sector: StaffSector = Field(description="the one that opens it")
    description: Text
    closed: bool = Field(False, strict=True, description="only for the record: nothing is left to be done")
    group: Group = "cancellation"

    def said(self) -> Said:
        given = {one.name: getattr(self, one.name) for one in fields(Said)}
        return Said(**{**given, "products": tuple(self.products)})


class NoticeQuery(RecentQuery):
    """Which notices; what is left out is not asked for."""

    customer_id: Code | None = None
    status: NoticeStatus | None = None
    sector: NoticeSector | None = None
    product: Code | None = Field(None, description="one of those that it names")

    def asked(self, zone: str, now: datetime) -> Asked:
        wanted = NoticeFilter(self.status, self.sector, self.product)
        return Asked(self.period(zone, now), wanted, self.customer_id)


class NoticeOut(Schema):
    """One notice; one of a case was put on the file by the system, for the record."""

    id: str
    customer_id: str
    group: Group
    products: list[str]
    reason: str
    sector: NoticeSector
    description: str
    status: NoticeStatus
    created_at: Instant
    created_by: str
    case_id: str | None
    closed_at: Instant | None
    closed_by: str | None

    @classmethod
    def of(cls, notice: Notice) -> NoticeOut:
        said = {name: getattr(notice, name) for name in cls.model_fields}
        return cls(**{**said, "products": list(notice.products)})


class NoticeList(Schema):
    """One page of notices, newest first."""

    data: list[NoticeOut]
    next_cursor: str | None
