"""What goes with the progress of a case, in its own transaction: tasks of people, and the ticket."""

from __future__ import annotations

from datetime import datetime

from chalicelib.cancellations import steps
from chalicelib.cancellations.answers import NEEDS, register_of
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

    With the case, the ticket is resolved that opened it.
    """
    waited, waiting = (
        {step.id: step for step in steps.ready(case, now) if step.performer != "system"}
        for case in (before, after)
    )
    for id in waiting.keys() - waited.keys():
        tasks.add_once(writing, task_of(after, waiting[id], now))
    for id in waited.keys() - waiting.keys():
        tasks.put_done(writing, task_of(after, waited[id], now).id, actor, now)
    if after.closed_at and after.ticket_id:
        tickets.follow(
            writing, [after.ticket_id], lambda one: _resolved(one, now), f"case {after.status}", actor, now
        )


def task_of(case: Case, step: Step, now: datetime) -> Task:
    """The task of a person's step; its subject names case and step."""
    facts = {
        "cancellation_id": case.id,
        "number": case.number,
        "customer_id": case.customer_id,
        "step": step.id,
        "needs": ", ".join(NEEDS.get(step.action, ())),
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


def _resolved(ticket: Ticket, now: datetime) -> Ticket:
    """The letter that ends the case is the answer to it."""
    return ticket if ticket.is_over else ticket_rules.resolved(ticket_rules.answered(ticket, now), None, now)
