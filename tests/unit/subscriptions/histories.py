"""Who subscribes, and what happens to him: drawn by hypothesis.

What people do, which cards are declined, which letters get lost, and when nothing ticks at all. In a world of
a thousand, each of the drawn people stands for many who began on other days and on other periods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions import changes
from chalicelib.subscriptions.rules import Subscription
from tests.unit.subscriptions.contracts import ZONES
from tests.unit.subscriptions.habits import DAY, HOUR, Habits, Letter, Mind, Paying
from tests.unit.subscriptions.time_travel import World

BEGIN = datetime(2027, 1, 1, tzinfo=UTC)
END = BEGIN + 43_800 * HOUR
PRICE = Money(10_001, "EUR")
# Most of the thousand pay by the year, as otherwise this would take minutes.
PERIODS = ("P1Y", "P1M", "P1Y", "P6M", "P1Y", "P3M", "P1Y", "P1Y")

Person = tuple[Terms, Habits]
Outage = tuple[datetime, timedelta]


def drawn_terms(**pinned: Any) -> st.SearchStrategy[Terms]:
    """Terms of any kind; their period is set later."""
    parts: dict[str, Any] = {
        "installments": st.integers(1, 4),
        "installment_every": st.sampled_from(["P1M", "P10D"]),
        "auto_renew": st.sampled_from([True, True, True, False]),
        "notice_days": st.integers(0, 40),
        "cutoff_days": st.integers(0, 20),
        "retry_days": st.sampled_from([(1, 3, 5), (), (2,), (1, 1, 1, 1)]),
        "grace_days": st.integers(0, 20),
    }
    return st.builds(Terms, st.just("P1Y"), **{**parts, **pinned})


def few(*choices: Any, most: int = 5) -> st.SearchStrategy[Any]:
    """One after another; the first is the common one."""
    common = st.sampled_from([choices[0], *choices])
    return st.lists(common, min_size=1, max_size=most).map(tuple)


BY_CARD = [Paying(), *(Paying(declines=count) for count in (1, 2, 3, 9))]
BY_SLIP = [Paying("slip", after=days * DAY) for days in (2, 4)]
NEVER = Paying("slip", after=None)
LATE = [Paying("slip", after=days * DAY) for days in (8, 20, 60)]
LETTERS = (Letter(), Letter(30 * HOUR))
LOST = Letter(fails=True)
CANCELS = [Mind(cancels=hours * HOUR) for hours in (1, 50)]
RESUMES = [Mind(cancels=50 * HOUR, resumes=30 * HOUR), Mind(cancels=400 * HOUR, resumes=390 * HOUR)]
TOO_LATE = [Mind(cancels=-1 * HOUR), Mind(cancels=50 * HOUR, resumes=50 * HOUR)]
CONTESTS = [Mind(contests=5 * DAY), Mind(contests=40 * DAY)]

ANYBODY = st.tuples(
    drawn_terms(),
    st.builds(
        Habits,
        few(*BY_CARD, *BY_SLIP, *LATE, NEVER),
        few(*LETTERS, LOST),
        few(Mind(), Mind(), *CANCELS, *RESUMES, *TOO_LATE, *CONTESTS),
    ),
)
# Nothing that these do is decided by hours: whatever is late, they are in time by days, or never.
CLEAR = st.tuples(
    drawn_terms(
        notice_days=st.just(30),
        cutoff_days=st.sampled_from([0, 10, 15]),
        retry_days=st.sampled_from([(1, 3, 5), ()]),
        grace_days=st.sampled_from([7, 15]),
    ),
    st.builds(
        Habits, few(*BY_CARD, *BY_SLIP, NEVER), few(*LETTERS, LOST), few(Mind(), *CANCELS, *RESUMES[:1])
    ),
)
OUTAGES = st.lists(
    st.tuples(
        st.integers(0, 1800).map(lambda days: BEGIN + days * DAY), st.integers(1, 130).map(HOUR.__mul__)
    ),
    max_size=12,
)
# Far enough from one another for all to be caught up in between.
CLEAR_OUTAGES = st.lists(
    st.tuples(st.integers(0, 27), st.integers(0, 20 * 24), st.integers(1, 96)),
    unique_by=lambda drawn: drawn[0],
    min_size=4,
    max_size=28,
).map(lambda drawn: [(BEGIN + at * 61 * DAY + jitter * HOUR, hours * HOUR) for at, jitter, hours in drawn])


def peopled(people: list[Person], count: int, seed: int) -> list[tuple[Subscription, Habits]]:
    """So many subscriptions of people like these, begun in the first year."""
    random = Random(seed)
    return [
        (
            _begun(f"sub-{at}", people[at % len(people)][0], at, random.randrange(365)),
            people[at % len(people)][1],
        )
        for at in range(count)
    ]


def _begun(id: str, terms: Terms, at: int, days: int) -> Subscription:
    now, zone = BEGIN + days * DAY, ZONES[at % len(ZONES)]
    terms = replace(terms, period=PERIODS[at % len(PERIODS)])
    return changes.started(id, "cus_1", "ord_1", "x", "X", PRICE, terms, local_date(now, zone), zone, now)


def lived(
    people: list[tuple[Subscription, Habits]], outages: Sequence[Outage] = (), kind: type[World] = World
) -> World:
    """Their world after five years."""
    world = kind(people, BEGIN)
    world.live(END, outages)
    return world


def outcome(world: World) -> dict[str, object]:
    """How everything stands in the end, apart from instants."""
    return {one.id: _standing(one, world) for one in world.subscriptions.values()}


def _standing(one: Subscription, world: World) -> object:
    ledger = world.ledgers[one.id]
    return {
        "state": (one.status, one.start, one.end, one.auto_renew, one.ended_because),
        "parts": sorted(
            (part.start, part.number, part.amount.minor, part.status) for part in one.installments
        ),
        "charges": sorted(charge[:3] for charge in ledger.charges),
        "periods": ledger.periods,
        "retries": ledger.retries,
        "canceled": sorted(ledger.canceled),
        "void": sorted(ledger.void),
    }
