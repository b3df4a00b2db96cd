"""How a customer who wants to leave is reached, and how his case ends: by a person or silence (C3 to C7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chalicelib.cancellations import rules, service
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.checklist import Item
from chalicelib.cancellations.procedures import Attempt
from chalicelib.cancellations.refusals import CaseDecided
from chalicelib.cancellations.rules import Case, Decision
from chalicelib.customers import store as customers
from chalicelib.flows import leaving
from chalicelib.flows.leaving_plans import plan_of
from chalicelib.flows.leaving_tasks import answered, follow
from chalicelib.flows.reach import Reach, Vendor
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.events import SYSTEM, Actor, Change, Event
from chalicelib.kernel.faults import Fault
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.freezing import stopped
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task
from chalicelib.tickets import rules as ticket_rules
from chalicelib.tickets import service as ticket_service
from chalicelib.tickets import service_levels
from chalicelib.tickets import store as tickets
from chalicelib.tickets.rules import Ticket


def attempt(
    case_id: str,
    tried: Attempt,
    vendor: Vendor,
    actor: Actor,
    *,
    answer: service.Answer,
    repeatable: Repeatable | None = None,
) -> Case:
    """Note a try to reach a customer. Once he has been called in vain as often as the procedure asks for,
    he is written to and waited for, as long as an answer is promised to him (C3). `CaseNotFound`,
    `CaseDecided`, `Replay`, `IdempotencyKeyReused`.
    """

    def silence_at() -> datetime:
        country = customers.get(cases.get(case_id).customer_id).country
        clock = service_levels.started_clock("cancel_contract", "normal", country, vendor.home, tried.at)
        # To the second, as he and staff are told it.
        return clock.due_at.replace(microsecond=0)

    return service.change(
        case_id,
        lambda case: rules.attempted(case, tried, silence_at),
        f"{tried.channel}: {tried.result}",
        actor,
        tried.at,
        also=lambda writing, before, after: _tell(writing, before, after, actor, tried.at),
        answer=answer,
        repeatable=repeatable,
    )


def decide(
    case_id: str,
    decision: Decision,
    actor: Actor,
    now: datetime,
    *,
    answer: service.Answer | None = None,
    repeatable: Repeatable | None = None,
) -> Case:
    """Say how a case ends; what follows from that is carried out by a worker. Whoever is first wins.

    `CaseNotFound`, `CaseDecided`; `Invalid` for contracts that are not among those asked about, or if nothing
    of them is left to end. `Replay`, `IdempotencyKeyReused`.
    """

    def decided(case: Case) -> Case:
        rules.check_undecided(case)
        if errors := [*faults(case, decision)]:
            raise Invalid(errors=errors)
        plan = plan_of(case, decision, now)
        return rules.decided(case, decision, plan.steps, plan.items, plan.slips, actor.id, now)

    def also(writing: Transaction, before: Case, after: Case) -> None:
        known = {item.contract_id for item in before.items}
        for item in after.items:
            if item.contract_id not in known:
                one = subscriptions.get(item.contract_id)
                leaving.let_go(writing, [one], actor, now)
                leaving.freeze(writing, one, after, actor, now)
            else:
                _stop(writing, item, after, now)
        follow(writing, before, after, actor, now)
        writing.emit(Event("cancellation.decided", case_id, now))

    words = f"decided: {decision.outcome}"
    return service.change(
        case_id, decided, words, actor, now, also=also, answer=answer, repeatable=repeatable
    )


def _stop(writing: Transaction, item: Item, case: Case, now: datetime) -> None:
    """From the decision on nothing is charged for what ends or pauses, also if its terms do not freeze it."""
    pauses = any(step.not_before and step.subject == item.contract_id for step in case.plan)
    one = subscriptions.find(item.contract_id) if pauses or item in case.left else None
    if one and (after := stopped(one, now)) != one:
        writing.save(subscriptions.row(after))
        change = Change(one.id, one.customer_id, "nothing more charged", one.status, one.status, SYSTEM, now)
        writing.audit(change)


def let_silence_decide(case_id: str, now: datetime) -> None:
    """He was waited for and did not answer: what he asked for is done (C7). Nothing before that instant.

    Whoever has written meanwhile is not silent: a person reads it.
    """
    case = cases.get(case_id)
    if case.status != "waiting_customer" or case.silence_at is None or now < case.silence_at:
        return
    if _has_written(case):
        hear(case, now)
        return
    try:
        decide(case_id, Decision("canceled"), SYSTEM, now)
    except CaseDecided:
        """A person was faster."""


def customer_wrote(event: Event, reach: Reach, now: datetime) -> None:
    """A customer has written about a ticket: if he wants to leave, he is not waited for any more."""
    ticket = tickets.get(event.subject)
    for case in cases.all_of(ticket.customer_id):
        if case.status == "waiting_customer":
            hear(case, now)


def hear(case: Case, now: datetime) -> None:
    """A customer who was waited for has written: somebody of the team reads it, and goes on with his case."""
    task = new_task("staff", "cancellation_answered", f"{case.id}:{len(case.attempts)}", case.facts, now)

    def heard(before: Case) -> Case:
        return rules.answered(before) if before.status == "waiting_customer" else before

    service.change(
        case.id,
        heard,
        "customer wrote",
        Actor(case.customer_id, "store"),
        now,
        also=lambda writing, before, after: tasks.add_once(writing, task),
    )


def _has_written(case: Case) -> bool:
    """Whether its customer has opened a ticket since he is waited for, or written about the case's own."""
    newest = tickets.page(case.customer_id, 1, None).items
    if newest and case.waiting_since and newest[0].created_at > case.waiting_since:
        return True
    return case.ticket_id is not None and tickets.get(case.ticket_id).status in ("open", "in_progress")


def _tell(writing: Transaction, before: Case, after: Case, actor: Actor, now: datetime) -> None:
    """What goes with a try: a letter to the customer, and where the ticket stands that opened the case."""
    if letter := rules.letter_of(before, after):
        told = {"letter": letter, "number": str(len(after.attempts))}
        writing.emit(Event("cancellation.unheard", after.id, now, told))
    if after.ticket_id is None:
        return
    if after.attempts[-1].result == "reached":
        change, words = answered, "customer reached"
    elif after.status == "waiting_customer" and before.status != after.status:
        change, words = _waiting, "customer not reached"
    else:
        return
    ticket_service.follow(writing, [after.ticket_id], lambda one: change(one, now), words, actor, now)


def _waiting(ticket: Ticket, now: datetime) -> Ticket:
    return ticket if ticket.is_over else ticket_rules.asked(ticket, now)


def faults(case: Case, decision: Decision) -> Iterator[FieldError]:
    """What is wrong with a decision about a case."""
    ids = [item.contract_id for item in case.items]
    for at, id in enumerate(decision.keeps):
        if id not in ids:
            yield FieldError(f"/keeps/{at}", Fault("not_among", id=id))
    if decision.outcome == "canceled" and set(ids) <= set(decision.keeps):
        yield FieldError("/keeps", Fault("nothing_left"))
    for name in ("agreed", "accepted"):
        if decision.outcome == "canceled" and getattr(decision, name):
            yield FieldError(f"/{name}", Fault("not_if_canceled"))
    if decision.outcome == "reverted" and decision.keeps:
        yield FieldError("/keeps", Fault("not_if_reverted"))


def request_run(event: Event, reach: Reach, now: datetime) -> None:
    """Have a worker perform what can be done of a case by now."""
    reach.settlements({"cancellation_id": event.subject, "at": rfc3339(event.at)})
