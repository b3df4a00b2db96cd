"""The copy of a licence under each of its keys: written with it, guarded by it, read alone (V11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.licensing import store
from chalicelib.licensing.copies import SORT_KEY, copy_key, standing_in
from chalicelib.licensing.rules import (
    MOST_KEYS,
    Activation,
    Addon,
    License,
    LicenseNotFound,
    Move,
    rotated,
    standing_of,
)
from chalicelib.licensing.standing import IssuedKey, opened_by
from chalicelib.storage.table import Copy, Row, load
from chalicelib.storage.transaction import Stale, Transaction
from tests.unit.storage.conftest import TABLE, Rows

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
LICENSE = License(
    id="lic_1",
    customer_id="cus_1",
    order_id="ord_1",
    product="prestaimport",
    product_name="PrestaImport",
    installation="Tienda ñ",
    domain=None,
    status="active",
    expires_at=NOW + 365 * DAY,
    grace_days=7,
    key_hint="ABCDEF",
    created_at=NOW,
    addons=(Addon("a", "A", "ord_1", NOW + DAY, 3, False, NOW),),
    keys=(IssuedKey("old", NOW + DAY), IssuedKey("new")),
    rotation=1,
    activations=(Activation("act_1", "shop.com", "production", None, NOW, NOW + DAY),),
    moves=(Move("old.com", NOW),),
)


class NoteRow(Row, discriminator="copied_note"):
    """A row of these tests."""


class NoteCopy(Copy, discriminator="copied_note_copy"):
    """Its copy."""


def _save(*rows: Row) -> None:
    writing = Transaction()
    writing.save(*rows)
    writing.commit()


def _saved(license: License = LICENSE) -> License:
    _save(*store.rows(license, NOW))
    return store.get(license.id)


def _copies(*hashes: str) -> dict[str, dict[str, Any]]:
    """The raw copies by the hash of their key, as DynamoDB's own JSON has them."""
    client = boto3.client("dynamodb", region_name="us-east-1")
    found = {
        hashed: client.get_item(
            TableName=TABLE, Key={"pk": {"S": copy_key(hashed)}, "sk": {"S": SORT_KEY}}
        ).get("Item")
        for hashed in hashes or ("old", "new")
    }
    return {hashed: item for hashed, item in found.items() if item}


def test_a_licence_is_written_once_and_copied_under_each_of_its_keys(rows: Rows) -> None:
    _saved()
    assert sorted(row["kind"] for row in rows()) == ["license", "license_key", "license_key"]
    assert [standing_in(item) for item in _copies().values()] == [standing_of(LICENSE)] * 2


def test_a_copy_has_no_version(rows: Rows) -> None:
    _saved()
    assert store.get("lic_1").version == 1
    assert not [item for item in _copies().values() if "version" in item]


def test_a_copy_says_what_decides_and_nothing_about_the_customer(rows: Rows) -> None:
    _saved()
    assert set(_copies()["new"]) == {"pk", "sk", "kind", "standing"}
    text = str(_copies())
    for private in ("cus_1", "ord_1", "Tienda", "PrestaImport", "ABCDEF", "old.com"):
        assert private not in text


def test_a_changed_licence_is_in_every_copy_at_once(rows: Rows) -> None:
    after = replace(_saved(), status="suspended", addons=())
    _save(*store.rows(after, NOW))
    assert store.get("lic_1") == replace(after, version=2)
    assert [standing_in(item) for item in _copies().values()] == [standing_of(after)] * 2


def test_who_comes_too_late_changes_neither_the_licence_nor_a_copy(rows: Rows) -> None:
    mine, theirs = _saved(), store.get("lic_1")
    _save(*store.rows(replace(theirs, status="suspended"), NOW))
    before = rows()
    with pytest.raises(Stale):
        _save(*store.rows(replace(mine, seats=9), NOW))
    assert rows() == before


