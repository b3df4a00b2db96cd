"""Refusals as facts: one class per situation, with a stable `code` and its text in three languages.

A class writes its message from the facts it is given; `edge` turns class families into HTTP status
codes. Callers and tests match the type or `code`, never the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from chalicelib.kernel.faults import Fault

LOCALES = ("es", "pt-BR", "en")
DEFAULT_LOCALE = "en"


@dataclass(frozen=True)
class FieldError:
    """One faulty field: JSON pointer into the request, and what is wrong with its value."""

    pointer: str
    fault: Fault

    @property
    def code(self) -> str:
        """What programs match."""
        return self.fault.code

    def message(self, locale: str) -> str:
        """The sentence in the wanted language."""
        return self.fault.message(locale)


def pointer_step(name: object) -> str:
    """A field's name as a step of a JSON pointer: `a/b` → `/a~1b`."""
    return f"/{str(name).replace('~', '~0').replace('/', '~1')}"


class Refusal(Exception):
    """Base of everything the application refuses on purpose; `shows` names facts that programs act on."""

    code: ClassVar[str] = "refused"
    text: ClassVar[Mapping[str, str]] = {}
    shows: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, errors: Sequence[FieldError] = (), **facts: object) -> None:
        self.facts = facts
        self.errors = tuple(errors)
        super().__init__(self.message(DEFAULT_LOCALE))

    def message(self, locale: str) -> str:
        """The sentence in the wanted language, filled with this refusal's facts."""
        return self.text[locale].format(**self._told(locale))

    def _told(self, locale: str) -> dict[str, object]:
        """The facts, those that are sentences themselves in the wanted language."""
        return {
            name: fact.message(locale) if isinstance(fact, Fault) else fact
            for name, fact in self.facts.items()
        }


class Malformed(Refusal):
    """400: the request cannot be read at all; the fact `why` is a `Fault`."""

    code = "malformed"
    text = {
        "en": "The body is not readable: {why}.",
        "es": "El cuerpo no se puede leer: {why}.",
        "pt-BR": "Não foi possível ler o corpo: {why}.",
    }


class NotAuthenticated(Refusal):
    """401: no or a bad proof of who is calling."""

    code = "not_authenticated"
    text = {
        "en": "Sign in first: the token is missing, expired or not valid.",
        "es": "Inicie sesión: el token falta, ha caducado o no es válido.",
        "pt-BR": "Entre primeiro: o token falta, expirou ou não é válido.",
    }


class Forbidden(Refusal):
    """403: signed in, but the role does not allow it."""

    code = "forbidden"
    text = {
        "en": "This needs one of the roles: {roles}.",
        "es": "Esto requiere uno de los roles: {roles}.",
        "pt-BR": "Isto exige um dos papéis: {roles}.",
    }


class NotFound(Refusal):
    """404: unknown, or somebody else's; the answer is the same. `thing` goes with the fact `id`."""

    code = "not_found"
    thing: ClassVar[Mapping[str, str]] = {"en": "object", "es": "el objeto", "pt-BR": "o objeto"}
    text = {
        "en": "There is no {thing} {id}.",
        "es": "No existe {thing} {id}.",
        "pt-BR": "Não existe {thing} {id}.",
    }

    def message(self, locale: str) -> str:
        return self.text[locale].format(thing=self.thing[locale], **self.facts)


class Conflict(Refusal):
    """409: the state of things does not allow it."""

    code = "conflict"
    text = {
        "en": "Somebody else changed this at the same moment; try again.",
        "es": "Alguien más lo cambió en el mismo momento; inténtelo de nuevo.",
        "pt-BR": "Outra pessoa alterou isto no mesmo momento; tente de novo.",
    }


class TooLarge(Refusal):
    """413: the body is over the limit."""

    code = "too_large"
    text = {
        "en": "The body is over {limit} bytes.",
        "es": "El cuerpo supera {limit} bytes.",
        "pt-BR": "O corpo passa de {limit} bytes.",
    }


class UnsupportedMediaType(Refusal):
    """415: the body is of a kind this route does not read."""

    code = "unsupported_media_type"
    text = {
        "en": "Send the body as {expected}.",
        "es": "Envíe el cuerpo como {expected}.",
        "pt-BR": "Envie o corpo como {expected}.",
    }


class Invalid(Refusal):
    """422: readable, but with faulty values; `errors` names every one of them."""

    code = "invalid"
    text = {
        "en": "Some fields are not valid.",
        "es": "Algunos campos no son válidos.",
        "pt-BR": "Alguns campos não são válidos.",
    }


class TooManyRequests(Refusal):
    """429: slow down; the fact `retry_after` is in seconds."""

    code = "too_many_requests"
    text = {
        "en": "Too many requests; try again in {retry_after} seconds.",
        "es": "Demasiadas solicitudes; inténtelo de nuevo en {retry_after} segundos.",
        "pt-BR": "Solicitações demais; tente de novo em {retry_after} segundos.",
    }


class Unavailable(Refusal):
    """503: something we depend on does not answer; nothing was changed."""

    code = "unavailable"
    text = {
        "en": "A service we depend on does not answer; try again shortly.",
        "es": "Un servicio del que dependemos no responde; inténtelo de nuevo en breve.",
        "pt-BR": "Um serviço de que dependemos não responde; tente de novo em breve.",
    }
