"""One transaction: all or nothing, `Stale` when something moved, numbers without gaps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import TransactWriteError

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.events import SYSTEM, Actor, Change, Event
from chalicelib.storage import outbox
from chalicelib.storage.series import Taken, subjects_of, take_numbers
from chalicelib.storage.table import LONGEST_PK, Row, bind, load
from chalicelib.storage.transaction import ATTEMPTS, Stale, Transaction, retrying
from tests.unit.storage.conftest import TABLE, Rows

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY, DAY = date(2026, 11, 22), timedelta(days=1)


class NoteRow(Row, discriminator="note"):
    """A row of these tests."""

    text = UnicodeAttribute()


def _save(*rows: Row) -> None:
    writing = Transaction()
    writing.save(*rows)
    writing.commit()


def _note(name: str, text: str = "first") -> NoteRow:
    return NoteRow(name, "NOTE", text=text)


def _read(name: str) -> NoteRow:
    found = load(NoteRow, name, "NOTE")
    assert found
    return found


def test_everything_in_a_transaction_is_written_together(rows: Rows) -> None:
    writing = Transaction()
    writing.save(_note("a"), _note("b"))
    writing.emit(Event("noted", "a", NOW, {"by": "ana"}))
    writing.audit(Change("a", "cus_1", "noted", None, "first", Actor("ana", "phone", "she asked"), NOW))
    assert rows() == []
    writing.commit()
    assert sorted(row["kind"] for row in rows()) == ["audit", "note", "note", "outbox"]
    (trace,) = [row for row in rows() if row["kind"] == "audit"]
    assert trace["gsi1pk"] == "CUS#cus_1"
    assert {
        name: trace.get(name) for name in ("subject", "action", "before", "after", "actor", "reason")
    } == {
        "subject": "a",
        "action": "noted",
        "before": None,
        "after": "first",
        "actor": "ana",
        "reason": "she asked",
    }


def test_a_row_that_exists_already_is_not_written_again(rows: Rows) -> None:
    _save(_note("a"))
    before = rows()
    writing = Transaction()
    writing.save(_note("b"), _note("a", "second"))
    writing.emit(Event("noted", "b", NOW))
    writing.audit(Change("b", None, "noted", None, "first", SYSTEM, NOW))
    with pytest.raises(Stale, match="ConditionalCheckFailed"):
        writing.commit()
    assert rows() == before


def test_a_row_that_somebody_changed_meanwhile_is_not_overwritten(rows: Rows) -> None:
    _save(_note("a"))
    mine, theirs = _read("a"), _read("a")
    theirs.text = "theirs"
    _save(theirs)
    before = rows()
    mine.text = "mine"
    with pytest.raises(Stale):
        _save(mine, _note("b"))
    assert rows() == before


def test_a_row_that_somebody_deleted_meanwhile_is_not_brought_back(rows: Rows) -> None:
    _save(_note("a"))
    mine = _read("a")
    _read("a").delete()
    with pytest.raises(Stale):
        _save(mine)
    assert rows() == []


def test_a_change_is_written_once_with_the_next_version(rows: Rows) -> None:
    _save(_note("a"))
    for version in (2, 3):
        row = _read("a")
        row.text = "again"
        _save(row)
        assert _read("a").version == version
    assert len(rows()) == 1


def test_an_empty_transaction_writes_nothing(rows: Rows) -> None:
    Transaction().commit()
    assert rows() == []


def test_a_failure_that_is_no_conflict_is_not_mistaken_for_one(rows: Rows) -> None:
    bind("no-such-table")
    with pytest.raises(TransactWriteError):
        _save(_note("a"))
    bind(TABLE)


def test_retrying_begins_again_until_nobody_gets_in_between() -> None:
    tries: list[int] = []
    pauses: list[float] = []

    def attempt() -> str:
        tries.append(1)
        if len(tries) < 10:
            raise Stale()
        return "done"

    assert retrying(attempt, pause=pauses.append) == "done"
    assert len(pauses) == 9
    assert all(0 <= pause <= 0.4 for pause in pauses)


def test_retrying_gives_up_in_the_end_with_a_conflict() -> None:
    tries: list[int] = []

    def attempt() -> None:
        tries.append(1)
        raise Stale()

    with pytest.raises(Conflict):
        retrying(attempt, pause=lambda _: None)
    assert len(tries) == ATTEMPTS


def test_retrying_lets_every_other_failure_through() -> None:
    with pytest.raises(ZeroDivisionError):
        retrying(lambda: 1 // 0, pause=lambda _: None)


@pytest.mark.parametrize("name", ["x" * (LONGEST_PK + 1), "é" * LONGEST_PK])
def test_under_a_key_that_the_table_cannot_hold_there_is_nothing(rows: Rows, name: str) -> None:
    assert load(NoteRow, name, "NOTE") is None
    assert load(NoteRow, "a", name) is None


# Numbers


def _numbers(series: str, *subjects: str, on: date = TODAY) -> list[int]:
    taken = take_numbers(series, subjects, on)
    _save(*taken.rows)
    return taken.numbers


def test_numbers_of_a_series_follow_each_other_and_series_do_not_mix(rows: Rows) -> None:
    assert _numbers("A-2026", "inv_1") == [1]
    assert _numbers("A-2026", "inv_2", "inv_3") == [2, 3]
    assert _numbers("A-2027", "inv_4") == [1]
    assert _numbers("A-2026", "inv_5") == [4]
    used = {(row["pk"], row["sk"]): row["subject"] for row in rows() if row["kind"] == "number"}
    assert used[("SER#A-2026", "NUM#00000003")] == "inv_3"


def test_what_used_a_number_is_found_by_it(rows: Rows) -> None:
    _save(*take_numbers("A-2026", ["inv_1", "inv_2"], TODAY).rows)
    _save(*take_numbers("A-2027", ["inv_3"], TODAY).rows)
    asked = [("A-2026", 2), ("A-2027", 1), ("A-2026", 2), ("A-2026", 3), ("B-2026", 1)]
    assert subjects_of(asked) == {("A-2026", 2): "inv_2", ("A-2027", 1): "inv_3"}
    assert subjects_of([]) == {}


def test_for_nobody_no_number_is_taken(rows: Rows) -> None:
    assert take_numbers("A", [], TODAY) == Taken([], TODAY, [])
    assert rows() == []


def test_the_days_of_a_series_never_run_backwards(rows: Rows) -> None:
    days = []
    for on in (TODAY, TODAY + DAY, TODAY, TODAY + 2 * DAY):
        taken = take_numbers("A", ["x"], on)
        _save(*taken.rows)
        days.append(taken.on)
    assert days == [TODAY, TODAY + DAY, TODAY + DAY, TODAY + 2 * DAY]


def test_two_takers_of_one_number_cannot_both_have_it(rows: Rows) -> None:
    for expected in ([1], [2]):
        mine, theirs = take_numbers("A", ["mine"], TODAY), take_numbers("A", ["theirs"], TODAY)
        assert mine.numbers == theirs.numbers == expected
        _save(*mine.rows)
        before = rows()
        with pytest.raises(Stale):
            _save(*theirs.rows)
        assert rows() == before


def test_a_number_whose_transaction_failed_is_given_to_the_next(rows: Rows) -> None:
    _save(_note("a"))
    lost = take_numbers("A", ["lost"], TODAY)
    with pytest.raises(Stale):
        _save(_note("a"), *lost.rows)
    assert _numbers("A", "next") == [1]


# The outbox


def test_an_event_is_due_until_it_is_delivered(rows: Rows) -> None:
    writing = Transaction()
    writing.emit(Event("noted", "a", NOW, {"by": "ana"}))
    writing.commit()
    early = NOW + outbox.STREAM_HEAD_START - timedelta(microseconds=1)
    late = NOW + outbox.STREAM_HEAD_START
    assert list(outbox.due_events(early)) == []
    (event_id,) = outbox.due_events(late)
    row = outbox.find_event(event_id)
    assert row
    assert outbox.outbox_event(row) == Event("noted", "a", NOW, {"by": "ana"})
    outbox.mark_delivered(row, late)
    assert list(outbox.due_events(late + timedelta(days=999))) == []
    (kept,) = rows()
    assert int(kept["ttl"]) == int((late + outbox.KEPT_AFTER_DELIVERY).timestamp())


def test_an_event_may_be_marked_by_two_deliveries(rows: Rows) -> None:
    writing = Transaction()
    writing.emit(Event("noted", "a", NOW))
    writing.commit()
    (event_id,) = outbox.due_events(NOW + timedelta(days=1))
    first, second = outbox.find_event(event_id), outbox.find_event(event_id)
    assert first
    assert second
    outbox.mark_delivered(first, NOW)
    outbox.mark_delivered(second, NOW)
    assert rows()[0]["done_at"]


def test_an_unknown_event_is_nothing(rows: Rows) -> None:
    assert outbox.find_event("evt_x") is None
