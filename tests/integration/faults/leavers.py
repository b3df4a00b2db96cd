"""Customers who leave: a case from the request to the formal e-mail, with four boletos that are not paid.

Of a site one is late by more than the sixteen days after which it stays owed, the other by less; of a plain
contract one was asked for before its owner asked to leave, the other is of the time after that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib import wiring
from chalicelib.cancellations.answers import Answers
from chalicelib.cancellations.procedures import Attempt
from chalicelib.cancellations.refusals import CaseDecided
from chalicelib.cancellations.rules import Case, Decision, Outcome
from chalicelib.customers import store as customers
from chalicelib.customers.rules import Customer
from chalicelib.flows import leaving, leaving_outcomes, leaving_steps
from chalicelib.flows.events import cancellations
from chalicelib.flows.leaving import Leave
from chalicelib.flows.requesting import Request, open_ticket
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import Actor, Change
from chalicelib.kernel.ids import derived_id
from chalicelib.storage.idempotency import Repeatable, Replay
from chalicelib.storage.transaction import Transaction
from tests.functional.leaving import Leaver, leaver
from tests.integration.faults.cases import FORMAL, ready
from tests.integration.faults.cloud import scheduled
from tests.integration.faults.hooks import Wire
from tests.integration.faults.pasts import Heir
from tests.integration.faults.scenario import REQUESTS
from tests.integration.faults.seen import Row, Seen
from tests.world import WORKERS, World

Work = Callable[[], object]

STAFF, IT = Actor("usr_eva", "staff"), Actor("usr_leo", "staff")
GRANTED = Actor("staff", "staff", "bought on paper")
OPEN = "POST /v1/staff/cancellations"
# Days until the last day of each boleto.
SITE_SLIPS, PACK_SLIPS = (-20, -5), (2, 9)


class Leaving(Heir):
    """He calls, and his case is carried through; people perform their steps as soon as they can."""

    # What whoever decided was told.
    told: str | None = None

    def buy(self) -> None:
        """Staff takes his request down, and decides; each until it is acknowledged."""
        self.until_people_are_waited_for()
        self.rest()
        self.inspect(self)
        self.finish()

    def finish(self) -> None:
        """Time passes until nothing is outstanding any more; who was not decided about yet, is then."""
        if self.case["status"] == "in_progress":
            self.insist(self.decide)
        self.wait_for(self.quiet)
        self.provider_tells()
        self.wait_for(self.quiet)
        self.wire.armed = False
        if self.told:
            assert self.told == self.case["outcome"], f"{self.told} was told, it is {self.case['outcome']}"

    def rest(self) -> None:
        """And people do what is ready."""
        super().rest()
        while any([self.tries(self.completing(step)) for step in self.for_people()]):
            super().rest()

    def until_people_are_waited_for(self) -> None:
        """All that follows by itself."""
        for work in (self.ask, self.decide):
            self.insist(work)
            super().rest()

    def quarterly_tick(self) -> None:
        """The schedule looks after cases, too."""
        super().quarterly_tick()
        self.told_the_time(partial(cancellations, scheduled(self.world.now), None))

    def aftermath(self) -> None:
        """Everybody repeats himself, late."""
        for work in (self.ask, self.decide, *map(self.completing, self.by_people())):
            self.insist(work)
        self.provider_tells(again=True)
        self.quarterly_tick()
        self.repeat()

    def charges(self) -> list[dict[str, Any]]:
        """The charges of all boletos."""
        return self.charges_of({row["id"] for row in self.world.rows("payment")})

    # The team

    def insist(self, work: Work) -> None:
        """Somebody does something until it is acknowledged."""
        assert self.tries(work), f"no answer: {self.failures}"

    def tries(self, work: Work) -> bool:
        """The same; whether it is, in the end."""
        return any(self.invoke(work) for _ in range(REQUESTS))

    def ask(self) -> None:
        """Staff takes down what he wants to leave, once."""
        ids = tuple(sorted(row["id"] for row in self.before.seen.of("subscription")))
        leave = Leave("phone", ids, self.world.now, reason_code="price")
        open_case = partial(leaving.open_case, self.customer.id, leave, STAFF, self.world.now)
        once(lambda: open_case(answer=answer, repeatable=self.repeatable(OPEN)))

    def decide(self, outcome: Outcome = "canceled") -> None:
        """Staff says how it ends, once."""
        asked = self.repeatable(f"{OPEN}/{{id}}/outcome")
        decide = partial(leaving_outcomes.decide, self.case_id, Decision(outcome), STAFF, self.world.now)
        try:
            once(lambda: decide(answer=answer, repeatable=asked))
            self.told = outcome
        except CaseDecided as refusal:
            self.told = str(refusal.facts["outcome"])

    def completing(self, step: str) -> Work:
        """Somebody says that he has performed a step, once."""
        return partial(self.complete, step)

    def complete(self, step: str) -> None:
        """The same, at once."""
        leaving_steps.complete(self.case_id, step, Answers("seen"), IT, self.world.now)

    def call(self) -> None:
        """Staff calls him in vain."""
        tried = Attempt("phone", "no_answer", self.world.now, STAFF.id)
        leaving_outcomes.attempt(self.case_id, tried, wiring.vendor(), STAFF, answer=answer)

    def write(self) -> None:
        """He writes."""
        request = Request("support", "My site", "When is it closed?")
        asked = Repeatable(self.customer.id, "POST /v1/tickets", self.key, b"{}")
        me, vendor = Actor(self.customer.id, "store"), wiring.vendor()
        send = partial(open_ticket, self.customer.id, request, vendor, me, self.world.now)
        once(lambda: send(answer=lambda one: (201, one.id), repeatable=asked))

    @property
    def case_id(self) -> str:
        """The id of his case: it follows from the request."""
        return derived_id("can", self.repeatable(OPEN).id)

    def repeatable(self, operation: str) -> Repeatable:
        """A request of staff's."""
        return Repeatable(STAFF.id, operation, self.key, b"{}")

    # What is there

    @property
    def case(self) -> Row:
        """The row of his case."""
        (row,) = self.world.rows("cancellation")
        return row

    def for_people(self) -> list[str]:
        """The steps that somebody can perform now."""
        rows = self.world.rows("cancellation")
        return [step["id"] for row in rows for step in ready(row) if step["performer"] != "system"]

    def by_people(self) -> list[str]:
        """The steps that somebody has performed."""
        plan = json.loads(self.case["plan"])
        return [step["id"] for step in plan if step["performer"] != "system"]


