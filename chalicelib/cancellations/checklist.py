"""What has to be done to cancel, in order, by whom: a plan that is shown before it is carried out (C8, C14).

Pure: the same facts give the same plan. Steps that the system performs are safe to repeat; those of a person
of a sector wait for him. Within an item the order of the source holds (beneficiaries, then users, then
billing); the formal e-mail comes after everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from chalicelib.cancellations.retention import Offer
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Ending

Performer = Literal["system", "staff", "finance", "it", "hosting", "registry"]
Action = Literal[
    "confirm_backup",
    "find_responsible",
    "collect_transfer_data",
    "transfer_domain",
    "deactivate_beneficiaries",
    "deactivate_users",
    "end_contract",
    "close_site",
    "close_hosting",
    "cancel_slip",
    "tell_owed",
    "open_internal_task",
    "note_on_file",
    "record_notice",
    "tell_responsible",
    "send_formal_email",
    "release_contract",
    "arrange_training",
    "change_price",
    "carry_out_agreement",
    "tell_agreed",
]
StepStatus = Literal["pending", "done", "skipped"]
FORMAL: Action = "send_formal_email"
# What no case is over without: nobody stays half-way between leaving and staying.
NEVER_SKIPPED: frozenset[Action] = frozenset(
    {FORMAL, "end_contract", "release_contract", "change_price", "tell_agreed"}
)
# The evidence of a slip that was paid before it could be cancelled.
PAID = "paid"

PERFORMERS: Mapping[Action, Performer] = {
    "confirm_backup": "staff",
    "find_responsible": "registry",
    "collect_transfer_data": "staff",
    "transfer_domain": "it",
    "deactivate_beneficiaries": "it",
    "deactivate_users": "it",
    "close_site": "it",
    "close_hosting": "hosting",
    "tell_responsible": "registry",
    "arrange_training": "staff",
    "carry_out_agreement": "staff",
}
# What each kind of product needs before its billing ends, and after it (C10 to C13).
BEFORE: Mapping[Ending | None, tuple[Action, ...]] = {
    None: (),
    "domain": ("find_responsible", "collect_transfer_data", "transfer_domain"),
    "corporate_email": ("confirm_backup",),
    "site": (),
    "software": ("deactivate_beneficiaries", "deactivate_users"),
}
AFTER: Mapping[Ending | None, tuple[Action, ...]] = {
    None: (),
    "domain": (),
    "corporate_email": ("close_hosting",),
    "site": ("deactivate_users", "close_site"),
    "software": (),
}


@dataclass(frozen=True)
class Policy:
    """Overdue boletos of some products are cancelled only if they are less than so many days late (C12)."""

    late_days: Mapping[Ending, int]


USUAL = Policy({"site": 16, "software": 16})


@dataclass(frozen=True)
class Item:
    """A contract that its customer wants to end: a subscription, or an order from which he withdraws.

    `price` is what a `period` of it costs, or all of what was bought once. `detail` is the line of it,
    `domain` the name that a domain, a mailbox or a site goes by. `ended_at` is when it has ended, `refund`
    what is given back for that, None for nothing.
    """

    contract_id: str
    product: str
    name: str
    ending: Ending | None
    price: Money
    period: str | None = None
    detail: str | None = None
    domain: str | None = None
    ended_at: datetime | None = None
    refund: Money | None = None


@dataclass(frozen=True)
class Slip:
    """A boleto, or another charge, of one of the contracts that is not paid.

    `owed` is whether it has to be, although its contract ends.
    """

    payment_id: str
    order_id: str
    contract_id: str
    invoice_number: str
    amount: Money
    due_date: date
    owed: bool

    def is_overdue(self, today: date) -> bool:
        """Whether it should have been paid by now."""
        return self.due_date < today


@dataclass(frozen=True)
class Step:
    """One line of the checklist, and what became of it: by whom, when, and by which evidence.

    `subject` is what it is about: a contract, a payment, or the case. `after` are the steps before it, and
    `not_before` its earliest instant. `reason` is why it was skipped.
    """

    id: str
    action: Action
    performer: Performer
    subject: str
    after: tuple[str, ...] = ()
    status: StepStatus = "pending"
    evidence: str | None = None
    reason: str | None = None
    by: str | None = None
    at: datetime | None = None
    not_before: datetime | None = None


def forgiving(slips: Iterable[Slip], items: Iterable[Item], policy: Policy, today: date) -> tuple[Slip, ...]:
    """The slips as they are owed when their contracts end (C8, C12, C13).

    What the contract does not owe is not; of domain, e-mail, site and software, what is overdue is not
    either, but for what is late by as many days as the policy says.
    """
    endings = {item.contract_id: item.ending for item in items}
    return tuple(
        replace(slip, owed=_still_owed(slip, endings[slip.contract_id], policy, today)) for slip in slips
    )


def checklist(
    case_id: str, items: Sequence[Item], slips: Sequence[Slip], kept: Sequence[Item] = ()
) -> tuple[Step, ...]:
    """Every step of a cancellation, in order; `slips` are the unpaid ones of the items.

    What is `kept` of the contracts that were asked about goes on.
    """
    steps = [
        *_of_items(items, slips),
        *(_step("release_contract", item.contract_id) for item in kept),
    ]
    return _ending_with((*_telling_owed(case_id, slips), _step(FORMAL, case_id)), steps)


def agreement(
    case_id: str,
    dropped: Sequence[Item],
    kept: Sequence[Item],
    accepted: Sequence[Offer],
    agreed: str | None,
    slips: Sequence[Slip],
    until: Mapping[str, datetime],
) -> tuple[Step, ...]:
    """Every step of what a customer stays for: he is told first, and it is carried out.

    What he does without ends as any contract does, with its own formal e-mail. `until` is when what is kept
    goes on, where it pauses.
    """
    going_on = [
        *(
            replace(_step("release_contract", one.contract_id), not_before=until.get(one.contract_id))
            for one in kept
        ),
        *(
            step
            for number, offer in enumerate(accepted, start=1)
            for step in _of_offer(case_id, number, offer)
        ),
        *([_step("carry_out_agreement", case_id)] if agreed else []),
    ]
    formal = [_step(FORMAL, case_id)] if dropped else []
    ending = _ending_with((*_telling_owed(case_id, slips), *formal), [*_of_items(dropped, slips)])
    return (_step("tell_agreed", case_id), *ending, *going_on)


def _telling_owed(case_id: str, slips: Iterable[Slip]) -> list[Step]:
    return [_step("tell_owed", case_id)] if any(slip.owed for slip in slips) else []


def _still_owed(slip: Slip, ending: Ending | None, policy: Policy, today: date) -> bool:
    if not slip.owed:
        return False
    if ending is None or not slip.is_overdue(today):
        return True
    late_days = policy.late_days.get(ending)
    return late_days is not None and today - slip.due_date >= timedelta(days=late_days)


def _of_items(items: Iterable[Item], slips: Sequence[Slip]) -> Iterator[Step]:
    for item in items:
        yield from _of_item(item, [slip for slip in slips if slip.contract_id == item.contract_id])


def _of_item(item: Item, slips: Sequence[Slip]) -> tuple[Step, ...]:
    """The steps of one contract, each after the one before it."""
    subject = item.contract_id
    steps = [
        *(_step(action, subject) for action in BEFORE[item.ending]),
        _step("end_contract", subject),
        *(_step(action, subject) for action in AFTER[item.ending]),
        *(_step("cancel_slip", slip.payment_id) for slip in slips if not slip.owed),
        _step("open_internal_task", subject),
        _step("note_on_file", subject),
        _step("record_notice", subject),
    ]
    if item.ending == "domain":
        steps.append(_step("tell_responsible", subject))
    return _ending_with(steps, [])


def _of_offer(case_id: str, number: int, offer: Offer) -> Iterator[Step]:
    if offer.kind == "training":
        yield _step("arrange_training", f"{case_id}:{number}")
    if offer.kind == "plan_change":
        yield from (_step("change_price", id) for id in offer.subscription_ids)


def _ending_with(last: Iterable[Step], steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps, and at their end others, each of which comes after all before it."""
    ordered = [*steps]
    for step in last:
        ordered.append(replace(step, after=tuple(one.id for one in ordered)))
    return tuple(ordered)


def _step(action: Action, subject: str) -> Step:
    return Step(f"{action}:{subject}", action, PERFORMERS.get(action, "system"), subject)
