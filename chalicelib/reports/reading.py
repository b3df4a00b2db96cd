"""How the records of a period are read for a report: so many at most, and all of them if they are counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from chalicelib.kernel.paging import Page, pick_page
from chalicelib.reports.periods import ReportTooLarge

T = TypeVar("T")


def no_more_than(most: int, records: Iterable[T]) -> Iterator[T]:
    """The records; `ReportTooLarge` as soon as there are more."""
    for number, record in enumerate(records):
        if number == most:
            raise ReportTooLarge(most)
        yield record


def page_of_all(records: Iterator[T], place: Callable[[T], str], limit: int, cursor: str | None) -> Page[T]:
    """One page of what comes in falling order of `place`; all of it is read, as whoever counts it needs."""
    picked = pick_page(records, place, limit, cursor)
    deque(records, maxlen=0)
    return picked
