"""The one table: its base row, the registered key prefixes, and the mapping of rows to domain records.

Domain records are frozen dataclasses with a `version` (None until stored). A row class declares one
attribute for each field of its record, under the same name, so that the mapping is one function.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.kernel.clock import sortable
from chalicelib.kernel.paging import NotACursor, Page, decode_cursor, encode_cursor

# Every item collection of the table. A store builds its keys from one of these; a test checks that
# no two stores share a prefix.
PREFIXES = {
    "AUD": "audit rows of a subject",
    "CAT": "the catalogue",
    "CUS": "customers",
    "IDEM": "idempotency records",
    "INV": "invoices",
    "KEY": "hashes of licence keys",
    "LIC": "a licence and its addons",
    "MAIL": "e-mails",
    "ORD": "orders",
    "OUT": "outbox events",
    "PAY": "payments",
    "PEV": "provider events",
    "SER": "number series and their counters",
    "SUB": "subscriptions",
    "TKT": "tickets",
    "TSK": "internal tasks",
}

DUE_SHARDS = 4

D = TypeVar("D")
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
        connect_timeout_seconds = 2
        read_timeout_seconds = 5

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


def bind(table_name: str) -> None:
    """Point every row class at the deployed table and open the one client they share."""
    if Row.Meta.table_name != table_name:
        Row.Meta.table_name = table_name
        Row._get_connection()


def key(prefix: str, *parts: str) -> str:
    """`key("ORD", id)` → `"ORD#…"`; KeyError for a prefix nobody registered."""
    PREFIXES[prefix]
    return "#".join((prefix, *parts))


def owned(customer_id: str, prefix: str, at: datetime, id: str) -> dict[str, Any]:
    """The `gsi1` keys of a row that its customer lists, newest or oldest first."""
    return {"gsi1pk": key("CUS", customer_id), "gsi1sk": key(prefix, sortable(at), id)}


def due(kind: str, at: datetime | None, id: str) -> dict[str, Any]:
    """The `gsi2` keys of work due at `at`; none when nothing is due."""
    if at is None:
        return {}
    return {"gsi2pk": f"DUE#{kind}#{shard_of(id)}", "gsi2sk": f"{sortable(at)}#{id}"}


def shard_of(id: str) -> int:
    """Spreads due work over a few partitions, always the same one for the same id."""
    return zlib.crc32(id.encode()) % DUE_SHARDS


def to_row(row_type: type[R], record: Any, keys: Mapping[str, Any]) -> R:
    """The row of a record: its fields plus the given key attributes."""
    values = {_attribute(row_type, f.name): getattr(record, f.name) for f in dataclasses.fields(record)}
    # What is None is left out, and so removed: a row is always written whole.
    return row_type(**{name: value for name, value in values.items() if value is not None}, **keys)


def to_record(row: Row, record_type: Callable[..., D]) -> D:
    """The record a row was made from."""
    names = [f.name for f in dataclasses.fields(record_type)]  # type: ignore[arg-type]
    return record_type(**{name: getattr(row, _attribute(type(row), name)) for name in names})


def _attribute(row_type: type[Row], field: str) -> str:
    # `kind` is the row's own discriminator, so a record's kind is stored under another name.
    return f"{row_type.__name__.removesuffix('Row').lower()}_kind" if field == "kind" else field


def load(row_type: type[R], pk: str, sk: str, *, consistent: bool = True) -> R | None:
    """One row by its key, or None."""
    try:
        return row_type.get(pk, sk, consistent_read=consistent)
    except DoesNotExist:
        return None


def collection(pk: str, sk_prefix: str = "") -> Iterable[Row]:
    """All rows of one item collection, strongly consistent, in key order."""
    condition = Row.sk.startswith(sk_prefix) if sk_prefix else None
    return Row.query(pk, condition, consistent_read=True)


def page_by_owner(row_type: type[R], owner: str, prefix: str, *, limit: int, cursor: str | None) -> Page[R]:
    """One page of an owner's rows of a kind, newest first; `NotACursor` for a foreign cursor."""
    start = None
    if cursor:
        position = decode_cursor(cursor)
        if set(position) != {"pk", "sk", "gsi1sk"} or not position["gsi1sk"].startswith(prefix):
            raise NotACursor()
        start = {name: {"S": value} for name, value in {**position, "gsi1pk": owner}.items()}
    found = row_type.by_owner.query(
        owner,
        ByOwner.gsi1sk.startswith(f"{prefix}#"),
        scan_index_forward=False,
        limit=limit,
        page_size=limit,
        last_evaluated_key=start,
    )
    items = tuple(found)
    last = found.last_evaluated_key
    following = encode_cursor({n: last[n]["S"] for n in ("pk", "sk", "gsi1sk")}) if last else None
    return Page(items, following)


def all_by_owner(row_type: type[R], owner: str, prefix: str) -> Iterable[R]:
    """All of an owner's rows of a kind, newest first."""
    return row_type.by_owner.query(owner, ByOwner.gsi1sk.startswith(f"{prefix}#"), scan_index_forward=False)


def due_until(row_type: type[R], kind: str, now: datetime) -> Iterable[R]:
    """Rows of `kind` due at or before `now`, oldest first within each shard."""
    for shard in range(DUE_SHARDS):
        condition: Condition = ByDue.gsi2sk <= f"{sortable(now)}#~"
        yield from row_type.by_due.query(f"DUE#{kind}#{shard}", condition)
