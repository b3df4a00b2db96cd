"""Records in the table: found by id, listed under their owner, due while they say so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.paging import NotACursor, encode_cursor
from chalicelib.storage.attributes import InstantAttribute
from chalicelib.storage.idempotency import IdempotencyKeyReused, Repeatable, Replay
from chalicelib.storage.keys import key
from chalicelib.storage.records import Records
from chalicelib.storage.table import DUE_SHARDS, Row, due, shard_of
from chalicelib.storage.transaction import Transaction
from tests.unit.storage.conftest import Rows

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Parcel:
    """A record of these tests."""

    id: str
    customer_id: str | None
    created_at: datetime
    due_at: datetime | None = None
    version: int | None = None

    @property
    def kept_until(self) -> datetime | None:
        """What waits for nothing may go a day later."""
        return None if self.due_at else self.created_at + timedelta(days=1)


class ParcelRow(Row, discriminator="parcel"):
    """Its row."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute(null=True)
    created_at = InstantAttribute()
    due_at = InstantAttribute(null=True)


class OtherParcelRow(Row, discriminator="other_parcel"):
    """A row of another kind for the same record."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute(null=True)
    created_at = InstantAttribute()
    due_at = InstantAttribute(null=True)


class OtherRow(Row, discriminator="other"):
    """Something else under the same owner."""


PARCELS = Records("ORD", ParcelRow, Parcel, NotFound)


def _save(*rows: Row) -> None:
    writing = Transaction()
    writing.save(*rows)
    writing.commit()


def _parcels(count: int, owner: str = "ana") -> list[str]:
    """Made one after the other; their ids, newest first."""
    made = [Parcel(f"{owner}-{at:03d}", owner, NOW + at * MINUTE) for at in range(count)]
    _save(*(PARCELS.row(one) for one in made))
    return [one.id for one in made][::-1]


def test_a_saved_record_is_found_with_its_version(rows: Rows) -> None:
    parcel = Parcel("p", "ana", NOW)
    _save(PARCELS.row(parcel))
    assert PARCELS.get("p") == Parcel("p", "ana", NOW, version=1)
    _save(PARCELS.row(PARCELS.get("p")))
    assert PARCELS.get("p").version == 2


def test_a_field_that_became_none_is_gone_from_the_row(rows: Rows) -> None:
    _save(PARCELS.row(Parcel("p", "ana", NOW, due_at=NOW)))
    _save(PARCELS.row(Parcel("p", "ana", NOW, version=1)))
    (row,) = rows()
    assert not {"due_at", "gsi2pk", "gsi2sk"} & set(row)


def test_an_unknown_record_and_somebody_elses_are_missing_alike(rows: Rows) -> None:
    _save(PARCELS.row(Parcel("p", "ana", NOW)))
    assert PARCELS.get_own("p", "ana").id == "p"
    assert PARCELS.find("q") is None
    with pytest.raises(NotFound) as unknown:
        PARCELS.get("q")
    with pytest.raises(NotFound) as foreign:
        PARCELS.get_own("p", "rui")
    assert str(unknown.value).replace("q.", "p.") == str(foreign.value)


def test_many_records_are_found_by_their_ids_and_unknown_ones_left_out(rows: Rows) -> None:
    # More than one request of DynamoDB's carries; a transaction does not either.
    ids = [*_parcels(90, "ana"), *_parcels(90, "rui")]
    found = PARCELS.find_all([*ids, *ids, "q"])
    assert found == {id: PARCELS.get(id) for id in ids}
    assert PARCELS.find_all([]) == {}


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 100])
def test_pages_show_each_of_an_owners_records_once_newest_first(rows: Rows, limit: int) -> None:
    ids = _parcels(7)
    _parcels(3, owner="rui")
    _save(OtherRow("OTHER", "X", gsi1pk="CUS#ana", gsi1sk="INV#2026"))
    seen: list[str] = []
    cursor = None
    for _ in range(8):
        page = PARCELS.page("ana", limit, cursor)
        assert 0 < len(page.items) <= limit
        seen += [one.id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ids
    assert [one.id for one in PARCELS.all_of("ana")] == ids


def test_what_has_no_owner_is_in_no_list(rows: Rows) -> None:
    _save(PARCELS.row(Parcel("p", None, NOW)))
    assert PARCELS.page("", 10, None).items == ()
    assert "gsi1pk" not in rows()[0]


def test_a_cursor_stays_in_its_owners_list(rows: Rows) -> None:
    _parcels(3)
    ids = _parcels(3, owner="rui")
    cursor = PARCELS.page("ana", 1, None).next_cursor
    assert set(one.id for one in PARCELS.page("rui", 10, cursor).items) <= set(ids)


@pytest.mark.parametrize(
    "position",
    [
        {"pk": "x", "sk": "x", "gsi1sk": "INV#x"},
        {"pk": "x", "sk": "x", "gsi1sk": "ORDER"},
        {"pk": "x", "sk": "", "gsi1sk": "ORD#x"},
        {"pk": "x", "sk": "x"},
        {"pk": "x", "sk": "x", "gsi1sk": "ORD#x", "gsi1pk": "CUS#rui"},
    ],
)
def test_a_position_that_is_not_in_the_list_is_refused(rows: Rows, position: dict[str, str]) -> None:
    with pytest.raises(NotACursor):
        PARCELS.page("ana", 1, encode_cursor(position))


def test_due_records_are_those_whose_instant_has_come(rows: Rows) -> None:
    for at in range(20):
        _save(PARCELS.row(Parcel(f"p{at}", "ana", NOW, due_at=NOW + at * MINUTE)))
    _save(PARCELS.row(Parcel("never", "ana", NOW)))
    assert set(PARCELS.due(NOW + 9 * MINUTE)) == {f"p{at}" for at in range(10)}
    assert list(PARCELS.due(NOW - MINUTE)) == []


def test_a_record_leaves_the_table_when_it_says_so(rows: Rows) -> None:
    _save(PARCELS.row(Parcel("done", "ana", NOW)), PARCELS.row(Parcel("waits", "ana", NOW, due_at=NOW)))
    kept = {row["id"]: row.get("ttl") for row in rows()}
    assert kept == {"done": int(NOW.timestamp()) + 86400, "waits": None}


def test_due_work_spreads_over_all_shards_and_an_id_stays_in_its_own() -> None:
    shards = {shard_of(f"id{at}") for at in range(100)}
    assert shards == set(range(DUE_SHARDS))
    assert due("mail", NOW, "x")["gsi2pk"] == due("mail", NOW + MINUTE, "x")["gsi2pk"]
    assert due("mail", None, "x") == {}


def test_a_key_has_a_registered_prefix() -> None:
    assert key("ORD", "x", "y") == "ORD#x#y"
    with pytest.raises(KeyError):
        key("NEW", "x")


# Repeats


def _repeat(**changed: object) -> Repeatable:
    given = {"principal": "ana", "operation": "POST /orders", "client_key": "k", "body": b"{}", **changed}
    return Repeatable(**given)  # type: ignore[arg-type]


def test_what_was_never_done_is_not_replayed(rows: Rows) -> None:
    _repeat().replay()


def test_what_was_done_is_answered_again(rows: Rows) -> None:
    _save(_repeat().row(201, '{"id": 1}', NOW))
    with pytest.raises(Replay) as replay:
        _repeat().replay()
    assert (replay.value.answer.status, replay.value.answer.body) == (201, '{"id": 1}')


def test_the_same_key_with_another_body_is_refused(rows: Rows) -> None:
    _save(_repeat().row(201, "{}", NOW))
    with pytest.raises(IdempotencyKeyReused):
        _repeat(body=b"[]").replay()


@pytest.mark.parametrize("changed", [{"principal": "rui"}, {"operation": "POST /x"}, {"client_key": "l"}])
def test_another_caller_call_or_key_is_another_request(rows: Rows, changed: dict[str, object]) -> None:
    _save(_repeat().row(201, "{}", NOW))
    _repeat(**changed).replay()
    assert _repeat(**changed).id != _repeat().id


def test_the_fingerprint_tells_a_true_repeat() -> None:
    assert _repeat().fingerprint == _repeat().fingerprint
    assert _repeat(body=b"[]").id == _repeat().id
    assert _repeat(body=b"[]").fingerprint != _repeat().fingerprint


def test_records_that_are_listed_among_others_stand_between_them_in_order_of_time(rows: Rows) -> None:
    notes = Records("TRC", OtherParcelRow, Parcel, NotFound, listed_among="ORD")
    _save(
        PARCELS.row(Parcel("first", "ana", NOW)),
        notes.row(Parcel("between", "ana", NOW + MINUTE)),
        PARCELS.row(Parcel("last", "ana", NOW + 2 * MINUTE)),
        notes.row(Parcel("elsewhere", "rui", NOW)),
    )
    everything = Records("ORD", Row, Row, NotFound)
    seen: list[Row] = []
    cursor = None
    for _ in range(3):
        page = everything.rows_of("ana", 1, cursor)
        seen, cursor = [*seen, *page.items], page.next_cursor
    assert cursor is None
    assert [type(row) for row in seen] == [ParcelRow, OtherParcelRow, ParcelRow]
    # Each kind has a list of its own all the same.
    assert [one.id for one in PARCELS.all_of("ana")] == ["last", "first"]
    assert [one.id for one in notes.page("ana", 1, None).items] == ["between"]
    assert notes.get("between").id == "between"
