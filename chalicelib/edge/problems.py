"""Refusals as RFC 9457 problems: one table maps families to HTTP status, one function writes the body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from chalicelib.kernel import errors
from chalicelib.kernel.errors import FieldError, Refusal

# The first family in this order that a refusal belongs to gives its status.
STATUS_OF_FAMILY: tuple[tuple[type[Refusal], int], ...] = (
    (errors.Malformed, 400),
    (errors.NotAuthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.TooLarge, 413),
    (errors.UnsupportedMediaType, 415),
    (errors.Invalid, 422),
    (errors.TooManyRequests, 429),
    (errors.Unavailable, 503),
)
UNEXPECTED = 500
TITLES: Mapping[int, Mapping[str, str]] = {
    400: {"en": "Malformed request", "es": "Solicitud ilegible", "pt-BR": "Solicitação ilegível"},
    401: {"en": "Not authenticated", "es": "Sin autenticar", "pt-BR": "Não autenticado"},
    403: {"en": "Forbidden", "es": "Prohibido", "pt-BR": "Proibido"},
    404: {"en": "Not found", "es": "No encontrado", "pt-BR": "Não encontrado"},
    409: {"en": "Conflict", "es": "Conflicto", "pt-BR": "Conflito"},
    413: {"en": "Too large", "es": "Demasiado grande", "pt-BR": "Grande demais"},
    415: {
        "en": "Unsupported media type",
        "es": "Tipo de contenido no admitido",
        "pt-BR": "Tipo de conteúdo não aceito",
    },
    422: {"en": "Invalid values", "es": "Valores no válidos", "pt-BR": "Valores inválidos"},
    429: {"en": "Too many requests", "es": "Demasiadas solicitudes", "pt-BR": "Solicitações demais"},
    500: {"en": "Internal error", "es": "Error interno", "pt-BR": "Erro interno"},
    503: {"en": "Unavailable", "es": "No disponible", "pt-BR": "Indisponível"},
}


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


def status_of(refusal: type[Refusal]) -> int:
    """HTTP status of a refusal's family."""
    return next(status for family, status in STATUS_OF_FAMILY if issubclass(refusal, family))


def problem_of(refusal: Refusal, locale: str, request_id: str) -> Problem:
    """The problem that tells a client about a refusal, in his language."""
    status = status_of(type(refusal))
    return Problem(
        title=TITLES[status][locale],
        status=status,
        code=refusal.code,
        detail=refusal.message(locale),
        request_id=request_id,
        errors=[FieldProblem(pointer=e.pointer, code=e.code, detail=e.detail) for e in refusal.errors],
    )


def unexpected(locale: str, request_id: str) -> Problem:
    """The problem for what we did not foresee: it tells nothing but the request id to quote."""
    title = TITLES[UNEXPECTED][locale]
    return Problem(title=title, status=UNEXPECTED, code="internal_error", detail=title, request_id=request_id)


def refusal_of(error: ValidationError, root: str = "") -> Refusal:
    """Pydantic's findings as ours: unreadable JSON is malformed, everything else names its fields."""
    found: Sequence[Any] = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return errors.Malformed(why=found[0]["msg"])
    return errors.Invalid(errors=[FieldError(root + _pointer(item["loc"]), *_told(item)) for item in found])


def _told(item: Mapping[str, Any]) -> tuple[str, str]:
    """Code and text of one finding; a ValueError of a validator of ours brings its own."""
    own = item.get("ctx", {}).get("error")
    if isinstance(own, ValueError):
        return getattr(own, "code", item["type"]), str(own)
    return item["type"], item["msg"]


def _pointer(location: Sequence[object]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in location)
