"""Requests and answers around the files of tickets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chalicelib.edge.schema import TRIMMED, Instant, Schema
from chalicelib.kernel.faults import Fault
from chalicelib.tickets.attachments import LARGEST, LINK_LASTS, MEDIA_TYPES, Upload


def _taken(media_type: str) -> str:
    if media_type not in MEDIA_TYPES:
        raise Fault("value_error.media_type", known=", ".join(MEDIA_TYPES))
    return media_type


MediaType = Annotated[str, AfterValidator(_taken), Field(json_schema_extra={"enum": list(MEDIA_TYPES)})]


class AttachmentIn(Schema):
    """A file to be uploaded; its name is kept without folders, and with an ending of its media type."""

    name: Annotated[str, TRIMMED, Field(min_length=1, max_length=255)]
    media_type: MediaType
    size: int = Field(gt=0, le=LARGEST, strict=True, description="in bytes, exactly")


class UploadOut(Schema):
    """One request uploads the file: just so, with these headers and nothing but the file as its body."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]


class AttachmentOut(Schema):
    """A file that may be uploaded until `expires_at`, and then be named by `id` in a message."""

    id: str
    name: str
    media_type: str
    size: int
    upload: UploadOut
    expires_at: Instant

    @classmethod
    def of(cls, upload: Upload, url: str, headers: Mapping[str, str]) -> AttachmentOut:
        return cls(
            id=upload.id,
            name=upload.name,
            media_type=upload.media_type,
            size=upload.size,
            upload=UploadOut(method="PUT", url=url, headers=dict(headers)),
            expires_at=upload.created_at + LINK_LASTS,
        )


class LinkOut(Schema):
    """Where something can be downloaded until `expires_at`, without signing in."""

    url: str
    expires_at: Instant

    @classmethod
    def until(cls, url: str, now: datetime) -> LinkOut:
        return cls(url=url, expires_at=now + LINK_LASTS)
