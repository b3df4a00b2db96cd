"""What a customer is written when a contract is not paid, ends, is rescinded or withdrawn from (A2, B7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.billing import store as billing
from chalicelib.kernel.clock import local_date
from chalicelib.orders import store as orders
from tests.functional import steps
from tests.functional.contracted import contract, withdraw
from tests.functional.contracts import (
    DAY,
    PART,
    asked_for,
    change,
    held,
    letters,
    once,
    sweep,
    sweep_to,
    tell,
)
from tests.world import World

STORE = "https://store.example.com"


def test_a_renewal_that_is_not_paid_is_told_once_with_its_days_of_grace(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token, "erp")
    after = sweep_to(world, subscription, subscription.end + DAY)
    assert after.status == "past_due"
    assert after.renewal
    tell(world, "subscription.past_due", after)
    letter = once(world, "subscription_past_due")
    (asked,) = asked_for(world)
    assert (letter["number"], letter["pay_url"]) == (asked["number"], asked["pay_url"])
    assert (letter["amount"], letter["last_day"]) == (asked["total"], (subscription.end - DAY).isoformat())
    over = after.due_at
    assert over
    last = local_date(over - timedelta(seconds=1), subscription.zone)
    assert letter["grace_day"] == last.isoformat()
    sweep(world, over)
    ended = once(world, "subscription_ended")
    assert (ended["because"], ended["last_day"]) == ("unpaid", letter["last_day"])
    assert ended["installments"] == []


def test_what_was_paid_meanwhile_is_not_told_to_be_unpaid(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token, "erp")
    after = sweep_to(world, subscription, subscription.end - DAY)
    assert after.renewal
    order = orders.get(after.renewal.order_id or "")
    change(subscription, status="past_due")
    steps.set_order(order.id, status="paid")
    tell(world, "subscription.past_due", subscription)
    steps.set_order(order.id, status="pending_payment")
    steps.pay(world, steps.payment(world, token, order.payment_id))
    tell(world, "subscription.past_due", subscription)
    assert letters(world, "subscription_past_due") == []


def test_a_renewal_whose_invoice_is_void_is_not_told_to_be_paid_online(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    renewal = sweep_to(world, subscription, subscription.end - 14 * DAY).renewal
    assert renewal
    assert renewal.order_id
    order = orders.get(renewal.order_id)
    # The slip can be paid until the period begins that it pays for, and is cleared.
    assert billing.payments.get(order.payment_id).due_date == subscription.end
    path, finance = f"/v1/staff/invoices/{order.invoice_id}/void", world.staff("finance")
    assert world.http("POST", path, {"reason": "agreed"}, token=finance).status == 200
    sweep_to(world, subscription, subscription.end + DAY)
    letter = once(world, "subscription_past_due")
    assert (letter["pay_url"], letter["store_url"]) == (None, STORE)


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"renewal_canceled_at": datetime(2026, 11, 30, tzinfo=UTC)}, "renewal_canceled"),
        ({}, "not_renewable"),
    ],
)
def test_an_end_is_told_with_its_reason_and_what_stays_owed(
    world: World, changed: dict[str, Any], because: str
) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    change(subscription, auto_renew=False, **changed)
    after = sweep_to(world, subscription, subscription.end)
    assert after.status == "ended"
    letter = once(world, "subscription_ended")
    assert (letter["because"], letter["last_day"]) == (because, (subscription.end - DAY).isoformat())
    assert [one["amount"] for one in letter["installments"]] == [PART, PART]


def test_money_that_was_given_back_ends_it_on_that_day(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    change(subscription, status="ended", ended_because="money_given_back", ended_at=world.now)
    tell(world, "subscription.ended", subscription)
    letter = once(world, "subscription_ended")
    today = local_date(world.now, subscription.zone).isoformat()
    assert (letter["because"], letter["last_day"]) == ("money_given_back", today)


def test_a_withdrawal_is_not_told_as_an_end(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    change(subscription, status="ended", ended_because="withdrawn", ended_at=world.now)
    tell(world, "subscription.ended", subscription)
    assert letters(world, "subscription_ended") + letters(world, "contract_rescinded") == []


def test_a_rescission_is_confirmed_once_when_it_is_agreed_and_not_again_at_its_day(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    first, second, third = subscription.installments
    day = subscription.start + 40 * DAY
    kept = (first, second, replace(third, status="canceled"))
    change(subscription, auto_renew=False, ends_on=day, installments=kept)
    tell(world, "subscription.rescinded", subscription, refund="123.45")
    letter = once(world, "contract_rescinded")
    assert letter["refund"] == {"amount": 12345, "currency": "BRL"}
    assert letter["effective_day"] == day.isoformat()
    assert letter["dropped"] == [{"day": third.due_on.isoformat(), "amount": PART}]
    assert letter["installments"] == [{"day": second.due_on.isoformat(), "amount": PART}]
    assert sweep_to(world, subscription, day).status == "ended"
    assert once(world, "contract_rescinded") == letter
    assert letters(world, "subscription_ended") == []


def test_a_rescission_at_once_is_confirmed_for_today(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    change(subscription, status="ended", ended_because="rescinded", ended_at=world.now, auto_renew=False)
    tell(world, "subscription.ended", subscription)
    letter = once(world, "contract_rescinded")
    assert letter["effective_day"] == local_date(world.now, subscription.zone).isoformat()
    assert letter["refund"] is None


def test_a_rescission_by_staff_tells_what_falls_away_and_what_is_given_back(world: World) -> None:
    found = contract(world, refund_unused=True)
    assert found.rescind().status == 200
    world.settle_down()
    letter = once(world, "contract_rescinded")
    assert [one["amount"] for one in letter["dropped"]] == [PART, PART]
    assert (letter["installments"], letter["refund"]) == ([], PART)
    assert letters(world, "subscription_ended") == []


def test_a_withdrawal_is_acknowledged_once_with_its_content_and_instant(world: World) -> None:
    found = contract(world)
    for _ in range(2):
        said = withdraw(world, found.token, order_id=found.order["id"])
        world.settle_down()
    letter = once(world, "withdrawal_received")
    assert (letter["number"], letter["received_at"]) == (said["id"], said["received_at"])
    assert letter["zone"] == "America/Sao_Paulo"
    assert [line["amount"] for line in letter["lines"]] == [PART]
    assert (letter["total"], letter["refund"]) == (PART, PART)
    assert letter["dropped"] == {"amount": 79800, "currency": "BRL"}
    (mail,) = [row for row in world.rows("mail") if row["mail_kind"] == "withdrawal_received"]
    assert mail["formal"] is True
    assert letters(world, "subscription_ended") + letters(world, "contract_rescinded") == []
