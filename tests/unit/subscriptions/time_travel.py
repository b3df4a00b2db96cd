"""Years of hourly ticks over many subscriptions, on the product's own rules and changes.

Around them is a small world: an index of what is due, which every tick reads; orders, cards, slips and
letters that do as each customer's `Habits` say; and a ledger of what an outsider would see. What a step makes
of a subscription, the product's `changes` alone decide.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.money import Money
from chalicelib.subscriptions import changes, installments
from chalicelib.subscriptions.cancelling import (
    NotRenewable,
    PastCutoff,
    renewal_canceled,
    renewal_resumed,
)
from chalicelib.subscriptions.installments import Installment
from chalicelib.subscriptions.refusals import SubscriptionEnded
from chalicelib.subscriptions.rules import Step, Subscription, next_step
from tests.unit.subscriptions.habits import ANSWER, DAY, HOUR, Habits, Letter, Paying

T = TypeVar("T")

# For how long a slip can be paid.
SLIP_LASTS = timedelta(days=9)
# As many as the product does at once.
MOST_STEPS = 20
# After how many ticks the index is compared with a look at everything.
SAMPLED = 500


class Charge(NamedTuple):
    """An invoice, and when it was asked for."""

    start: date
    number: int
    amount: Money
    at: datetime


@dataclass
class Ledger:
    """What an outsider has seen of one subscription.

    `sent` are notices by the end that they announce, `canceled` accepted cancellations that stand, by that
    end; `returned` are orders whose money was given back, `void` those whose
    invoice was.
    """

    periods: list[tuple[date, date]] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    retries: Counter[tuple[date, int]] = field(default_factory=Counter)
    sent: dict[date, datetime] = field(default_factory=dict)
    canceled: dict[date, datetime] = field(default_factory=dict)
    returned: list[str] = field(default_factory=list)
    void: list[str] = field(default_factory=list)


Act = Callable[[datetime], None]


class World:
    """Some subscriptions with their owners' habits, the index of what is due, and what happens outside."""

    def __init__(self, people: Iterable[tuple[Subscription, Habits]], now: datetime) -> None:
        self.now = now
        self.habits: dict[str, Habits] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.ledgers: dict[str, Ledger] = {}
        self.index: list[tuple[datetime, str]] = []
        self.outside: list[tuple[datetime, int, Act]] = []
        self.stands: dict[str, datetime | None] = {}
        self.ticks = self.happened = self.looked = self.done = 0
        for subscription, habits in people:
            first, at = subscription.installments[0], subscription.created_at
            bought = Charge(first.start, first.number, first.amount, at)
            self.habits[subscription.id] = habits
            self.ledgers[subscription.id] = Ledger(charges=[bought])
            self.save(subscription)
            self._begin_period(subscription, subscription.created_at)

    # Time

    def live(self, until: datetime, outages: Iterable[tuple[datetime, timedelta]] = ()) -> None:
        """Tick every hour; in an outage nothing is looked at, though people, banks and the mail go on."""
        down = [(start, start + length) for start, length in outages]
        while self.now < until:
            self.now += HOUR
            self.ticks += 1
            self.happen()
            if not any(start <= self.now < end for start, end in down):
                due = self.due() if self.ticks % SAMPLED == 0 else None
                looked = self.tick()
                assert due in (None, looked), f"looked at {looked}, due were {due}"

    def happen(self) -> None:
        """What people, banks and the mail have done by now, each thing at its time."""
        while self.outside and self.outside[0][0] <= self.now:
            at, _, act = heapq.heappop(self.outside)
            act(at)

    def tick(self) -> set[str]:
        """Look at each subscription that is due, and at no other: these."""
        found = set()
        while self.index and self.index[0][0] <= self.now:
            due_at, id = heapq.heappop(self.index)
            # What is in the index of how it stood before is not there any more.
            if self.stands.get(id) == due_at:
                found.add(id)
        for id in found:
            self.run(id)
        self.looked += len(found)
        return found

    def due(self) -> set[str]:
        """What a look at all of them finds due."""
        due_at = {id: one.due_at for id, one in self.subscriptions.items()}
        return {id for id, at in due_at.items() if at and at <= self.now}

    def save(self, subscription: Subscription) -> None:
        """Keep it, and where it stands in the index."""
        self.subscriptions[subscription.id] = subscription
        due_at = self.stands[subscription.id] = subscription.due_at
        if due_at:
            heapq.heappush(self.index, (due_at, subscription.id))

    def later(self, at: datetime, act: Act) -> None:
        """Something happens outside at an instant."""
        self.happened += 1
        heapq.heappush(self.outside, (at, self.happened, act))

    # Steps

    def run(self, id: str) -> None:
        """Everything that is due of one subscription, which is something."""
        for number in range(MOST_STEPS):
            before = self.subscriptions[id]
            step = next_step(before)
            if step is None or step.at > self.now:
                assert number, f"{id} was looked at for nothing"
                return
            self.done += 1
            self.save(self.step(before, step))
        raise AssertionError(f"{id} does not come to rest: {self.subscriptions[id]}")

    def step(self, before: Subscription, step: Step) -> Subscription:
        """The subscription after a step; what goes out into the world is noted, or answered later."""
        match step.kind:
            case "charge" | "renew":
                return self._charge(before, step.installment or changes.next_installment(before))
            case "retry":
                return self._retry(before, step.installment)
            case "notify":
                return self._announce(before)
            case "look":
                return self._look(before)
            case "begin":
                after = changes.begun(before)
                self._begin_period(after, self.now)
                return after
            case "lapse":
                return changes.lapsed(before)
            case "end":
                assert step.why
                return self._end(changes.ended(before, step.why, self.now))

    def _charge(self, before: Subscription, one: Installment) -> Subscription:
        order_id = f"{before.id}:{one.start}:{one.number}"
        self.ledgers[before.id].charges.append(Charge(one.start, one.number, one.amount, self.now))
        how = self._paying(before.id, one)
        self._answer(order_id, how, declined=how.declines > 0)
        until = self.now + SLIP_LASTS if how.by == "slip" else None
        return changes.charged(before, one, order_id, local_date(self.now, before.zone), until)

    def _retry(self, before: Subscription, one: Installment | None) -> Subscription:
        assert one
        assert one.order_id
        self.ledgers[before.id].retries[one.start, one.number] += 1
        how = self._paying(before.id, one)
        self._answer(one.order_id, how, declined=how.declines > one.retries + 1)
        return changes.retried(before, one, self.now)

    def _announce(self, before: Subscription) -> Subscription:
        ledger, letter = self.ledgers[before.id], self._letter(before)
        # It is one letter, however often it is asked for.
        if not letter.fails:
            ledger.sent.setdefault(before.end, self.now + letter.after)
        return changes.announced(before, self.now)

    def _look(self, before: Subscription) -> Subscription:
        letter, sent_at = self._letter(before), self.ledgers[before.id].sent.get(before.end)
        left = sent_at if sent_at and sent_at <= self.now else None
        return changes.looked(before, left, failed=letter.fails, now=self.now)

    def _end(self, after: Subscription) -> Subscription:
        given_up = (one.order_id for one in after.installments if one.status == "canceled")
        self.ledgers[after.id].void += filter(None, given_up)
        return after

    # Outside

    def _answer(self, order_id: str, how: Paying, *, declined: bool) -> None:
        if declined:
            self.later(self.now + ANSWER, lambda at: self._declined(order_id, at))
        elif how.after is not None:
            self.later(self.now + how.after, lambda at: self._paid(order_id, at))

    def _declined(self, order_id: str, at: datetime) -> None:
        before = self.subscriptions[order_id.partition(":")[0]]
        one = changes.installment_of(before, order_id)
        if one and one.status == "charged":
            after = installments.declined(one, before.terms, at)
            self.save(changes.with_installment(before, one, after))

    def _paid(self, order_id: str, at: datetime) -> None:
        before = self.subscriptions[order_id.partition(":")[0]]
        one = changes.installment_of(before, order_id)
        if one is None or not one.is_owed:
            self.ledgers[before.id].returned.append(order_id)
            return
        after = changes.paid(before, one, at)
        self.save(after)
        if after.end != before.end:
            self._begin_period(after, at)

    def _begin_period(self, subscription: Subscription, at: datetime) -> None:
        self.ledgers[subscription.id].periods.append((subscription.start, subscription.end))
        mind = _of(self.habits[subscription.id].minds, subscription.number)
        agreed = subscription.start_of(subscription.end - subscription.terms.cutoff_days * DAY)
        if mind.cancels is not None:
            on = max(at + HOUR, agreed - mind.cancels)
            self.later(on, lambda at: self._cancel(subscription.id, subscription.end, at))
            if mind.resumes is not None:
                self.later(on + mind.resumes, lambda at: self._resume(subscription.id, subscription.end, at))
        if mind.contests is not None:
            self.later(at + DAY, lambda at: self._change(subscription.id, changes.suspended))
            self.later(at + DAY + mind.contests, lambda at: self._change(subscription.id, changes.resumed))

    def _cancel(self, id: str, end: date, at: datetime) -> None:
        self._change_mind(id, end, lambda one: renewal_canceled(one, at))
        if self.subscriptions[id].renewal_canceled_at == at:
            self.ledgers[id].canceled.setdefault(end, at)

    def _resume(self, id: str, end: date, at: datetime) -> None:
        self._change_mind(id, end, lambda one: renewal_resumed(one, at))
        if self.subscriptions[id].auto_renew:
            self.ledgers[id].canceled.pop(end, None)

    def _change_mind(self, id: str, end: date, change: Callable[[Subscription], Subscription]) -> None:
        """His wish, which may be too late; it is about the period that ends then."""
        if self.subscriptions[id].end == end:
            with suppress(PastCutoff, SubscriptionEnded, NotRenewable):
                self._change(id, change)

    def _change(self, id: str, change: Callable[[Subscription], Subscription]) -> None:
        self.save(change(self.subscriptions[id]))

    def _paying(self, id: str, one: Installment) -> Paying:
        return _of(self.habits[id].paying, one.start.toordinal() + one.number)

    def _letter(self, subscription: Subscription) -> Letter:
        return _of(self.habits[subscription.id].letters, subscription.number)


def _of(habits: tuple[T, ...], number: int) -> T:
    return habits[number % len(habits)]
