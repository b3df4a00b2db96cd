"""A new key for a licence: the old one works on for a while, or not at all; only its owner sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.kernel.clock import utc_now
from chalicelib.licensing import store as licensing
from tests.functional import steps
from tests.functional.held import SHOP, Held

DAY = timedelta(days=1)
REASON = "the key was on a forum"


def _rotate(held: Held, **asked: Any) -> Any:
    path = f"/v1/staff/licenses/{held.id}/rotate"
    answer = held.world.http("POST", path, {"reason": REASON, **asked}, token=held.world.staff("staff"))
    assert answer.status == 200, answer.text
    return answer.json


def _code(held: Held, key: str) -> str:
    return str(steps.validate(held.world, key, fingerprint=SHOP)["code"])


def _time_passes(held: Held, days: int) -> None:
    """The keys of the licence as they will be in so many days."""
    keys = licensing.get(held.id).keys
    aged = (replace(one, retires_at=one.retires_at and one.retires_at - days * DAY) for one in keys)
    steps.set_license(held.id, keys=tuple(aged))


def test_the_new_key_works_and_the_old_one_does_until_its_overlap_ends(held: Held) -> None:
    held.activate()
    before = held.shown()
    told = _rotate(held)
    after = held.shown()
    assert after["key"] != held.key
    assert told["key_hint"] == after["key_hint"] == after["key"].replace("-", "")[-6:]
    same = {"key": "", "key_hint": ""}
    assert {**after, **same} == {**before, **same}
    assert (_code(held, held.key), _code(held, after["key"])) == ("VALID", "VALID")
    (old,) = [key for key in licensing.get(held.id).keys if key.retires_at]
    assert old.retires_at is not None
    assert abs(old.retires_at - utc_now() - 7 * DAY) < timedelta(minutes=5)
    _time_passes(held, 7)
    assert (_code(held, held.key), _code(held, after["key"])) == ("NOT_FOUND", "VALID")
    assert steps.activate(held.world, held.key, SHOP)["code"] == "NOT_FOUND"
    assert steps.deactivate(held.world, held.key, SHOP).json["code"] == "NOT_FOUND"


def test_without_an_overlap_the_old_key_is_unknown_at_once(held: Held) -> None:
    _rotate(held, overlap_days=0)
    told = steps.validate(held.world, held.key)
    assert (told["code"], told["license"], told["addons"]) == ("NOT_FOUND", None, [])
    assert steps.validate(held.world, held.shown()["key"])["code"] == "VALID"


def test_an_overlap_lasts_as_many_days_as_staff_says(held: Held) -> None:
    _rotate(held, overlap_days=90)
    _time_passes(held, 89)
    assert steps.validate(held.world, held.key)["code"] == "VALID"
    _time_passes(held, 1)
    assert steps.validate(held.world, held.key)["code"] == "NOT_FOUND"


def test_a_second_rotation_ends_the_overlap_of_the_first_key(held: Held) -> None:
    _rotate(held, overlap_days=30)
    second = held.shown()["key"]
    assert [_code(held, key) for key in (held.key, second)] == ["NOT_ACTIVATED"] * 2
    _rotate(held, overlap_days=30)
    third = held.shown()["key"]
    assert [_code(held, key) for key in (held.key, second, third)] == [
        "NOT_FOUND",
        "NOT_ACTIVATED",
        "NOT_ACTIVATED",
    ]
    _rotate(held, overlap_days=0)
    assert [_code(held, key) for key in (held.key, second, third)] == ["NOT_FOUND"] * 3
    assert len({held.key, second, third, held.shown()["key"]}) == 4


def test_what_is_changed_later_is_seen_under_both_keys(held: Held) -> None:
    _rotate(held)
    new = held.shown()["key"]
    steps.activate(held.world, held.key, SHOP)
    assert (_code(held, held.key), _code(held, new)) == ("VALID", "VALID")
    path = f"/v1/licenses/{held.id}/addons/supplier-a/disable"
    assert held.world.http("POST", path, token=held.token).status == 200
    for key in (held.key, new):
        told = steps.validate(held.world, key, fingerprint=SHOP, addons=["supplier-a"])
        assert told["code"] == "ADDON_DISABLED"


def test_a_retired_key_leaves_the_table_by_itself(held: Held) -> None:
    _rotate(held, overlap_days=3)
    ends = {row.get("ttl") and int(row["ttl"]) for row in held.world.rows("license_key")}
    (retires,) = [key.retires_at for key in licensing.get(held.id).keys if key.retires_at]
    assert ends == {None, int(retires.timestamp())}


def test_the_owner_is_told_that_he_has_a_new_key_and_not_which(held: Held) -> None:
    held.world.settle_down()
    before = len(steps.letters())
    _rotate(held)
    held.world.settle_down()
    held.world.reconcile()
    (letter,) = steps.letters()[before:]
    new = held.shown()
    assert new["key_hint"] in letter.subject
    for key in (held.key, new["key"]):
        assert key not in letter.body
        assert key.replace("-", "") not in letter.body
    (event,) = [row for row in held.world.rows("outbox") if row["name"] == "license.changed"]
    assert "rotated" in str(event["data"])


def test_the_trail_tells_of_the_rotation_and_no_row_holds_a_key(held: Held) -> None:
    _rotate(held)
    (row,) = [one for one in held.world.rows("audit") if one["action"].startswith("key rotated")]
    assert (row["channel"], row["reason"]) == ("staff", REASON)
    for key in (held.key, held.shown()["key"]):
        for form in (key, key.replace("-", ""), key.replace("-", "").removeprefix("VIG")):
            assert not [one["kind"] for one in held.world.rows() if form in str(one)]


def test_every_rotation_is_a_new_key_unless_the_request_is_a_repeat(held: Held) -> None:
    assert len({_rotate(held)["key_hint"] for _ in range(3)}) == 3
    path, body = f"/v1/staff/licenses/{held.id}/rotate", {"reason": REASON}
    token, headers = held.world.staff("staff"), {"idempotency-key": "r-1"}
    first, again = (held.world.http("POST", path, body, token=token, headers=headers) for _ in range(2))
    assert (again.status, again.text) == (200, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert held.shown()["key_hint"] == first.json["key_hint"]
    assert held.shown()["key"].replace("-", "")[-6:] == first.json["key_hint"]
