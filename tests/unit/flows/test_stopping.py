"""What an order bought stops when its buyer withdraws, and whatever becomes of its money then (B7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.flows.activation import activate
from chalicelib.flows.entitlements import restore, stop, suspend, withdraw
from chalicelib.kernel.events import Event
from chalicelib.kernel.terms import Terms
from chalicelib.licensing import store as licensing
from chalicelib.licensing.rules import amended
from chalicelib.orders import store as orders
from chalicelib.subscriptions import store as subscriptions
from tests.unit.flows.activating import (
    DAY,
    FIRST_END,
    NOW,
    REACH,
    Act,
    activated_order,
    an_item,
    bought_license,
    code,
    do,
    renewed,
    save,
    stripped,
)
from tests.unit.storage.conftest import Rows


@pytest.mark.parametrize("later", [suspend, restore])
def test_neither_a_dispute_nor_its_end_changes_it_any_more(rows: Rows, later: Act) -> None:
    license = bought_license()
    gone = do(stop, 1)
    assert (gone.stage, gone.withdrawn_at, code(license.id)) == ("withdrawn", NOW, "UNPAID")
    before = licensing.get(license.id)
    assert replace(do(later, 1, NOW + DAY), version=None) == replace(gone, version=None)
    assert licensing.get(license.id) == before


def test_it_is_withheld_once_however_its_money_goes(rows: Rows) -> None:
    license = bought_license()
    renewed(license, NOW + DAY)
    do(suspend, 2)
    do(stop, 2)
    stopped = stripped(licensing.get(license.id))
    assert (stopped.expires_at, stopped.withheld, code(license.id)) == (FIRST_END, None, "VALID")
    assert do(withdraw, 2, NOW + 2 * DAY).status == "refunded"
    assert stripped(licensing.get(license.id)) == stopped


def test_what_staff_granted_meanwhile_is_not_taken_when_its_money_goes(rows: Rows) -> None:
    license = bought_license()
    do(stop, 1)
    save(*licensing.rows(amended(licensing.get(license.id), {"paid_until": None}), NOW))
    do(withdraw, 1)
    assert code(license.id) == "VALID"


@pytest.mark.parametrize(("act", "why"), [(stop, "withdrawn"), (withdraw, "money_given_back")])
def test_a_subscription_ends_once_and_its_end_is_told(rows: Rows, act: Act, why: str) -> None:
    activated_order(1, an_item("subscription", terms=Terms("P1Y", installments=3)))
    do(act, 1)
    (row,) = [row for row in rows() if row["kind"] == "subscription"]
    over = subscriptions.get(row["id"])
    assert (over.status, over.ended_because) == ("ended", why)
    assert [one.status for one in over.installments] == ["paid", "canceled", "canceled"]
    if act is stop:
        do(withdraw, 1)
        assert subscriptions.get(over.id) == over
    told = [row for row in rows() if row["kind"] == "outbox" and row["name"] == "subscription.ended"]
    assert [row["subject"] for row in told] == [over.id]


def test_an_order_that_is_not_activated_yet_never_is(rows: Rows) -> None:
    activated_order(1, an_item())
    save(orders.row(replace(orders.get("ord_1"), id="ord_7", version=None, activated_at=None, grants=())))
    do(stop, 7)
    before = rows()
    activate(Event("order.paid", "ord_7", NOW), REACH, NOW)
    assert rows() == before
