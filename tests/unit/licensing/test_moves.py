"""Moving a licence: its owner gives a seat back and takes another, so often a year (V10, B3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import rfc3339
from chalicelib.licensing.activations import (
    MovesExhausted,
    NoFreeSeat,
    NoMovesAllowed,
    UsedOffline,
    activated,
    held_offline,
    moves_left,
    released,
    removed,
)
from chalicelib.licensing.rules import License
from chalicelib.licensing.standing import Environment, Place, found

from .made import DAY, MOMENT, NOW, UNCOUNTED, YEAR, a_license


def _activated(license: License, fingerprint: str, now: datetime = NOW) -> License:
    return activated(license, Place(fingerprint), None, now)


def _released(license: License, fingerprint: str, now: datetime = NOW) -> License:
    activation = found(license.activations, Place(fingerprint))
    assert activation
    return released(license, activation, now)


def _moved(license: License, to: str, now: datetime) -> License:
    """From the one installation it has to another."""
    return _activated(_released(license, license.activations[0].fingerprint, now), to, now)


def _on(fingerprint: str, **changed: Any) -> License:
    return _activated(a_license(**changed), fingerprint)


def _refused_from(license: License, now: datetime) -> Any:
    with pytest.raises(MovesExhausted) as refused:
        _released(license, license.activations[0].fingerprint, now)
    return refused.value.facts["from_at"]


def test_a_licence_moves_three_times_a_year_and_the_fourth_waits_for_the_first() -> None:
    license = _on("shop0.com")
    for number in range(1, 4):
        assert moves_left(license, NOW + number * DAY) == 4 - number
        license = _moved(license, f"shop{number}.com", NOW + number * DAY)
    assert moves_left(license, NOW + 4 * DAY) == 0
    again = NOW + DAY + YEAR
    assert _refused_from(license, NOW + 4 * DAY) == rfc3339(again)
    assert _refused_from(license, again - MOMENT) == rfc3339(again)
    moved = _moved(license, "shop4.com", again)
    assert _refused_from(moved, again) == rfc3339(NOW + 2 * DAY + YEAR)


@pytest.mark.parametrize("per_year", [1, 2, 5])
def test_how_often_is_the_products_to_say(per_year: int) -> None:
    license = _on("shop.com", moves_per_year=per_year)
    for number in range(per_year):
        license = _moved(license, f"shop{number}.com", NOW)
    assert _refused_from(license, NOW) == rfc3339(NOW + YEAR)


def test_where_no_moves_are_allowed_the_owner_asks() -> None:
    license = _on("shop.com", moves_per_year=0)
    assert moves_left(license, NOW) == 0
    with pytest.raises(NoMovesAllowed):
        _released(license, "shop.com")


@given(st.lists(st.integers(0, 200), max_size=15), st.integers(1, 4))
def test_no_365_days_see_more_moves_than_allowed(waits: list[int], per_year: int) -> None:
    license, now = _on("shop.com", moves_per_year=per_year), NOW
    moved: list[datetime] = []
    for number, days in enumerate(waits):
        now += timedelta(days=days)
        left = moves_left(license, now)
        try:
            license = _moved(license, f"shop{number}.com", now)
            moved.append(now)
        except MovesExhausted as refused:
            assert left == 0
            earliest = datetime.fromisoformat(str(refused.facts["from_at"]))
            assert earliest == min(moved[-per_year:]) + YEAR
        else:
            assert left > 0
    for end in moved:
        assert len([one for one in moved if end - YEAR < one <= end]) <= per_year


def test_giving_a_staging_or_local_copy_up_is_no_move() -> None:
    license = a_license(moves_per_year=0)
    for fingerprint in ("dev.shop.com", "localhost"):
        used = _activated(license, fingerprint)
        assert _released(used, fingerprint) == license


def test_who_comes_back_to_his_own_seat_has_not_moved() -> None:
    license = _on("shop.com")
    for day in range(10):
        license = _activated(_released(license, "shop.com", NOW + day * DAY), "shop.com", NOW + day * DAY)
    assert moves_left(license, NOW + 10 * DAY) == 3
    assert license.moves == ()


def test_a_seat_that_somebody_else_took_meanwhile_is_not_ones_own_any_more() -> None:
    license = _moved(_moved(_on("a.com"), "b.com", NOW), "a.com", NOW)
    assert [move.fingerprint for move in license.moves] == ["a.com", "b.com"]
    assert moves_left(license, NOW) == 1


def test_of_two_seats_given_back_only_the_one_nobody_took_can_be_had_again_for_nothing() -> None:
    license = _activated(_on("a.com", seats=2), "b.com")
    license = _released(_released(license, "a.com"), "b.com")
    license = _activated(license, "c.com")
    back = _activated(license, "b.com")
    assert [move.fingerprint for move in back.moves] == ["a.com"]
    with pytest.raises(NoFreeSeat):
        _activated(back, "a.com")


def test_coming_back_as_a_copy_takes_no_seat_and_undoes_no_move() -> None:
    license = _released(_on("shop.com"), "shop.com")
    copy = activated(license, Place("shop.com", "staging"), None, NOW)
    assert len(copy.moves) == 1
    assert _activated(copy, "other.com").moves == copy.moves


def test_an_installation_with_a_licence_file_keeps_its_seat_until_the_file_ends() -> None:
    license = _on("shop.com")
    until = NOW + 30 * DAY
    license = held_offline(license, Place("shop.com"), until)
    for now in (NOW, until - MOMENT):
        with pytest.raises(UsedOffline) as refused:
            _released(license, "shop.com", now)
        assert refused.value.facts["until"] == rfc3339(until)
        with pytest.raises(NoFreeSeat):
            _activated(license, "other.com", now)
    assert _released(license, "shop.com", until).activations == ()


def test_a_copy_with_a_licence_file_is_kept_too() -> None:
    license = _on("dev.shop.com")
    license = held_offline(license, Place("dev.shop.com"), NOW + DAY)
    with pytest.raises(UsedOffline):
        _released(license, "dev.shop.com")


@pytest.mark.parametrize("environment", UNCOUNTED)
@pytest.mark.parametrize(
    ("moves", "refusal"), [(0, NoMovesAllowed), (1, MovesExhausted)], ids=["none allowed", "used up"]
)
def test_calling_itself_a_copy_gets_an_installation_past_no_move(
    environment: Environment, moves: int, refusal: type[Exception]
) -> None:
    license = _on("shop0.com", moves_per_year=moves)
    for number in range(1, moves + 1):
        license = _moved(license, f"shop{number}.com", NOW)
    fingerprint = license.activations[0].fingerprint
    after = activated(license, Place(fingerprint, environment), None, NOW)
    assert after == license
    with pytest.raises(NoFreeSeat):
        _activated(after, "other.com")
    with pytest.raises(refusal):
        _released(after, fingerprint)


@pytest.mark.parametrize("environment", UNCOUNTED)
def test_calling_itself_a_copy_gets_an_installation_past_no_licence_file(environment: Environment) -> None:
    license = held_offline(_on("shop.com"), Place("shop.com"), NOW + 300 * DAY)
    after = activated(license, Place("shop.com", environment), None, NOW)
    with pytest.raises(UsedOffline):
        _released(after, "shop.com")
    with pytest.raises(NoFreeSeat):
        _activated(after, "other.com")


def test_an_installation_beyond_the_seats_that_leaves_has_not_moved() -> None:
    license = replace(_activated(_on("a.com", seats=2, moves_per_year=0), "b.com"), seats=1)
    after = _released(license, "b.com")
    assert [one.fingerprint for one in after.activations] == ["a.com"]
    assert after.moves == ()
    with pytest.raises(NoMovesAllowed):
        _released(license, "a.com")


def test_when_one_with_a_seat_leaves_the_next_has_it() -> None:
    license = replace(_activated(_on("a.com", seats=2), "b.com"), seats=1)
    after = _released(license, "a.com")
    assert [move.fingerprint for move in after.moves] == ["a.com"]
    with pytest.raises(NoFreeSeat):
        _activated(after, "c.com")


def test_staff_removes_an_installation_past_moves_and_files_and_it_counts_as_no_move() -> None:
    license = held_offline(_on("shop.com", moves_per_year=0), Place("shop.com"), NOW + 300 * DAY)
    after = removed(license, license.activations[0])
    assert (after.activations, after.moves) == ((), ())
    assert len(_activated(after, "other.com").activations) == 1
