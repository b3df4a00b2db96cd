"""Refusals as RFC 9457 problems: one table maps families to HTTP status, one function writes the body.

No model library: the licence validator answers with them too, and starts without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.kernel import errors
from chalicelib.kernel.errors import Refusal

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


def status_of(refusal: type[Refusal]) -> int:
    """HTTP status of a refusal's family."""
    return next(status for family, status in STATUS_OF_FAMILY if issubclass(refusal, family))


def problem_of(refusal: Refusal, locale: str, request_id: str) -> dict[str, Any]:
    """The problem that tells a client about a refusal, in his language, as `Problem` describes it."""
    status = status_of(type(refusal))
    faults = [{"pointer": e.pointer, "code": e.code, "detail": e.message(locale)} for e in refusal.errors]
    problem = _problem(status, locale, refusal.code, refusal.message(locale), request_id, faults)
    return problem | {name: refusal.facts[name] for name in refusal.shows}


def unexpected(locale: str, request_id: str) -> dict[str, Any]:
    """The problem for what we did not foresee: it tells nothing but the request id to quote."""
    return _problem(UNEXPECTED, locale, "internal_error", TITLES[UNEXPECTED][locale], request_id, [])


def headers_of(refusal: Refusal) -> dict[str, str]:
    """The headers that go with a refusal."""
    return {"Retry-After": str(refusal.facts["retry_after"])} if "retry_after" in refusal.facts else {}


def _problem(
    status: int, locale: str, code: str, detail: str, request_id: str, faults: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": TITLES[status][locale],
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
        "errors": faults,
    }
