"""What whoever performs a step has to say of it: never a password (C10, C11). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Literal

from chalicelib.cancellations import steps
from chalicelib.cancellations.checklist import Action, Item, Step
from chalicelib.cancellations.domains import looks_like_password, registrar_of, tells_password
from chalicelib.cancellations.refusals import StepIsAutomatic
from chalicelib.cancellations.rules import Case, Transfer
from chalicelib.kernel.errors import FieldError, Invalid, pointer_step
from chalicelib.kernel.faults import Fault

Responsible = Literal["us", "customer"]

# What a step cannot be completed without, besides the evidence that any may have.
NEEDS: Mapping[Action, tuple[str, ...]] = {
    "confirm_backup": ("evidence",),
    "find_responsible": ("responsible",),
    "collect_transfer_data": ("registrar_id", "authorization_code"),
}
NOT_OURS = "the customer is responsible for the name himself"


@dataclass(frozen=True)
class Answers:
    """Evidence in a few words, and what some steps ask for.

    `responsible` is who holds a `domain` name; its `registrar_id` and `authorization_code` move it (C10).
    `unknown` are the names of whatever else was sent.
    """

    evidence: str | None = None
    responsible: Responsible | None = None
    domain: str | None = None
    registrar_id: str | None = None
    authorization_code: str | None = None
    unknown: tuple[str, ...] = ()


ASKED = tuple(one.name for one in fields(Answers) if one.name != "unknown")


def completed(case: Case, step_id: str, answers: Answers, by: str, at: datetime) -> Case:
    """A person has performed a step. A step that is done stays as it was.

    `Invalid` names every answer that is missing, not asked for, unknown, or looks like a password.
    `StepNotFound`, `StepNotReady`, `StepIsAutomatic`.
    """
    step = steps.find_step(case, step_id)
    if step.performer == "system":
        raise StepIsAutomatic(step=step_id)
    if errors := [*_faults(case, step, answers)]:
        raise Invalid(errors=errors)
    case = _named(case, step, answers)
    after = steps.done(case, step_id, _evidence(case, step, answers), by, at)
    return _told(after, step, answers, by, at) if after != case else case


def needs(case: Case, step: Step) -> tuple[str, ...]:
    """What a step cannot be completed without; the name of a domain only if nobody has told it before."""
    unnamed = step.action == "find_responsible" and not case.item(step.subject).domain
    return (*NEEDS.get(step.action, ()), *(("domain",) if unnamed else ()))


def _named(case: Case, step: Step, answers: Answers) -> Case:
    """The case with the domain name that was looked up."""
    if answers.domain is None or step.status != "pending":
        return case
    return case.with_item(replace(case.item(step.subject), domain=answers.domain))


def _faults(case: Case, step: Step, answers: Answers) -> Iterator[FieldError]:
    needed = needs(case, step)
    for name in ASKED:
        value = getattr(answers, name)
        if value is None and name in needed:
            yield FieldError(f"/{name}", Fault("missing"))
        if value is not None and name not in ("evidence", *needed):
            yield FieldError(f"/{name}", Fault("not_asked_for", step=step.action))
        if name in ("evidence", "registrar_id") and value and tells_password(value):
            yield FieldError(f"/{name}", Fault("password.never"))
    for name in answers.unknown:
        fault = Fault("password.never") if looks_like_password(name) else Fault("extra_forbidden")
        yield FieldError(pointer_step(name), fault)


def _evidence(case: Case, step: Step, answers: Answers) -> str | None:
    """What is kept of the answers with the step: no code that moves a name."""
    facts = [answers.evidence]
    if step.action == "find_responsible":
        facts.insert(0, f"{register_of(case.item(step.subject))}: {answers.responsible}")
    if step.action == "collect_transfer_data":
        facts.insert(0, f"registrar id {answers.registrar_id}")
    return "; ".join(fact for fact in facts if fact) or None


def _told(case: Case, step: Step, answers: Answers, by: str, at: datetime) -> Case:
    """The case after an answer of which something follows."""
    if step.action == "find_responsible" and answers.responsible == "customer":
        return _not_ours(case, step.subject, by, at)
    if step.action == "collect_transfer_data":
        told = Transfer(step.subject, answers.registrar_id or "", answers.authorization_code)
        return replace(case, transfers=(*case.transfers, told))
    return case


def _not_ours(case: Case, contract_id: str, by: str, at: datetime) -> Case:
    """There is nothing to transfer of a name that is not ours."""
    for action in ("collect_transfer_data", "transfer_domain"):
        case = steps.skipped(case, f"{action}:{contract_id}", NOT_OURS, by, at)
    return case


def register_of(item: Item) -> str | None:
    """Where the responsibility for the name of a contract is looked up."""
    return registrar_of(item.domain) if item.domain else None
