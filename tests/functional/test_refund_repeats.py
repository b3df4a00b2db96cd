"""Refunds that are asked for twice, or raced by others: nothing is given back twice (B4, V8)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing import store as billing
from chalicelib.billing.rules import CHARGE_LEASE, Claimed
from chalicelib.flows import refunds
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.events import Actor
from chalicelib.kernel.money import Money
from chalicelib.storage.idempotency import Repeatable, Replay
from tests.functional import steps
from tests.functional.paid import REASON, Acts, Paid, failing, paid
from tests.world import World

BY = Actor("usr_1", "staff", REASON)


def test_a_repeat_is_answered_as_before_and_promises_nothing_more(world: World) -> None:
    sale = paid(world, "card")
    first = sale.ask(1000, key="k1")
    world.settle_down()
    before = world.rows()
    again = sale.ask(1000, key="k1")
    assert (again.status, again.json, again.headers["Idempotent-Replayed"]) == (201, first.json, "true")
    assert world.rows() == before
    other = sale.ask(1001, key="k1")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert sale.ask(1000, key="k2").json["id"] != first.json["id"]


def test_a_repeat_is_answered_also_when_nothing_is_left_by_then(world: World) -> None:
    sale = paid(world, "card")
    first = sale.ask(key="k1")
    world.settle_down()
    assert sale.ask(key="k1").json == first.json
    assert sale.ask().status == 409


def test_a_much_later_repeat_finds_the_refund_itself(world: World) -> None:
    sale = paid(world, "card")
    first = sale.ask(1000, key="k1")
    world.settle_down()
    steps.delete(world, world.rows("idempotency"))
    again = sale.ask(1000, key="k1")
    assert (again.status, again.json["id"], again.json["status"]) == (201, first.json["id"], "done")
    assert sale.sums == (1000, 0, 1000)


# Raced


def _request(sale: Paid, minor: int, repeatable: Repeatable | None = None, answer: Any = None) -> str:
    amount = Money(minor, sale.payment.amount.currency)
    return refunds.request(
        sale.payment_id,
        amount,
        REASON,
        BY,
        sale.world.now,
        answer=answer or (lambda made: (201, made.id)),
        repeatable=repeatable,
    ).id


def test_of_two_refunds_at_once_only_what_the_payment_holds_is_promised(world: World) -> None:
    sale = paid(world, "card")
    raced: list[str] = []

    def another_is_quicker(made: Any) -> tuple[int, str]:
        """Between reading the payment and saving it, somebody else promises most of it."""
        if not raced:
            raced.append(_request(sale, sale.total - 1000))
        return 201, made.id

    repeatable = Repeatable("usr_1", "refund", "k1", b"{}")
    with pytest.raises(Invalid, match="not valid"):
        _request(sale, 2000, repeatable, another_is_quicker)
    assert sale.sums == (sale.total - 1000, 0, 0)
    assert [row["id"] for row in world.rows("refund")] == raced


def test_the_same_refund_asked_for_twice_at_once_is_promised_once(world: World) -> None:
    sale = paid(world, "card")
    repeatable, raced = Repeatable("usr_1", "refund", "k1", b"{}"), list[bool]()

    def the_repeat_is_quicker(made: Any) -> tuple[int, str]:
        if not raced:
            raced.append(True)
            _request(sale, 1000, repeatable)
        return 201, made.id

    with pytest.raises(Replay):
        _request(sale, 1000, repeatable, the_repeat_is_quicker)
    assert sale.sums == (1000, 0, 0)
    assert len(world.rows("refund")) == 1


def test_while_one_worker_asks_no_other_does_and_no_other_refund_of_the_payment(world: World) -> None:
    sale = paid(world, "card")
    first, second = sale.ask(1000).json["id"], sale.ask(1000).json["id"]
    busy: list[str] = []

    def others_come() -> None:
        for refund_id in (first, second):
            with pytest.raises(Claimed):
                refunds.carry_out(refund_id, wiring.gateways(), world.now)
            busy.append(refund_id)

    gateway: Any = Acts(others_come)
    refunds.carry_out(first, {"stripe": gateway}, world.now)
    assert busy == [first, second]
    assert billing.refunds.get(first).status == "done"
    refunds.carry_out(second, wiring.gateways(), world.now)
    assert sale.sums == (2000, 0, 2000)


def test_a_worker_that_died_lets_another_one_in_after_its_lease(world: World) -> None:
    sale = paid(world, "card")
    refund_id = sale.ask(1000).json["id"]
    with pytest.raises(KeyboardInterrupt):
        refunds.carry_out(refund_id, failing(KeyboardInterrupt()), world.now)
    with pytest.raises(Claimed):
        refunds.carry_out(refund_id, wiring.gateways(), world.now)
    refunds.carry_out(refund_id, wiring.gateways(), world.now + CHARGE_LEASE)
    assert billing.refunds.get(refund_id).status == "done"
