"""How promises were kept, counted: by month, kind and cause, and how long first answers took (R7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from chalicelib.tickets.rules import Kind
from chalicelib.tickets.sla import Clock, status

Standing = Literal["met", "breached", "running", "unanswered"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)


def standing(clock: Clock, is_over: bool, now: datetime) -> Standing:
    """How a promise stands: answered in time, answered late or late by now, open and not late, or closed
    before it was late without an answer."""
    stands = status(clock, now)
    if stands == "met" or stands == "breached":
        return stands
    return "unanswered" if is_over else "running"


@dataclass(frozen=True)
class Times:
    """How long some answers took, in whole minutes of business time; mean and median to the nearest one.

    Nine tenths of them took no longer than `p90` (the nearest rank: it is one of them).
    """

    count: int
    mean: int
    median: int
    p90: int


def times(minutes: Sequence[int]) -> Times | None:
    """The times of answers; none of no answers."""
    if not minutes:
        return None
    count, ordered = len(minutes), sorted(minutes)
    middle = (ordered[(count - 1) // 2], ordered[count // 2])
    rank = -(-9 * count // 10)
    return Times(count, _nearest(sum(ordered), count), _nearest(sum(middle), 2), ordered[rank - 1])


def _nearest(total: int, count: int) -> int:
    """The quotient to the nearest whole number; of a half, the larger one."""
    return (2 * total + count) // (2 * count)


@dataclass(frozen=True)
class Kept:
    """How the promise to one request was kept; `minutes` are those until its first answer, if there is one.

    `month` is when it was made, as `YYYY-MM`, `cause` the code of its reason.
    """

    month: str
    kind: Kind
    cause: str | None
    standing: Standing
    minutes: int | None


@dataclass(frozen=True)
class Group:
    """The requests of a month, kind and cause: how many stand how, and their first answers."""

    month: str
    kind: Kind
    cause: str | None
    counts: Mapping[Standing, int]
    first_answers: Times | None


@dataclass
class _Tally:
    counts: Counter[Standing] = field(default_factory=Counter)
    minutes: list[int] = field(default_factory=list)


def groups(all_kept: Iterable[Kept]) -> tuple[Group, ...]:
    """The groups that there are, by month, kind and cause, in order; those without a cause first."""
    tallies: dict[tuple[str, Kind, str | None], _Tally] = {}
    for one in all_kept:
        tally = tallies.setdefault((one.month, one.kind, one.cause), _Tally())
        tally.counts[one.standing] += 1
        if one.minutes is not None:
            tally.minutes.append(one.minutes)
    return tuple(
        Group(*named, {name: tally.counts[name] for name in STANDINGS}, times(tally.minutes))
        for named, tally in sorted(tallies.items(), key=lambda item: (*item[0][:2], item[0][2] or ""))
    )
