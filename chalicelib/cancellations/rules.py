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
from chalicelib.cancellations.checklist import Item, Slip, Step
from chalicelib.cancellations.procedures import Attempt, Channel
from chalicelib.cancellations.refusals import CaseDecided, TooManyOffers
from chalicelib.cancellations.retention import MOST_OFFERS, Interview, Offer

Status = Literal["open", "in_progress", "waiting_customer", "executing", "closed", "reverted"]
Outcome = Literal["canceled", "reverted"]
UNDECIDED: tuple[Status, ...] = ("open", "in_progress", "waiting_customer")


@dataclass(frozen=True)
class Decision:
    """How a case ends. Of what was asked about, `keeps` are the contracts that go on if it is canceled.

    `agreed` is what the customer stays for in words, `accepted` which offers he takes.
    """

    outcome: Outcome
    reason_code: str | None = None
    keeps: tuple[str, ...] = ()
    agreed: str | None = None
    accepted: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Transfer:
    """What it takes to move a domain name; the code is forgotten as soon as it has been used (C10)."""

    contract_id: str
    registrar_id: str
    authorization_code: str | None


@dataclass(frozen=True)
class Case:
    """One request to leave; a ticket or a withdrawal may have brought it.

    `waiting_since` is since when its customer is waited for, and `silence_at` when silence decides; `look_at`
    is when its steps are looked after. `decided_by` is who said how it ends; `agreed` is what the customer
    stays for in words, `accepted` which offers. `slips` are what was unpaid then, with whether it is owed.
    `document` is the digest of the PDF of record, `letters` how often the formal e-mail was written anew.
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
    waiting_since: datetime | None = None
    silence_at: datetime | None = None
    silent_since: datetime | None = None
    interview: Interview | None = None
    offers: tuple[Offer, ...] = ()
    outcome: Outcome | None = None
    agreed: str | None = None
    accepted: tuple[Offer, ...] = ()
    decided_at: datetime | None = None
    decided_by: str | None = None
    plan: tuple[Step, ...] = ()
    slips: tuple[Slip, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    look_at: datetime | None = None
    document: str | None = None
    letters: int = 0
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
    def facts(self) -> dict[str, str]:
        """What a task says of the case that it is about."""
        return {"cancellation_id": self.id, "number": self.number, "customer_id": self.customer_id}

    @property
    def is_undecided(self) -> bool:
        """Whether it can still end either way."""
        return self.status in UNDECIDED

    @property
    def has_answered(self) -> bool:
        """Whether he has said something since he was called in vain for the last time."""
        waits = self.status == "waiting_customer" or self.silent_since is not None
        return not waits and procedures.exhausted(self.channel, self.attempts)

    def item(self, contract_id: str) -> Item:
        """The contract of this case with an id; KeyError."""
        return {item.contract_id: item for item in self.items}[contract_id]

    def with_item(self, changed: Item) -> Case:
        """The case with one of its contracts as it is now."""
        items = (changed if one.contract_id == changed.contract_id else one for one in self.items)
        return replace(self, items=tuple(items))

    @property
    def kept(self) -> tuple[Item, ...]:
        """The contracts that go on, once it is decided."""
        released = {step.subject for step in self.plan if step.action == "release_contract"}
        return tuple(item for item in self.items if item.contract_id in released)

    @property
    def left(self) -> tuple[Item, ...]:
        """The contracts that end, or have ended, once it is decided."""
        ending = {step.subject for step in self.plan if step.action == "end_contract"}
        return tuple(item for item in self.items if item.contract_id in ending)


def attempted(case: Case, attempt: Attempt, silence_at: Callable[[], datetime]) -> Case:
    """One more try to reach him; `silence_at` says until when he is waited for. `CaseDecided`.

    Reached, he is spoken to; called in vain as often as the procedure asks for, he is waited for.
    """
    check_undecided(case)
    after = replace(case, attempts=(*case.attempts, attempt))
    if attempt.result == "reached":
        return answered(after)
    if case.status == "waiting_customer":
        return after
    if procedures.exhausted(case.channel, after.attempts):
        return replace(after, status="waiting_customer", waiting_since=attempt.at, silence_at=silence_at())
    return replace(after, status="in_progress")


def answered(case: Case) -> Case:
    """He has written or spoken: he is not waited for any more. `CaseDecided`."""
    check_undecided(case)
    return replace(case, status="in_progress", waiting_since=None, silence_at=None, silent_since=None)


def letter_of(before: Case, after: Case) -> procedures.Letter | None:
    """What an attempt that was not heard has written to the customer (C3, C4)."""
    latest = after.attempts[-1]
    if latest.result == "reached":
        return None
    if latest.channel == "email":
        return "confirm_request" if after.silent_since else procedures.PROCEDURES[after.channel].letter
    began = after.status == "waiting_customer" and before.status != "waiting_customer"
    return "contact_attempted" if began else None


def fell_silent(case: Case, at: datetime) -> Case:
    """He asked in a chat or a call, and has stopped answering: he is called at once (C5). `CaseDecided`."""
    check_undecided(case)
    status: Status = "waiting_customer" if case.status == "waiting_customer" else "in_progress"
    return replace(case, status=status, silent_since=case.silent_since or at)


def interviewed(case: Case, interview: Interview) -> Case:
    """He said why, and whether something would keep him. `CaseDecided`."""
    return replace(answered(case), interview=interview, reason_code=interview.reason_code)


def offered(case: Case, offer: Offer) -> Case:
    """He is made an offer. `CaseDecided`, `TooManyOffers`."""
    check_undecided(case)
    if len(case.offers) >= MOST_OFFERS:
        raise TooManyOffers()
    return replace(case, offers=(*case.offers, offer))


def decided(
    case: Case,
    decision: Decision,
    plan: tuple[Step, ...],
    items: tuple[Item, ...],
    slips: tuple[Slip, ...],
    by: str,
    at: datetime,
) -> Case:
    """How it ends: what is planned is carried out from now on. `CaseDecided`, also for the same again."""
    check_undecided(case)
    executing = replace(
        case,
        status="executing",
        outcome=decision.outcome,
        plan=plan,
        items=items,
        slips=slips,
        reason_code=decision.reason_code or case.reason_code,
        agreed=decision.agreed,
        accepted=decision.accepted,
        decided_at=at,
        decided_by=by,
        silence_at=None,
        look_at=at,
    )
    return executing if plan else closed(executing, at)


def closed(case: Case, at: datetime) -> Case:
    """Nothing is left to be done for a case that is decided."""
    status: Status = "closed" if case.outcome == "canceled" else "reverted"
    return replace(case, status=status, closed_at=at, look_at=None)


def check_undecided(case: Case) -> None:
    """`CaseDecided` once it is decided how it ends."""
    if not case.is_undecided:
        raise CaseDecided(number=case.number, outcome=case.outcome, by=case.decided_by)
