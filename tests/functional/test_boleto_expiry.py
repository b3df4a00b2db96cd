"""A boleto that is not paid in time: closed at the provider first, then here; money is never lost (S7)."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing.expiry import BeingCharged, expires_at
from chalicelib.billing.gateways import ProviderUnavailable
from chalicelib.flows import expiry
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.steps import ADVISORY, ERP, LICENSE
from tests.world import World

HOUR = timedelta(hours=1)


def _end(order: Any) -> datetime:
    return expires_at(date.fromisoformat(order["payment"]["due_date"]))


def _sweep(world: World, at: datetime) -> None:
    """The schedule at an instant, and all that follows from it."""
    expiry.sweep(wiring.reach(), at)
    world.settle_down()


def _states(world: World, token: str, order_id: str) -> tuple[str, str, str]:
    order = steps.read(world, token, f"/v1/orders/{order_id}")
    invoice = steps.read(world, token, f"/v1/invoices/{order['invoice_id']}")
    return order["status"], order["payment"]["status"], invoice["status"]


def _kinds(world: World) -> list[str]:
    return sorted(row["mail_kind"] for row in world.rows("mail"))


def _due(world: World) -> list[str]:
    return sorted(row["kind"] for row in world.rows() if row.get("gsi2pk", "").startswith("DUE#ORD"))


class Silent:
    """A provider that does not answer."""

    def find(self, reference: str, provider_id: str | None) -> None:
        raise ProviderUnavailable("timed out")


@pytest.mark.parametrize(
    ("due", "end"),
    [
        ("2026-11-28", "2026-12-04T03:00:00+00:00"),
        ("2026-02-16", "2026-02-24T03:00:00+00:00"),
        ("2026-12-25", "2027-01-05T03:00:00+00:00"),
        ("2026-12-31", "2027-01-08T03:00:00+00:00"),
        ("2026-04-03", "2026-04-10T03:00:00+00:00"),
    ],
)
def test_it_may_be_closed_after_the_end_of_the_third_banking_day_after_the_last_payable_one(
    due: str, end: str
) -> None:
    assert expires_at(date.fromisoformat(due)) == datetime.fromisoformat(end)


def test_an_unpaid_boleto_is_closed_everywhere_once_and_its_customer_is_told(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    assert _due(world) == ["order"]
    _sweep(world, _end(order) - timedelta(seconds=1))
    assert _states(world, token, order["id"]) == ("pending_payment", "pending", "open")
    for hours in range(3):
        _sweep(world, _end(order) + hours * HOUR)
    assert _states(world, token, order["id"]) == ("expired", "canceled", "uncollectible")
    assert _kinds(world).count("order_expired") == 1
    assert _due(world) == []
    trail = [row["subject"] for row in world.rows("audit") if row["action"] == "boleto_expired"]
    assert sorted(trail) == sorted([order["id"], order["invoice_id"], order["payment"]["id"]])


def test_after_that_the_slip_can_no_longer_be_paid(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    _sweep(world, _end(order))
    body = json.dumps({"reference": order["payment"]["id"], "wait_seconds": 0}).encode()
    assert world.sandbox.answer(Request("POST", "/_sandbox/pay", {}, {}, body)).status != 200
    assert steps.licenses(world, token) == []


def test_the_ticket_of_a_service_is_closed_with_the_reason(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, ERP)
    order = steps.charged(world, token, ADVISORY)
    _sweep(world, _end(order))
    (ticket_id,) = order["tickets"]
    ticket = steps.read(world, token, f"/v1/tickets/{ticket_id}")
    assert (ticket["status"], ticket["closed_for"]) == ("closed", "boleto_expired")


def test_money_that_the_provider_has_by_then_is_booked_though_its_webhook_was_lost(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    world.pay(order["payment"]["id"])
    _sweep(world, _end(order))
    assert _states(world, token, order["id"]) == ("paid", "paid", "paid")
    assert len(steps.licenses(world, token)) == 1
    assert "order_expired" not in _kinds(world)


def test_while_the_provider_is_silent_nothing_is_given_up(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    silent: Any = {"asaas": Silent()}
    with pytest.raises(ProviderUnavailable):
        expiry.expire(order["id"], silent, _end(order))
    assert _states(world, token, order["id"]) == ("pending_payment", "pending", "open")
    assert _due(world) == ["order"]
    _sweep(world, _end(order))
    assert _states(world, token, order["id"])[0] == "expired"


def test_money_that_arrives_even_later_revives_the_order(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, ERP)
    order = steps.charged(world, token, LICENSE, ADVISORY)
    # The customer paid, and the bank takes its time: the provider closes a slip that is on its way.
    world.pay(order["payment"]["id"])
    expired = steps.expired(order["id"], world.now)
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()
    assert expired.status == "expired"
    assert _states(world, token, order["id"]) == ("paid", "paid", "paid")
    assert len(steps.licenses(world, token)) == 1
    ticket = steps.read(world, token, f"/v1/tickets/{order['tickets'][0]}")
    assert (ticket["status"], ticket["waits_for"], ticket["closed_for"]) == (
        "waiting_customer",
        "slots",
        None,
    )


def test_a_charge_that_is_being_made_is_not_closed_under_its_workers_hands(world: World) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    steps.set_payment(order["payment"]["id"], claimed_until=_end(order) + HOUR)
    with pytest.raises(BeingCharged):
        expiry.expire(order["id"], wiring.gateways(), _end(order))


def test_an_order_that_was_never_charged_is_closed_without_a_charge(world: World) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    expiry.expire(order["id"], wiring.gateways(), _end(order))
    assert _states(world, token, order["id"]) == ("expired", "canceled", "uncollectible")
    world.settle_down()
    assert _states(world, token, order["id"]) == ("expired", "canceled", "uncollectible")


def test_an_invoice_that_was_declared_void_meanwhile_stays_void(world: World) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    steps.void_invoice(order["invoice_id"])
    expiry.expire(order["id"], wiring.gateways(), _end(order))
    assert _states(world, token, order["id"]) == ("expired", "canceled", "void")


def test_an_order_by_card_does_not_expire_like_a_slip(world: World) -> None:
    _, token = world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")
    steps.charged(world, token, LICENSE)
    assert _due(world) == []
