"""A form posted to Redsys can be paid after its attempt has ended: it is asked about once more (B5, V8)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing.pauses import LINGERS
from chalicelib.kernel.clock import parse_instant
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import World

SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}
SOON = timedelta(minutes=1)


class OnPage:
    """An order whose payer is on Redsys's page; nothing that Redsys has to tell ever arrives."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.token = world.customer(**SPAIN)[1]
        self.order = steps.charged(world, self.token, LICENSE, method="redsys")
        self.id = self.order["payment"]["id"]
        steps.open_form(world, self.order["payment"])

    def replace(self, method: str = "card") -> Any:
        """He wants to pay in another way after all."""
        return steps.attempt(self.world, self.token, self.order["invoice_id"], method)

    def hear(self, provider: str) -> None:
        """What another provider has to tell arrives."""
        for event, headers in self.world.sandbox.signed_events():
            if event.provider == provider:
                path, raw = f"/v1/webhooks/{provider}", event.body.encode()
                assert self.world.http("POST", path, raw=raw, headers=headers).status == 200
        self.world.settle_down()

    def wait(self, after: timedelta) -> int:
        """Time passes and a sweep runs, with what follows; how many payments it had looked at."""
        self.world.reconcile(after)
        asked = self.world.work("settlements")
        self.world.settle_down()
        return asked

    def row(self) -> Any:
        """His attempt at Redsys as it is stored."""
        return next(row for row in self.world.rows("payment") if row["id"] == self.id)

    def shown(self) -> Any:
        """His order."""
        return steps.read(self.world, self.token, f"/v1/orders/{self.order['id']}")


@pytest.fixture
def on_page(world: World) -> OnPage:
    return OnPage(world)


def _is_due(row: Any) -> bool:
    return "gsi2pk" in row


def test_an_attempt_that_was_replaced_bears_its_end_and_gives_its_form_out_no_more(on_page: OnPage) -> None:
    on_page.replace()
    assert (on_page.row()["status"], parse_instant(on_page.row()["ended_at"])) == (
        "canceled",
        on_page.world.now,
    )
    assert steps.payment(on_page.world, on_page.token, on_page.id)["form"] is None


def test_money_that_a_replaced_attempt_took_meanwhile_pays_the_order(world: World, on_page: OnPage) -> None:
    card = on_page.replace()
    world.pay(on_page.id)
    assert on_page.shown()["status"] == "pending_payment"
    on_page.wait(LINGERS + SOON)
    shown = on_page.shown()
    assert (shown["status"], shown["payment"]["id"], len(shown["licenses"])) == ("paid", on_page.id, 1)
    assert steps.payment(world, on_page.token, card["id"])["status"] == "canceled"
    assert world.rows("task") == []
    assert steps.outstanding(world) == []


def test_money_that_came_twice_is_a_case_for_finance_and_nobody_asks_again(
    world: World, on_page: OnPage
) -> None:
    card = on_page.replace()
    world.pay(card["id"])
    on_page.hear("stripe")
    world.pay(on_page.id)
    assert on_page.shown()["payment"]["id"] == card["id"]
    assert on_page.wait(LINGERS - SOON) == 0
    assert (world.rows("task"), _is_due(on_page.row())) == ([], True)
    assert on_page.wait(2 * SOON) == 1
    assert steps.tasks(world) == [("payment_double", "finance")]
    (task,) = world.rows("task")
    assert json.loads(task["facts"])["payment_id"] == on_page.id
    assert on_page.wait(LINGERS) == 0
    assert (on_page.row()["status"], on_page.row()["held"]) == ("canceled", "double")
    assert len(world.rows("task")) == 1
    assert steps.outstanding(world) == []


def test_money_for_an_invoice_that_was_declared_void_meanwhile_is_a_case_for_finance(
    world: World, on_page: OnPage
) -> None:
    path = f"/v1/staff/invoices/{on_page.order['invoice_id']}/void"
    assert world.http("POST", path, {"reason": "a mistake"}, token=world.staff("finance")).status == 200
    world.settle_down()
    world.pay(on_page.id)
    on_page.wait(LINGERS + SOON)
    assert steps.tasks(world) == [("payment_late", "finance")]
    assert steps.outstanding(world) == []


def test_what_nobody_paid_is_asked_about_once_after_its_end_and_then_never(
    world: World, on_page: OnPage
) -> None:
    card = on_page.replace()
    world.pay(card["id"])
    on_page.hear("stripe")
    assert steps.outstanding(world) == ["payment"]
    assert on_page.wait(LINGERS + SOON) == 1
    assert parse_instant(on_page.row()["asked_at"]) == world.now
    assert steps.outstanding(world) == []
    assert [on_page.wait(LINGERS) for _ in range(3)] == [0, 0, 0]
    assert world.rows("task") == []


def test_a_card_denied_by_redsys_may_be_tried_again_on_the_same_page(world: World, on_page: OnPage) -> None:
    charge = world.sandbox._state.charges[steps.provider_id(on_page.id).partition("-")[0]]
    charge.status, charge.details["response"] = "canceled", "0190"
    on_page.wait(timedelta(minutes=31))
    assert (on_page.row()["status"], on_page.row()["failure"]) == ("failed", "closed_by_provider")
    charge.status, charge.details["response"] = "paid", "0000"
    charge.details["authorisation"], charge.paid_at = "123456", charge.created
    on_page.wait(LINGERS + SOON)
    assert on_page.shown()["status"] == "paid"
    assert steps.outstanding(world) == []


def test_the_notice_of_an_ended_attempt_when_it_does_come_leaves_nothing_to_ask(
    world: World, on_page: OnPage
) -> None:
    card = on_page.replace()
    world.pay(card["id"])
    on_page.hear("stripe")
    world.pay(on_page.id)
    on_page.hear("redsys")
    assert steps.tasks(world) == [("payment_double", "finance")]
    assert steps.outstanding(world) == []
    assert on_page.wait(LINGERS + SOON) == 0


def test_an_attempt_that_ended_before_its_form_was_made_is_not_asked_about(world: World) -> None:
    token = world.customer(**SPAIN)[1]
    order = steps.place(world, token, LICENSE, method="redsys")
    steps.attempt(world, token, order["invoice_id"], "card")
    (row,) = [one for one in world.rows("payment") if one["provider"] == "redsys"]
    assert (row["status"], "ended_at" in row, _is_due(row)) == ("canceled", True, False)
    answer = world.sandbox.answer(Request("GET", "/_sandbox/charges"))
    assert row["id"] not in {one["reference"] for one in json.loads(answer.body)["data"]}
