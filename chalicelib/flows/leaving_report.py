"""Why customers wanted to leave in a period, who stayed and what that is worth, by one of six groupings (C2).

A case stands in the period in which its customer asked, in the vendor's zone, whenever it was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from chalicelib.cancellations import store as cases
from chalicelib.cancellations.figures import CUSTOMER, By, Figures, Group, groups, totals
from chalicelib.kernel.events import SYSTEM
from chalicelib.kernel.money import EXPONENTS, Money
from chalicelib.reports.periods import Period
from chalicelib.reports.reading import no_more_than
from chalicelib.reports.sheets import Cell, csv_lines

# What can be read well within the API's time limit.
MOST_CASES = 5_000
CURRENCIES = sorted(EXPONENTS)
COLUMNS = (
    *("row", "value", "name", "requested", "canceled", "reverted", "undecided", "retention_rate"),
    *(f"revenue_{what}_{currency}" for currency in CURRENCIES for what in ("kept", "lost")),
)


@dataclass(frozen=True)
class Asked:
    """The cases that a report is about; `ReportTooLarge` when the period has more than `most`.

    `known_as` tells by which name people know who decided, if he is of the staff.
    """

    period: Period
    by: By
    known_as: Callable[[str], str]
    most: int = MOST_CASES


@dataclass(frozen=True)
class LeavingReport:
    """The groups, and all cases together, each counted once."""

    by: By
    groups: tuple[Group, ...]
    totals: Figures


def report(asked: Asked) -> LeavingReport:
    """The figures of a period. `ReportTooLarge`."""
    period = asked.period
    found = tuple(no_more_than(asked.most, cases.reported(period.start, period.end)))
    return LeavingReport(asked.by, tuple(_named(asked, groups(found, asked.by))), totals(found))


def table(asked: Asked) -> str:
    """The same as CSV, the totals last. `ReportTooLarge`."""
    made = report(asked)
    rows = [
        *(["group", group.value, group.name, *_cells(group.figures)] for group in made.groups),
        ["total", None, None, *_cells(made.totals)],
    ]
    return "".join(csv_lines(COLUMNS, rows))


def _named(asked: Asked, found: tuple[Group, ...]) -> Iterator[Group]:
    for group in found:
        is_somebody = asked.by == "agent" and group.value not in (None, CUSTOMER, SYSTEM.id)
        yield replace(group, name=asked.known_as(group.name)) if is_somebody else group


def _cells(figures: Figures) -> Iterator[Cell]:
    yield from (figures.requested, figures.canceled, figures.reverted, figures.undecided)
    yield figures.retention_rate
    known = {one.kept.currency: one for one in figures.revenue}
    for currency in CURRENCIES:
        of = known.get(currency)
        yield from (of.kept, of.lost) if of else (Money(0, currency),) * 2
