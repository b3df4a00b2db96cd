"""One structured line per request or message: ids and outcomes, never personal data or secrets."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger


@cache
def logger() -> Logger:
    """The process's JSON logger."""
    return Logger(service="vigencia", utc=True)


def line(message: str, **facts: Any) -> None:
    """Log what happened with its facts; callers pass ids, codes and numbers only."""
    logger().info(message, extra=facts)


def failure(message: str, **facts: Any) -> None:
    """Log the exception being handled, with its trace."""
    logger().exception(message, extra=facts)
