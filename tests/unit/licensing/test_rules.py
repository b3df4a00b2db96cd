"""Changing a licence: addons, what staff does, and the keys that open it (V9, V10, V11)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.licensing.decision import usable
from chalicelib.licensing.notices import due_notices, quiet_until
from chalicelib.licensing.rules import (
    MOST_KEYS,
    Addon,
    AddonNotFound,
    Command,
    License,
    LicenseRevoked,
    addon_of,
    amended,
    amended_addon,
    commanded,
    endless_parts,
    live_keys,
    rotated,
    switched,
    with_addon,
)
from chalicelib.licensing.standing import IssuedKey, LicenseStatus, opened_by

from .made import ADDON_CODES, ADDONS, DAY, LICENSES, MOMENT, NOW, a_license, an_activation, an_addon, asked

COMMANDS: tuple[Command, ...] = ("suspend", "reinstate", "revoke")


@given(LICENSES, ADDONS)
def test_an_addon_takes_the_place_of_its_like_and_touches_no_other(license: License, addon: Addon) -> None:
    after = with_addon(license, addon)
    found = {one.code: one for one in after.addons}
    assert found == {**{one.code: one for one in license.addons}, addon.code: addon}
    assert list(found) == sorted(found)
    assert with_addon(after, addon) == after


@given(LICENSES, st.sampled_from(ADDON_CODES), st.booleans())
def test_a_switch_turns_one_addon_and_nothing_else_of_it(license: License, code: str, enabled: bool) -> None:
    if code not in {addon.code for addon in license.addons}:
        with pytest.raises(AddonNotFound):
            switched(license, code, enabled)
        return
    after = switched(license, code, enabled)
    assert addon_of(after, code) == amended_copy(addon_of(license, code), enabled=enabled)
    assert [one for one in after.addons if one.code != code] == sorted(
        (one for one in license.addons if one.code != code), key=lambda one: one.code
    )
    assert switched(after, code, enabled) == after


def amended_copy(addon: Addon, **changed: Any) -> Addon:
    """The same addon but for these fields, made from scratch."""
    return Addon(**{**vars(addon), **changed})


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        (("suspend",), "suspended"),
        (("suspend", "suspend"), "suspended"),
        (("suspend", "reinstate"), "active"),
        (("reinstate",), "active"),
        (("revoke", "revoke"), "revoked"),
        (("suspend", "revoke"), "revoked"),
    ],
)
def test_staff_stops_a_licence_and_lets_it_go_on(
    commands: tuple[Command, ...], status: LicenseStatus
) -> None:
    license = a_license()
    for command in commands:
        license = commanded(license, command)
    assert license == a_license(status=status)


def test_what_was_revoked_stays_revoked_and_as_it_is() -> None:
    revoked = a_license(status="revoked", addons=(an_addon(),))
    for command in ("suspend", "reinstate"):
        with pytest.raises(LicenseRevoked):
            commanded(revoked, command)
    with pytest.raises(LicenseRevoked):
        amended(revoked, {"seats": 2})
    with pytest.raises(LicenseRevoked):
        amended_addon(revoked, "a", {"enabled": False})
    with pytest.raises(LicenseRevoked):
        rotated(revoked, "hash-1", "123456", 7, NOW)


@given(LICENSES, st.sampled_from(COMMANDS))
def test_stopping_a_licence_takes_nothing_from_it(license: License, command: Command) -> None:
    if license.status == "revoked" and command != "revoke":
        return
    after = commanded(license, command)
    assert {**vars(after), "status": license.status} == vars(license)


def test_what_was_paid_is_there_again_when_a_licence_is_reinstated() -> None:
    license = a_license(addons=(an_addon(),), activations=(an_activation(),))
    suspended = commanded(license, "suspend")
    assert [one.valid for one in asked(suspended).addons] == [False]
    assert commanded(suspended, "reinstate") == license


def test_staff_sets_ends_and_seats_and_nothing_that_it_did_not_name() -> None:
    end = NOW + 9 * DAY
    assert amended(a_license(), {"expires_at": end, "seats": 3}) == a_license(expires_at=end, seats=3)
    license = a_license(addons=(an_addon("a"), an_addon("b")))
    after = amended_addon(license, "b", {"paid_until": end})
    assert after.addons == (an_addon("a"), an_addon("b", paid_until=end))
    with pytest.raises(AddonNotFound):
        amended_addon(license, "c", {"paid_until": end})


@pytest.mark.parametrize(
    ("paid", "end"), [(None, 100), (40, 40), (100, 100), (101, 100)], ids=["all", "part", "exactly", "more"]
)
def test_a_licence_ends_with_its_term_or_with_the_part_of_it_that_was_paid(
    paid: int | None, end: int
) -> None:
    license = a_license(paid_until=None if paid is None else NOW + paid * DAY)
    assert license.ends_at == NOW + end * DAY
    assert license.grace_until == NOW + (end + 7) * DAY
    assert license.unpaid_first == (end < 100)
    assert usable(license, NOW + (end + 7) * DAY - MOMENT)
    assert not usable(license, NOW + (end + 7) * DAY)


# Keys


def test_one_licence_is_opened_by_its_own_keys_only() -> None:
    assert opened_by(a_license(), "hash-0", NOW)
    assert not opened_by(a_license(), "hash-1", NOW)
    assert not opened_by(a_license(keys=()), "", NOW)


@given(LICENSES)
def test_no_state_of_a_licence_takes_its_key_away(license: License) -> None:
    assert opened_by(license, "hash-0", NOW)


def test_a_replaced_key_works_on_in_the_overlap_and_not_a_moment_longer() -> None:
    after = rotated(a_license(), "hash-1", "123456", 7, NOW)
    assert (after.rotation, after.key_hint) == (1, "123456")
    end = NOW + 7 * DAY
    for at, old in ((NOW, True), (end - MOMENT, True), (end, False), (end + 999 * DAY, False)):
        assert opened_by(after, "hash-0", at) == old
        assert opened_by(after, "hash-1", at)


def test_a_key_that_fell_into_wrong_hands_can_end_at_once() -> None:
    after = rotated(a_license(), "hash-1", "123456", 0, NOW)
    assert not opened_by(after, "hash-0", NOW)


# Days of overlap, and days that passed before.
ROTATIONS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 15)), min_size=1, max_size=8)


@given(ROTATIONS)
def test_of_the_replaced_keys_only_the_latest_works_on(steps: list[tuple[int, int]]) -> None:
    license, now = a_license(), NOW
    for number, (overlap, waited) in enumerate(steps, 1):
        now += timedelta(days=waited)
        license = rotated(license, f"hash-{number}", "123456", overlap, now)
        working = [f"hash-{number}", *([f"hash-{number - 1}"] if overlap else [])]
        assert [key.hash for key in live_keys(license, now)] == working[::-1]
        assert license.keys[-1] == IssuedKey(f"hash-{number}")
        retires = now + timedelta(days=overlap)
        for one in range(number):
            last = max(now, retires - MOMENT)
            assert opened_by(license, f"hash-{one}", last) == (one == number - 1 and overlap > 0)
            assert not opened_by(license, f"hash-{one}", retires)


@given(ROTATIONS)
def test_no_licence_ever_has_more_than_three_keys(steps: list[tuple[int, int]]) -> None:
    assert MOST_KEYS == 3
    license, now = a_license(), NOW
    for number, (overlap, waited) in enumerate(steps, 1):
        now += timedelta(days=waited)
        before = live_keys(license, now)
        license = rotated(license, f"hash-{number}", "123456", overlap, now)
        assert len(license.keys) <= MOST_KEYS
        # Whatever still worked is told, once more, that it does no longer: its copy must be written.
        assert {key.hash for key in before} < {key.hash for key in license.keys}


def test_a_third_key_in_a_row_retires_the_first_at_once() -> None:
    license = rotated(rotated(a_license(), "hash-1", "123456", 90, NOW), "hash-2", "123456", 30, NOW + DAY)
    now = NOW + DAY
    assert license.keys == (
        IssuedKey("hash-0", now),
        IssuedKey("hash-1", now + 30 * DAY),
        IssuedKey("hash-2"),
    )


# Notices about an end that staff sets


@pytest.mark.parametrize("days", [60, 10, 5, 0.5])
def test_an_end_that_staff_brings_forward_is_announced_as_it_stands_then(days: float) -> None:
    end = NOW + 365 * DAY
    license = a_license(expires_at=end, noticed_until=quiet_until(NOW, end, None))
    sooner = NOW + days * DAY
    after = amended(license, {"expires_at": sooner})
    told = due_notices(after, sooner - timedelta(hours=1))[1]
    assert [(one.days, one.expires_at) for one in told] == [(1, sooner)]
    assert [one.days for one in due_notices(after, sooner)[1]] == [0]


def test_an_end_of_an_addon_that_staff_brings_forward_is_announced() -> None:
    quiet = quiet_until(NOW, NOW + 365 * DAY, None)
    license = a_license(addons=(an_addon(expires_at=NOW + 365 * DAY, noticed_until=quiet),))
    after = amended_addon(license, "a", {"expires_at": NOW + 20 * DAY})
    assert [(one.addon, one.days) for one in due_notices(after, NOW)[1]] == [("a", 30)]


@pytest.mark.parametrize("changes", [{"seats": 2}, {"paid_until": NOW}, {"expires_at": NOW + 100 * DAY}])
def test_what_leaves_the_end_where_it_is_announces_nothing_again(changes: dict[str, Any]) -> None:
    license = a_license(noticed_until=NOW)
    assert amended(license, changes).noticed_until == NOW


def test_the_endless_parts_of_a_licence_are_named_by_their_codes() -> None:
    ending, endless = an_addon("a"), an_addon("b", expires_at=None)
    assert endless_parts(a_license(addons=(ending,))) == frozenset()
    assert endless_parts(a_license(addons=(ending, endless))) == {"b"}
    assert endless_parts(a_license(expires_at=None, addons=(ending,))) == {"prestaimport"}
