"""The sweep behind every fast path: it takes up what is left, of each kind, and nothing else (B5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.flows.reach import Reach
from chalicelib.flows.reconciliation import SweepIncomplete, reconcile
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World


@dataclass
class Queues:
    """Where messages go; `broken` payments cannot be put anywhere."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    broken: str = ""

    def reach(self) -> Reach:
        return replace(
            wiring.reach(),
            charges=lambda body: self._send("charges", body),
            settlements=lambda body: self._send("settlements", body),
            mails=lambda body: self._send("mails", body),
            documents=lambda body: self._send("documents", body),
        )

    def _send(self, queue: str, body: Mapping[str, str]) -> None:
        (id,) = body.values()
        if id == self.broken:
            raise ConnectionError("the queue is gone")
        self.sent.append((queue, id))


def _sweep(world: World, minutes: int, queues: Queues | None = None) -> list[tuple[str, str]]:
    queues = queues or Queues()
    reconcile(queues.reach(), world.now + timedelta(minutes=minutes))
    return queues.sent


def test_nothing_is_taken_up_while_the_fast_path_has_time(world: World) -> None:
    _, token = world.customer()
    steps.place(world, token, LICENSE)
    assert _sweep(world, 1) == []
    assert steps.outstanding(world) == ["invoice", "outbox", "payment"]


def test_an_event_that_the_stream_lost_is_delivered(world: World) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    sent = _sweep(world, 3)
    (mail,) = world.rows("mail")
    # The new mail is due at once, so the same sweep may tell of it a second time.
    wanted = {("charges", order["payment"]["id"]), ("documents", order["invoice_id"]), ("mails", mail["id"])}
    assert set(sent) == wanted
    assert [row["done_at"] for row in world.rows("outbox")]


def test_a_charge_whose_message_was_lost_is_asked_for_again(world: World) -> None:
    _, token = world.customer()
    payment_id = steps.place(world, token, LICENSE)["payment"]["id"]
    world.stream()
    steps.waiting(world, "charges")
    world.work("mails")
    world.work("documents")
    assert _sweep(world, 5) == []
    assert _sweep(world, 11) == [("charges", payment_id)]


def test_a_document_whose_message_was_lost_is_asked_for_again(world: World) -> None:
    _, token = world.customer()
    invoice_id = steps.place(world, token, LICENSE)["invoice_id"]
    note_id = steps.credited(world, invoice_id, 100).id
    world.stream()
    steps.waiting(world, "documents")
    for queue in ("charges", "mails"):
        world.work(queue)
    world.settle_down()
    assert _sweep(world, 5) == []
    assert _sweep(world, 11) == [("documents", invoice_id), ("documents", note_id)]


def test_a_settlement_whose_message_was_lost_is_asked_for_again(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    world.pay(order["payment"]["id"])
    world.webhooks()
    world.stream()
    stored = {row["id"] for row in world.rows("provider_event")}
    assert _sweep(world, 5) == []
    assert set(_sweep(world, 11)) == {("settlements", id) for id in stored}


def test_a_mail_whose_message_was_lost_is_asked_for_again(world: World) -> None:
    _, token = world.customer()
    steps.place(world, token, LICENSE)
    world.stream()
    world.work("charges")
    world.stream()
    mails = {row["id"] for row in world.rows("mail")}
    assert set(_sweep(world, 1)) == {("mails", id) for id in mails}


def test_what_is_done_is_never_taken_up_again(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, LICENSE)
    before = world.rows()
    assert steps.outstanding(world) == []
    assert _sweep(world, 60 * 24 * 365) == []
    assert world.rows() == before


def test_one_failure_keeps_nothing_else_from_its_turn(world: World) -> None:
    _, token = world.customer()
    broken, sound = (steps.place(world, token, LICENSE)["payment"]["id"] for _ in range(2))
    world.stream()
    world.work("mails")
    world.work("documents")
    queues = Queues(broken=broken)
    with pytest.raises(SweepIncomplete, match=f"^{broken}: ConnectionError$"):
        _sweep(world, 11, queues)
    assert queues.sent == [("charges", sound)]
    assert steps.outstanding(world) == ["payment", "payment"]
