"""What staff sets of a licence and its addons: ends, paid parts, seats and switches (V10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kernel.clock import rfc3339, utc_now
from tests.functional import steps
from tests.functional.held import OTHER, SHOP, Held
from tests.world import Answer

DAY = timedelta(days=1)
REASON = "goodwill"
ADDON = "/addons/supplier-a"


def _patch(held: Held, path: str, **body: Any) -> Answer:
    asked = {"reason": REASON, **body}
    at = f"/v1/staff/licenses/{held.id}{path}"
    return held.world.http("PATCH", at, asked, token=held.world.staff("staff"))


def _at(days: float) -> str:
    return rfc3339(utc_now() + days * DAY)


def _trail(held: Held) -> list[tuple[str, str, str]]:
    """Action, channel and reason of what staff changed."""
    told = [row for row in held.world.rows("audit") if row["channel"] == "staff"]
    return [(row["action"], row["channel"], row["reason"]) for row in told]


def test_an_end_set_by_staff_is_shown_and_holds(held: Held) -> None:
    old, end = held.shown()["expires_at"], _at(90)
    answer = _patch(held, "", expires_at=end)
    assert (answer.status, answer.json["expires_at"]) == (200, end)
    assert steps.validate(held.world, held.key)["license"]["expires_at"] == end
    assert _trail(held) == [(f"licence: expires_at {old} → {end}", "staff", REASON)]
    assert _patch(held, "", expires_at=_at(-30)).status == 200
    assert steps.validate(held.world, held.key)["code"] == "EXPIRED"
    assert _patch(held, "", expires_at=None).json["expires_at"] is None
    assert steps.validate(held.world, held.key)["valid_until"] is None


def test_more_seats_let_more_installations_in(held: Held) -> None:
    held.activate()
    assert held.activate(OTHER)["code"] == "TOO_MANY_ACTIVATIONS"
    assert _patch(held, "", seats=2).json["seats"] == 2
    assert held.activate(OTHER)["code"] == "VALID"


def test_a_licence_paid_in_part_works_that_long_and_its_grace(held: Held) -> None:
    assert _patch(held, "", paid_until=_at(-1)).status == 200
    told = steps.validate(held.world, held.key)
    assert (told["code"], told["valid"]) == ("IN_GRACE", True)
    _patch(held, "", paid_until=_at(-8))
    told = steps.validate(held.world, held.key)
    assert (told["code"], told["valid"]) == ("UNPAID", False)
    assert [one["valid"] for one in told["addons"]] == [False]
    shown = _patch(held, "", paid_until=None)
    assert (shown.status, shown.json["paid_until"]) == (200, None)
    assert steps.validate(held.world, held.key)["code"] == "VALID"


def test_one_unpaid_addon_never_blocks_what_is_paid(held: Held) -> None:
    steps.bought(held.world, held.token, {**steps.ADDON_B, "license_id": held.id})
    assert _patch(held, ADDON, paid_until=_at(-4)).status == 200
    codes = {
        named: steps.validate(held.world, held.key, addons=list(named))["code"]
        for named in (("supplier-a",), ("supplier-b",), ("supplier-a", "supplier-b"))
    }
    assert codes == {
        ("supplier-a",): "UNPAID",
        ("supplier-b",): "VALID",
        ("supplier-a", "supplier-b"): "UNPAID",
    }
    told = steps.validate(held.world, held.key)
    assert (told["code"], told["valid"]) == ("VALID", True)
    assert [(one["code"], one["valid"], one["status"]) for one in told["addons"]] == [
        ("supplier-a", False, "unpaid"),
        ("supplier-b", True, "active"),
    ]
    shown = held.shown()["addons"]
    assert [one["status"] for one in shown] == ["unpaid", "active"]


def test_staff_switches_an_addon_and_ends_it(held: Held) -> None:
    old = held.shown()["addons"][0]["expires_at"]
    shown = _patch(held, ADDON, enabled=False)
    assert shown.json["addons"][0]["status"] == "disabled"
    assert steps.validate(held.world, held.key, addons=["supplier-a"])["code"] == "ADDON_DISABLED"
    end = _at(-4)
    _patch(held, ADDON, enabled=True, expires_at=end)
    assert steps.validate(held.world, held.key, addons=["supplier-a"])["code"] == "ADDON_EXPIRED"
    assert sorted(_trail(held)) == [
        (f"addon supplier-a: enabled False → True, expires_at {old} → {end}", "staff", REASON),
        ("addon supplier-a: enabled True → False", "staff", REASON),
    ]


def test_setting_what_is_set_already_leaves_no_trace(held: Held) -> None:
    _patch(held, "", seats=2)
    before = held.world.rows()
    assert _patch(held, "", seats=2).status == 200
    assert _patch(held, ADDON, enabled=True).status == 200
    assert held.world.rows() == before


def test_an_addon_that_the_licence_does_not_have_is_not_found(held: Held) -> None:
    answer = _patch(held, "/addons/supplier-b", enabled=False)
    assert (answer.status, answer.json["code"]) == (404, "addon_not_found")


@pytest.mark.parametrize("path", ["", ADDON])
@pytest.mark.parametrize("end", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_an_end_beyond_all_calendars_never_breaks_a_validation(held: Held, path: str, end: str) -> None:
    assert _patch(held, path, expires_at=end).status in (200, 422)
    assert _patch(held, path, paid_until=end).status in (200, 422)
    assert steps.validate(held.world, held.key, fingerprint=SHOP)["code"] in ("NOT_ACTIVATED", "EXPIRED")
    assert held.shown()["id"] == held.id
