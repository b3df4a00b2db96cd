"""base64url and JSON read in one way only: what two readers could understand differently is refused."""

from __future__ import annotations

import base64
import json
from typing import Any, NoReturn


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of a base64url text; ValueError for padding, white space and unused bits that are set."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # The library skips what it does not know: only the one spelling that we would write ourselves passes.
    if encode(data) != text:
        raise ValueError("not base64url in its canonical form")
    return data


def parse(data: bytes) -> Any:
    """JSON in UTF-8; ValueError also for a repeated member, NaN, Infinity and absurd nesting."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_members, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def parse_object(data: bytes) -> dict[str, Any]:
    """A JSON object; ValueError for anything else."""
    found = parse(data)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
