"""A withdrawal has a case of its own, which nobody has to decide about (B7, C14)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.cancellations import store as cases
from chalicelib.cancellations.rules import Case
from tests.functional import steps
from tests.functional.contracted import contract, withdraw
from tests.functional.leaving import EVA, Leaver, unfinished
from tests.functional.steps import LICENSE, MULTIPACK
from tests.world import World


def _case(world: World) -> Case:
    (row,) = world.rows("cancellation")
    return cases.get(row["id"])


def _formal(world: World) -> list[str]:
    return [row["subject"] for row in world.rows("mail") if row["mail_kind"] == "cancellation_confirmed"]


def test_a_subscription_that_was_paid_ends_in_the_one_formal_email(world: World) -> None:
    held = contract(world)
    said = withdraw(world, held.token, subscription_id=held.id, statement="No longer")
    world.settle_down()
    case = _case(world)
    assert (case.channel, case.status, case.notes) == ("withdrawal", "closed", "No longer")
    assert [item.contract_id for item in case.items] == [held.id]
    assert [*unfinished(case)] == []
    assert _formal(world) == [case.id]
    assert said["received_at"]


@pytest.mark.parametrize("items", [[LICENSE], [MULTIPACK]])
def test_what_was_not_paid_is_closed_at_its_provider_and_finance_told(
    world: World, items: list[dict[str, Any]]
) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, *items)
    withdraw(world, token, order_id=order["id"])
    world.settle_down()
    case = _case(world)
    assert (case.status, [*unfinished(case)]) == ("closed", [])
    assert [slip.payment_id for slip in case.slips] == [order["payment"]["id"]]
    assert ("slip_canceled", "finance") in steps.tasks(world)
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["payment"]["status"] == "canceled"


def test_an_instalment_that_was_asked_for_is_taken_back_with_the_contract(world: World) -> None:
    held = contract(world)
    held.moved(45)
    order = held.charged()
    held.moved(-45)
    withdraw(world, held.token, subscription_id=held.id)
    world.settle_down()
    assert [slip.order_id for slip in _case(world).slips] == [order["id"]]
    assert _case(world).status == "closed"


def test_who_had_asked_to_leave_before_has_one_case_and_one_email(world: World) -> None:
    held = contract(world)
    ana = Leaver(world, held.stored.customer_id, held.token)
    asked = ana.asks(held.stored, channel="card")
    withdraw(world, held.token, subscription_id=held.id)
    world.settle_down()
    case = _case(world)
    assert (case.id, case.status, case.outcome, case.decided_by) == (
        asked.id,
        "closed",
        "canceled",
        held.stored.customer_id,
    )
    assert case.opened_by == EVA.id
    assert _formal(world) == [case.id]


def test_a_case_about_something_else_as_well_is_left_to_be_decided(world: World) -> None:
    held = contract(world)
    ana = Leaver(world, held.stored.customer_id, held.token)
    asked = ana.asks(held.stored, ana.holds("erp"), channel="card")
    withdraw(world, held.token, subscription_id=held.id)
    world.settle_down()
    assert _case(world).status == "open"
    ana.decided(asked)
    assert ana.carried_out(asked).status == "closed"
    assert _formal(world) == [asked.id]
