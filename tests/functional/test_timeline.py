"""A customer's subscriptions and timeline, as staff sees them on his profile (A3, A6, B11)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional import steps
from tests.functional.subscribed import Doors, renewed, subscribe


def _path(house: Doors, what: str = "timeline") -> str:
    return f"/v1/staff/customers/{house.customer.id}/{what}"


def _busy(house: Doors) -> list[str]:
    """A customer who cancels twice and resumes between; what the timeline then says, oldest first."""
    subscription = subscribe(house.world, house.customer)
    house.cancel("store", subscription.id, notes="caro")
    house.resume("profile", subscription.id)
    house.cancel("task", subscription.id)
    return [
        *("registered", "renewal canceled", "renovación automática"),
        *("renewal resumed", "renewal canceled", "Bajas de enero"),
    ]


def _said(entry: Any) -> str:
    return str(entry["action"] if entry["kind"] == "change" else entry["task"])


def test_changes_and_traces_stand_together_newest_first(house: Doors) -> None:
    told = _busy(house)
    timeline = house.timeline()
    # What happened in one transaction has one instant.
    assert sorted(map(_said, timeline)) == sorted(told)
    instants = [one["at"] for one in timeline]
    assert instants == sorted(instants, reverse=True)
    assert _said(timeline[-1]) == "registered"
    assert {_said(one) for one in timeline[:2]} == {"renewal canceled", "Bajas de enero"}
    assert _said(timeline[2]) == "renewal resumed"


def test_a_change_says_who_did_it_where_and_why(house: Doors) -> None:
    _busy(house)
    (first,) = [one for one in house.timeline() if one.get("reason") == "caro"]
    (subscription,) = house.world.rows("subscription")
    assert {**first, "at": ""} == {
        "kind": "change",
        "at": "",
        "subject": subscription["id"],
        "action": "renewal canceled",
        "before": "active",
        "after": "active",
        "actor": house.customer.id,
        "channel": "store",
        "reason": "caro",
    }


@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_its_pages_show_every_entry_once(house: Doors, limit: int) -> None:
    _busy(house)
    seen: list[Any] = []
    cursor = ""
    while True:
        page = steps.read(house.world, house.staff, f"{_path(house)}?limit={limit}{cursor}")
        assert len(page["data"]) <= limit
        seen += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == house.timeline()
    assert len(seen) == 6


def test_nobody_elses_doings_are_in_it(house: Doors) -> None:
    rui, _ = house.world.customer("rui@example.com", tax_id="11144477735")
    _busy(house)
    found = steps.read(house.world, house.staff, f"/v1/staff/customers/{rui.id}/timeline")["data"]
    assert [_said(one) for one in found] == ["registered"]


@pytest.mark.parametrize("what", ["timeline", "subscriptions"])
def test_an_unknown_customer_and_a_foreign_cursor_are_refused(house: Doors, what: str) -> None:
    unknown = house.world.http("GET", f"/v1/staff/customers/cus_x/{what}", token=house.staff)
    assert (unknown.status, unknown.json["code"]) == (404, "customer_not_found")
    foreign = house.world.http("GET", f"{_path(house, what)}?cursor=eyJwayI6IngifQ", token=house.staff)
    assert steps.faults(foreign) == {"/query/cursor": "cursor"}


def test_a_customers_subscriptions_are_shown_to_staff_as_to_their_owner(house: Doors) -> None:
    old = subscribe(house.world, house.customer, self_cancel=False)
    new = renewed(subscribe(house.world, house.customer))
    listed = steps.read(house.world, house.staff, _path(house, "subscriptions"))["data"]
    assert {one["id"] for one in listed} == {old.id, new.id}
    for one in listed:
        alone = steps.read(house.world, house.staff, f"/v1/staff/subscriptions/{one['id']}")
        assert alone == one
        assert one.pop("customer_id") == house.customer.id
        assert one == house.shown(one["id"])
    shown = {one["id"]: one for one in listed}
    assert [shown[one.id]["renewed"] for one in (old, new)] == [False, True]
    assert [shown[one.id]["can_self_cancel"] for one in (old, new)] == [False, True]
    (asked,) = [one for one in shown[new.id]["pending_installments"] if one["order_id"]]
    assert (asked["period_start"], asked["number"], asked["status"]) == (new.end.isoformat(), 1, "charged")
    assert [shown[old.id][name] for name in ("renewal", "ends_on", "ended_because")] == [
        "automatic",
        None,
        None,
    ]
    unknown = house.world.http("GET", "/v1/staff/subscriptions/sub_x", token=house.staff)
    assert (unknown.status, unknown.json["code"]) == (404, "subscription_not_found")
