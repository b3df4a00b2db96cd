"""What is refused about a cancellation."""

from __future__ import annotations

from chalicelib.cancellations.retention import MOST_OFFERS
from chalicelib.kernel.errors import Conflict, NotFound


class CaseNotFound(NotFound):
    """No such case."""

    code = "cancellation_not_found"
    thing = {"en": "cancellation", "es": "la cancelación", "pt-BR": "o cancelamento"}


class CaseDecided(Conflict):
    """How it ends has been decided already, by somebody else or by silence."""

    code = "cancellation_decided"
    text = {
        "en": "Cancellation {number} was decided already: {outcome}, by {by}.",
        "es": "La cancelación {number} ya está decidida: {outcome}, por {by}.",
        "pt-BR": "O cancelamento {number} já foi decidido: {outcome}, por {by}.",
    }
    shows = ("outcome", "by")


class TooManyOffers(Conflict):
    """The customer has been made as many offers as the policy allows."""

    code = "too_many_offers"
    text = {
        "en": "At most {most} offers are made to a customer who wants to leave.",
        "es": "A un cliente que quiere irse se le hacen como máximo {most} ofertas.",
        "pt-BR": "A um cliente que quer sair são feitas no máximo {most} ofertas.",
    }

    def __init__(self) -> None:
        super().__init__(most=MOST_OFFERS)


class FormalEmailNotFailed(Conflict):
    """It is on its way or has arrived, or has not been written yet: nobody gets it twice (C14)."""

    code = "formal_email_not_failed"
    text = {
        "en": "The formal e-mail of {number} was neither given up nor has it come back.",
        "es": "El correo formal de {number} ni se ha dado por perdido ni ha sido devuelto.",
        "pt-BR": "O e-mail formal de {number} não foi dado como perdido nem voltou.",
    }


class StepNotReady(Conflict):
    """Other steps come first."""

    code = "step_not_ready"
    text = {
        "en": "Step {step} comes after {first}.",
        "es": "El paso {step} va después de {first}.",
        "pt-BR": "A etapa {step} vem depois de {first}.",
    }


class StepNotFound(NotFound):
    """The plan of this case has no such step."""

    code = "step_not_found"
    thing = {"en": "step", "es": "el paso", "pt-BR": "a etapa"}


class StepIsAutomatic(Conflict):
    """The system performs it: nobody can say that it is done."""

    code = "step_is_automatic"
    text = {
        "en": "Step {step} is performed by the system.",
        "es": "El paso {step} lo realiza el sistema.",
        "pt-BR": "A etapa {step} é realizada pelo sistema.",
    }


class StepNotSkippable(Conflict):
    """A contract is ended and the formal e-mail sent, whatever else is left out (C14)."""

    code = "step_not_skippable"
    text = {
        "en": "Step {step} cannot be skipped.",
        "es": "El paso {step} no se puede omitir.",
        "pt-BR": "A etapa {step} não pode ser pulada.",
    }
