"""Notices about the end of a licence and of each addon: each once, and the latest only after an outage."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel.clock import parse_instant, utc_now
from chalicelib.licensing import service
from chalicelib.licensing import store as licensing
from tests.functional import steps
from tests.functional.held import Held

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAYS = (30, 7, 1, 0)
A, B = "supplier-a", "supplier-b"

# Kind of the letter, what it is about (an addon's name, or "licence") and days left.
Letter = tuple[str, str, int]


def _letters(held: Held) -> list[Letter]:
    """The notices that were sent, in no promised order."""
    rows = [
        row for row in held.world.rows("mail") if row["mail_kind"] in ("license_expiring", "license_expired")
    ]
    assert {row["status"] for row in rows} <= {"sent"}
    return sorted(_letter(row) for row in rows)


def _letter(row: dict[str, Any]) -> Letter:
    _, code, *_, days = str(row["subject"]).split(":")
    return str(row["mail_kind"]), code or "licence", int(days)


def _ends(held: Held, **ends: datetime | None) -> None:
    """The licence and its addons end so, and nothing has been told yet; what is not named never ends."""
    license = licensing.get(held.id)
    addons = [
        replace(addon, expires_at=ends.get(addon.code.replace("-", "_")), noticed_until=None)
        for addon in license.addons
    ]
    steps.set_license(held.id, expires_at=ends.get("licence"), noticed_until=None, addons=tuple(addons))


def _due(held: Held) -> bool:
    """Whether the licence stands in the index of due work."""
    (row,) = held.world.rows("license")
    return "gsi2pk" in row


@pytest.fixture
def end() -> datetime:
    return (utc_now() + 100 * DAY).replace(microsecond=0)


@pytest.fixture
def expiring(held: Held, end: datetime) -> Held:
    """A licence that ends in 100 days, whose addon never does."""
    _ends(held, licence=end)
    return held


def test_an_owner_is_told_30_7_and_1_days_before_the_end_and_at_the_end(
    expiring: Held, end: datetime
) -> None:
    told: list[Letter] = []
    for days in DAYS:
        steps.expire_sweep(expiring.world, end - days * DAY - HOUR)
        assert _letters(expiring) == sorted(told)
        steps.expire_sweep(expiring.world, end - days * DAY)
        told.append(("license_expiring" if days else "license_expired", "licence", days))
        assert _letters(expiring) == sorted(told)
    assert len(told) == 4


def test_a_notice_is_never_repeated_however_often_the_sweep_runs_or_is_replayed(
    expiring: Held, end: datetime
) -> None:
    for days in DAYS:
        for at in (end - days * DAY, end - days * DAY, end - days * DAY + HOUR):
            steps.expire_sweep(expiring.world, at)
    before = _letters(expiring)
    assert len(before) == 4
    for days in (*DAYS, -1, -400, 60):
        steps.expire_sweep(expiring.world, end - days * DAY)
    assert _letters(expiring) == before


def test_the_licence_and_each_addon_have_notices_of_their_own(expiring: Held, end: datetime) -> None:
    steps.bought(expiring.world, expiring.token, {**steps.ADDON_B, "license_id": expiring.id})
    _ends(expiring, licence=end, supplier_a=end - 2 * DAY, supplier_b=end)
    steps.expire_sweep(expiring.world, end - 7 * DAY)
    assert _letters(expiring) == [
        ("license_expiring", "licence", 7),
        ("license_expiring", A, 7),
        ("license_expiring", B, 7),
    ]
    steps.expire_sweep(expiring.world, end - 2 * DAY)
    assert _letters(expiring)[0] == ("license_expired", A, 0)
    assert len(_letters(expiring)) == 4


def test_after_an_outage_only_the_latest_is_told_as_it_is_by_then(expiring: Held, end: datetime) -> None:
    steps.expire_sweep(expiring.world, end - 3 * DAY)
    assert _letters(expiring) == [("license_expiring", "licence", 7)]
    (mail,) = [row for row in expiring.world.rows("mail") if row["mail_kind"] == "license_expiring"]
    assert '"days":3' in mail["params"].replace(" ", "")
    steps.expire_sweep(expiring.world, end + 5 * DAY)
    assert _letters(expiring) == [("license_expired", "licence", 0), ("license_expiring", "licence", 7)]


def test_the_letters_say_when_and_in_the_owners_language(expiring: Held, end: datetime) -> None:
    before = len(steps.letters())
    steps.expire_sweep(expiring.world, end - 7 * DAY)
    steps.expire_sweep(expiring.world, end)
    expiring_letter, expired_letter = steps.letters()[before:]
    for letter in (expiring_letter, expired_letter):
        assert letter.destinations["ToAddresses"] == ["ana@example.com"]
        assert "Olá" in letter.body
        assert expiring.key.replace("-", "")[-6:] in letter.body
        assert expiring.key not in letter.body
    assert "7 dias" in expiring_letter.body


@pytest.mark.parametrize("status", ["revoked", "suspended"])
def test_nothing_is_told_about_a_licence_that_is_stopped(expiring: Held, end: datetime, status: Any) -> None:
    steps.set_license(expiring.id, status=status)
    assert not _due(expiring)
    for days in DAYS:
        steps.expire_sweep(expiring.world, end - days * DAY)
        service.notify(expiring.id, end - days * DAY)
    assert _letters(expiring) == []


def test_a_licence_that_works_again_is_told_of_what_is_still_to_come(expiring: Held, end: datetime) -> None:
    steps.set_license(expiring.id, status="suspended")
    steps.expire_sweep(expiring.world, end - 7 * DAY)
    steps.set_license(expiring.id, status="active")
    steps.expire_sweep(expiring.world, end - DAY)
    assert _letters(expiring) == [("license_expiring", "licence", 1)]


def test_a_licence_that_never_ends_is_never_due(held: Held) -> None:
    _ends(held)
    before = held.world.rows()
    steps.expire_sweep(held.world, utc_now() + 10_000 * DAY)
    assert held.world.rows() == before
    assert not _due(held)


def test_after_its_last_notice_a_licence_is_due_no_more(expiring: Held, end: datetime) -> None:
    for days in DAYS:
        assert _due(expiring)
        steps.expire_sweep(expiring.world, end - days * DAY)
    assert not _due(expiring)


def test_what_was_just_bought_for_a_month_is_not_told_to_end_in_a_month(held: Held) -> None:
    steps.bought(held.world, held.token, {**steps.ADDON_B, "license_id": held.id})
    (_, addon) = licensing.get(held.id).addons
    assert addon.expires_at is not None
    steps.expire_sweep(held.world, addon.expires_at - 28 * DAY)
    assert _letters(held) == []
    steps.expire_sweep(held.world, addon.expires_at - 7 * DAY)
    assert _letters(held) == [("license_expiring", B, 7)]


def test_a_notice_overtaken_by_a_renewal_is_not_sent_and_the_new_end_brings_its_own(
    expiring: Held, end: datetime
) -> None:
    world = expiring.world
    service.notify(expiring.id, end - 7 * DAY)
    # The event is on its way while the owner pays.
    new_end = end + 365 * DAY
    steps.set_license(expiring.id, expires_at=new_end)
    world.settle_down()
    assert _letters(expiring) == []
    for days in DAYS:
        steps.expire_sweep(world, new_end - days * DAY)
    assert [days for *_, days in _letters(expiring)] == [0, 1, 7, 30]


def test_a_renewal_after_the_first_notice_ends_the_notices_of_the_old_end(
    expiring: Held, end: datetime
) -> None:
    steps.expire_sweep(expiring.world, end - 30 * DAY)
    steps.bought(expiring.world, expiring.token, {"product": "prestaimport", "license_id": expiring.id})
    new_end = parse_instant(expiring.shown()["expires_at"])
    assert new_end > end + 360 * DAY
    for days in (7, 1, 0):
        steps.expire_sweep(expiring.world, end - days * DAY)
    assert _letters(expiring) == [("license_expiring", "licence", 30)]
    steps.expire_sweep(expiring.world, new_end - 30 * DAY)
    assert _letters(expiring) == [("license_expiring", "licence", 30)] * 2


def test_the_sweep_of_one_licence_leaves_the_others_alone(expiring: Held, end: datetime) -> None:
    _, other = expiring.world.customer("rui@example.com", tax_id="11144477735")
    steps.bought(expiring.world, other, steps.LICENSE)
    (theirs,) = steps.licenses(expiring.world, other)
    steps.set_license(theirs["id"], expires_at=end + 40 * DAY)
    steps.expire_sweep(expiring.world, end - 7 * DAY)
    assert {row["to"] for row in expiring.world.rows("mail") if "expir" in row["mail_kind"]} == {
        "ana@example.com"
    }
