"""Refusals as RFC 9457 problems: one table maps families to HTTP status, one function writes the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from chalicelib.kernel import errors
from chalicelib.kernel.errors import FieldError, Refusal

# The first family in this order that a refusal belongs to gives its status.
STATUS_OF_FAMILY: tuple[tuple[type[Refusal], int, str], ...] = (
    (errors.Malformed, 400, "Malformed request"),
    (errors.NotAuthenticated, 401, "Not authenticated"),
    (errors.Forbidden, 403, "Forbidden"),
    (errors.NotFound, 404, "Not found"),
    (errors.Conflict, 409, "Conflict"),
    (errors.TooLarge, 413, "Too large"),
    (errors.UnsupportedMediaType, 415, "Unsupported media type"),
    (errors.Invalid, 422, "Invalid values"),
    (errors.TooManyRequests, 429, "Too many requests"),
    (errors.Unavailable, 503, "Unavailable"),
)
UNEXPECTED = (500, "Internal error", "internal_error")


class FieldProblem(BaseModel):
    """One faulty field."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, `errors` names every faulty field."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem] = []


def status_of(refusal: Refusal) -> tuple[int, str]:
    """HTTP status and title of a refusal's family."""
    return next((status, title) for family, status, title in STATUS_OF_FAMILY if isinstance(refusal, family))


def problem_of(refusal: Refusal, locale: str, request_id: str) -> Problem:
    """The problem that tells a client about a refusal, in his language."""
    status, title = status_of(refusal)
    return Problem(
        title=title,
        status=status,
        code=refusal.code,
        detail=refusal.message(locale),
        request_id=request_id,
        errors=[FieldProblem(pointer=e.pointer, code=e.code, detail=e.detail) for e in refusal.errors],
    )


def unexpected(request_id: str) -> Problem:
    """The problem for what we did not foresee: it tells nothing but the request id to quote."""
    status, title, code = UNEXPECTED
    return Problem(title=title, status=status, code=code, detail=title, request_id=request_id)


def refusal_of(error: ValidationError, root: str = "") -> Refusal:
    """Pydantic's findings as ours: unreadable JSON is malformed, everything else names its fields."""
    found: Sequence[Any] = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return errors.Malformed(why=found[0]["msg"])
    return errors.Invalid(
        errors=[FieldError(root + _pointer(item["loc"]), item["type"], item["msg"]) for item in found]
    )


def _pointer(location: Sequence[object]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in location)
