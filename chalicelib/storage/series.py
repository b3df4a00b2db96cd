"""Gapless numbers: the next one of a series is taken in the transaction that uses it (invariant 2)."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.storage.table import Row, key, load


class CounterRow(Row, discriminator="counter"):
    """The last number given out in a series."""

    last = NumberAttribute()


class NumberRow(Row, discriminator="number"):
    """Proof that a number is used, and by what: a second use cannot commit."""

    subject = UnicodeAttribute()


def take_numbers(series: str, subjects: Sequence[str]) -> tuple[list[int], list[Row]]:
    """The next numbers of a series, one for each subject, and the rows that take them.

    The rows are saved with what is numbered. Two takers of one number cannot both commit: the counter's
    version guards it, so the other one's transaction is `Stale` and it asks again. Nothing is reserved
    ahead, hence no gaps.
    """
    if not subjects:
        return [], []
    counter = load(CounterRow, key("SER", series), "COUNTER")
    if counter is None:
        counter = CounterRow(key("SER", series), "COUNTER", last=0)
    first = int(counter.last) + 1
    numbers = list(range(first, first + len(subjects)))
    counter.last = numbers[-1]
    used = [
        NumberRow(key("SER", series), f"NUM#{number:08d}", subject=subject)
        for number, subject in zip(numbers, subjects, strict=True)
    ]
    return numbers, [counter, *used]
