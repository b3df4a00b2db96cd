"""The one table: its base row and its indexes, by owner, of due work and by period."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.kernel.clock import place_in_time, sortable

DUE_SHARDS = 4

# What DynamoDB takes as a partition and as a sort key, in bytes.
LONGEST_PK, LONGEST_SK = 2048, 1024

R = TypeVar("R", bound="Row")


class ByOwner(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Everything of one owner, in order of time."""

    class Meta:
        index_name = "gsi1"
        projection = AllProjection()

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


class ByDue(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Outstanding work by the instant at which it is due; rows leave it when nothing is due."""

    class Meta:
        index_name = "gsi2"
        projection = AllProjection()

    gsi2pk = UnicodeAttribute(hash_key=True)
    gsi2sk = UnicodeAttribute(range_key=True)


class ByPeriod(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """What is reported, by the month in which it happened and in order of time."""

    class Meta:
        index_name = "gsi3"
        projection = AllProjection()

    gsi3pk = UnicodeAttribute(hash_key=True)
    gsi3sk = UnicodeAttribute(range_key=True)


class Row(Model):
    """Keys, kind and version; every row of the table is a subclass of this."""

    class Meta:
        table_name = ""
        # With three retries this still ends within a function's own time limit.
        connect_timeout_seconds = 1
        read_timeout_seconds = 3

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    version = VersionAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    gsi3pk = UnicodeAttribute(null=True)
    gsi3sk = UnicodeAttribute(null=True)
    ttl = NumberAttribute(null=True)
    by_owner = ByOwner()
    by_due = ByDue()
    by_period = ByPeriod()


class Copy(Row):
    """A row that repeats what another one says, for readers who know only its own key.

    It has no version: it is always saved together with the row it repeats, whose version guards both.
    """

    version = NumberAttribute(null=True)
    _version_attribute_name = None


def bind(table_name: str) -> None:
    """Point every row class at the deployed table, over one connection that they share."""
    if Row.Meta.table_name != table_name:
        Row.Meta.table_name = table_name
        Row._get_connection()


def session() -> Any:
    """The botocore session of that connection: other clients made from it share its loaded data."""
    return Row._get_connection().connection.session


def due(kind: str, at: datetime | None, id: str) -> dict[str, Any]:
    """The `gsi2` keys of work due at `at`; none when nothing is due."""
    if at is None:
        return {}
    return {"gsi2pk": f"DUE#{kind}#{shard_of(id)}", "gsi2sk": place_in_time(at, id)}


def reported(kind: str, at: datetime | None, id: str) -> dict[str, Any]:
    """The `gsi3` keys of what is reported at `at`; none for what is in no report."""
    if at is None:
        return {}
    return {"gsi3pk": f"{kind}#{_month_of(at)}", "gsi3sk": place_in_time(at, id)}


def shard_of(id: str) -> int:
    """Spreads due work over a few partitions, always the same one for the same id."""
    return zlib.crc32(id.encode()) % DUE_SHARDS


def load(row_type: type[R], pk: str, sk: str, *, consistent: bool = True) -> R | None:
    """One row by its key, or None; nothing is stored under a key longer than DynamoDB takes."""
    if len(pk.encode()) > LONGEST_PK or len(sk.encode()) > LONGEST_SK:
        return None
    try:
        return row_type.get(pk, sk, consistent_read=consistent)
    except DoesNotExist:
        return None


def load_all(row_type: type[R], keys: Iterable[tuple[str, str]]) -> Iterator[R]:
    """Those of the rows that there are, strongly consistent, in no order: a hundred with one request."""
    return row_type.batch_get(list(keys), consistent_read=True)


def collection(pk: str, sk_prefix: str = "") -> Iterable[Row]:
    """All rows of one item collection, strongly consistent, in key order."""
    condition = Row.sk.startswith(sk_prefix) if sk_prefix else None
    return Row.query(pk, condition, consistent_read=True)


def due_until(row_type: type[R], kind: str, now: datetime) -> Iterable[R]:
    """Rows of `kind` due at or before `now`, oldest first within each shard."""
    for shard in range(DUE_SHARDS):
        condition: Condition = ByDue.gsi2sk <= f"{sortable(now)}#~"
        yield from row_type.by_due.query(f"DUE#{kind}#{shard}", condition)


def reported_within(row_type: type[R], kind: str, start: datetime, end: datetime) -> Iterable[R]:
    """Rows of `kind` reported in [start, end), newest first; of each month, only that part is read."""
    # No key equals a bare instant, as an id follows it: `between` never takes in what happened at `end`.
    condition = ByPeriod.gsi3sk.between(sortable(start), sortable(end))
    for month in _months(start, end):
        yield from row_type.by_period.query(f"{kind}#{month}", condition, scan_index_forward=False)


def _month_of(at: datetime) -> str:
    """`YYYY-MM`, in UTC: the table knows no market's zone, and a zone may change."""
    return sortable(at)[:7]


def _months(start: datetime, end: datetime) -> Iterator[str]:
    """The months that [start, end) touches, newest first."""
    if start >= end:
        return
    first, last = start.astimezone(UTC), (end - datetime.resolution).astimezone(UTC)
    for number in range(last.year * 12 + last.month, first.year * 12 + first.month - 1, -1):
        year, month = divmod(number - 1, 12)
        yield f"{year:04d}-{month + 1:02d}"
