"""How each step of a case is performed that is the system's (C8 to C14).

Each is safe to repeat: it finds out that it was performed before, or performs it again without effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.billing import store as billing
from chalicelib.billing.gateways import Gateway
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.checklist import PAID, Action, Item, Slip, Step
from chalicelib.cancellations.notices import Notice
from chalicelib.cancellations.retention import new_prices
from chalicelib.cancellations.rules import Case
from chalicelib.flows import closing, ending, leaving_letters, rescission
from chalicelib.flows.leaving_plans import forgiven_orders
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.events import SYSTEM, Actor, Change
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.money import Money
from chalicelib.mail import store as mails
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.freezing import thawed
from chalicelib.subscriptions.rules import Subscription
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task

# Gives what is written together with the note that a step has been performed.
Write = Callable[[Transaction], None]


@dataclass(frozen=True)
class Doing:
    """One step of a case, and what it takes to perform it."""

    case: Case
    step: Step
    gateways: Mapping[str, Gateway]
    reach: Reach
    now: datetime

    @property
    def item(self) -> Item:
        """The contract that the step is about."""
        return self.case.item(self.step.subject)

    @property
    def slip(self) -> Slip:
        """The slip that the step is about."""
        return next(slip for slip in self.case.slips if slip.payment_id == self.step.subject)


@dataclass(frozen=True)
class Done:
    """A step has been performed: by which evidence, and what is written with that; the contract's end."""

    evidence: str
    write: Write | None = None
    ended_at: datetime | None = None
    refund: Money | None = None


def _end_contract(doing: Doing) -> Done:
    one = subscriptions.find(doing.step.subject)
    if one is None:
        # An order from which its customer has withdrawn: it has ended with that.
        return Done("withdrawn", ended_at=doing.case.requested_at)
    if one.status != "ended":
        actor = Actor(SYSTEM.id, SYSTEM.channel, doing.case.number)
        rescission.rescind(one.id, None, actor, doing.now, forgiven=forgiven_orders(doing.case.slips))
        one = subscriptions.get(one.id)
    return Done(f"{one.ended_because}", ended_at=one.ended_at, refund=rescission.refund_of(one))


def _cancel_slip(doing: Doing) -> Done:
    """Nobody has to pay it: it is taken back, and closed at its provider; finance is told (C8).

    Money that came in before that is for finance to give back.
    """
    slip = doing.slip
    ending.take_back(slip.order_id, doing.reach.vendor.zone, doing.now)
    closing.close(slip.payment_id, doing.gateways, doing.now)
    payment = billing.payments.get(slip.payment_id)
    if payment.held:
        # Money that came too late: finance has been told when it was held.
        return Done(PAID)
    facts = {
        **doing.case.facts,
        "payment_id": slip.payment_id,
        "invoice": slip.invoice_number,
        "amount": str(slip.amount),
        "status": payment.status,
    }
    kind = "not_owed_but_paid" if payment.came_in else "slip_canceled"
    task = new_task("finance", kind, slip.payment_id, facts, doing.now)
    return Done(PAID if payment.came_in else payment.status, lambda writing: tasks.add_once(writing, task))


def _tell_owed(doing: Doing) -> Done:
    return Done(leaving_letters.owed(doing.case, doing.reach, doing.now))


def _open_internal_task(doing: Doing) -> Done:
    item, case = doing.item, doing.case
    facts = {
        **case.facts,
        "contract_id": item.contract_id,
        "product": item.product,
        "detail": item.detail or item.name,
        "reason": _reason(case),
    }
    task = new_task("staff", "cancellation", f"{case.id}/{item.contract_id}", facts, doing.now)
    return Done(task.id, lambda writing: tasks.add_once(writing, task))


def _note_on_file(doing: Doing) -> Done:
    """A line on the customer's timeline."""
    item, case = doing.item, doing.case
    words = f"{item.product}: {item.detail or item.name}; {_reason(case)}"
    actor = Actor(SYSTEM.id, SYSTEM.channel, words)
    # A note, and no change of what it is about: the audit trail of a contract is the walk of its states.
    change = Change(case.id, case.customer_id, "cancelled", case.status, case.status, actor, doing.now)
    return Done(words, lambda writing: writing.audit(change))


def _record_notice(doing: Doing) -> Done:
    """A notice that is closed already, for the record (C9)."""
    item, case, now = doing.item, doing.case, doing.now
    notice = Notice(
        id=derived_id("ntc", case.id, item.contract_id),
        customer_id=case.customer_id,
        group="cancellation",
        products=(item.product,),
        reason=_reason(case),
        sector="system",
        description=item.detail or item.name,
        status="closed",
        created_at=now,
        created_by=case.decided_by or SYSTEM.id,
        case_id=case.id,
        closed_at=now,
        closed_by=SYSTEM.id,
    )
    return Done(notice.id, lambda writing: writing.save(cases.notices.row(notice)))


def _release_contract(doing: Doing) -> Done:
    """What was stopped by the request goes on."""
    return _changed(doing, lambda one: thawed(one, local_date(doing.now, one.zone)), "goes on")


def _change_price(doing: Doing) -> Done:
    """From the next period on it costs what was agreed."""
    price = new_prices(doing.case.accepted)[doing.step.subject]
    return _changed(doing, lambda one: replace(one, price=price), "price changed")


def _changed(doing: Doing, change: Callable[[Subscription], Subscription], words: str) -> Done:
    actor = Actor(SYSTEM.id, SYSTEM.channel, doing.case.number)

    def write(writing: Transaction) -> None:
        one = subscriptions.get(doing.step.subject)
        after = change(one)
        writing.save(subscriptions.row(after))
        writing.audit(Change(one.id, one.customer_id, words, one.status, after.status, actor, doing.now))

    return Done(words, write)


def _tell_agreed(doing: Doing) -> Done:
    return Done(leaving_letters.agreed(doing.case, doing.reach, doing.now))


def _send_formal_email(doing: Doing) -> Done | None:
    """The worker of documents draws the PDF of record and writes the letter; it counts once it has left."""
    mail = mails.find(leaving_letters.formal_id(doing.case))
    if mail is None:
        doing.reach.documents({"cancellation_id": doing.case.id})
        return None
    return Done(mail.id) if mail.status == "sent" else None


def _reason(case: Case) -> str:
    said = case.interview.account if case.interview else case.notes
    return ": ".join(part for part in (case.reason_code, said) if part) or "not told"


PERFORM: Mapping[Action, Callable[[Doing], Done | None]] = {
    "end_contract": _end_contract,
    "cancel_slip": _cancel_slip,
    "tell_owed": _tell_owed,
    "open_internal_task": _open_internal_task,
    "note_on_file": _note_on_file,
    "record_notice": _record_notice,
    "release_contract": _release_contract,
    "change_price": _change_price,
    "tell_agreed": _tell_agreed,
    "send_formal_email": _send_formal_email,
}
