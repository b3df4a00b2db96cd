"""Cancelling the renewal of a subscription by each of its doors, over HTTP (A1, A2, A3, A5, B6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib import wiring
from chalicelib.flows.renewals import run
from chalicelib.kernel.clock import rfc3339
from chalicelib.subscriptions import store
from chalicelib.subscriptions.rules import Subscription
from tests.functional import steps
from tests.functional.conftest import Pool
from tests.functional.subscribed import DAY, Doors, last_day, save, subscribe, written
from tests.world import World

BY = ["store", "profile", "task"]
ALONE = ["store", "profile"]
REPORT = "/v1/staff/reports/renewal_cancellations"


def _traces(house: Doors) -> list[Any]:
    return [one for one in house.timeline() if one["kind"] == "crm_task"]


def _audited(house: Doors, subscription: Subscription) -> list[tuple[Any, ...]]:
    return [
        (one["action"], one["before"], one["after"], one["channel"], one["reason"])
        for one in house.timeline()
        if one["kind"] == "change" and one["subject"] == subscription.id
    ]


@pytest.mark.parametrize("by", BY)
def test_a_cancelled_renewal_is_told_and_leaves_the_subscription_active(house: Doors, by: str) -> None:
    subscription = subscribe(house.world, house.customer, ends_in=100)
    answer = house.cancel(by, subscription.id, notes="se muda")
    assert answer.status == 200, answer.text
    shown = house.shown(subscription.id)
    assert (shown["status"], shown["auto_renew"], shown["renewal"]) == ("active", False, "canceled")
    assert shown["renewal_canceled_at"]
    assert shown["current_period"]["end"] == subscription.end.isoformat()
    assert len(shown["pending_installments"]) == 2
    assert house.events() == [("renewal.canceled", subscription.id)]
    channel = "store" if by == "store" else "staff"
    assert _audited(house, subscription) == [("renewal canceled", "active", "active", channel, "se muda")]
    after = store.get(subscription.id)
    assert after == replace(
        subscription, auto_renew=False, renewal_canceled_at=after.renewal_canceled_at, version=2
    )


def test_the_event_says_when_for_whoever_writes_the_letter(house: Doors) -> None:
    subscription = subscribe(house.world, house.customer)
    house.cancel("store", subscription.id)
    (row,) = [row for row in house.world.rows("outbox") if row["name"] == "renewal.canceled"]
    (stored,) = house.world.rows("subscription")
    assert stored["renewal_canceled_at"] in row["data"]


STAFF_LABEL, OWN_LABEL = "Cancelación Renovación Automática", "renovación automática cancelada"
VALIDITY = "cancelación de la renovación automática de Multipack anual válido del {start} al {last}"
LAST_DAY = "Cancelación de la renovación del {last} se muda"


@pytest.mark.parametrize(
    ("by", "task", "user", "label", "notes"),
    [
        ("profile", "renovación automática", "{staff}", STAFF_LABEL, VALIDITY),
        ("task", "Bajas de enero", "{staff}", STAFF_LABEL, LAST_DAY),
        ("store", "renovación automática", "(Ana Souza)", OWN_LABEL, VALIDITY),
    ],
)
def test_each_door_leaves_its_own_trace_to_the_letter(
    house: Doors, by: str, task: str, user: str, label: str, notes: str
) -> None:
    subscription = subscribe(house.world, house.customer)
    assert house.cancel(by, subscription.id, notes="se muda").status == 200
    (planned,) = [row for row in house.world.rows("audit") if row["action"] == "CRM task planned"]
    (trace,) = _traces(house)
    assert trace == {
        "kind": "crm_task",
        "at": house.shown(subscription.id)["renewal_canceled_at"],
        "task": task,
        # The directory of this world knows nobody; see below for one that does.
        "user": user.format(staff=planned["actor"]),
        "outcome": "auto_renewal_canceled",
        "outcome_label": label,
        "notes": notes.format(start=written(subscription.start), last=last_day(subscription)),
        "channel": "store" if by == "store" else "staff",
        "subscription_id": subscription.id,
    }


def test_staff_is_named_by_his_address(world: World, pool: Pool) -> None:
    directory, email = wiring.directory(), "bea@example.com"
    sub = directory.sign_up(email, "a long password", {})
    directory.confirm_now(email)
    pool.join(email, "staff")
    token = directory.sign_in(email, "a long password").access_token
    customer, _ = world.customer()
    subscription = subscribe(world, customer)
    path = f"/v1/staff/subscriptions/{subscription.id}/cancel_renewal"
    assert world.http("POST", path, {}, token=token).status == 200
    (trace,) = world.rows("trace")
    assert trace["user"] == email
    (change,) = [row for row in world.rows("audit") if row["action"] == "renewal canceled"]
    assert change["actor"] == sub


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("again", BY)
def test_cancelling_twice_is_harmless_by_whichever_doors(house: Doors, by: str, again: str) -> None:
    subscription = subscribe(house.world, house.customer)
    house.cancel(by, subscription.id)
    before = house.world.rows()
    answer = house.cancel(again, subscription.id, notes="otra vez")
    assert answer.status == 200
    said = answer.json["results"][0] if again == "task" else answer.json
    assert said.get("status") == "already_canceled" or said["already_canceled"]
    assert house.world.rows() == before


@pytest.mark.parametrize("by", ALONE)
def test_the_same_door_gives_the_same_answer_twice(house: Doors, by: str) -> None:
    subscription = subscribe(house.world, house.customer)
    first, second = (house.cancel(by, subscription.id).json for _ in range(2))
    assert (first.pop("already_canceled"), second.pop("already_canceled")) == (False, True)
    assert first == second


@pytest.mark.parametrize("by", BY)
def test_what_was_cancelled_in_time_stays_so_after_the_cut_off(house: Doors, by: str) -> None:
    now = house.world.now
    subscription = subscribe(house.world, house.customer, ends_in=10)
    save(replace(subscription, auto_renew=False, renewal_canceled_at=now - 30 * DAY))
    before = house.world.rows()
    answer = house.cancel(by, subscription.id)
    assert answer.status == 200
    assert house.world.rows() == before
    assert house.shown(subscription.id)["renewal_canceled_at"] == rfc3339(now - 30 * DAY)


def test_this_months_report_shows_what_was_cancelled_by_every_door_just_now(house: Doors) -> None:
    world = house.world
    made = {by: subscribe(world, house.customer) for by in BY}
    for by, subscription in made.items():
        assert house.cancel(by, subscription.id).status == 200
    found = steps.read(world, house.staff, REPORT)
    assert {row["subscription_id"] for row in found["data"]} == {one.id for one in made.values()}
    assert {row["customer_name"] for row in found["data"]} == {"Ana Souza"}
    assert sum(day["count"] for day in found["per_day"]) == 3
    by_task = steps.read(world, house.staff, f"{REPORT}?{urlencode({'task': 'Bajas de enero'})}")
    assert [row["subscription_id"] for row in by_task["data"]] == [made["task"].id]


def test_nothing_need_be_said(house: Doors) -> None:
    subscription = subscribe(house.world, house.customer)
    path = f"/v1/subscriptions/{subscription.id}/cancel_renewal"
    assert house.world.http("POST", path, token=house.token).status == 200
    assert _audited(house, subscription)[0][-1] is None


# Previews


@pytest.mark.parametrize("by", ALONE)
def test_a_preview_says_what_would_be_and_changes_nothing(house: Doors, by: str) -> None:
    subscription = subscribe(house.world, house.customer, ends_in=100)
    before = house.world.rows()
    answer = house.preview(by, subscription.id)
    assert answer.status == 200, answer.text
    assert house.world.rows() == before
    assert (answer.json["preview"], answer.json["renewal"]) == (True, "canceled")
    owed = [
        {
            "number": one.number,
            "of": 3,
            "period_start": subscription.start.isoformat(),
            "due_on": one.due_on.isoformat(),
            "amount": {"amount": 39900, "currency": "BRL"},
            "status": "scheduled",
            "order_id": None,
        }
        for one in subscription.pending
    ]
    until = rfc3339(subscription.cancel_renewal_until)
    effect = answer.json["effect"]
    period = effect["stops"].pop("period")
    assert period == {
        "start": subscription.end.isoformat(),
        "end": (subscription.end + 365 * DAY).isoformat(),
    }
    assert effect == {
        "stops": {
            "price": {"amount": 119700, "currency": "BRL"},
            "first_charge": {"amount": 39900, "currency": "BRL"},
            "charged_at": until,
        },
        "active_through": (subscription.end - DAY).isoformat(),
        "ends_at": rfc3339(subscription.start_of(subscription.end)),
        "stays_owed": owed,
        "total_owed": {"amount": 79800, "currency": "BRL"},
        "can_be_undone_until": until,
    }


@pytest.mark.parametrize("by", ALONE)
def test_confirming_does_what_the_preview_said(house: Doors, by: str) -> None:
    subscription = subscribe(house.world, house.customer)
    preview, done = house.preview(by, subscription.id).json, house.cancel(by, subscription.id).json
    assert (preview.pop("preview"), done.pop("preview")) == (True, False)
    for one in (preview, done):
        one.pop("renewal_canceled_at")
    assert preview == done


# Resuming


@pytest.mark.parametrize("by", ALONE)
def test_renewal_is_resumed_before_the_cut_off_and_again_is_harmless(house: Doors, by: str) -> None:
    subscription = subscribe(house.world, house.customer)
    house.cancel("store", subscription.id)
    answer = house.resume(by, subscription.id, notes="se queda")
    assert (answer.status, answer.json["auto_renew"], answer.json["renewal"]) == (200, True, "automatic")
    channel = "store" if by == "store" else "staff"
    assert _audited(house, subscription)[0] == ("renewal resumed", "active", "active", channel, "se queda")
    assert house.events() == [("renewal.canceled", subscription.id), ("renewal.resumed", subscription.id)]
    assert store.get(subscription.id) == replace(subscription, version=3)
    before = house.world.rows()
    assert house.resume(by, subscription.id).json == answer.json
    assert house.world.rows() == before
    # Whoever changes his mind once more is traced once more.
    house.cancel(by, subscription.id)
    assert len(_traces(house)) == 2


# What follows by itself


def test_what_was_cancelled_is_charged_what_it_owes_and_ends_without_being_renewed(house: Doors) -> None:
    subscription = subscribe(house.world, house.customer)
    house.cancel("store", subscription.id)
    end = subscription.start_of(subscription.end)
    run(subscription.id, wiring.vendor(), end - timedelta(seconds=1))
    waiting = house.shown(subscription.id)
    assert (waiting["status"], waiting["renewed"]) == ("active", False)
    assert [one["status"] for one in waiting["pending_installments"]] == ["charged", "charged"]
    run(subscription.id, wiring.vendor(), end)
    over = house.shown(subscription.id)
    assert (over["status"], over["ended_because"], over["renewed"]) == ("ended", "renewal_canceled", False)
    assert over["pending_installments"] == waiting["pending_installments"]
    assert len(house.world.rows("order")) == 2


def test_whoever_resumes_before_his_notice_has_left_is_given_notice_anew(house: Doors) -> None:
    subscription = save(replace(subscribe(house.world, house.customer, ends_in=28), installments=()))
    now = house.world.now
    run(subscription.id, wiring.vendor(), now)
    house.cancel("store", subscription.id)
    run(subscription.id, wiring.vendor(), now)
    assert house.events().count(("renewal.announced", subscription.id)) == 1
    house.resume("store", subscription.id)
    run(subscription.id, wiring.vendor(), now)
    assert house.events().count(("renewal.announced", subscription.id)) == 2
