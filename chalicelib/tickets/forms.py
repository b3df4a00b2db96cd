"""The forms by which a customer asks for something: their closed lists of reasons, as data (R2 to R5, S8).

`cancel_contract` is form A, `review_contract` form B and `product_request` form C of the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.faults import Fault
from chalicelib.tickets.rules import Kind

# A text in each language.
Label = Mapping[str, str]
LONGEST = {"subject": 200, "description": 10_000, "product": 200}
SHOWN_OF_TEXT = 120


@dataclass(frozen=True)
class Form:
    """What is asked for; `reasons` are labels by code, `title` is the subject where it is always the same.

    `outcomes` are the ways in which it can end, one of which is recorded.
    """

    reasons: Mapping[str, Label] = field(default_factory=dict)
    needs_reason: bool = False
    needs_text: bool = True
    title: Label | None = None
    outcomes: tuple[str, ...] = ()


def _label(es: str, pt: str, en: str) -> Label:
    return {"es": es, "pt-BR": pt, "en": en}


FORMS: Mapping[Kind, Form] = {
    "cancel_contract": Form(
        reasons={
            "too_expensive": _label("El precio es demasiado alto", "O preço é alto demais", "Too expensive"),
            "not_used": _label("Ya no lo utilizo", "Não uso mais", "I no longer use it"),
            "missing_features": _label(
                "Faltan funcionalidades", "Faltam funcionalidades", "Features are missing"
            ),
            "technical_problems": _label(
                "Problemas técnicos", "Problemas técnicos frequentes", "Technical problems"
            ),
            "poor_support": _label(
                "La atención no me satisface", "O atendimento não me satisfaz", "Unsatisfied with the support"
            ),
            "changed_provider": _label(
                "Cambio a otro proveedor", "Mudança para outro fornecedor", "Moving to another provider"
            ),
            "business_closed": _label(
                "Cierre de la empresa", "Encerramento da empresa", "The business is closing"
            ),
            "other": _label("Otro motivo", "Outro motivo", "Another reason"),
        },
        needs_reason=True,
    ),
    "review_contract": Form(
        reasons={
            "activations": _label("Activaciones", "Ativações", "Activations"),
            "contract_request": _label(
                "Solicitud de contrato", "Solicitação de contrato", "Contract request"
            ),
            "product": _label(
                "Revisión de un producto", "Revisão de um produto", "One product in particular"
            ),
            "plan": _label("Plan contratado", "Plano contratado", "Question on the plan"),
        }
    ),
    "product_request": Form(outcomes=("meeting", "steps_sent")),
    "support": Form(),
    "data_deletion": Form(
        needs_text=False,
        title=_label("Supresión de mis datos", "Exclusão dos meus dados", "Deletion of my data"),
    ),
}


def faults(kind: Kind, reason_code: str | None, texts: Mapping[str, str | None]) -> Iterator[FieldError]:
    """Everything wrong with a form; `texts` are those of `LONGEST` that were given."""
    form, known = FORMS[kind], ", ".join(FORMS[kind].reasons)
    if reason_code is None and form.needs_reason:
        yield FieldError("/reason_code", Fault("missing.choice", known=known))
    if reason_code is not None and reason_code not in form.reasons:
        fault = Fault("unknown_reason", known=known) if known else Fault("unknown_reason.none", kind=kind)
        yield FieldError("/reason_code", fault)
    if form.needs_text and not (texts.get("description") or "").strip():
        yield FieldError("/description", Fault("missing.description"))
    for name, longest in LONGEST.items():
        if len(texts.get(name) or "") > longest:
            yield FieldError(f"/{name}", Fault("string_too_long", max_length=longest))


def subject(kind: Kind, reason_code: str | None, text: str, locale: str) -> str:
    """What a request is about, where its customer has not said it: its reason, or how its text begins."""
    form = FORMS[kind]
    if label := form.title or form.reasons.get(reason_code or ""):
        return label[locale]
    first = text.strip().partition("\n")[0].strip()
    return first if len(first) <= SHOWN_OF_TEXT else f"{first[: SHOWN_OF_TEXT - 1].rstrip()}…"


def check_outcome(kind: Kind, outcome: str | None) -> None:
    """`Invalid` when a request of a kind cannot end like that; how form C ended is always recorded (R5)."""
    known = FORMS[kind].outcomes if kind in FORMS else ()
    if outcome is None and not known:
        return
    if outcome not in known:
        raise Invalid(errors=[FieldError("/outcome", _outcome_fault(kind, outcome, ", ".join(known)))])


def _outcome_fault(kind: Kind, outcome: str | None, known: str) -> Fault:
    if not known:
        return Fault("unknown_outcome.none", kind=kind)
    if outcome is None:
        return Fault("missing.choice", known=known)
    return Fault("unknown_outcome", known=known)
