"""A cancellation at the same moment as a renewal, or as another one: exactly one of them wins (A1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.flows.renewal_cancellation import Door, cancel, profile_door, resume
from chalicelib.kernel.events import Actor
from chalicelib.subscriptions import store
from chalicelib.subscriptions.cancelling import PastCutoff
from chalicelib.subscriptions.rules import Subscription
from chalicelib.subscriptions.trace import Wording, from_profile
from tests.functional.subscribed import Doors, renewed, subscribe


def _traces(house: Doors) -> list[Any]:
    return [one for one in house.timeline() if one["kind"] == "crm_task"]


def _meanwhile(other: Callable[[], object]) -> Door:
    """A door through which somebody goes at whose first step something else happens."""
    left = [other]

    def words(subscription: Subscription, name: str) -> Wording:
        while left:
            left.pop()()
        return from_profile(subscription, name)

    return Door(Actor("eva", "staff"), words)


def test_a_renewal_at_the_same_moment_wins_or_loses_but_not_half(house: Doors) -> None:
    subscription = subscribe(house.world, house.customer)
    with pytest.raises(PastCutoff):
        cancel(subscription.id, _meanwhile(lambda: renewed(subscription)), house.world.now)
    after = store.get(subscription.id)
    assert (after.auto_renew, after.renewal is not None) == (True, True)
    assert (house.events(), _traces(house)) == ([], [])


def test_two_cancellations_at_the_same_moment_are_one(house: Doors) -> None:
    subscription = subscribe(house.world, house.customer)
    done = cancel(
        subscription.id, _meanwhile(lambda: house.cancel("store", subscription.id)), house.world.now
    )
    assert done.before == done.after == store.get(subscription.id)
    assert len(_traces(house)) == len(house.events()) == 1


def test_at_the_cut_off_itself_it_is_too_late(house: Doors) -> None:
    subscription = subscribe(house.world, house.customer)
    until, door = subscription.cancel_renewal_until, profile_door(Actor("eva", "staff"), lambda: "eva")
    with pytest.raises(PastCutoff):
        cancel(subscription.id, door, until)
    cancel(subscription.id, door, until - timedelta(microseconds=1))
    with pytest.raises(PastCutoff):
        resume(subscription.id, door, until)
    assert resume(subscription.id, door, until - timedelta(microseconds=1)).auto_renew
