"""A customer asks to leave: a case is opened, and from that instant on nothing is charged (C1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.cancellations import service, steps
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.checklist import Item
from chalicelib.cancellations.procedures import Channel
from chalicelib.cancellations.retention import OF_FORM
from chalicelib.cancellations.rules import Case
from chalicelib.catalog import store as catalog
from chalicelib.customers import store as customers
from chalicelib.flows.leaving_tasks import follow
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.events import Actor, Change
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.ids import derived_id, new_id
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.freezing import frozen
from chalicelib.subscriptions.rules import Subscription
from chalicelib.tickets.rules import Ticket

# How long ago somebody may have asked, at most, when his case is opened.
MOST_LATE = timedelta(days=31)
# As many contracts as one transaction freezes at most.
MOST_CONTRACTS = 20


@dataclass(frozen=True)
class Detail:
    """What staff knows of a contract that is to end: the line of it, and the name that it goes by."""

    text: str | None = None
    domain: str | None = None


@dataclass(frozen=True)
class Leave:
    """What a customer wants to leave, by which channel and since when; `details` by subscription."""

    channel: Channel
    subscription_ids: tuple[str, ...]
    requested_at: datetime
    reason_code: str | None = None
    notes: str | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)
    ticket_id: str | None = None


def open_case(
    customer_id: str,
    leave: Leave,
    actor: Actor,
    now: datetime,
    *,
    answer: service.Answer,
    repeatable: Repeatable | None = None,
) -> Case:
    """Open a case for a customer, as staff does. `Invalid` names every faulty field; `CustomerNotFound`.

    `answer` is what a repeat of the request gets again: `Replay`, `IdempotencyKeyReused`.
    """
    case_id = derived_id("can", repeatable.id) if repeatable else new_id("can", now)
    customer = customers.get(customer_id)

    def attempt() -> Case:
        if repeatable and (earlier := cases.find(case_id)):
            # The answer is kept for 30 days; the case, for good.
            repeatable.replay()
            return earlier
        writing = Transaction()
        contracts = _contracts(customer.id, leave, now)
        case = put(writing, case_id, customer.id, contracts, leave, actor, now)
        if repeatable:
            writing.save(repeatable.row(*answer(case), now))
        writing.commit()
        return case

    return retrying(attempt)


def put(
    writing: Transaction,
    case_id: str,
    customer_id: str,
    contracts: Sequence[Subscription],
    leave: Leave,
    actor: Actor,
    now: datetime,
) -> Case:
    """Add a new case to a transaction that the caller commits; its contracts are frozen with it."""
    case = Case(
        id=case_id,
        number=service.take_number(writing, case_id, now),
        customer_id=customer_id,
        channel=leave.channel,
        status="open",
        items=tuple(item_of(one, leave.details.get(one.id, Detail())) for one in contracts),
        requested_at=leave.requested_at,
        created_at=now,
        opened_by=actor.id,
        reason_code=leave.reason_code,
        notes=leave.notes,
        ticket_id=leave.ticket_id,
    )
    service.add(writing, case, actor)
    let_go(writing, contracts, actor, now)
    for one in contracts:
        freeze(writing, one, case, actor, now)
    return case


def put_for_form(writing: Transaction, ticket: Ticket, actor: Actor, now: datetime) -> None:
    """Add the case that a customer's own form opens (R3): about one contract, or all that he has.

    None for contracts that have ended, or that he has asked about before.
    """
    id = ticket.subscription_id
    asked = [subscriptions.get(id)] if id else subscriptions.all_of(ticket.customer_id)
    running = [one for one in asked if one.status != "ended" and is_free(one)]
    if contracts := running[:MOST_CONTRACTS]:
        reason = OF_FORM[ticket.reason_code or "other"]
        ids = tuple(one.id for one in contracts)
        leave = Leave("form", ids, now, reason_code=reason, ticket_id=ticket.id)
        put(writing, derived_id("can", ticket.id), ticket.customer_id, contracts, leave, actor, now)


def is_free(one: Subscription) -> bool:
    """Whether a new case may be about a contract: it is in none, or only pauses as was agreed in one."""
    case = cases.find(one.case_id) if one.case_id else None
    return case is None or steps.is_going_on(case, one.id)


def let_go(writing: Transaction, contracts: Sequence[Subscription], actor: Actor, now: datetime) -> None:
    """Contracts that pause are what another case is about now, within a transaction that the caller commits.

    What was agreed of them before is over with that.
    """
    for case_id in sorted({one.case_id for one in contracts if one.case_id}):
        before = after = cases.get(case_id)
        for one in contracts:
            if one.case_id == case_id:
                after = steps.superseded(after, one.id, now)
        service.record(writing, before, after, "asked to leave anew", actor, now)
        follow(writing, before, after, actor, now)


def freeze(writing: Transaction, one: Subscription, case: Case, actor: Actor, now: datetime) -> None:
    """Nothing more is charged for a contract, within a transaction that the caller commits.

    One that pauses goes on pausing.
    """
    after = frozen(replace(one, case_id=None), case.id, case.requested_at)
    writing.save(subscriptions.row(after))
    writing.audit(Change(one.id, one.customer_id, "asked to leave", one.status, after.status, actor, now))


def item_of(one: Subscription, detail: Detail) -> Item:
    """A contract as its case keeps it."""
    return Item(
        contract_id=one.id,
        product=one.product,
        name=one.name,
        ending=catalog.get(one.product).ending,
        price=one.price,
        period=one.terms.period,
        detail=detail.text,
        domain=detail.domain,
    )


def _contracts(customer_id: str, leave: Leave, now: datetime) -> list[Subscription]:
    found = subscriptions.find_all(leave.subscription_ids)
    if errors := [*_faults(customer_id, leave, found, now)]:
        raise Invalid(errors=errors)
    return [found[id] for id in leave.subscription_ids]


def _faults(
    customer_id: str, leave: Leave, found: Mapping[str, Subscription], now: datetime
) -> Iterator[FieldError]:
    for at, id in enumerate(leave.subscription_ids):
        if fault := contract_fault(customer_id, id, found.get(id)):
            yield FieldError(f"/subscription_ids/{at}", fault)
        elif id in leave.subscription_ids[:at]:
            yield FieldError(f"/subscription_ids/{at}", Fault("twice", id=id))
    for at, id in enumerate(leave.details):
        if id not in leave.subscription_ids:
            yield FieldError(f"/details/{at}/subscription_id", Fault("not_among", id=id))
    if leave.requested_at > now:
        yield FieldError("/requested_at", Fault("in_future"))
    elif leave.requested_at < now - MOST_LATE:
        yield FieldError("/requested_at", Fault("too_long_ago", days=MOST_LATE.days))


def contract_fault(
    customer_id: str, id: str, found: Subscription | None, case_id: str | None = None
) -> Fault | None:
    """Why a case, with an id or a new one, cannot be about a contract: it is not a running one of its
    customer's, or another case is about it.
    """
    if found is None or found.customer_id != customer_id:
        return Fault("unknown_subscription.of_customer", id=id)
    if found.status == "ended":
        return Fault("contract_ended", id=id)
    if found.case_id in (None, case_id) or is_free(found):
        return None
    return Fault("already_leaving", id=id, cancellation=found.case_id)
