"""How often somebody may ask: a minute's worth at once, then steadily, each name for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import TooManyRequests
from chalicelib.kernel.limits import MOST_REMEMBERED, Allowance, Limits

SECOND = 10**9
MINUTE = 60 * SECOND
RATES = st.integers(1, 120)


@dataclass
class Clock:
    """A clock that only these tests move."""

    now: int = 7 * MINUTE

    def __call__(self) -> int:
        return self.now


def _allowance(per_minute: int) -> tuple[Clock, Allowance]:
    clock = Clock()
    return clock, Allowance(per_minute, clock)


def _taken(allowance: Allowance, tries: int, name: str = "ana") -> int:
    """How many of so many tries were allowed."""
    return sum(allowance.wait(name) == 0 for _ in range(tries))


@given(RATES)
def test_a_minutes_worth_may_come_at_once_and_no_more(per_minute: int) -> None:
    _, allowance = _allowance(per_minute)
    assert _taken(allowance, per_minute + 5) == per_minute


@given(RATES, st.lists(st.integers(0, 20 * SECOND), max_size=200))
def test_no_minute_sees_two_minutes_worth(per_minute: int, pauses: list[int]) -> None:
    clock, allowance = _allowance(per_minute)
    allowed: list[int] = []
    for pause in (*[0] * per_minute, *pauses):
        clock.now += pause
        if allowance.wait("ana") == 0:
            allowed.append(clock.now)
    each = MINUTE // per_minute
    for start in allowed:
        within = [at for at in allowed if start <= at < start + MINUTE]
        # Rounding the steady pace down to nanoseconds may let one more in.
        assert len(within) <= 2 * per_minute - 1 + (MINUTE % per_minute != 0)
        assert (len(within) - per_minute) * each <= max(within) - start


@given(RATES, st.integers(0, 300), st.integers(0, MINUTE))
def test_the_wait_is_exact(per_minute: int, tries: int, pause: int) -> None:
    clock, allowance = _allowance(per_minute)
    for _ in range(tries):
        allowance.wait("ana")
    clock.now += pause
    wait = allowance.wait("ana")
    if not wait:
        return
    clock.now += wait - 1
    assert allowance.wait("ana") == 1
    clock.now += 1
    assert allowance.wait("ana") == 0


@given(RATES)
def test_asking_in_vain_costs_nothing(per_minute: int) -> None:
    clock, allowance = _allowance(per_minute)
    waits = [allowance.wait("ana") for _ in range(per_minute + 50)][per_minute:]
    assert len(set(waits)) == 1
    clock.now += MINUTE
    assert _taken(allowance, per_minute + 1) == per_minute


@given(RATES)
def test_who_keeps_the_pace_never_waits(per_minute: int) -> None:
    clock, allowance = _allowance(per_minute)
    _taken(allowance, per_minute)
    for _ in range(3 * per_minute):
        clock.now += MINUTE // per_minute
        assert allowance.wait("ana") == 0


def test_one_who_asks_too_often_keeps_nobody_else_waiting() -> None:
    _, allowance = _allowance(2)
    assert _taken(allowance, 99) == 2
    assert _taken(allowance, 99, "rui") == 2


def test_what_is_remembered_is_bounded_and_the_longest_silent_is_forgotten_first() -> None:
    _, allowance = _allowance(1)
    assert [allowance.wait(name) for name in ("ana", "rui")] == [0, 0]
    for number in range(MOST_REMEMBERED - 2):
        allowance.wait(str(number))
    assert allowance.wait("ana")
    # One more than is remembered: of all, "rui" has been silent the longest.
    allowance.wait("one more")
    assert allowance.wait("ana")
    assert allowance.wait("rui") == 0


def _limits(keys: int, addresses: int) -> tuple[Clock, Limits]:
    clock = Clock()
    return clock, Limits(Allowance(keys, clock), Allowance(addresses, clock))


def _refused(take: Callable[[str], None], name: str) -> object:
    with pytest.raises(TooManyRequests) as refused:
        take(name)
    return refused.value.facts["retry_after"]


def test_a_key_is_limited_and_no_other_waits_for_it() -> None:
    _, limits = _limits(keys=2, addresses=99)
    for _ in range(2):
        limits.take_key("key")
    assert _refused(limits.take_key, "key") == 30
    limits.take_key("other")


def test_an_address_is_limited_and_no_other_waits_for_it() -> None:
    _, limits = _limits(keys=99, addresses=2)
    for _ in range(2):
        limits.take_address("192.0.2.1")
    assert _refused(limits.take_address, "192.0.2.1") == 30
    limits.take_address("192.0.2.2")


def test_an_address_that_is_refused_uses_up_nobodys_key() -> None:
    _, limits = _limits(keys=5, addresses=2)
    for _ in range(2):
        limits.take_address("192.0.2.1")
        limits.take_key("key")
    for _ in range(20):
        assert _refused(limits.take_address, "192.0.2.1")
    limits.take_address("192.0.2.2")
    limits.take_key("key")


@pytest.mark.parametrize("address", ["2001:db8::2", "2001:db8:0:0:ffff::1", "2001:DB8::"])
def test_of_ipv6_everybody_has_a_whole_network(address: str) -> None:
    _, limits = _limits(keys=99, addresses=1)
    limits.take_address("2001:db8::1")
    assert _refused(limits.take_address, address) == 60
    limits.take_address("2001:db8:0:1::1")


def test_what_came_without_an_address_is_one_address() -> None:
    _, limits = _limits(keys=99, addresses=1)
    limits.take_address("")
    assert _refused(limits.take_address, "") == 60


def test_after_the_seconds_that_were_told_it_is_allowed_again() -> None:
    clock, limits = _limits(keys=7, addresses=7)
    for _ in range(7):
        limits.take_key("key")
    clock.now += SECOND // 2
    assert _refused(limits.take_key, "key") == 9
    clock.now += 9 * SECOND
    limits.take_key("key")
