"""The audit trail: every change of a state is one row, and the rows of a subject form one chain (B11)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.functional import steps
from tests.functional.steps import ADDON_A, ADVISORY, ERP, LICENSE
from tests.world import World

# An order is told to be activated while it stays paid.
SHOWN: dict[str | None, str] = {"activated": "paid"}
EDGES = {
    "order": {(None, "pending_payment"), ("pending_payment", "paid"), ("paid", "activated")},
    "invoice": {(None, "open"), ("open", "paid")},
    "payment": {(None, "requested"), ("requested", "pending"), ("pending", "paid")},
    "ticket": {(None, "open"), ("open", "waiting_customer")},
    "license": {(None, "active"), ("active", "active")},
    "subscription": {(None, "active")},
    "mail": {(None, "queued"), ("queued", "sending"), ("sending", "sent")},
}


def _chain(rows: list[Any]) -> tuple[list[tuple[str | None, str]], str | None]:
    """The changes that do not follow from any other, and the state in which those that do end.

    Several of them may bear the same instant here, so they are put in order by what they say.
    """
    left, state = [(row.get("before"), row["after"]) for row in rows], None
    while step := next((one for one in left if one[0] == state), None):
        left.remove(step)
        state = step[1]
    return left, state


def test_every_state_is_the_end_of_an_unbroken_chain_of_allowed_changes(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, ERP)
    (license_id,) = steps.bought(world, token, LICENSE, ADVISORY)["licenses"]
    steps.bought(world, token, {**ADDON_A, "license_id": license_id}, method="card")
    world.webhooks()
    world.settle_down()
    rows, trail = world.rows(), defaultdict(list)
    for row in rows:
        if row["kind"] == "audit":
            trail[row["subject"]].append(row)
    seen: dict[str, set[Any]] = defaultdict(set)
    for row in (one for one in rows if one["kind"] in EDGES):
        unexplained, state = _chain(trail[row["id"]])
        assert unexplained == []
        assert SHOWN.get(state, state) == row["status"]
        seen[row["kind"]] |= {(one.get("before"), one["after"]) for one in trail[row["id"]]}
    assert seen == EDGES


def test_a_customers_timeline_names_who_did_it_and_where(world: World) -> None:
    customer, token = world.customer()
    order = steps.bought(world, token, LICENSE)
    told = {
        (row["action"], row["actor"], row["channel"])
        for row in world.rows("audit")
        if row.get("gsi1pk") == f"CUS#{customer.id}" and row["subject"] in (customer.id, order["id"])
    }
    assert told == {
        ("registered", customer.id, "store"),
        ("order placed", customer.id, "store"),
        ("payment received", "system", "system"),
        ("order activated", "system", "system"),
    }


def test_staff_finish_a_task_once_and_the_trail_says_who(world: World) -> None:
    _, token = world.customer()
    steps.turn(world, decline=True)
    steps.charged(world, token, LICENSE)
    staff = world.staff("finance")
    (task,) = steps.read(world, staff, "/v1/staff/tasks")["data"]
    assert (task["sector"], task["kind"], task["status"]) == ("finance", "payment_failed", "open")
    assert steps.read(world, staff, "/v1/staff/tasks?sector=it")["data"] == []
    path = f"/v1/staff/tasks/{task['id']}/done"
    first, again = (world.http("POST", path, token=staff) for _ in range(2))
    assert first.json == again.json
    assert (first.json["status"], first.json["done_by"] is None) == ("done", False)
    assert steps.read(world, staff, "/v1/staff/tasks")["data"] == []
    assert steps.read(world, staff, "/v1/staff/tasks?status=done")["data"] == [first.json]
    trail = {
        (one.get("before"), one["after"], one["actor"], one["channel"])
        for one in world.rows("audit")
        if one["subject"] == task["id"]
    }
    assert trail == {
        (None, "open", "system", "system"),
        ("open", "done", first.json["done_by"], "staff"),
    }
