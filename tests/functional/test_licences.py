"""Licences and addons of a customer: bought, extended, switched on and off (V2, V9, V10, V11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.catalog import store as catalog
from chalicelib.kernel.clock import local_date, parse_instant, start_of
from chalicelib.kernel.periods import add_period
from chalicelib.licensing.rules import Addon
from tests.functional import steps
from tests.functional.steps import ADDON_A, ADDON_B, LICENSE
from tests.world import Answer, World

SAO_PAULO = "America/Sao_Paulo"


def _end(world: World, period: str) -> datetime:
    """The end of a period that begins today for a Brazilian."""
    return start_of(add_period(local_date(world.now, SAO_PAULO), period), SAO_PAULO)


def test_one_licence_for_each_installation_each_with_a_key_of_its_own(world: World) -> None:
    _, token = world.customer()
    order = steps.bought(world, token, {"product": "prestaimport", "quantity": 2}, LICENSE)
    shown = steps.licenses(world, token)
    assert sorted(one["id"] for one in shown) == sorted(order["licenses"])
    assert len({one["key"] for one in shown}) == 3
    assert sorted(one["installation"] or "" for one in shown) == ["", "", "Loja"]
    for one in shown:
        assert steps.validate(world, one["key"])["license"]["id"] == one["id"]


def test_a_licence_shows_its_key_its_end_and_its_addons(world: World) -> None:
    _, token = world.customer()
    order = steps.bought(world, token, LICENSE, ADDON_B, ADDON_A)
    shown = steps.read(world, token, f"/v1/licenses/{order['licenses'][0]}")
    assert shown["key"].startswith("VIG-")
    assert (shown["domain"], shown["order_id"], shown["status"]) == (
        "loja.example.com",
        order["id"],
        "active",
    )
    assert parse_instant(shown["expires_at"]) == _end(world, "P1Y")
    ends = {one["code"]: (parse_instant(one["expires_at"]), one["status"]) for one in shown["addons"]}
    assert ends == {
        "supplier-a": (_end(world, "P1Y"), "active"),
        "supplier-b": (_end(world, "P1M"), "active"),
    }
    assert shown == steps.licenses(world, token)[0]


def test_nothing_is_active_before_it_is_paid(world: World) -> None:
    _, token = world.customer()
    steps.charged(world, token, LICENSE, {"product": "erp"})
    assert steps.licenses(world, token) == []
    assert steps.read(world, token, "/v1/subscriptions")["data"] == []


def test_a_paid_order_is_activated_once_however_often_it_is_told(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, LICENSE, ADDON_A, {"product": "erp"})
    before = world.rows()
    world.streamed.clear()
    for row in world.rows("outbox"):
        steps.put(world, {name: value for name, value in row.items() if name not in ("done_at", "ttl")})
    world.settle_down()
    kept = ("outbox", "mail")
    assert [row for row in world.rows() if row["kind"] not in kept] == [
        row for row in before if row["kind"] not in kept
    ]


def test_an_addon_bought_later_extends_the_licence_and_leaves_the_key_alone(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, LICENSE, ADDON_A)
    (before,) = steps.licenses(world, token)
    order = steps.bought(world, token, {**ADDON_B, "license_id": before["id"]})
    (after,) = steps.licenses(world, token)
    assert order["licenses"] == [before["id"]]
    assert [one["code"] for one in after["addons"]] == ["supplier-a", "supplier-b"]
    assert {**after, "addons": after["addons"][:1]} == before
    assert steps.validate(world, before["key"], addons=["supplier-a", "supplier-b"])["code"] == "VALID"


@pytest.mark.parametrize(
    ("left", "runs_on_from", "enabled"),
    [(40, 40, False), (-10, 0, True)],
    ids=["before its end", "after its end"],
)
def test_an_addon_bought_again_runs_on_from_its_end_or_from_today(
    world: World, left: int, runs_on_from: int, enabled: bool
) -> None:
    _, token = world.customer()
    order = steps.bought(world, token, LICENSE)
    today = local_date(world.now, SAO_PAULO)
    end = start_of(today + timedelta(days=left), SAO_PAULO)
    held = Addon("supplier-a", "Fornecedor A", order["id"], end, 3, enabled)
    license_id = order["licenses"][0]
    steps.set_license(license_id, addons=(held,))
    steps.bought(world, token, {**ADDON_A, "license_id": license_id})
    (addon,) = steps.licenses(world, token)[0]["addons"]
    expected = start_of(add_period(today + timedelta(days=runs_on_from), "P1Y"), SAO_PAULO)
    assert parse_instant(addon["expires_at"]) == expected
    assert addon["enabled"] is enabled


def test_an_addon_may_stand_before_its_licence_in_an_order(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, ADDON_A, LICENSE)
    (shown,) = steps.licenses(world, token)
    assert [one["code"] for one in shown["addons"]] == ["supplier-a"]


def test_a_subscription_begins_today_and_shows_until_when_its_renewal_can_be_canceled(world: World) -> None:
    _, token = world.customer()
    order = steps.bought(world, token, {"product": "multipack"})
    (shown,) = steps.read(world, token, "/v1/subscriptions")["data"]
    today = local_date(world.now, SAO_PAULO)
    end = add_period(today, "P1Y")
    assert shown["current_period"] == {"start": today.isoformat(), "end": end.isoformat()}
    assert parse_instant(shown["cancel_renewal_until"]) == start_of(end - timedelta(days=15), SAO_PAULO)
    assert (shown["order_id"], shown["auto_renew"], shown["can_self_cancel"]) == (order["id"], True, True)


def test_a_licence_and_an_addon_without_terms_never_end(world: World) -> None:
    for code in ("prestaimport", "supplier-a"):
        catalog.put(replace(catalog.get(code), terms=None))
    _, token = world.customer()
    steps.bought(world, token, LICENSE, ADDON_A)
    (shown,) = steps.licenses(world, token)
    assert (shown["expires_at"], shown["addons"][0]["expires_at"]) == (None, None)
    told = steps.validate(world, shown["key"], addons=["supplier-a"])
    assert (told["code"], told["valid_until"]) == ("VALID", None)


# Switching addons


def _switch(world: World, token: str, license_id: str, what: str) -> Answer:
    return world.http("POST", f"/v1/licenses/{license_id}/addons/{what}", token=token)


def test_an_addon_is_switched_off_and_on_and_the_others_stay_as_they_are(world: World) -> None:
    customer, token = world.customer()
    steps.bought(world, token, LICENSE, ADDON_A, ADDON_B)
    (before,) = steps.licenses(world, token)
    off = _switch(world, token, before["id"], "supplier-a/disable").json
    assert [(one["code"], one["enabled"], one["status"]) for one in off["addons"]] == [
        ("supplier-a", False, "disabled"),
        ("supplier-b", True, "active"),
    ]
    assert steps.validate(world, before["key"], addons=["supplier-a"])["code"] == "ADDON_DISABLED"
    assert steps.validate(world, before["key"], addons=["supplier-b"])["code"] == "VALID"
    assert _switch(world, token, before["id"], "supplier-a/enable").json == before
    trail = [
        (row["action"], row["before"], row["after"], row["actor"], row["channel"])
        for row in world.rows("audit")
        if row["action"].startswith("addon")
    ]
    assert sorted(trail) == [
        ("addon supplier-a disabled", "enabled", "disabled", customer.id, "store"),
        ("addon supplier-a enabled", "disabled", "enabled", customer.id, "store"),
    ]


def test_switching_an_addon_to_where_it_is_leaves_no_trace(world: World) -> None:
    _, token = world.customer()
    (license_id,) = steps.bought(world, token, LICENSE, ADDON_A)["licenses"]
    before = world.rows()
    assert _switch(world, token, license_id, "supplier-a/enable").status == 200
    assert world.rows() == before


def test_an_addon_that_the_licence_does_not_have_is_not_found(world: World) -> None:
    _, token = world.customer()
    (license_id,) = steps.bought(world, token, LICENSE, ADDON_A)["licenses"]
    answer = _switch(world, token, license_id, "supplier-b/disable")
    assert (answer.status, answer.json["code"]) == (404, "addon_not_found")


def test_licences_are_listed_newest_first(world: World) -> None:
    _, token = world.customer()
    ids = []
    for _ in range(2):
        world.now = datetime.now(UTC)
        ids += steps.bought(world, token, LICENSE)["licenses"]
    assert [one["id"] for one in steps.licenses(world, token)] == ids[::-1]