def answer(case: Case) -> tuple[int, str]:
    """What a repeat of a request gets again."""
    return 200, case.id


def once(send: Callable[[], object]) -> None:
    """A request that may be one that was carried out before."""
    try:
        send()
    except Replay:
        """He has the answer that he would have had."""


def with_four_slips(world: World) -> tuple[Customer, str, Seen]:
    """A customer with a site and a plain contract, of each of which two boletos are not paid."""
    who = leaver(world)
    site = hold(who, "site", period="P1Y", installments=12)
    pack = hold(who, "multipack")
    who.asked_to_pay(who.stored(site), *SITE_SLIPS)
    who.asked_to_pay(who.stored(pack), *PACK_SLIPS)
    mails = [row["id"] for row in world.rows("mail") if row["status"] == "sent"]
    documents = world.documents()
    seen = Seen(world.rows(), mails, [], frozenset(), 0, [], documents)
    return customers.get(who.customer_id), who.token, seen


def hold(who: Leaver, product: str, **terms: Any) -> Any:
    """A contract that began so long ago that two instalments after the first one are to be paid."""
    held = who.holds(product, days=70, **terms)
    writing = Transaction()
    writing.audit(Change(held.id, held.customer_id, "granted", None, "active", GRANTED, who.world.now))
    writing.commit()
    return held


# Invocations that may run at the same instant.


def a_reversal_and_silence(run: Leaving) -> tuple[Work, Work]:
    """Staff reaches him after all, at the instant at which his silence decides."""
    work = silence(run)
    return partial(run.decide, "reverted"), work


def a_ticket_and_silence(run: Leaving) -> tuple[Work, Work]:
    """He writes at the instant at which his silence decides."""
    work = silence(run)
    return run.write, work


def two_workers_of_one_case(run: Leaving) -> tuple[Work, Work]:
    """A queue delivers one message twice, when the formal e-mail has left: both close the case."""
    writing_the_letter(run)
    run.insist(documents(run))
    (letter,) = (row["id"] for row in run.world.rows("mail") if row["mail_kind"] == FORMAL)
    run.insist(partial(WORKERS["mails"], {"mail_id": letter}, run.world.now))
    work = carrying_on(run)
    return work, work


def two_letters_of_one_case(run: Leaving) -> tuple[Work, Work]:
    """A queue delivers one message twice, after a worker had drawn the record, and died with the letter."""
    run.wire = dying_with_the_letter()
    writing_the_letter(run)
    run.invoke(documents(run))
    assert run.wire.hit
    work = documents(run)
    return work, work


def a_step_of_a_person_and_a_worker(run: Leaving) -> tuple[Work, Work]:
    """Somebody has performed a step while the schedule's worker looks at the case."""
    run.until_people_are_waited_for()
    (step,) = run.for_people()
    return run.completing(step), carrying_on(run)


def writing_the_letter(run: Leaving) -> None:
    """Everything is done, and the worker of documents has been asked for the formal e-mail."""
    run.until_people_are_waited_for()
    while steps := run.for_people():
        for step in steps:
            run.complete(step)
    run.insist(carrying_on(run))


def documents(run: Leaving) -> Work:
    """The worker of documents."""
    return partial(WORKERS["documents"], {"cancellation_id": run.case_id}, run.world.now)


def carrying_on(run: Leaving) -> Work:
    """The worker of the case."""
    body = {"cancellation_id": run.case_id, "at": rfc3339(run.world.now)}
    return partial(WORKERS["settlements"], body, run.world.now)


def silence(run: Leaving) -> Work:
    """What the schedule has done about a case whose customer does not answer, at the instant that counts."""
    run.insist(run.ask)
    for _ in range(3):
        run.insist(run.call)
    run.rest()
    run.world.now = datetime.fromisoformat(run.case["silence_at"])
    return partial(leaving_outcomes.let_silence_decide, run.case_id, run.world.now)


def dying_with_the_letter() -> Wire:
    """The process dies when it would queue the formal e-mail."""
    return Wire("crash_before", {1}, lambda call: not call.reads and FORMAL.encode() in call.body)


MEETINGS = (
    a_reversal_and_silence,
    a_ticket_and_silence,
    two_workers_of_one_case,
    two_letters_of_one_case,
    a_step_of_a_person_and_a_worker,
)
LEAVERS: Mapping[str, type[Leaving]] = {"leaving": Leaving}
