"""Planned CRM tasks, and cancelling several renewals of a customer at once by one of them (A4, A7)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kernel.clock import rfc3339
from chalicelib.subscriptions.changes import ended
from tests.functional import steps
from tests.functional.subscribed import BY_HAND, DAY, Doors, last_day, renewed, save, subscribe
from tests.world import Answer

ROUTE = "/v1/staff/crm_tasks"


def _plan(house: Doors, body: Any, key: str | None = None) -> Answer:
    headers = {"idempotency-key": key} if key else {}
    return house.world.http("POST", ROUTE, body, token=house.staff, headers=headers)


def _told(answer: Answer) -> list[tuple[str, str, str | None]]:
    assert answer.status == 200, answer.text
    return [(one["subscription_id"], one["status"], one["code"]) for one in answer.json["results"]]


# Planning


def test_a_planned_task_is_listed_newest_first(house: Doors) -> None:
    answer = _plan(house, {"name": " Bajas de febrero ", **BY_HAND})
    assert answer.status == 201
    assert (answer.json["name"], answer.json["classification"]) == (
        "Bajas de febrero",
        "auto_renewal_cancellation",
    )
    listed = steps.read(house.world, house.staff, ROUTE)
    assert [one["name"] for one in listed["data"]] == ["Bajas de febrero", "Bajas de enero"]
    assert listed["data"][0] == answer.json
    first = steps.read(house.world, house.staff, f"{ROUTE}?limit=1&classification=auto_renewal_cancellation")
    second = steps.read(house.world, house.staff, f"{ROUTE}?limit=1&cursor={first['next_cursor']}")
    assert [one["id"] for one in first["data"] + second["data"]] == [one["id"] for one in listed["data"]]


def test_planning_with_the_same_key_again_plans_once(house: Doors) -> None:
    first, again = (_plan(house, {"name": "Una vez", **BY_HAND}, key="k") for _ in range(2))
    assert (first.status, first.text) == (again.status, again.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(house.world.rows("crm_task")) == 2
    other = _plan(house, {"name": "Otra", **BY_HAND}, key="k")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_repeat_after_its_record_has_gone_finds_the_task(house: Doors) -> None:
    first = _plan(house, {"name": "Una vez", **BY_HAND}, key="k")
    steps.delete(house.world, house.world.rows("idempotency"))
    assert _plan(house, {"name": "Una vez", **BY_HAND}, key="k").json == first.json
    assert len(house.world.rows("crm_task")) == 2


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"/name": "missing", "/classification": "missing"}),
        (
            {"name": " ", "classification": "other"},
            {"/name": "string_too_short", "/classification": "literal_error"},
        ),
        (
            {"name": "x" * 101, **BY_HAND, "date": "2026-01-01"},
            {"/name": "string_too_long", "/date": "extra_forbidden"},
        ),
    ],
)
def test_a_faulty_task_names_every_fault(house: Doors, body: Any, named: dict[str, str]) -> None:
    before = house.world.rows()
    assert steps.faults(_plan(house, body)) == named
    assert house.world.rows() == before


# Cancelling by it


def test_each_subscription_has_its_own_result_and_one_that_is_refused_keeps_no_other(house: Doors) -> None:
    world, ana = house.world, house.customer
    ids = {
        "good": subscribe(world, ana).id,
        "late": (late := subscribe(world, ana, ends_in=15)).id,
        "unknown": "sub_unknown",
        "renewed": renewed(subscribe(world, ana)).id,
        "ended": save(ended(subscribe(world, ana), "unpaid", world.now)).id,
        "by_staff_only": subscribe(world, ana, self_cancel=False).id,
        "canceled": (canceled := subscribe(world, ana)).id,
    }
    house.cancel("store", canceled.id)
    answer = house.cancel_each(*ids.values(), notes="se muda")
    assert _told(answer) == [
        (ids["good"], "canceled", None),
        (ids["late"], "refused", "past_cutoff"),
        ("sub_unknown", "refused", "subscription_not_found"),
        (ids["renewed"], "refused", "past_cutoff"),
        (ids["ended"], "refused", "subscription_ended"),
        (ids["by_staff_only"], "canceled", None),
        (ids["canceled"], "already_canceled", None),
    ]
    good, refused, unknown, *_ = answer.json["results"]
    assert refused["cancel_renewal_until"] == rfc3339(late.cancel_renewal_until)
    assert refused["cancel_renewal_until"] in refused["detail"]
    assert (refused["effect"], unknown["cancel_renewal_until"]) == (None, None)
    assert len(good["effect"]["stays_owed"]) == 2
    traced = {one["subscription_id"]: one for one in house.timeline() if one["kind"] == "crm_task"}
    assert traced.keys() == {ids["good"], ids["by_staff_only"], ids["canceled"]}
    assert traced[ids["good"]]["task"] == "Bajas de enero"
    assert traced[ids["canceled"]]["task"] == "renovación automática"


@pytest.mark.parametrize(("notes", "more"), [({}, ""), ({"notes": "  "}, ""), ({"notes": " ERP "}, " ERP")])
def test_without_notes_the_trace_says_the_last_day_alone(
    house: Doors, notes: dict[str, str], more: str
) -> None:
    subscription = subscribe(house.world, house.customer)
    assert house.cancel_each(subscription.id, **notes).status == 200
    (trace,) = [one for one in house.timeline() if one["kind"] == "crm_task"]
    assert trace["notes"] == f"Cancelación de la renovación del {last_day(subscription)}{more}"


def test_a_preview_decides_alike_and_changes_nothing(house: Doors) -> None:
    good, late = subscribe(house.world, house.customer), subscribe(house.world, house.customer, ends_in=3)
    before = house.world.rows()
    preview = house.cancel_each(good.id, late.id, query="?preview=true", key="k")
    assert house.world.rows() == before
    assert _told(preview) == [(good.id, "canceled", None), (late.id, "refused", "past_cutoff")]
    assert preview.json["results"][0]["effect"]["active_through"] == (good.end - DAY).isoformat()
    # The key of a preview is not used up by it.
    done = house.cancel_each(good.id, late.id, key="k")
    assert (preview.json["preview"], done.json["preview"]) == (True, False)
    assert done.json["results"] == preview.json["results"]


def test_the_same_key_again_gives_the_same_answer(house: Doors) -> None:
    good, late = subscribe(house.world, house.customer), subscribe(house.world, house.customer, ends_in=3)
    first, again = (house.cancel_each(good.id, late.id, key="k") for _ in range(2))
    assert (first.status, first.text) == (again.status, again.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    without = house.cancel_each(good.id, late.id)
    assert _told(without) == [(good.id, "already_canceled", None), (late.id, "refused", "past_cutoff")]


def test_subscriptions_of_two_customers_are_refused_naming_those_of_the_second(house: Doors) -> None:
    rui, _ = house.world.customer("rui@example.com", tax_id="11144477735")
    mine, his = subscribe(house.world, house.customer), subscribe(house.world, rui)
    before = house.world.rows()
    answer = house.cancel_each("sub_unknown", mine.id, his.id)
    assert steps.faults(answer) == {"/subscription_ids/2": "other_customer"}
    assert house.world.rows() == before


def test_an_unknown_task_is_told_and_nothing_changed(house: Doors) -> None:
    subscription = subscribe(house.world, house.customer)
    before = house.world.rows()
    answer = house.world.http(
        "POST",
        f"{ROUTE}/crm_unknown/cancel_renewals",
        {"subscription_ids": [subscription.id]},
        token=house.staff,
    )
    assert (answer.status, answer.json["code"]) == (404, "crm_task_not_found")
    assert house.world.rows() == before


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"/subscription_ids": "missing"}),
        ({"subscription_ids": []}, {"/subscription_ids": "too_short"}),
        ({"subscription_ids": [f"sub_{at}" for at in range(21)]}, {"/subscription_ids": "too_long"}),
        ({"subscription_ids": ["sub_1", "sub_1"]}, {"/subscription_ids": "repeated"}),
        (
            {"subscription_ids": ["", 1], "notes": "x" * 501, "date": "2026-01-01"},
            {
                "/subscription_ids/0": "string_too_short",
                "/subscription_ids/1": "string_type",
                "/notes": "string_too_long",
                "/date": "extra_forbidden",
            },
        ),
    ],
)
def test_a_faulty_question_names_every_fault_and_no_date_can_be_given(
    house: Doors, body: Any, named: dict[str, str]
) -> None:
    path = f"{ROUTE}/{house.task_id}/cancel_renewals"
    assert steps.faults(house.world.http("POST", path, body, token=house.staff)) == named
