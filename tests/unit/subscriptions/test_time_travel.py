"""Five years of hourly ticks: every period is invoiced once, or there is a reason why not (A1, A2, B8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions import changes
from chalicelib.subscriptions.installments import Installment
from chalicelib.subscriptions.rules import Subscription
from tests.unit.subscriptions.findings import wrong
from tests.unit.subscriptions.habits import DAY, HOUR, Habits, Letter, Mind, Paying
from tests.unit.subscriptions.histories import (
    ANYBODY,
    BEGIN,
    CLEAR,
    CLEAR_OUTAGES,
    OUTAGES,
    Outage,
    Person,
    lived,
    outcome,
    peopled,
)
from tests.unit.subscriptions.time_travel import World


@settings(max_examples=3)
@given(st.lists(ANYBODY, min_size=10, max_size=16), st.integers(0, 10**6), OUTAGES)
def test_five_years_of_a_thousand_subscriptions(
    people: list[Person], seed: int, outages: list[Outage]
) -> None:
    world = lived(peopled(people, 1_000, seed), outages)
    assert wrong(world) == []
    assert world.ticks == 43_800
    # Each look has found something to do, and the index nothing but what is due.
    assert 0 < world.looked <= world.done


@settings(max_examples=25)
@given(st.lists(ANYBODY, min_size=1, max_size=20), st.integers(0, 10**6), OUTAGES)
def test_five_years_of_twenty_people(people: list[Person], seed: int, outages: list[Outage]) -> None:
    assert wrong(lived(peopled(people, 20, seed), outages)) == []


@settings(max_examples=15)
@given(st.lists(CLEAR, min_size=5, max_size=20), st.integers(0, 10**6), CLEAR_OUTAGES)
def test_days_of_outage_end_in_the_same_as_ticking_every_hour(
    people: list[Person], seed: int, outages: list[Outage]
) -> None:
    everybody = peopled(people, 40, seed)
    hourly, with_outages = lived(everybody, []), lived(everybody, outages)
    assert wrong(with_outages) == []
    assert outcome(with_outages) == outcome(hourly)


# What would be noticed


class Hasty(World):
    """It renews without a look at the notice."""

    def _look(self, before: Subscription) -> Subscription:
        return changes.looked(before, self.now, failed=False, now=self.now)


class Forgetful(World):
    """It accepts cancellations, and renews all the same."""

    def _cancel(self, id: str, end: date, at: datetime) -> None:
        super()._cancel(id, end, at)
        self.save(replace(self.subscriptions[id], auto_renew=True, renewal_canceled_at=None))


class Drifting(World):
    """It counts each period from the one before."""

    def _charge(self, before: Subscription, one: Installment) -> Subscription:
        charged = super()._charge(before, one)
        return replace(charged, anchor=before.start, number=1)


class Doubling(World):
    """It asks for a renewal without a note of that."""

    def _charge(self, before: Subscription, one: Installment) -> Subscription:
        twice = self.ledgers[before.id].charges
        charged = super()._charge(before, one)
        twice.append(twice[-1])
        return charged


class Careless(World):
    """It gives up instalments that are owed when a subscription renews."""

    def _charge(self, before: Subscription, one: Installment) -> Subscription:
        renews = one.start == before.end
        return changes.without(super()._charge(before, one), lambda part: renews and part.start < before.end)


class Sleepless(World):
    """It looks at everything at every tick."""

    def tick(self) -> set[str]:
        super().tick()
        return set(self.subscriptions)


NOBODY_SPECIAL = (
    Terms("P1Y", cutoff_days=40, notice_days=60, installments=3, installment_every="P6M"),
    Habits(),
)
CHANGES_HIS_MIND = (Terms("P1Y"), Habits(minds=(Mind(cancels=5 * DAY),)))
UNREACHABLE = (Terms("P1Y", cutoff_days=20), Habits(letters=(Letter(fails=True),)))


@pytest.mark.parametrize(
    ("flaw", "person", "found"),
    [
        (Hasty, UNREACHABLE, "every_renewal_was_announced_fifteen_days_before"),
        (Forgetful, CHANGES_HIS_MIND, "nothing_is_charged_after_a_cancellation"),
        (Drifting, NOBODY_SPECIAL, "every_period_follows_the_calendar"),
        (Doubling, NOBODY_SPECIAL, "every_part_is_invoiced_once_or_for_a_reason_not"),
        (Careless, NOBODY_SPECIAL, "every_part_is_invoiced_once_or_for_a_reason_not"),
    ],
)
def test_a_flaw_would_be_noticed(flaw: type[World], person: Person, found: str) -> None:
    people = peopled([person], 8, 1)
    assert wrong(lived(people)) == []
    assert found in str(wrong(lived(people, kind=flaw)))


def test_looking_at_what_is_not_due_would_be_noticed() -> None:
    with pytest.raises(AssertionError, match="due were"):
        lived(peopled([NOBODY_SPECIAL], 8, 1), kind=Sleepless)


class Impatient(World):
    """It gives whoever was asked late no more time for that."""

    def save(self, subscription: Subscription) -> None:
        parts = tuple(replace(one, late_days=0) for one in subscription.installments)
        super().save(replace(subscription, installments=parts))


def test_taking_an_outage_out_on_customers_would_be_noticed() -> None:
    declined = (Terms("P1Y", cutoff_days=0, grace_days=7), Habits((Paying(declines=2),)))
    people = peopled([declined], 8, 1)
    outages = [(BEGIN + (at * 61 + 1) * DAY, 90 * HOUR) for at in range(28)]
    assert outcome(lived(people, outages)) == outcome(lived(people))
    assert outcome(lived(people, outages, Impatient)) != outcome(lived(people, kind=Impatient))
