"""The worker that carries a case through, step by step, to the formal e-mail (C8, C10 to C14).

It is safe to start again at any point: a step that was performed is found to be done, or done again without
effect, before it is noted. Steps of people open a task of their sector and wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.billing.expiry import BeingCharged
from chalicelib.billing.gateways import Gateway, ProviderUnavailable
from chalicelib.cancellations import service, steps
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.answers import Answers, completed
from chalicelib.cancellations.checklist import FORMAL, Step
from chalicelib.cancellations.rules import Case
from chalicelib.flows import leaving_letters
from chalicelib.flows.leaving_actions import PERFORM, Doing, Done
from chalicelib.flows.leaving_outcomes import let_silence_decide
from chalicelib.flows.leaving_tasks import follow
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import SYSTEM, Actor, Event
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tasks import store as task_store


def sweep(reach: Reach, now: datetime) -> None:
    """Have every case that is due taken up by a worker: silence decides it, or its steps are looked after."""
    for case_id in cases.due(now):
        reach.settlements({"cancellation_id": case_id, "at": rfc3339(now)})


def run(case_id: str, gateways: Mapping[str, Gateway], reach: Reach, now: datetime) -> None:
    """Do all that can be done of a case by `now`; safe to repeat. `ProviderUnavailable`: again later."""
    let_silence_decide(case_id, now)
    while _advance(case_id, gateways, reach, now):
        """Every step may be the one that others wait for."""
    retrying(lambda: _look_later(case_id, now))


def complete(case_id: str, step_id: str, answers: Answers, actor: Actor, now: datetime) -> Case:
    """A person has performed a step of a case; what is ready then is performed by a worker.

    `CaseNotFound`, `StepNotFound`, `StepNotReady`, `StepIsAutomatic`; `Invalid` names every faulty answer.
    """
    return _progress(
        case_id, lambda case: completed(case, step_id, answers, actor.id, now), f"step {step_id}", actor, now
    )


def skip(case_id: str, step_id: str, reason: str, actor: Actor, now: datetime) -> Case:
    """A step of a case is left out, for a reason. `CaseNotFound`, `StepNotFound`, `StepNotReady`,
    `StepNotSkippable`.
    """
    words = f"skipped {step_id}"
    return _progress(
        case_id, lambda case: steps.skipped(case, step_id, reason, actor.id, now), words, actor, now
    )


def task_done(event: Event, reach: Reach, now: datetime) -> None:
    """A task was finished that a step has waited for: it is done with that."""
    task = task_store.get(event.subject)
    case = cases.find(task.facts.get("cancellation_id", ""))
    step = next((one for one in case.plan if one.id == task.facts.get("step")), None) if case else None
    if case and step and step.status == "pending":
        by, words = Actor(task.done_by or SYSTEM.id, "staff"), f"step {step.id}"
        # Nobody wrote this evidence: an id may well have the letters of a password's name in it.
        _progress(
            case.id, lambda one: steps.done(one, step.id, f"task {task.id}", by.id, now), words, by, now
        )


def mail_sent(event: Event, reach: Reach, now: datetime) -> None:
    """A formal e-mail has left: the case that it ends goes on."""
    case_id = event.data["subject"].partition(":")[0]
    if event.data["kind"] == leaving_letters.FORMAL_KIND:
        reach.settlements({"cancellation_id": case_id, "at": rfc3339(event.at)})


def _progress(case_id: str, change: Callable[[Case], Case], words: str, actor: Actor, now: datetime) -> Case:
    def also(writing: Transaction, before: Case, after: Case) -> None:
        follow(writing, before, after, actor, now)
        writing.emit(Event("cancellation.advanced", case_id, now))

    return service.change(case_id, change, words, actor, now, also=also)


def _advance(case_id: str, gateways: Mapping[str, Gateway], reach: Reach, now: datetime) -> bool:
    """Perform the steps that are ready and ours; whether there were any that could be.

    A provider that does not answer keeps nothing else from being done.
    """
    case, performed, failures = cases.get(case_id), False, []
    for step in _ours(case, now):
        try:
            performed |= _perform(Doing(case, step, gateways, reach, now))
        except (ProviderUnavailable, BeingCharged) as failure:
            failures.append(failure)
    if failures and not performed:
        raise failures[0]
    return performed


def _ours(case: Case, now: datetime) -> list[Step]:
    return [step for step in steps.ready(case, now) if step.performer == "system"]


def _perform(doing: Doing) -> bool:
    performed = PERFORM[doing.step.action](doing)
    if performed:
        _note(doing, performed)
    return performed is not None


def _note(doing: Doing, performed: Done) -> None:
    """Note that a step has been performed, with all that goes with it; nothing if it was noted before."""

    def done(case: Case) -> Case:
        if steps.find_step(case, doing.step.id).status != "pending":
            return case
        if performed.ended_at:
            case = steps.ended(case, doing.step.subject, performed.ended_at, performed.refund)
        return steps.done(case, doing.step.id, performed.evidence, SYSTEM.id, doing.now)

    def also(writing: Transaction, before: Case, after: Case) -> None:
        if performed.write:
            performed.write(writing)
        follow(writing, before, after, SYSTEM, doing.now)

    service.change(doing.case.id, done, f"step {doing.step.id}", SYSTEM, doing.now, also=also)


def _look_later(case_id: str, now: datetime) -> None:
    """When the schedule looks after it again: not while only people have something to do."""
    case = cases.get(case_id)
    if case.status != "executing":
        return
    ours = _ours(case, now)
    waits = bool(ours) and not (ours[0].action == FORMAL and leaving_letters.is_undeliverable(case))
    writing = Transaction()
    writing.save(cases.row(steps.looked(case, waits, now)))
    writing.commit()
