"""The case of a customer who wants to leave: who has the next move, and how it ends (C1 to C7, C14). Pure.

    open ──▶ in_progress ◀──▶ waiting_customer
      │           │                  │ silence
      └───────────┴───outcome────────┴──▶ executing ──every step done, the e-mail sent──▶ closed
                                               └──────── what was agreed is done ───────▶ reverted

The instant of the request is kept whatever happens later. Whoever decides first wins; the other is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.cancellations import procedures
from chalicelib.cancellations.checklist import FORMAL, Item, Step
from chalicelib.cancellations.procedures import Attempt, Channel
from chalicelib.cancellations.retention import MOST_OFFERS, Interview, Offer
from chalicelib.kernel.errors import Conflict, NotFound

Status = Literal["open", "in_progress", "waiting_customer", "executing", "closed", "reverted"]
Outcome = Literal["canceled", "reverted"]
UNDECIDED: tuple[Status, ...] = ("open", "in_progress", "waiting_customer")


@dataclass(frozen=True)
class Case:
    """One request to leave. `silence_at` is when silence decides; `look_at` when its steps are due.

    `decided_by` is who said how it ends, `agreed` what the customer stays for.
    """

    id: str
    number: str
    customer_id: str
    channel: Channel
    status: Status
    items: tuple[Item, ...]
    requested_at: datetime
    created_at: datetime
    opened_by: str
    reason_code: str | None = None
    notes: str | None = None
    ticket_id: str | None = None
    attempts: tuple[Attempt, ...] = ()
    silent_since: datetime | None = None
    interview: Interview | None = None
    offers: tuple[Offer, ...] = ()
    outcome: Outcome | None = None
    agreed: tuple[Offer, ...] = ()
    decided_at: datetime | None = None
    decided_by: str | None = None
    plan: tuple[Step, ...] = ()
    silence_at: datetime | None = None
    look_at: datetime | None = None
    closed_at: datetime | None = None
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the schedule takes it up: silence decides, or a step is to be performed."""
        if self.status == "waiting_customer":
            return self.silence_at
        return self.look_at if self.status == "executing" else None

    @property
    def reported_at(self) -> datetime:
        """Reports are about the requests of a period."""
        return self.requested_at

    @property
    def step(self) -> Step | None:
        """The first step that is not done."""
        return next((step for step in self.plan if step.status == "pending"), None)


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

    def __init__(self, case: Case) -> None:
        super().__init__(number=case.number, outcome=case.outcome, by=case.decided_by)


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


class StepNotSkippable(Conflict):
    """The formal e-mail is always sent (C14)."""

    code = "step_not_skippable"
    text = {
        "en": "Step {step} cannot be skipped.",
        "es": "El paso {step} no se puede omitir.",
        "pt-BR": "A etapa {step} não pode ser pulada.",
    }


def attempted(case: Case, attempt: Attempt, silence_at: Callable[[], datetime]) -> Case:
    """One more try to reach him; `silence_at` says until when he is waited for. `CaseDecided`.

    Reached, he is spoken to; called in vain as often as the procedure asks for, he is waited for.
    """
    check_undecided(case)
    after = replace(case, attempts=(*case.attempts, attempt))
    if attempt.result == "reached":
        return replace(after, status="in_progress", silence_at=None, silent_since=None)
    if case.status == "waiting_customer":
        return after
    if procedures.exhausted(case.channel, after.attempts):
        return replace(after, status="waiting_customer", silence_at=silence_at())
    return replace(after, status="in_progress")


def fell_silent(case: Case, at: datetime) -> Case:
    """He asked in a chat or a call, and has stopped answering: he is called at once (C5). `CaseDecided`."""
    check_undecided(case)
    return replace(case, silent_since=case.silent_since or at)


def interviewed(case: Case, interview: Interview) -> Case:
    """He said why, and whether something would keep him. `CaseDecided`."""
    check_undecided(case)
    return replace(case, status="in_progress", interview=interview, reason_code=interview.reason_code)


def offered(case: Case, offer: Offer) -> Case:
    """He is made an offer. `CaseDecided`, `TooManyOffers`."""
    check_undecided(case)
    if len(case.offers) >= MOST_OFFERS:
        raise TooManyOffers()
    return replace(case, offers=(*case.offers, offer))


def decided(
    case: Case,
    outcome: Outcome,
    plan: tuple[Step, ...],
    by: str,
    at: datetime,
    *,
    reason_code: str | None = None,
    agreed: tuple[Offer, ...] = (),
) -> Case:
    """How it ends: what is planned is carried out from now on. `CaseDecided`, also for the same again."""
    check_undecided(case)
    executing = replace(
        case,
        status="executing",
        outcome=outcome,
        plan=plan,
        reason_code=reason_code or case.reason_code,
        agreed=agreed,
        decided_at=at,
        decided_by=by,
        silence_at=None,
        look_at=at,
    )
    return _finished(executing)


def done(case: Case, step_id: str, evidence: str | None, by: str, at: datetime) -> Case:
    """A step was performed; one that is done stays as it was. `StepNotFound`, `StepNotReady`."""
    return _with_step(
        case, step_id, lambda step: replace(step, status="done", evidence=evidence, by=by, at=at)
    )


def skipped(case: Case, step_id: str, reason: str, by: str, at: datetime) -> Case:
    """A step is left out, for a reason. `StepNotFound`, `StepNotReady`, `StepNotSkippable`."""
    step = find_step(case, step_id)
    if step.action == FORMAL and step.status == "pending":
        raise StepNotSkippable(step=step_id)
    return _with_step(
        case, step_id, lambda step: replace(step, status="skipped", reason=reason, by=by, at=at)
    )


def find_step(case: Case, step_id: str) -> Step:
    """A step of the plan. `StepNotFound`."""
    for step in case.plan:
        if step.id == step_id:
            return step
    raise StepNotFound(id=step_id)


def ready(case: Case) -> tuple[Step, ...]:
    """The steps that can be done now, in order."""
    if case.status != "executing":
        return ()
    pending = {step.id for step in case.plan if step.status == "pending"}
    return tuple(step for step in case.plan if step.id in pending and pending.isdisjoint(step.after))


def check_undecided(case: Case) -> None:
    """`CaseDecided` once it is decided how it ends."""
    if case.status not in UNDECIDED:
        raise CaseDecided(case)


def _with_step(case: Case, step_id: str, change: Callable[[Step], Step]) -> Case:
    step = find_step(case, step_id)
    if step.status != "pending":
        return case
    if step not in ready(case):
        pending = {one.id for one in case.plan if one.status == "pending"}
        raise StepNotReady(
            step=step_id, first=next((id for id in step.after if id in pending), "the outcome")
        )
    plan = tuple(change(one) if one.id == step_id else one for one in case.plan)
    return _finished(replace(case, plan=plan))


def _finished(case: Case) -> Case:
    """The case is over with its last step."""
    if any(step.status == "pending" for step in case.plan):
        return case
    at = max((step.at for step in case.plan if step.at), default=case.decided_at)
    status: Status = "closed" if case.outcome == "canceled" else "reverted"
    return replace(case, status=status, closed_at=at, look_at=None)
