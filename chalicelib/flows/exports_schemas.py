"""Answers about exports of one's own data."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from chalicelib.customers.exports import LINK_LASTS, Export
from chalicelib.edge.schema import Instant, Schema


class ExportOut(Schema):
    """One export: once it is `ready`, its file can be downloaded."""

    id: str
    status: str = Field(description="pending or ready")
    created_at: Instant
    url: str | None = Field(description="where to download the file, as long as this address is good")
    url_expires_at: Instant | None = Field(description="ask again after this: there will be another address")
    kept_until: Instant | None = Field(description="from when the file is gone")

    @classmethod
    def of(cls, export: Export, url: str | None, now: datetime) -> ExportOut:
        return cls(
            id=export.id,
            status=export.status,
            created_at=export.created_at,
            url=url,
            url_expires_at=now + LINK_LASTS if url else None,
            kept_until=export.kept_until,
        )
