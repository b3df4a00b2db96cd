"""Records in the index by period: under the month in which they happened, read by [from, to)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.errors import NotFound
from chalicelib.storage.attributes import InstantAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row
from chalicelib.storage.transaction import Transaction
from tests.asked import heard
from tests.unit.storage.conftest import Rows

MOMENT = timedelta(microseconds=1)
NOVEMBER, DECEMBER = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Visit:
    """A record of these tests."""

    id: str
    created_at: datetime
    reported_at: datetime | None
    version: int | None = None


class VisitRow(Row, discriminator="visit"):
    """Its row."""

    id = UnicodeAttribute()
    created_at = InstantAttribute()
    reported_at = InstantAttribute(null=True)


VISITS = Records("TKT", VisitRow, Visit, NotFound)
OTHERS = Records("TSK", VisitRow, Visit, NotFound)


def _save(*rows: Row) -> None:
    writing = Transaction()
    writing.save(*rows)
    writing.commit()


def _visited(*instants: datetime) -> None:
    """One visit for each instant, named after it."""
    _save(*(VISITS.row(Visit(at.isoformat(), at, at)) for at in instants))


def _reported(start: datetime, end: datetime) -> list[datetime]:
    return [datetime.fromisoformat(one.id) for one in VISITS.reported(start, end)]


def test_a_record_stands_under_the_month_in_which_it_happened_in_utc(rows: Rows) -> None:
    madrid = timezone(timedelta(hours=1))
    _save(VISITS.row(Visit("v", NOVEMBER, datetime(2026, 12, 1, 0, 30, tzinfo=madrid))))
    (row,) = rows()
    assert (row["gsi3pk"], row["gsi3sk"]) == ("TKT#2026-11", "2026-11-30T23:30:00.000000Z#v")


def test_what_is_not_reported_stands_nowhere(rows: Rows) -> None:
    _save(VISITS.row(Visit("v", NOVEMBER, None)))
    assert not {"gsi3pk", "gsi3sk"} & rows()[0].keys()
    assert _reported(NOVEMBER, DECEMBER) == []


def test_a_record_moves_with_its_instant(rows: Rows) -> None:
    _save(VISITS.row(Visit("v", NOVEMBER, NOVEMBER)))
    _save(VISITS.row(Visit("v", NOVEMBER, DECEMBER, version=1)))
    assert list(VISITS.reported(NOVEMBER, DECEMBER)) == []
    assert [one.id for one in VISITS.reported(DECEMBER, DECEMBER + MOMENT)] == ["v"]


def test_a_period_takes_in_its_start_and_leaves_out_its_end(rows: Rows) -> None:
    inside = [NOVEMBER, NOVEMBER + MOMENT, DECEMBER - MOMENT]
    _visited(NOVEMBER - MOMENT, *inside, DECEMBER, DECEMBER + MOMENT)
    assert _reported(NOVEMBER, DECEMBER) == inside[::-1]


def test_a_period_over_many_months_is_read_newest_first(rows: Rows) -> None:
    instants = [datetime(2025 + at // 12, at % 12 + 1, 15, tzinfo=UTC) for at in range(24)]
    _visited(*instants)
    start, end = datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 2, 15, tzinfo=UTC)
    assert _reported(start, end) == [at for at in reversed(instants) if start <= at < end]
    assert len(_reported(datetime(2024, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))) == 24


def test_at_one_instant_records_stand_in_order_of_their_ids(rows: Rows) -> None:
    _save(*(VISITS.row(Visit(id, NOVEMBER, NOVEMBER)) for id in ("b", "a", "c")))
    assert [one.id for one in VISITS.reported(NOVEMBER, NOVEMBER + MOMENT)] == ["c", "b", "a"]


def test_another_kind_is_another_list(rows: Rows) -> None:
    _save(OTHERS.row(Visit("o", NOVEMBER, NOVEMBER)), VISITS.row(Visit("v", NOVEMBER, NOVEMBER)))
    assert [one.id for one in OTHERS.reported(NOVEMBER, DECEMBER)] == ["o"]


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (NOVEMBER, DECEMBER, ["2026-11"]),
        (NOVEMBER + 3 * MOMENT, NOVEMBER + 4 * MOMENT, ["2026-11"]),
        (NOVEMBER - MOMENT, DECEMBER, ["2026-11", "2026-10"]),
        (NOVEMBER, DECEMBER + MOMENT, ["2026-12", "2026-11"]),
        (datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC), ["2027-01", "2026-12"]),
        # November as Madrid has it begins an hour earlier.
        (NOVEMBER - timedelta(hours=1), DECEMBER - timedelta(hours=1), ["2026-11", "2026-10"]),
        (NOVEMBER, NOVEMBER, []),
        (DECEMBER, NOVEMBER, []),
    ],
)
def test_only_the_months_of_a_period_are_read_each_by_one_query(
    rows: Rows, start: datetime, end: datetime, months: list[str]
) -> None:
    with heard() as asked:
        assert _reported(start, end) == []
    assert asked.periods == [f"TKT#{month}" for month in months]
    assert len(asked.requests) == len(months)


def test_who_stops_reading_has_read_no_earlier_month(rows: Rows) -> None:
    _visited(NOVEMBER, DECEMBER)
    with heard() as asked:
        assert next(VISITS.reported(NOVEMBER, DECEMBER + MOMENT)).reported_at == DECEMBER
    assert asked.periods == ["TKT#2026-12"]


# Several at once


def test_of_several_ids_those_that_exist_are_found_each_once(rows: Rows) -> None:
    _save(*(VISITS.row(Visit(id, NOVEMBER, None)) for id in ("a", "b", "c")))
    with heard() as asked:
        found = VISITS.find_all(["a", "c", "x", "a"])
    assert found == {id: Visit(id, NOVEMBER, None, version=1) for id in ("a", "c")}
    assert asked.counts == {"BatchGetItem": 1}
    assert VISITS.find_all([]) == {}


def test_several_records_are_read_a_hundred_at_a_time(rows: Rows) -> None:
    ids = [f"v{at:03d}" for at in range(101)]
    for some in (ids[:60], ids[60:]):
        _save(*(VISITS.row(Visit(id, NOVEMBER, None)) for id in some))
    with heard() as asked:
        assert VISITS.find_all(ids).keys() == set(ids)
    assert asked.counts == {"BatchGetItem": 2}
