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

from chalicelib.kernel.money import Money

Ending = Literal["domain", "corporate_email", "site", "software"]
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
]
StepStatus = Literal["pending", "done", "skipped"]
FORMAL: Action = "send_formal_email"

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
    """A contract that is cancelled, and the line of it (`detail`); it ends on `ends_on`.

    `domain` is the name that a domain, a mailbox or a site goes by.
    """

    subscription_id: str
    product: str
    name: str
    ending: Ending | None
    ends_on: date
    detail: str | None = None
    domain: str | None = None


@dataclass(frozen=True)
class Slip:
    """A boleto of one of the contracts that can still be paid; `owed` is what the contract's end says."""

    payment_id: str
    subscription_id: str
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

    `subject` is what it is about: a contract, a payment, or the case. `after` are the steps before it.
    `reason` is why it was skipped.
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


def still_owed(slip: Slip, ending: Ending | None, policy: Policy, today: date) -> bool:
    """Whether a boleto has to be paid although its contract ends (C8, C12, C13).

    What the contract does not owe is not; of domain, e-mail, site and software, what is overdue is not
    either, but for what is late by as many days as the policy says.
    """
    if not slip.owed:
        return False
    if ending is None or not slip.is_overdue(today):
        return True
    late_days = policy.late_days.get(ending)
    return late_days is not None and today - slip.due_date >= timedelta(days=late_days)


def checklist(
    case_id: str, items: Sequence[Item], slips: Sequence[Slip], policy: Policy, today: date
) -> tuple[Step, ...]:
    """Every step of a cancellation, in order; `slips` are all that can still be paid of the items."""
    steps: list[Step] = []
    owed: list[Slip] = []
    for item in items:
        of_item = [slip for slip in slips if slip.subscription_id == item.subscription_id]
        still = [slip for slip in of_item if still_owed(slip, item.ending, policy, today)]
        owed += still
        steps += _of_item(item, [slip for slip in of_item if slip not in still])
    told = _ordered(_told(case_id, items, bool(owed)), [step.id for step in steps])
    return (*steps, *told)


def _of_item(item: Item, slips: Sequence[Slip]) -> list[Step]:
    """The steps of one contract, each after the one before it."""
    subject = item.subscription_id
    steps = [
        *(_step(action, subject) for action in BEFORE[item.ending]),
        _step("end_contract", subject),
        *(_step(action, subject) for action in AFTER[item.ending]),
        *(_step("cancel_slip", slip.payment_id) for slip in slips),
        _step("open_internal_task", subject),
        _step("note_on_file", subject),
        _step("record_notice", subject),
    ]
    if item.ending == "domain":
        steps.append(_step("tell_responsible", subject))
    return list(_ordered(steps, []))


def _told(case_id: str, items: Sequence[Item], owes: bool) -> Iterator[Step]:
    if owes:
        yield _step("tell_owed", case_id)
    yield _step(FORMAL, case_id)


def _ordered(steps: Iterable[Step], before: Sequence[str]) -> Iterator[Step]:
    earlier = [*before]
    for step in steps:
        yield replace(step, after=tuple(earlier))
        earlier.append(step.id)


def _step(action: Action, subject: str) -> Step:
    return Step(f"{action}:{subject}", action, PERFORMERS.get(action, "system"), subject)
