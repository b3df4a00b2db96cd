"""Answers as views give them, and as the gateway takes them: texts as they are, bytes in base64."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalice import Response

JSON, FORM, HTML = "application/json", "application/x-www-form-urlencoded", "text/html; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """An answer that is not simply the declared model with the declared status; bytes stay as they are."""

    body: str | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON


def response(reply: Reply, headers: Mapping[str, str | list[str]]) -> Response:
    """The reply for Chalice to give, with just these headers."""
    made = Bytes if isinstance(reply.body, bytes) else Response
    return made(reply.body, status_code=reply.status, headers=dict(headers))


class Bytes(Response):
    """A body of bytes, in base64 for the gateway to unpack, whatever the client said that he accepts.

    Chalice does so by itself for media types that the app lists, but then refuses who sends no `Accept`.
    """

    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:
        packed = base64.b64encode(self.body).decode()
        return {**super().to_dict(), "body": packed, "isBase64Encoded": True}