def test_a_copy_alone_is_written_over_whatever_is_there(rows: Rows) -> None:
    for _ in range(3):
        _save(NoteCopy("x", "COPY"))
    assert [(row["pk"], "version" in row) for row in rows()] == [("x", False)]
    _save(NoteRow("x", "NOTE"))
    with pytest.raises(Stale):
        _save(NoteRow("x", "NOTE"), NoteCopy("y", "COPY"))
    assert load(NoteCopy, "y", "COPY") is None


def test_the_copy_of_a_key_that_retires_leaves_the_table_after_it(rows: Rows) -> None:
    _saved()
    ttl = {hashed: item.get("ttl") for hashed, item in _copies().items()}
    assert ttl == {"old": {"N": str(int((NOW + DAY).timestamp()))}, "new": None}


def test_a_copy_stands_in_no_list_and_has_nothing_due(rows: Rows) -> None:
    _saved()
    indexed = {row["kind"]: {name for name in row if name.startswith("gsi")} for row in rows()}
    assert indexed == {"license": {"gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"}, "license_key": set()}


def test_a_licence_is_found_by_its_keys_until_they_retire_and_as_its_own_row_has_it(rows: Rows) -> None:
    saved = _saved()
    assert store.find_by_key_hash("new", NOW) == saved
    assert store.find_by_key_hash("old", NOW) == saved
    assert store.find_by_key_hash("old", NOW + DAY) is None
    assert store.find_by_key_hash("unknown", NOW) is None


def test_a_copy_that_was_left_behind_opens_nothing(rows: Rows) -> None:
    _save(*store.rows(replace(_saved(), keys=(IssuedKey("new"),)), NOW))
    assert "old" in _copies()
    assert store.find_by_key_hash("old", NOW) is None


def test_a_key_that_has_retired_is_forgotten_and_its_copy_left_as_it_was(rows: Rows) -> None:
    saved, retired = _saved(), NOW + DAY
    before = _copies("old")
    _save(*store.rows(replace(saved, status="suspended"), retired + MOMENT))
    after = store.get("lic_1")
    assert (after.keys, after.status) == ((IssuedKey("new"),), "suspended")
    assert _copies("old") == before
    assert not opened_by(standing_in(before["old"]), "old", retired)
    assert standing_in(_copies("new")["new"]) == standing_of(after)


def test_a_key_that_retires_at_this_moment_is_told_so_in_its_copy(rows: Rows) -> None:
    bought = replace(LICENSE, keys=(IssuedKey("old"),), rotation=0)
    _saved(bought)
    _save(*store.rows(rotated(store.get("lic_1"), "new", "123456", 0, NOW), NOW))
    copies = _copies()
    assert [opened_by(standing_in(copies[one]), one, NOW) for one in ("old", "new")] == [False, True]
    assert copies["old"]["ttl"] == {"N": str(int(NOW.timestamp()))}
    assert store.find_by_key_hash("old", NOW) is None


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 40)), max_size=8))
def test_however_often_its_key_is_replaced_a_licence_is_four_rows_at_most(
    steps: list[tuple[int, int]],
) -> None:
    license, now = LICENSE, NOW
    for number, (overlap, waited) in enumerate(steps):
        now += waited * DAY
        license = rotated(license, f"hash-{number}", "123456", overlap, now)
        row, *copies = store.rows(license, now)
        assert isinstance(row, store.LicenseRow)
        assert all(isinstance(copy, store.KeyRow) for copy in copies)
        assert len(copies) <= MOST_KEYS == 3


def test_a_licence_has_due_work_while_a_notice_about_its_end_is_open(rows: Rows) -> None:
    saved = _saved(replace(LICENSE, addons=()))
    assert list(store.due(NOW + 335 * DAY)) == ["lic_1"]
    assert list(store.due(NOW + 334 * DAY)) == []
    _save(*store.rows(replace(saved, status="suspended"), NOW))
    assert list(store.due(NOW + 999 * DAY)) == []


def test_somebody_elses_licence_is_as_unknown_as_none(rows: Rows) -> None:
    _saved()
    assert store.get_own("lic_1", "cus_1").id == "lic_1"
    for license_id, customer in (("lic_1", "cus_2"), ("lic_2", "cus_1")):
        with pytest.raises(LicenseNotFound):
            store.get_own(license_id, customer)
