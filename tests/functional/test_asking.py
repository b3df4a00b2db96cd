"""A charge of which no message ever comes is asked about; money that went back is not overlooked (B5)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing.gateways import PaymentStatus, ProviderPayment
from chalicelib.billing.pauses import ASK_EVERY, ASK_FOR
from chalicelib.flows import settlement
from chalicelib.kernel.clock import parse_instant
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import SECRETS, World

SOON = timedelta(minutes=1)


@dataclass
class Says:
    """A provider that shows every charge of ours as it is told to."""

    shown: ProviderPayment | None

    def fetch(self, provider_id: str) -> ProviderPayment | None:
        return self.shown

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        return self.shown


def _shown(world: World, status: PaymentStatus) -> ProviderPayment:
    (payment,) = world.rows("payment")
    seen = wiring.gateways()[payment["provider"]].fetch(payment["provider_id"])
    assert seen
    return replace(seen, status=status)


def _time_passes(world: World, after: timedelta) -> None:
    world.reconcile(after)
    world.settle_down()


@pytest.mark.parametrize("method", ["boleto", "card"])
def test_a_payment_whose_webhook_never_comes_is_found_by_asking(world: World, method: str) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE, method=method)
    world.pay(order["payment"]["id"])
    _time_passes(world, ASK_EVERY + SOON)
    order = steps.read(world, token, f"/v1/orders/{order['id']}")
    assert (order["status"], order["payment"]["status"]) == ("paid", "paid")
    assert len(order["licenses"]) == 1
    assert steps.outstanding(world) == []
    # The webhooks, when they come after all, change nothing more.
    world.webhooks()
    world.settle_down()
    assert len(world.rows("license")) == 1
    assert steps.tasks(world) == []


def test_an_unpaid_charge_is_asked_about_again_and_again_and_then_left_alone(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    for _ in range(3):
        _time_passes(world, ASK_EVERY + SOON)
        (payment,) = world.rows("payment")
        assert (payment["status"], parse_instant(payment["asked_at"])) == ("pending", world.now)
    _time_passes(world, ASK_FOR)
    assert steps.outstanding(world) == []
    assert steps.tasks(world) == []
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "pending_payment"


def test_a_charge_that_its_provider_closed_fails_and_finance_is_told(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    (payment,) = world.rows("payment")
    path = f"/asaas/v3/payments/{payment['provider_id']}"
    headers = {"access_token": SECRETS["asaas"]["api_key"]}
    assert world.sandbox.answer(Request("DELETE", path, {}, headers)).status == 200
    _time_passes(world, ASK_EVERY + SOON)
    order = steps.read(world, token, f"/v1/orders/{order['id']}")
    assert (order["status"], order["payment"]["status"]) == ("pending_payment", "failed")
    assert steps.tasks(world) == [("payment_failed", "finance")]
    assert steps.outstanding(world) == []


@pytest.mark.parametrize("status", ["canceled", "unknown"])
def test_money_that_cannot_be_seen_any_more_is_a_case_for_finance_and_nothing_is_undone(
    world: World, status: PaymentStatus
) -> None:
    _, token = world.customer()
    order = steps.bought(world, token, LICENSE)
    raw = json.dumps({"id": "evt_back", "event": "PAYMENT_REFUNDED", "payment": {"id": "pay_1"}}).encode()
    headers = {"asaas-access-token": SECRETS["asaas"]["webhook_token"]}
    world.http("POST", "/v1/webhooks/asaas", raw=raw, headers=headers)
    (event,) = [row for row in world.rows("provider_event") if row["name"] == "PAYMENT_REFUNDED"]
    gateway: Any = Says(_shown(world, status))
    for _ in range(2):
        settlement.settle(event["id"], {"asaas": gateway}, world.now)
    assert steps.tasks(world) == [("payment_taken_back", "finance")]
    assert steps.read(world, token, f"/v1/orders/{order['id']}")["status"] == "paid"


def test_asking_about_what_is_settled_or_gone_changes_nothing(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    gone: Any = Says(None)
    settlement.ask(order["payment"]["id"], {"asaas": gone}, world.now)
    (payment,) = world.rows("payment")
    assert (payment["status"], payment["asked_at"] > "") == ("pending", True)
    world.pay(order["payment"]["id"])
    world.webhooks()
    world.settle_down()
    before = world.rows()
    settlement.ask(order["payment"]["id"], {"asaas": gone}, world.now)
    assert world.rows() == before


def test_a_payment_bears_the_instant_at_which_its_customer_paid(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    paid_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    gateway: Any = Says(replace(_shown(world, "paid"), paid_at=paid_at))
    settlement.ask(order["payment"]["id"], {"asaas": gateway}, world.now)
    shown = steps.read(world, token, f"/v1/orders/{order['id']}")["payment"]
    assert parse_instant(shown["paid_at"]) == paid_at
