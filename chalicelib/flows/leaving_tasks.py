"""What goes with the progress of a case, in its own transaction: tasks of people, and the ticket."""

from __future__ import annotations

from datetime import datetime

from chalicelib.cancellations import steps
from chalicelib.cancellations.answers import needs, register_of
from chalicelib.cancellations.checklist import Step
from chalicelib.cancellations.rules import Case
from chalicelib.kernel.events import Actor
from chalicelib.storage.transaction import Transaction
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import Task, new_task
from chalicelib.tickets import rules as ticket_rules
from chalicelib.tickets import service as tickets
from chalicelib.tickets.rules import Ticket


def follow(writing: Transaction, before: Case, after: Case, actor: Actor, now: datetime) -> None:
    """Open the tasks of the people whose steps are ready by now, and finish those whose steps are over.

    The ticket that opened the case is answered when it is decided, and resolved when it is over.
    """
    waited, waiting = (
        {step.id: step for step in steps.ready(case, now) if step.performer != "system"}
        for case in (before, after)
    )
    for id in waiting.keys() - waited.keys():
        tasks.add_once(writing, task_of(after, waiting[id], now))
    for id in waited.keys() - waiting.keys():
        tasks.put_done(writing, task_of(after, waited[id], now).id, actor, now)
    decided = after.outcome and not before.outcome
    if after.ticket_id and (after.closed_at or decided):
        change = _resolved if after.closed_at else answered
        tickets.follow(
            writing, [after.ticket_id], lambda one: change(one, now), f"case {after.status}", actor, now
        )


def task_of(case: Case, step: Step, now: datetime) -> Task:
    """The task of a person's step; its subject names case and step."""
    facts = {
        **case.facts,
        "step": step.id,
        "needs": ", ".join(needs(case, step)),
        **_about(case, step),
    }
    if step.performer == "system":
        raise ValueError(f"{step.id} is nobody's task")
    return new_task(step.performer, step.action, f"{case.id}/{step.id}", facts, now)


def _about(case: Case, step: Step) -> dict[str, str]:
    """What the person has to know of the contract that a step is about."""
    if not (found := [item for item in case.items if item.contract_id == step.subject]):
        return {"agreed": case.agreed or ""}
    item = found[0]
    known = {
        "contract_id": item.contract_id,
        "product": item.product,
        "detail": item.detail,
        "domain": item.domain,
        "register": register_of(item),
    }
    return {name: value for name, value in known.items() if value}


def answered(ticket: Ticket, now: datetime) -> Ticket:
    """Its customer was spoken to, or it is decided: he has his answer, whatever is still to be done."""
    return ticket if ticket.is_over else ticket_rules.answered(ticket, now)


def _resolved(ticket: Ticket, now: datetime) -> Ticket:
    return ticket if ticket.is_over else ticket_rules.resolved(answered(ticket, now), None, now)
