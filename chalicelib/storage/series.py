"""Gapless numbers: the next one of a series is taken in the transaction that uses it (invariant 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.storage.attributes import DateAttribute
from chalicelib.storage.keys import key
from chalicelib.storage.table import Row, load, load_all


class CounterRow(Row, discriminator="counter"):
    """The last number given out in a series, and the day it was given out for."""

    last = NumberAttribute()
    last_on = DateAttribute(null=True)


class NumberRow(Row, discriminator="number"):
    """Proof that a number is used, and by what: a second use cannot commit."""

    subject = UnicodeAttribute()


@dataclass(frozen=True)
class Taken:
    """Numbers for the subjects asked for, their day, and the rows to save with what is numbered."""

    numbers: list[int]
    on: date
    rows: list[Row]


def take_numbers(series: str, subjects: Sequence[str], on: date) -> Taken:
    """The next numbers of a series, one for each subject.

    Two takers of one number cannot both commit: the counter's version guards it, so the other one's
    transaction is `Stale` and it asks again. Nothing is reserved ahead, hence no gaps. Days never run
    backwards within a series: whoever comes late gets the day of the number before.
    """
    if not subjects:
        return Taken([], on, [])
    counter = load(CounterRow, key("SER", series), "COUNTER")
    if counter is None:
        counter = CounterRow(key("SER", series), "COUNTER", last=0)
    first = int(counter.last) + 1
    numbers = list(range(first, first + len(subjects)))
    counter.last, counter.last_on = numbers[-1], max(on, counter.last_on or on)
    used = [
        NumberRow(key("SER", series), _sort_key(number), subject=subject)
        for number, subject in zip(numbers, subjects, strict=True)
    ]
    return Taken(numbers, counter.last_on, [counter, *used])


def subjects_of(numbers: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """What used these numbers, each a series and a place in it; those that nothing used are left out."""
    asked = {(key("SER", series), _sort_key(number)): (series, number) for series, number in numbers}
    return {asked[row.pk, row.sk]: row.subject for row in load_all(NumberRow, asked)}


def _sort_key(number: int) -> str:
    return f"NUM#{number:08d}"
