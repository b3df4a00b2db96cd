"""The validator's entrance: what Lambda calls for its API route and for its Function URL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib import wiring
from chalicelib.kernel.clock import utc_now


def validate(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Validate a licence key and, if named, addons (B1); always 200, the verdict is in `code`."""
    return wiring.validator()(event, utc_now())
