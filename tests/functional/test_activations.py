"""Installations of a licence: activating is an upsert, and only production takes seats (V10, B3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.catalog import store as catalog
from chalicelib.kernel.clock import parse_instant, utc_now
from chalicelib.kernel.terms import Seating
from chalicelib.licensing.keys import derive_key
from chalicelib.licensing.rules import Activation
from tests.functional import steps
from tests.functional.held import OTHER, SHOP, Held
from tests.functional.steps import LICENSE
from tests.world import World

DAY = timedelta(days=1)


def test_an_activated_installation_is_valid_and_the_others_are_told_why_not(held: Held) -> None:
    assert held.code() == "NOT_ACTIVATED"
    told = held.activate(nonce="n-1", name="Loja")
    assert (told["code"], told["valid"], told["nonce"]) == ("VALID", True, "n-1")
    assert held.code() == "VALID"
    assert held.code(OTHER) == "FINGERPRINT_MISMATCH"
    assert held.trail() == [(f"activated on {SHOP} (production)", "tool", "system")]
    (shown,) = steps.activations(held.world, held.token, held.id)
    assert {**shown, "id": "", "activated_at": ""} == {
        "id": "",
        "fingerprint": SHOP,
        "environment": "production",
        "name": "Loja",
        "activated_at": "",
        "offline_until": None,
    }


def test_activating_answers_as_validating_does(held: Held) -> None:
    told = held.activate(addons=["supplier-a"])
    assert set(told) == set(steps.validate(held.world, held.key))
    assert [one["code"] for one in told["addons"]] == ["supplier-a"]
    assert held.activate(addons=["supplier-z"])["code"] == "ADDON_UNKNOWN"


def test_activating_again_spends_nothing_and_leaves_no_trace(held: Held) -> None:
    held.activate()
    before = held.world.rows()
    for again in (SHOP, SHOP.upper(), f"https://www.{SHOP}:443/admin?x=1", f"{SHOP}."):
        assert held.activate(again)["code"] == "VALID"
    assert held.world.rows() == before


def test_an_international_domain_is_one_however_it_is_written(held: Held) -> None:
    held.activate("https://www.CAFÉ.example.com/")
    assert held.installed() == ["xn--caf-dma.example.com"]
    assert held.code("café.example.com") == held.code("xn--caf-dma.example.com") == "VALID"


def test_a_second_production_installation_finds_no_seat_and_changes_nothing(held: Held) -> None:
    held.activate()
    before = held.world.rows()
    told = held.activate(OTHER)
    assert (told["code"], told["valid"]) == ("TOO_MANY_ACTIVATIONS", False)
    assert held.world.rows() == before
    assert held.code() == "VALID"


def test_staging_and_local_installations_take_no_seat(held: Held) -> None:
    held.activate()
    for copy in (f"staging.{SHOP}", "localhost", "192.168.0.7"):
        assert held.activate(copy)["code"] == "VALID"
    assert held.activate("machine-7", environment="staging")["code"] == "VALID"
    assert held.code(OTHER) == "FINGERPRINT_MISMATCH"
    environments = [one["environment"] for one in steps.activations(held.world, held.token, held.id)]
    assert environments == ["production", "staging", "local", "local", "staging"]


def test_a_copy_that_says_it_is_production_needs_a_seat_after_all(held: Held) -> None:
    held.activate()
    held.activate(OTHER, environment="staging")
    assert held.code(OTHER, environment="staging") == "VALID"
    assert held.code(OTHER, environment="production") == "FINGERPRINT_MISMATCH"
    assert held.activate(OTHER, environment="production")["code"] == "TOO_MANY_ACTIVATIONS"


def test_of_more_than_ten_copies_the_earliest_goes_and_no_seat_is_touched(held: Held) -> None:
    held.activate()
    for number in range(11):
        assert held.activate(f"dev{number}.{SHOP}")["code"] == "VALID"
    assert held.installed() == [SHOP, *(f"dev{number}.{SHOP}" for number in range(1, 11))]
    assert held.code(f"dev0.{SHOP}") == "NOT_ACTIVATED"
    assert held.shown()["moves_left"] == 3


def test_a_product_may_allow_more_seats(world: World) -> None:
    catalog.put(replace(catalog.get("prestaimport"), seating=Seating(seats=3)))
    _, token = world.customer()
    steps.bought(world, token, LICENSE)
    (shown,) = steps.licenses(world, token)
    told = [steps.activate(world, shown["key"], f"shop{at}.example.com")["code"] for at in range(4)]
    assert told == ["VALID"] * 3 + ["TOO_MANY_ACTIVATIONS"]
    assert shown["seats"] == 3


YESTERDAY = {"expires_at": utc_now() - 30 * DAY}
UNUSABLE: Mapping[str, tuple[dict[str, Any], str]] = {
    "suspended": ({"status": "suspended"}, "SUSPENDED"),
    "revoked": ({"status": "revoked"}, "REVOKED"),
    "expired": (YESTERDAY, "EXPIRED"),
    "unpaid": ({"paid_until": YESTERDAY["expires_at"]}, "UNPAID"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_licence_that_does_not_work_is_not_activated_and_says_why(held: Held, kind: str) -> None:
    changes, code = UNUSABLE[kind]
    steps.set_license(held.id, **changes)
    before = held.world.rows()
    assert held.activate()["code"] == code
    assert held.world.rows() == before


@pytest.mark.parametrize("key", [derive_key(b"another secret", "lic_x", 0), "VIG-1"])
def test_an_unknown_key_is_neither_activated_nor_deactivated(world: World, key: str) -> None:
    before = world.rows()
    for path in ("activate", "deactivate"):
        answer = world.http("POST", f"/v1/licenses/{path}", {"key": key, "fingerprint": SHOP})
        assert (answer.status, answer.json["code"]) == (200, "NOT_FOUND")
    assert world.rows() == before


@pytest.mark.parametrize("path", ["activate", "deactivate"])
def test_whoever_wants_a_seat_says_where(world: World, path: str) -> None:
    body = {"key": "", "name": " ", "plan": "b"}
    assert steps.faults(world.http("POST", f"/v1/licenses/{path}", body)) == {
        "/key": "string_too_short",
        "/fingerprint": "missing",
        "/name": "string_too_short",
        "/plan": "extra_forbidden",
    }


def test_seats_taken_away_by_staff_leave_the_earliest_installations_theirs(held: Held) -> None:
    steps.set_license(held.id, seats=2)
    held.activate()
    held.activate(OTHER)
    steps.set_license(held.id, seats=1)
    assert (held.code(), held.code(OTHER)) == ("VALID", "TOO_MANY_ACTIVATIONS")
    assert held.activate(OTHER)["code"] == "TOO_MANY_ACTIVATIONS"
    assert len(held.installed()) == 2


def test_activations_are_listed_page_by_page(held: Held) -> None:
    now = utc_now()
    many = tuple(Activation(f"act_{at}", f"h{at}", "local", None, now + at * DAY) for at in range(5))
    steps.set_license(held.id, activations=many)
    path = f"/v1/licenses/{held.id}/activations"
    first = steps.read(held.world, held.token, f"{path}?limit=3")
    rest = steps.read(held.world, held.token, f"{path}?limit=3&cursor={first['next_cursor']}")
    assert [one["id"] for one in first["data"] + rest["data"]] == [one.id for one in many]
    assert rest["next_cursor"] is None
    assert parse_instant(first["data"][0]["activated_at"]) == now.replace(microsecond=0)
