"""Use cases of licences on a table: what is saved, what is told, what leaves a trace (V11, B2, B11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kernel.events import Actor
from chalicelib.licensing import service, store
from chalicelib.licensing.activations import NoFreeSeat, UsedOffline, activated, held_offline
from chalicelib.licensing.keys import derive_key, key_hash
from chalicelib.licensing.rules import License
from chalicelib.licensing.standing import IssuedKey, Place
from chalicelib.storage.idempotency import IdempotencyKeyReused, Repeatable, Replay
from chalicelib.storage.transaction import Transaction
from tests.unit.storage.conftest import Rows

from .made import DAY, NOW, a_license

SECRET = bytes(range(32))
OWNER, STAFF = Actor("cus_1", "store"), Actor("sub-1", "staff", "asked for")
SHOP = Place("shop.com")


def _saved(*places: Place, **changed: Any) -> License:
    """A stored licence that is used in these places."""
    license = a_license(keys=(IssuedKey(key_hash(derive_key(SECRET, "lic_1", 0))),), **changed)
    for place in places:
        license = activated(license, place, None, NOW)
    writing = Transaction()
    writing.save(*store.rows(license, NOW))
    writing.commit()
    return store.get("lic_1")


def _change(license: License, **changed: Any) -> License:
    writing = Transaction()
    writing.save(*store.rows(replace(license, **changed), NOW))
    writing.commit()
    return store.get(license.id)


def _traces(rows: Rows) -> list[str]:
    return [row["action"] for row in rows() if row["kind"] == "audit"]


def _rotate(repeatable: Repeatable | None = None, days: int = 7) -> License:
    return service.rotate(
        "lic_1",
        days,
        SECRET,
        STAFF,
        NOW,
        answer=lambda after: (200, f"rotation {after.rotation}"),
        repeatable=repeatable,
    )


def test_a_key_is_rotated_once_however_often_the_same_request_comes(rows: Rows) -> None:
    _saved()
    request = Repeatable("sub-1", "rotate lic_1", "key-1", b"{}")
    assert _rotate(request).rotation == 1
    before = rows()
    for _ in range(2):
        with pytest.raises(Replay) as again:
            _rotate(request)
        assert (again.value.answer.status, again.value.answer.body) == (200, "rotation 1")
    with pytest.raises(IdempotencyKeyReused):
        _rotate(replace(request, body=b"[]"))
    assert rows() == before
    assert _rotate(replace(request, client_key="key-2")).rotation == 2


def test_without_an_idempotency_key_every_request_rotates(rows: Rows) -> None:
    _saved()
    assert [_rotate().rotation for _ in range(3)] == [1, 2, 3]
    keys = {row["pk"] for row in rows() if row["kind"] == "license_key"}
    assert len(keys) == 4
    assert [key.hash for key in store.get("lic_1").keys][-1] == key_hash(derive_key(SECRET, "lic_1", 3))
    assert not [row for row in rows() if row["kind"] == "idempotency"]


def test_there_is_no_file_for_an_installation_beyond_the_seats(rows: Rows) -> None:
    _change(_saved(Place("a.com"), Place("b.com"), seats=2), seats=1)
    before = rows()
    with pytest.raises(service.LicenseNotUsable) as refused:
        service.issue_file("lic_1", Place("b.com"), 30 * DAY, OWNER, NOW)
    assert refused.value.facts["verdict"] == "TOO_MANY_ACTIVATIONS"
    with pytest.raises(NoFreeSeat):
        service.issue_file("lic_1", Place("c.com"), 30 * DAY, OWNER, NOW)
    assert rows() == before


def test_every_file_leaves_a_trace_also_one_that_changes_nothing(rows: Rows) -> None:
    _saved()
    for days in (30, 30, 5):
        made = service.issue_file("lic_1", SHOP, timedelta(days=days), OWNER, NOW)
        assert made.until == NOW + days * DAY
        assert made.license.activations[0].offline_until == NOW + 30 * DAY
    files = [
        f"licence file for shop.com until 2026-{month}T10:00:00Z" for month in ("11-27", "12-22", "12-22")
    ]
    assert sorted(_traces(rows)) == files


@pytest.mark.parametrize("stated", ["staging", "local"])
def test_an_installation_with_a_file_cannot_deactivate_itself_as_a_copy(rows: Rows, stated: Any) -> None:
    _saved(SHOP)
    service.issue_file("lic_1", SHOP, 30 * DAY, OWNER, NOW)
    hashed = store.get("lic_1").keys[-1].hash
    copy = Place("shop.com", stated)
    assert service.activate(hashed, copy, None, (), NOW).code == "VALID"
    for place in (SHOP, copy):
        with pytest.raises(UsedOffline):
            service.deactivate(hashed, place, (), NOW)
    assert service.activate(hashed, Place("other.com"), None, (), NOW).code == "TOO_MANY_ACTIVATIONS"


def test_staff_clears_an_activation_past_moves_and_files(rows: Rows) -> None:
    license = _saved(SHOP, moves_per_year=0)
    _change(license, activations=held_offline(license, SHOP, NOW + 300 * DAY).activations)
    after = service.clear_activation("lic_1", license.activations[0].id, STAFF, NOW)
    assert (after.activations, after.moves) == ((), ())
    assert _traces(rows) == [f"activation {license.activations[0].id} cleared"]
    hashed = license.keys[-1].hash
    assert service.activate(hashed, Place("other.com"), None, (), NOW).code == "VALID"


def test_what_changes_nothing_leaves_no_trace(rows: Rows) -> None:
    license = _saved(SHOP)
    before = rows()
    assert service.activate(license.keys[-1].hash, SHOP, None, (), NOW).valid
    service.amend("lic_1", {"seats": 1}, STAFF, NOW)
    service.command("lic_1", "reinstate", STAFF, NOW)
    assert rows() == before
