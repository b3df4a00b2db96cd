"""How a case ends, as staff says it: shown first, then decided (B6, C6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.cancellations import rules, service
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.rules import Case, Decision, Outcome
from chalicelib.flows import leaving_outcomes
from chalicelib.flows.leaving_offers import taken, taken_faults
from chalicelib.flows.leaving_plans import Plan, plan_of
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.events import Actor
from chalicelib.storage.idempotency import Repeatable


@dataclass(frozen=True)
class Verdict:
    """A decision as it is said: of the offers that were made, `accepted` are the numbers, from 1."""

    outcome: Outcome
    reason_code: str | None = None
    keeps: tuple[str, ...] = ()
    agreed: str | None = None
    accepted: tuple[int, ...] = ()


def preview(case_id: str, verdict: Verdict, now: datetime) -> tuple[Case, Plan]:
    """The case as it is, and what the decision would lead to; refuses what `decide` refuses."""
    case = cases.get(case_id)
    return case, plan_of(case, _decision(case, verdict), now)


def decide(
    case_id: str,
    verdict: Verdict,
    actor: Actor,
    now: datetime,
    *,
    answer: service.Answer,
    repeatable: Repeatable | None = None,
) -> Case:
    """Say how a case ends; what follows from that is carried out by a worker. Whoever is first wins.

    `CaseNotFound`, `CaseDecided`; `Invalid` names every faulty field. `Replay`, `IdempotencyKeyReused`.
    """
    if repeatable:
        repeatable.replay()
    # Offers are only ever added to those that there are: their numbers mean the same in whatever follows.
    decision = _decision(cases.get(case_id), verdict)
    return leaving_outcomes.decide(case_id, decision, actor, now, answer=answer, repeatable=repeatable)


def _decision(case: Case, verdict: Verdict) -> Decision:
    rules.check_undecided(case)
    accepted = taken(case, verdict.accepted)
    decision = Decision(verdict.outcome, verdict.reason_code, verdict.keeps, verdict.agreed, accepted)
    if errors := [*leaving_outcomes.faults(case, decision), *taken_faults(case, verdict.accepted)]:
        raise Invalid(errors=errors)
    return decision
