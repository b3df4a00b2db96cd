"""What an order paid for is suspended, restored and withdrawn, and nothing that others paid for (V2, V9)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chalicelib.flows.entitlements import Cause, restore, suspend, withdraw
from chalicelib.flows.quote import LARGEST_ORDER
from chalicelib.kernel.events import SYSTEM
from chalicelib.licensing import store as licensing
from chalicelib.licensing.decision import addon_status
from chalicelib.licensing.rules import amended, rotated
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Grant
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store as subscriptions
from tests.unit.flows.activating import (
    DAY,
    FIRST_END,
    NOW,
    Act,
    activated_order,
    an_item,
    bought_license,
    code,
    do,
    renewed,
    save,
    stripped,
    the_addon,
)
from tests.unit.storage.conftest import Rows

SECOND_END = FIRST_END.replace(year=2028)


def test_an_order_keeps_which_term_of_what_it_bought(rows: Rows) -> None:
    first = activated_order(1, an_item(), an_item("addon", host_item=0))
    (license_id,) = first.license_ids
    assert first.grants == (
        Grant(license_id, None, NOW, FIRST_END),
        Grant(license_id, "supplier-a", NOW, FIRST_END),
    )
    renewed(licensing.get(license_id), NOW + DAY)
    assert orders.get("ord_2").grants == (Grant(license_id, None, FIRST_END, SECOND_END),)


def test_a_suspended_order_works_again_exactly_as_before(rows: Rows) -> None:
    order = activated_order(1, an_item(), an_item("addon", host_item=0))
    (license_id,) = order.license_ids
    before = licensing.get(license_id)
    off = do(suspend, 1)
    assert (off.status, off.stage, off.suspended_at) == ("paid", "suspended", NOW)
    assert code(license_id) == "UNPAID"
    assert addon_status(the_addon(licensing.get(license_id)), NOW) == "unpaid"
    on = do(restore, 1, NOW + DAY)
    assert replace(on, version=None) == replace(order, version=None)
    assert stripped(licensing.get(license_id)) == stripped(before)


def test_doing_it_twice_changes_nothing_more(rows: Rows) -> None:
    activated_order(1, an_item())
    assert replace(do(suspend, 1), version=None) == replace(do(suspend, 1, NOW + DAY), version=None)
    assert replace(do(restore, 1), version=None) == replace(do(restore, 1), version=None)


def test_a_renewal_takes_back_only_its_own_term(rows: Rows) -> None:
    license = bought_license()
    renewed(license, NOW + DAY)
    gone = do(withdraw, 2)
    after = licensing.get(license.id)
    assert gone.status == "refunded"
    assert (after.expires_at, after.paid_until, code(license.id)) == (FIRST_END, None, "VALID")


def test_the_first_order_taken_back_leaves_a_later_one_its_whole_term(rows: Rows) -> None:
    license = bought_license()
    renewed(license, NOW + DAY)
    do(withdraw, 1, NOW + 100 * DAY)
    end = licensing.get(license.id).ends_at
    assert end == NOW + 100 * DAY + (SECOND_END - FIRST_END)
    assert code(license.id, end - DAY) == "VALID"
    do(withdraw, 2, NOW + 101 * DAY)
    assert code(license.id, NOW + 101 * DAY) == "UNPAID"


def test_an_addon_bought_later_goes_alone(rows: Rows) -> None:
    license = bought_license()
    activated_order(2, an_item("addon", license_id=license.id))
    do(withdraw, 2)
    after = licensing.get(license.id)
    assert (code(license.id), addon_status(the_addon(after), NOW)) == ("VALID", "unpaid")


def test_what_was_paid_anew_while_it_was_suspended_is_left_as_it_is(rows: Rows) -> None:
    license = bought_license()
    do(suspend, 1, NOW + DAY)
    again = renewed(license, NOW + 2 * DAY)
    assert (code(license.id, NOW + 2 * DAY), again.withheld) == ("VALID", None)
    on = do(restore, 1, NOW + 3 * DAY)
    assert stripped(licensing.get(license.id)) == stripped(again)
    # What the first order bought is used up: taking it back later takes nothing from the second.
    assert [grant.until for grant in on.grants] == [NOW + 3 * DAY]
    do(withdraw, 1, NOW + 4 * DAY)
    assert stripped(licensing.get(license.id)) == stripped(again)


def test_a_term_that_staff_has_cut_off_cannot_be_taken_back_a_second_time(rows: Rows) -> None:
    license = bought_license()
    renewed(license, NOW + DAY)
    save(*licensing.rows(amended(licensing.get(license.id), {"expires_at": FIRST_END}), NOW))
    cut = licensing.get(license.id)
    do(withdraw, 2)
    assert licensing.get(license.id) == cut
    do(withdraw, 1)
    assert code(license.id) == "UNPAID"


def test_what_staff_granted_meanwhile_is_not_taken_when_the_money_is_gone_for_good(rows: Rows) -> None:
    license = bought_license()
    do(suspend, 1)
    save(*licensing.rows(amended(licensing.get(license.id), {"paid_until": None}), NOW))
    do(withdraw, 1)
    assert code(license.id) == "VALID"


def test_a_subscription_is_suspended_resumed_and_ended(rows: Rows) -> None:
    activated_order(1, an_item("subscription"))
    for act, status, held in (
        (suspend, "suspended", frozenset()),
        (restore, "active", frozenset({"supplier-a"})),
        (suspend, "suspended", frozenset()),
        (withdraw, "ended", frozenset()),
    ):
        do(act, 1)
        (row,) = [row for row in rows() if row["kind"] == "subscription"]
        assert row["status"] == status
        assert subscriptions.held_products("cus_1", NOW) == held


def test_every_change_is_told_in_the_trail_with_its_cause(rows: Rows) -> None:
    order = activated_order(1, an_item(), an_item("subscription"))
    do(suspend, 1)
    told = [row for row in rows() if row["kind"] == "audit" and row["action"] == "tested"]
    states = {(str(row["subject"])[:3], row["before"], row["after"]) for row in told}
    assert states == {("lic", "active", "active"), ("sub", "active", "suspended")}
    assert order.license_ids[0] in {row["subject"] for row in told}


def test_an_order_suspended_before_it_was_activated_has_nothing_to_lose(rows: Rows) -> None:
    activated_order(1, an_item())
    save(orders.row(replace(orders.get("ord_1"), id="ord_7", version=None, activated_at=None, grants=())))
    do(suspend, 7)
    assert orders.get("ord_7").grants == ()
    on = do(restore, 7)
    assert on.stage == "paid"
    told = [row for row in rows() if row["kind"] == "outbox" and row["name"] == "order.restored"]
    assert [row["subject"] for row in told] == ["ord_7"]


@pytest.mark.parametrize("act", [suspend, withdraw])
def test_an_order_from_before_terms_were_kept_loses_all_that_is_left(rows: Rows, act: Act) -> None:
    first = activated_order(1, an_item(), an_item("addon", host_item=0))
    (license_id,) = first.license_ids
    activated_order(2, an_item("addon", product="supplier-b", license_id=license_id))
    save(orders.row(replace(orders.get("ord_1"), grants=())))
    before = licensing.get(license_id)
    do(act, 1)
    after = licensing.get(license_id)
    statuses = {addon.code: addon_status(addon, NOW) for addon in after.addons}
    assert (code(license_id), statuses) == ("UNPAID", {"supplier-a": "unpaid", "supplier-b": "active"})
    if act is suspend:
        do(restore, 1)
        assert stripped(licensing.get(license_id)) == stripped(before)


def test_a_renewal_from_before_terms_were_kept_ends_now(rows: Rows) -> None:
    license = bought_license()
    renewed(license, NOW + DAY)
    save(orders.row(replace(orders.get("ord_2"), grants=())))
    do(withdraw, 2, NOW + 2 * DAY)
    assert code(license.id, NOW + 2 * DAY) == "UNPAID"


def test_the_largest_order_is_withdrawn_at_once_with_room_for_its_books(rows: Rows) -> None:
    order = activated_order(1, an_item(quantity=LARGEST_ORDER))
    for license_id in order.license_ids:
        license = licensing.get(license_id)
        for number in range(2):
            license = rotated(license, f"{license_id}-{number}", "123456", 7, NOW)
        save(*licensing.rows(license, NOW))
    writing = Transaction()
    withdraw(order, Cause(writing, SYSTEM, NOW, "tested"))
    # Twenty more rows are enough for payment, refund, invoice, credit note, order, events and audit.
    assert len(writing._rows) == LARGEST_ORDER * 5 <= 80
    writing.commit()
    copies = [json.loads(row["standing"]) for row in rows() if row["kind"] == "license_key"]
    assert len(copies) == LARGEST_ORDER * 3
    assert all(copy["paid_until"] < copy["expires_at"] for copy in copies)
