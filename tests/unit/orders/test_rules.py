"""An order moves along its edges only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from chalicelib.kernel.money import Money
from chalicelib.orders.rules import (
    Grant,
    Order,
    OrderItem,
    Status,
    activatable,
    activated,
    attempted,
    canceled,
    expired,
    overdue,
    paid,
    refunded,
    restored,
    suspended,
    withdrawn,
)

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ITEM = OrderItem("prestaimport", "license", "PrestaImport", 3, Money(59900, "BRL"))
ORDER = Order(
    "ord_1", "cus_1", "pending_payment", (ITEM,), ITEM.amount, "inv_1", "pay_1", ticket_ids=(), created_at=NOW
)
OTHERS = [status for status in get_args(Status) if status not in ("pending_payment", "expired")]


def test_a_line_costs_its_price_times_its_quantity() -> None:
    assert ITEM.amount == Money(179700, "BRL")


@pytest.mark.parametrize("status", get_args(Status))
def test_an_order_takes_money_until_it_is_paid_or_given_up_for_good(status: Any) -> None:
    assert replace(ORDER, status=status).takes_money == (status not in OTHERS)


@pytest.mark.parametrize("status", ["pending_payment", "expired"])
def test_an_order_that_waits_or_waited_too_long_can_be_paid(status: Any) -> None:
    order = replace(ORDER, status=status)
    after = paid(order, order.payment_id, NOW)
    assert replace(after, status=status, paid_at=None) == order
    assert (after.status, after.paid_at) == ("paid", NOW)


def test_an_order_is_overdue_from_its_instant_on_while_it_waits() -> None:
    order = replace(ORDER, expires_at=NOW)
    assert overdue(order, NOW)
    assert not overdue(order, NOW - timedelta(microseconds=1))
    assert not overdue(expired(order), NOW)
    assert not overdue(ORDER, NOW)


@pytest.mark.parametrize("status", OTHERS)
def test_no_other_order_can_be_paid(status: Any) -> None:
    with pytest.raises(ValueError, match=status):
        paid(replace(ORDER, status=status), ORDER.payment_id, NOW)


def test_a_paid_order_is_activated_once() -> None:
    after = activated(paid(ORDER, ORDER.payment_id, NOW), ("lic_1",), NOW)
    assert (after.status, after.license_ids, after.activated_at) == ("paid", ("lic_1",), NOW)
    with pytest.raises(ValueError, match="activated"):
        activated(after, ("lic_2",), NOW)


@pytest.mark.parametrize("status", [status for status in get_args(Status) if status != "paid"])
def test_no_unpaid_order_is_activated(status: Any) -> None:
    with pytest.raises(ValueError, match=status):
        activated(replace(ORDER, status=status), (), NOW)


def test_whichever_attempt_pays_is_the_one_that_counts() -> None:
    tried = attempted(attempted(ORDER, "pay_2", None), "pay_3", None)
    assert (tried.payment_id, tried.earlier_payment_ids) == ("pay_3", (ORDER.payment_id, "pay_2"))
    after = paid(tried, "pay_2", NOW)
    assert (after.payment_id, after.earlier_payment_ids) == ("pay_2", (ORDER.payment_id, "pay_3"))


def test_an_attempt_without_an_end_of_its_own_keeps_the_orders() -> None:
    by_boleto = attempted(ORDER, "pay_2", NOW)
    assert attempted(by_boleto, "pay_3", None).expires_at == NOW


@pytest.mark.parametrize("status", ["pending_payment", "expired"])
def test_an_order_that_was_not_paid_can_be_canceled(status: Any) -> None:
    assert canceled(replace(ORDER, status=status)).status == "canceled"


@pytest.mark.parametrize("status", ["paid", "canceled", "refunded"])
def test_another_order_cannot_be_canceled(status: Any) -> None:
    with pytest.raises(ValueError, match=status):
        canceled(replace(ORDER, status=status))


GRANTS = (Grant("lic_1", None, NOW, None),)


def test_a_paid_order_is_suspended_restored_and_refunded_and_its_stage_says_so() -> None:
    bought = paid(ORDER, ORDER.payment_id, NOW)
    active = activated(bought, ("lic_1",), NOW, GRANTS)
    off = suspended(active, GRANTS, NOW)
    assert (off.status, off.suspended_at) == ("paid", NOW)
    assert restored(off, GRANTS) == active
    gone = refunded(off)
    assert (gone.status, gone.suspended_at) == ("refunded", None)
    stages = [one.stage for one in (ORDER, bought, active, off, gone)]
    assert stages == ["pending_payment", "paid", "activated", "suspended", "refunded"]


@pytest.mark.parametrize("contested", [False, True])
def test_an_order_that_was_withdrawn_from_is_neither_activated_nor_contested_and_can_be_refunded(
    contested: bool,
) -> None:
    bought = paid(ORDER, ORDER.payment_id, NOW)
    before = suspended(bought, (), NOW) if contested else bought
    gone = withdrawn(before, GRANTS, NOW)
    assert (gone.status, gone.stage, gone.suspended_at) == ("paid", "withdrawn", None)
    assert (gone.withdrawn_at, gone.grants) == (NOW, GRANTS)
    assert not activatable(gone)
    with pytest.raises(ValueError, match="withdrawn"):
        activated(gone, (), NOW)
    with pytest.raises(ValueError, match="withdrawn"):
        withdrawn(gone, (), NOW)
    assert refunded(gone).stage == "refunded"


def test_nothing_unpaid_is_stopped_by_a_withdrawal() -> None:
    with pytest.raises(ValueError, match="pending_payment"):
        withdrawn(ORDER, (), NOW)


def test_a_suspended_order_is_not_activated_until_it_is_restored() -> None:
    off = suspended(paid(ORDER, ORDER.payment_id, NOW), (), NOW)
    assert not activatable(off)
    with pytest.raises(ValueError, match="suspended"):
        activated(off, (), NOW)
    assert activatable(restored(off, ()))


@pytest.mark.parametrize("status", [status for status in get_args(Status) if status != "paid"])
def test_no_unpaid_order_is_suspended_or_refunded(status: Any) -> None:
    order = replace(ORDER, status=status)
    with pytest.raises(ValueError, match=status):
        suspended(order, (), NOW)
    with pytest.raises(ValueError, match=status):
        refunded(order)
