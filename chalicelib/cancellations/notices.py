"""Notices ("indicações") on a customer's file: what he wants to cancel, and why (C9). Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.kernel.errors import NotFound

Group = Literal["cancellation"]
StaffSector = Literal["staff", "finance", "it", "hosting", "registry"]
NoticeSector = Literal[StaffSector, "system"]
NoticeStatus = Literal["open", "closed"]


@dataclass(frozen=True)
class Notice:
    """One notice; some are opened closed, for the record. `products` are codes of the catalogue.

    `sector` is the one that opened it, `reason` why the customer leaves, in detail.
    """

    id: str
    customer_id: str
    group: Group
    products: tuple[str, ...]
    reason: str
    sector: NoticeSector
    description: str
    status: NoticeStatus
    created_at: datetime
    created_by: str
    case_id: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    version: int | None = None

    @property
    def reported_at(self) -> datetime:
        """Where it stands among all notices."""
        return self.created_at


@dataclass(frozen=True)
class NoticeFilter:
    """What notices must be like; None admits all. `product` is one of those that a notice names."""

    status: NoticeStatus | None = None
    sector: NoticeSector | None = None
    product: str | None = None

    def admits(self, notice: Notice) -> bool:
        """Whether this one is like that."""
        return (
            self.status in (None, notice.status)
            and self.sector in (None, notice.sector)
            and (self.product is None or self.product in notice.products)
        )


class NoticeNotFound(NotFound):
    """No such notice."""

    code = "notice_not_found"
    thing = {"en": "notice", "es": "la indicación", "pt-BR": "a indicação"}


def closed(notice: Notice, by: str, at: datetime) -> Notice:
    """The notice when nothing is left to be done about it; again changes nothing."""
    if notice.status == "closed":
        return notice
    return replace(notice, status="closed", closed_at=at, closed_by=by)
