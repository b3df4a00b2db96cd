"""The steps of a case that is decided, one after the other, to the formal e-mail (C8, C14). Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.cancellations.checklist import NEVER_SKIPPED, Step
from chalicelib.cancellations.refusals import StepNotFound, StepNotReady, StepNotSkippable
from chalicelib.cancellations.rules import Case, closed
from chalicelib.kernel.money import Money

# How often it is looked whether what others do for a step is done.
LOOK_EVERY = timedelta(minutes=15)
# Why a contract does not go on after a pause.
ASKED_ANEW = "the customer has asked to leave anew"


def done(case: Case, step_id: str, evidence: str | None, by: str, at: datetime) -> Case:
    """A step was performed; one that is done stays as it was. `StepNotFound`, `StepNotReady`."""
    after = _with_step(
        case, step_id, lambda step: replace(step, status="done", evidence=evidence, by=by, at=at), at
    )
    return _forgetting_codes(after)


def skipped(case: Case, step_id: str, reason: str, by: str, at: datetime) -> Case:
    """A step is left out, for a reason. `StepNotFound`, `StepNotReady`, `StepNotSkippable`."""
    step = find_step(case, step_id)
    if step.action in NEVER_SKIPPED and step.status == "pending":
        raise StepNotSkippable(step=step_id)
    after = _with_step(
        case, step_id, lambda step: replace(step, status="skipped", reason=reason, by=by, at=at), at
    )
    return _forgetting_codes(after)


def is_going_on(case: Case, contract_id: str) -> bool:
    """Whether it was agreed that a contract goes on, and only its pause is not over yet."""
    going_on = f"release_contract:{contract_id}"
    pending = any(step.id == going_on and step.status == "pending" for step in case.plan)
    return pending and case.outcome == "reverted"


def superseded(case: Case, contract_id: str, at: datetime) -> Case:
    """The customer has asked to leave a contract anew that was to go on after a pause."""
    step = find_step(case, f"release_contract:{contract_id}")
    over = replace(step, status="skipped", reason=ASKED_ANEW, by=case.customer_id, at=at)
    return _finished(_with(case, over), at)


def ended(case: Case, contract_id: str, at: datetime, refund: Money | None) -> Case:
    """One of its contracts has ended, at an instant; so much is given back for that."""
    return case.with_item(replace(case.item(contract_id), ended_at=at, refund=refund))


def find_step(case: Case, step_id: str) -> Step:
    """A step of the plan. `StepNotFound`."""
    for step in case.plan:
        if step.id == step_id:
            return step
    raise StepNotFound(id=step_id)


def ready(case: Case, at: datetime) -> tuple[Step, ...]:
    """The steps that can be done at an instant, in order."""
    if case.status != "executing":
        return ()
    pending = {step.id for step in case.plan if step.status == "pending"}
    return tuple(
        step
        for step in case.plan
        if step.id in pending
        and pending.isdisjoint(step.after)
        and (step.not_before is None or step.not_before <= at)
    )


def looked(case: Case, waits: bool, at: datetime) -> Case:
    """The case after a look at its steps, of which some are being done by others if it `waits`."""
    later = [step.not_before for step in case.plan if step.status == "pending" and step.not_before]
    ahead = [instant for instant in later if instant > at]
    if waits:
        ahead.append(at + LOOK_EVERY)
    return replace(case, look_at=min(ahead, default=None))


def _with_step(case: Case, step_id: str, change: Callable[[Step], Step], at: datetime) -> Case:
    step = find_step(case, step_id)
    if step.status != "pending":
        return case
    if step not in ready(case, at):
        raise StepNotReady(step=step_id, first=_first_before(case, step))
    # Until a worker has looked at what is ready by now, the schedule has it looked at.
    return _finished(replace(_with(case, change(step)), look_at=at), at)


def _with(case: Case, changed: Step) -> Case:
    return replace(case, plan=tuple(changed if one.id == changed.id else one for one in case.plan))


def _first_before(case: Case, step: Step) -> str:
    """What has to come before a step: another step, or its day."""
    pending = (one.id for one in case.plan if one.status == "pending" and one.id in step.after)
    return next(pending, str(step.not_before))


def _forgetting_codes(case: Case) -> Case:
    """Codes that move names are kept only until these are moved."""
    over = {step.subject for step in case.plan if step.action == "transfer_domain" and step.at}
    kept = (
        replace(one, authorization_code=None) if one.contract_id in over else one for one in case.transfers
    )
    return replace(case, transfers=tuple(kept))


def _finished(case: Case, at: datetime) -> Case:
    """The case is over with its last step."""
    if any(step.status == "pending" for step in case.plan):
        return case
    return closed(case, at)
