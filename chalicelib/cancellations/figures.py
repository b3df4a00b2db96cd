"""Why customers wanted to leave, and who stayed: cases counted by group, with a year's revenue (C2).

Pure and exact: rates have four decimals, and what a contract brings in a year is rounded to its minor unit,
so that groups add up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from chalicelib.cancellations.checklist import Item
from chalicelib.cancellations.retention import new_prices
from chalicelib.cancellations.rules import Case, Outcome
from chalicelib.kernel.money import Money
from chalicelib.kernel.periods import PATTERN

By = Literal["reason", "competitor", "product", "agent", "channel", "outcome"]
# How much of a year a unit of a period is: twelve months of it, or 365 days.
UNITS: Mapping[str, tuple[int, int]] = {"D": (365, 1), "M": (12, 1), "Y": (12, 12)}


@dataclass(frozen=True)
class Revenue:
    """What contracts of one currency bring in a year: those that go on, and what is lost of the others."""

    kept: Money
    lost: Money


@dataclass(frozen=True)
class Figures:
    """How many asked to leave, and what became of it; `revenue` is of those decided, by currency."""

    canceled: int
    reverted: int
    undecided: int
    revenue: tuple[Revenue, ...]

    @property
    def requested(self) -> int:
        """All of them."""
        return self.canceled + self.reverted + self.undecided

    @property
    def retention_rate(self) -> str | None:
        """How many of those decided stay, as `0.3333`; None of none."""
        decided = self.canceled + self.reverted
        if not decided:
            return None
        whole, rest = divmod((20_000 * self.reverted + decided) // (2 * decided), 10_000)
        return f"{whole}.{rest:04d}"


@dataclass(frozen=True)
class Group:
    """The cases that have something in common; `value` is None where nothing was said.

    `name` is how people know the value.
    """

    value: str | None
    name: str
    figures: Figures


@dataclass(frozen=True)
class _Counted:
    """What is counted of a case: what became of it, and of these contracts of it."""

    outcome: Outcome | None
    case: Case
    items: tuple[Item, ...]


@dataclass
class _Tally:
    outcomes: Counter[Outcome | None] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def add(self, counted: _Counted) -> None:
        self.outcomes[counted.outcome] += 1
        for item in counted.items if counted.outcome else ():
            kept, lost = _stake(counted.case, item)
            self.kept[kept.currency] += kept.minor
            self.lost[lost.currency] += lost.minor

    def figures(self) -> Figures:
        return Figures(
            canceled=self.outcomes["canceled"],
            reverted=self.outcomes["reverted"],
            undecided=self.outcomes[None],
            revenue=tuple(
                Revenue(Money(self.kept[currency], currency), Money(self.lost[currency], currency))
                for currency in sorted({*self.kept, *self.lost})
                if self.kept[currency] or self.lost[currency]
            ),
        )


def totals(cases: Iterable[Case]) -> Figures:
    """The figures of all cases, each counted once."""
    tally = _Tally()
    for case in cases:
        tally.add(_whole(case))
    return tally.figures()


def groups(cases: Iterable[Case], by: By) -> tuple[Group, ...]:
    """The groups that there are, the one most asked for first.

    By product, every product of a case counts, as what became of it and with its own revenue. Products of
    others are the same whatever their capitals, and named as was first written.
    """
    tallies: dict[str | None, _Tally] = {}
    names: dict[str | None, str] = {}
    for case in sorted(cases, key=lambda one: (one.requested_at, one.id)):
        for value, name, counted in GROUPED[by](case):
            names.setdefault(value, name)
            tallies.setdefault(value, _Tally()).add(counted)
    found = (Group(value, names[value], tally.figures()) for value, tally in tallies.items())
    return tuple(sorted(found, key=lambda one: (-one.figures.requested, one.value is None, one.value or "")))


def a_year(price: Money, period: str | None) -> Money:
    """What a price for each period comes to in a year; nothing of what was bought once."""
    if period is None:
        return Money(0, price.currency)
    match = re.fullmatch(PATTERN, period)
    if match is None:
        raise ValueError(f"not a period: {period!r}")
    year, unit = UNITS[match[2]]
    length = int(match[1]) * unit
    return Money((2 * price.minor * year + length) // (2 * length), price.currency)


def _stake(case: Case, item: Item) -> tuple[Money, Money]:
    """What goes on of a contract's revenue of a year, and what is lost of it, once its case is decided."""
    before = a_year(item.price, item.period)
    nothing = Money(0, before.currency)
    if item not in case.kept:
        return nothing, before
    after = a_year(new_prices(case.accepted).get(item.contract_id, item.price), item.period)
    if after.currency != before.currency:
        return after, before
    return after, Money(max(0, before.minor - after.minor), before.currency)


_Grouped = Iterator[tuple[str | None, str, _Counted]]
NONE, CUSTOMER = "none", "customer"


def _whole(case: Case) -> _Counted:
    return _Counted(case.outcome, case, case.items)


def _one_by(value_of: Callable[[Case], str | None]) -> Callable[[Case], _Grouped]:
    def grouped(case: Case) -> _Grouped:
        value = value_of(case)
        yield value, value or NONE, _whole(case)

    return grouped


def _by_competitor(case: Case) -> _Grouped:
    told = case.interview.other_product if case.interview else None
    said = (told or "").strip()
    yield said.casefold() or None, said or NONE, _whole(case)


def _agent(case: Case) -> str | None:
    """Who decided; whoever withdraws does so himself, and is not told from others who do."""
    return CUSTOMER if case.decided_by == case.customer_id else case.decided_by


def _by_product(case: Case) -> _Grouped:
    for product in dict.fromkeys(item.product for item in case.items):
        items = tuple(item for item in case.items if item.product == product)
        ends = any(item in case.left for item in items)
        outcome: Outcome = "canceled" if ends else "reverted"
        yield product, items[0].name, _Counted(case.outcome and outcome, case, items)


GROUPED: Mapping[By, Callable[[Case], _Grouped]] = {
    "reason": _one_by(lambda case: case.reason_code),
    "competitor": _by_competitor,
    "product": _by_product,
    "agent": _one_by(_agent),
    "channel": _one_by(lambda case: case.channel),
    "outcome": _one_by(lambda case: case.outcome or "undecided"),
}
