"""The one table: its base row, the registered key prefixes, and the index of due work."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.kernel.clock import sortable

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
    ttl = NumberAttribute(null=True)
    by_owner = ByOwner()
    by_due = ByDue()


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
    return {"gsi2pk": f"DUE#{kind}#{shard_of(id)}", "gsi2sk": f"{sortable(at)}#{id}"}


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
