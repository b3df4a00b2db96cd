"""Who cancelled renewal in a period, by whichever door, with a count for each day, or as a table (A9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from chalicelib.kernel.clock import local_date, place_in_time
from chalicelib.kernel.paging import Page
from chalicelib.reports.periods import Period
from chalicelib.reports.reading import no_more_than, page_of_all
from chalicelib.reports.sheets import csv_lines
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.trace import Trace, TraceFilter

# What can be read well within the API's time limit, and answered within Lambda's six megabytes.
MOST_TRACES = 5_000
COLUMNS = (
    *("customer_name", "user", "task", "outcome", "outcome_label", "notes", "created_at", "channel"),
    *("subscription_id", "customer_id"),
)


@dataclass(frozen=True)
class Asked:
    """The cancellations that a report is about; `ReportTooLarge` when the period has more than `most`."""

    period: Period
    wanted: TraceFilter
    most: int = MOST_TRACES


@dataclass(frozen=True)
class CancellationReport:
    """One page of traces; `per_day` counts all that was asked for, with every day of the period, in order."""

    page: Page[Trace]
    per_day: tuple[tuple[date, int], ...]


def page(asked: Asked, limit: int, cursor: str | None) -> CancellationReport:
    """One page, newest first, with the counts. `NotACursor`, `ReportTooLarge`."""
    counts: Counter[date] = Counter()
    counted = _counting(_found(asked), counts, asked.period.zone)
    picked = page_of_all(counted, lambda one: place_in_time(one.created_at, one.id), limit, cursor)
    return CancellationReport(picked, tuple((day, counts[day]) for day in asked.period.days))


def table(asked: Asked) -> str:
    """All of it as CSV, newest first. `ReportTooLarge`."""
    rows = ([getattr(trace, column) for column in COLUMNS] for trace in _found(asked))
    return "".join(csv_lines(COLUMNS, rows))


def _found(asked: Asked) -> Iterator[Trace]:
    found = subscriptions.traces.reported(asked.period.start, asked.period.end)
    return filter(asked.wanted.admits, no_more_than(asked.most, found))


def _counting(traces: Iterator[Trace], counts: Counter[date], zone: str) -> Iterator[Trace]:
    for trace in traces:
        counts[local_date(trace.created_at, zone)] += 1
        yield trace
