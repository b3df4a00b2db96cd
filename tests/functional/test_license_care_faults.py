"""What staff cannot do with a licence: a 422 names every faulty field, and nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.functional import steps
from tests.functional.held import Held

REASON = "chargeback 4711"
ADDON = "/addons/supplier-a"


@pytest.mark.parametrize("what", ["suspend", "reinstate", "revoke", "rotate", "activations/act_x/clear"])
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"/reason": "missing"}),
        ({"reason": ""}, {"/reason": "string_too_short"}),
        ({"reason": "  \n "}, {"/reason": "string_too_short"}),
        (
            {"reason": "x" * 501, "status": "active"},
            {"/reason": "string_too_long", "/status": "extra_forbidden"},
        ),
        ({"reason": 7}, {"/reason": "string_type"}),
    ],
    ids=["none", "empty", "blank", "too long", "a number"],
)
def test_without_a_reason_nothing_is_done(
    held_by_all: Held, what: str, body: dict[str, Any], named: dict[str, str]
) -> None:
    world = held_by_all.world
    before = world.rows()
    path = f"/v1/staff/licenses/{held_by_all.id}/{what}"
    assert steps.faults(world.http("POST", path, body, token=world.staff("staff"))) == named
    assert world.rows() == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", "/suspend"),
        ("POST", "/reinstate"),
        ("POST", "/revoke"),
        ("POST", "/rotate"),
        ("POST", "/activations/act_x/clear"),
    ],
)
def test_a_licence_that_does_not_exist_is_not_found(held_by_all: Held, method: str, path: str) -> None:
    world = held_by_all.world
    body = {"reason": REASON} if path else None
    answer = world.http(method, f"/v1/staff/licenses/lic_x{path}", body, token=world.staff("it"))
    assert (answer.status, answer.json["code"]) == (404, "license_not_found")


@pytest.mark.parametrize(
    ("days", "code"),
    [(-1, "greater_than_equal"), (91, "less_than_equal"), ("7", "int_type"), (None, "int_type")],
)
def test_an_overlap_is_between_none_and_ninety_days(held_by_all: Held, days: Any, code: str) -> None:
    world = held_by_all.world
    path, body = f"/v1/staff/licenses/{held_by_all.id}/rotate", {"overlap_days": days}
    faults = steps.faults(world.http("POST", path, body, token=world.staff("staff")))
    assert faults == {"/reason": "missing", "/overlap_days": code}


FAULTS: Mapping[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "no change": ("", {"reason": REASON}, {"": "value_error"}),
    "no change of an addon": (ADDON, {"reason": REASON}, {"": "value_error"}),
    "nothing at all": ("", {}, {"/reason": "missing"}),
    "all at once": (
        "",
        {
            "reason": " ",
            "expires_at": [],
            "paid_until": "2027-01-01T00:00:00",
            "seats": 0,
            "key": "x",
        },
        {
            "/reason": "string_too_short",
            "/expires_at": "datetime_type",
            "/paid_until": "timezone_aware",
            "/seats": "greater_than_equal",
            "/key": "extra_forbidden",
        },
    ),
    "all of an addon": (
        ADDON,
        {"enabled": "yes", "seats": 2, "expires_at": True},
        {
            "/reason": "missing",
            "/enabled": "bool_type",
            "/seats": "extra_forbidden",
            "/expires_at": "datetime_type",
        },
    ),
    "too many seats": ("", {"reason": REASON, "seats": 1001}, {"/seats": "less_than_equal"}),
    "null seats": ("", {"reason": REASON, "seats": None}, {"/seats": "int_type"}),
    "an addon's seats": (ADDON, {"reason": REASON, "seats": 1}, {"/seats": "extra_forbidden"}),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_faulty_amendment_names_its_faults_and_changes_nothing(held_by_all: Held, kind: str) -> None:
    path, body, named = FAULTS[kind]
    world = held_by_all.world
    before = world.rows()
    at = f"/v1/staff/licenses/{held_by_all.id}{path}"
    assert steps.faults(world.http("PATCH", at, body, token=world.staff("staff"))) == named
    assert world.rows() == before


@pytest.mark.parametrize("given", [0, 1795344275, 1e12])
def test_an_instant_is_a_text_and_no_number(held_by_all: Held, given: float) -> None:
    body = {"reason": REASON, "expires_at": given}
    path = f"/v1/staff/licenses/{held_by_all.id}"
    answer = held_by_all.world.http("PATCH", path, body, token=held_by_all.world.staff("staff"))
    assert set(steps.faults(answer)) == {"/expires_at"}
