"""A value from outside: had anew after a while, and the old one kept while there is no new one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from chalicelib.kernel.refreshed import AGAIN_SECONDS, Refreshed


class NotToBeHad(Exception):
    """What these tests' source raises."""


@dataclass
class Source:
    """Gives 1, 2, 3 …, or fails; with a clock that only these tests move."""

    now: float = 1000.0
    failing: bool = False
    loads: int = 0
    # How long a load takes.
    takes: float = 0
    given: list[int] = field(default_factory=list)

    def load(self) -> int:
        self.loads += 1
        self.now += self.takes
        if self.failing:
            raise NotToBeHad()
        self.given.append(len(self.given) + 1)
        return self.given[-1]

    def clock(self) -> float:
        return self.now


def _refreshed(seconds: float = 300) -> tuple[Source, Refreshed[int]]:
    source = Source()
    return source, Refreshed(source.load, seconds, source.clock)


def test_making_it_loads_nothing() -> None:
    source, _ = _refreshed()
    assert source.loads == 0


def test_within_its_time_it_is_loaded_once() -> None:
    source, value = _refreshed()
    assert [value() for _ in range(5)] == [1] * 5
    source.now += 299.9
    assert (value(), source.loads) == (1, 1)


def test_after_its_time_it_is_loaded_again() -> None:
    source, value = _refreshed()
    assert value() == 1
    source.now += 300
    assert [value(), value()] == [2, 2]
    source.now += 300
    assert value() == 3


def test_the_first_failure_is_told_and_not_remembered() -> None:
    source, value = _refreshed()
    source.failing = True
    for _ in range(2):
        with pytest.raises(NotToBeHad):
            value()
    source.failing = False
    assert value() == 1


def test_a_later_failure_keeps_the_old_value_and_is_tried_again_soon() -> None:
    source, value = _refreshed()
    assert value() == 1
    source.failing = True
    source.now += 300
    assert [value() for _ in range(5)] == [1] * 5
    assert source.loads == 2
    source.now += AGAIN_SECONDS
    assert (value(), source.loads) == (1, 3)
    source.failing = False
    source.now += AGAIN_SECONDS
    assert value() == 2
    source.now += 299
    assert value() == 2


def test_however_long_a_failed_load_took_nobody_waits_for_another_within_a_minute() -> None:
    assert AGAIN_SECONDS == 60
    source, value = _refreshed()
    assert value() == 1
    source.failing, source.takes = True, 3 * AGAIN_SECONDS
    source.now += 300
    value()
    source.now += AGAIN_SECONDS - 1
    assert [value() for _ in range(5)] == [1] * 5
    assert source.loads == 2
    source.now += 1
    assert (value(), source.loads) == (1, 3)


def test_nothing_is_a_value_too() -> None:
    source = Source()
    value: Refreshed[None] = Refreshed(lambda: source.given.append(1), 300, source.clock)
    assert (value(), value()) == (None, None)
    assert source.given == [1]
