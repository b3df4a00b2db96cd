"""Ticks and messages of the schedule that come again, late, or not for days (B8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.functional.conftest import opened
from tests.functional.renewing import DAY, MONTHLY, Contract, subscribed
from tests.world import Keys, World


def _cutoff(contract: Contract) -> Any:
    return contract.now.cancel_renewal_until


THREE = replace(MONTHLY, period="P1Y", installments=3, cutoff_days=15)


def test_ticks_and_messages_that_come_again_change_nothing(world: World) -> None:
    contract = subscribed(world, THREE)
    contract.live(contract.now.start_of(contract.now.end + 40 * DAY))
    before = world.rows()
    for _ in range(3):
        contract.tick()
        contract.told_again()
    assert world.rows() == before


@pytest.mark.parametrize("days", [12, 40])
def test_in_the_midst_of_a_ladder_too(world: World, days: int) -> None:
    contract = subscribed(world, by="card_declined")
    contract.live(contract.now.start_of(contract.now.end - 12 * DAY + days * DAY))
    before = world.rows()
    for _ in range(2):
        contract.told_again()
    assert world.rows() == before


@pytest.mark.parametrize(("method", "by"), [("card", ""), ("card", "card_declined"), ("boleto", "")])
def test_days_of_outage_come_to_the_same(keys: Keys, jwks_url: str, method: str, by: str) -> None:
    terms = replace(MONTHLY, period="P2M", installments=2, installment_every="P50D", cutoff_days=3)
    seen = []
    for every in (None, 4 * DAY):
        with opened(keys, jwks_url) as world:
            contract = subscribed(world, terms, method=method, by=by)
            until = contract.now.start_of(contract.now.end + 40 * DAY)
            while every and world.now + every < until:
                contract.come_to(world.now + every)
            contract.live(until)
            seen.append(_outcome(contract))
    assert seen[0] == seen[1]


def _outcome(contract: Contract) -> Any:
    """How everything stands, apart from instants."""
    now = contract.now
    parts = [(one.start, one.number, one.amount, one.status, one.retries) for one in now.installments]
    kinds = sorted(row["mail_kind"] for row in contract.world.rows("mail"))
    done = sorted(contract.trail())
    return contract.state, now.start, now.end, parts, kinds, done, contract.states(), contract.tasks()
