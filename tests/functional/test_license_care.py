"""What staff does with a licence: stop it, let it work again, end it; its owner is told once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.functional import steps
from tests.functional.held import OTHER, SHOP, Held
from tests.world import Answer

REASON = "chargeback 4711"
STATUS = {"suspend": "suspended", "reinstate": "active", "revoke": "revoked"}
TOLD = {"suspend": "suspended", "reinstate": "reinstated", "revoke": "revoked"}


def _do(held: Held, what: str, reason: str = REASON, group: str = "staff", **asked: Any) -> Answer:
    path = f"/v1/staff/licenses/{held.id}/{what}"
    answer = held.world.http("POST", path, {"reason": reason, **asked}, token=held.world.staff(group))
    held.world.settle_down()
    return answer


def _letters(held: Held) -> list[Any]:
    """Texts of the e-mails about what staff did, in no order."""
    return [row["params"] for row in held.world.rows("mail") if row["mail_kind"] == "license_changed"]


def _told_about(held: Held) -> list[str]:
    return sorted(change for change in (*TOLD.values(), "rotated") for one in _letters(held) if change in one)


def _traces(held: Held, action: str) -> list[tuple[Any, ...]]:
    return [
        (row["before"], row["after"], row["channel"], row["reason"])
        for row in held.world.rows("audit")
        if row["subject"] == held.id and row["action"] == action
    ]


def test_a_suspended_licence_stops_and_works_again_with_everything_it_had(held: Held) -> None:
    held.activate()
    before = held.shown()
    assert _do(held, "suspend").json["status"] == "suspended"
    assert (held.code(), held.code(addons=["supplier-a"])) == ("SUSPENDED", "SUSPENDED")
    assert {**held.shown(), "status": "active", "valid": True, "code": "VALID"} == before
    assert _do(held, "reinstate").json["status"] == "active"
    assert held.code(addons=["supplier-a"]) == "VALID"
    assert held.shown() == before


def test_the_trail_names_the_member_of_staff_the_channel_and_the_reason(held: Held) -> None:
    token = held.world.staff("finance")
    path = f"/v1/staff/licenses/{held.id}/suspend"
    assert held.world.http("POST", path, {"reason": f"  {REASON} "}, token=token).status == 200
    (row,) = [one for one in held.world.rows("audit") if one["action"] == "licence suspend"]
    assert (row["before"], row["after"], row["channel"], row["reason"]) == (
        "active",
        "suspended",
        "staff",
        REASON,
    )
    assert row["actor"] not in ("system", "tool", held.customer_id)


@pytest.mark.parametrize("what", ["suspend", "revoke"])
def test_doing_it_again_is_harmless_and_tells_nobody_a_second_time(held: Held, what: str) -> None:
    assert _do(held, what).status == 200
    assert _told_about(held) == [TOLD[what]]
    before = held.world.rows()
    again = _do(held, what, "once more")
    assert (again.status, again.json["status"]) == (200, STATUS[what])
    assert held.world.rows() == before


def test_reinstating_what_was_never_suspended_is_harmless(held: Held) -> None:
    before = held.world.rows()
    assert _do(held, "reinstate").json["status"] == "active"
    assert held.world.rows() == before


def test_the_owner_is_told_of_every_change_once_in_his_language(held: Held) -> None:
    for what in ("suspend", "reinstate", "suspend", "revoke"):
        _do(held, what)
        held.world.reconcile()
    assert _told_about(held) == ["reinstated", "revoked", "suspended", "suspended"]
    letters = [one for one in steps.letters() if "suspensa" in one.subject]
    assert len(letters) == 2
    assert letters[0].destinations["ToAddresses"] == ["ana@example.com"]
    assert held.key[-6:].replace("-", "") in letters[0].subject
    assert REASON not in letters[0].body


def test_a_revoked_licence_stays_revoked_for_good(held: Held) -> None:
    held.activate()
    assert _do(held, "revoke").json["status"] == "revoked"
    assert held.code() == "REVOKED"
    before = held.world.rows()
    amended = {"seats": 2, "reason": REASON}
    refused = [
        _do(held, "reinstate"),
        _do(held, "suspend"),
        _do(held, "rotate"),
        _patch(held, "", amended),
        _patch(held, "/addons/supplier-a", {"enabled": False, "reason": REASON}),
    ]
    assert {(one.status, one.json["code"]) for one in refused} == {(409, "license_revoked")}
    assert held.world.rows() == before


def _patch(held: Held, path: str, body: Mapping[str, Any]) -> Answer:
    return held.world.http(
        "PATCH", f"/v1/staff/licenses/{held.id}{path}", body, token=held.world.staff("staff")
    )


def test_staff_sees_a_licence_with_its_installations_and_never_its_key(held: Held) -> None:
    held.activate(name="Loja")
    token = held.world.staff("it")
    shown = steps.read(held.world, token, f"/v1/staff/licenses/{held.id}")
    owner = held.shown()
    assert {**shown, "key": held.key} == {
        **owner,
        "customer_id": held.customer_id,
        "activations": steps.activations(held.world, held.token, held.id),
    }
    assert shown["key_hint"] == held.key.replace("-", "")[-6:]
    assert shown["activations"][0]["fingerprint"] == SHOP


def test_no_answer_to_staff_holds_a_key(held: Held) -> None:
    answers = [_do(held, what) for what in ("suspend", "reinstate", "rotate")]
    answers.append(_patch(held, "", {"seats": 2, "reason": REASON}))
    answers.append(_patch(held, "/addons/supplier-a", {"enabled": False, "reason": REASON}))
    keys = (held.key, held.shown()["key"])
    assert [one.status for one in answers] == [200] * 5
    for answer in answers:
        assert "key" not in answer.json
        for key in keys:
            assert key not in answer.text
            assert key.replace("-", "") not in answer.text


def test_staff_clears_a_seat_past_files_and_used_up_moves(held: Held) -> None:
    steps.set_license(held.id, moves_per_year=0)
    path = f"/v1/licenses/{held.id}/file"
    assert held.world.http("POST", path, {"fingerprint": SHOP}, token=held.token).status == 200
    assert held.remove().json["code"] == "used_offline"
    (activation,) = steps.activations(held.world, held.token, held.id)
    cleared = _do(held, f"activations/{activation['id']}/clear", "his machine burnt down")
    assert (cleared.status, cleared.json["activations"]) == (200, [])
    assert held.activate(OTHER)["code"] == "VALID"
    traces = _traces(held, f"activation {activation['id']} cleared")
    assert traces == [("active", "active", "staff", "his machine burnt down")]
    again = _do(held, f"activations/{activation['id']}/clear")
    assert (again.status, again.json["code"]) == (404, "activation_not_found")


def test_every_command_leaves_one_trace_with_its_reason(held: Held) -> None:
    for what in ("suspend", "reinstate", "revoke"):
        _do(held, what, f"because of {what}")
    assert [_traces(held, f"licence {what}") for what in ("suspend", "reinstate", "revoke")] == [
        [("active", "suspended", "staff", "because of suspend")],
        [("suspended", "active", "staff", "because of reinstate")],
        [("active", "revoked", "staff", "because of revoke")],
    ]
