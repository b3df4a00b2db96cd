"""Records of one kind: how every store saves, loads and lists what it keeps.

A record is a frozen dataclass with an `id` and a `version` (None until stored). Its row class declares one
attribute for each field, under the same name, so that the mapping is one function. A record with a
`customer_id` is listed under its customer, in order of `created_at`; one with a `due_at` stands in the due
index for as long as that says an instant; one with a `reported_at` stands in the index by period, under that
instant's month; one with a `kept_until` leaves the table after that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from chalicelib.kernel.clock import sortable
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.paging import NotACursor, Page, decode_cursor, encode_cursor
from chalicelib.storage.keys import key
from chalicelib.storage.table import ByOwner, Row, due, due_until, load, load_all, reported, reported_within

D = TypeVar("D")
R = TypeVar("R", bound=Row)

# Where in the index by owner a page starts.
POSITION = ("pk", "sk", "gsi1sk")


def to_row(row_type: type[R], record: Any, keys: Mapping[str, Any]) -> R:
    """The row of a record: its fields plus the given key attributes."""
    values = {_attribute(row_type, f.name): getattr(record, f.name) for f in dataclasses.fields(record)}
    # What is None is left out, and so removed: a row is always written whole.
    return row_type(**{name: value for name, value in values.items() if value is not None}, **keys)


def to_record(row: Row, record_type: Callable[..., D]) -> D:
    """The record a row was made from."""
    names = [f.name for f in dataclasses.fields(record_type)]  # type: ignore[arg-type]
    return record_type(**{name: getattr(row, _attribute(type(row), name)) for name in names})


def by_customer(record: Any) -> str | None:
    """The list of the record's customer, if it has one."""
    customer_id = getattr(record, "customer_id", None)
    return key("CUS", customer_id) if customer_id else None


@dataclass(frozen=True)
class Records(Generic[D]):
    """All records of one kind; `missing` is raised for an unknown one.

    `listed_among` is the prefix of the kind that they stand among in their list, if it is not a list of their
    own.
    """

    prefix: str
    row_type: type[Row]
    record_type: Callable[..., D]
    missing: type[NotFound]
    listed_under: Callable[[D], str | None] = by_customer
    listed_among: str | None = None

    def row(self, record: Any) -> Row:
        """The row to save."""
        keys: dict[str, Any] = {"pk": key(self.prefix, record.id), "sk": self.prefix}
        if owner := self.listed_under(record):
            keys |= {"gsi1pk": owner, "gsi1sk": key(self._list, sortable(record.created_at), record.id)}
        if kept_until := getattr(record, "kept_until", None):
            keys["ttl"] = int(kept_until.timestamp())
        keys |= due(self.prefix, getattr(record, "due_at", None), record.id)
        keys |= reported(self.prefix, getattr(record, "reported_at", None), record.id)
        return to_row(self.row_type, record, keys)

    def find(self, id: str, *, consistent: bool = True) -> D | None:
        """A record, or None."""
        found = load(self.row_type, key(self.prefix, id), self.prefix, consistent=consistent)
        return to_record(found, self.record_type) if found else None

    def find_all(self, ids: Iterable[str]) -> dict[str, D]:
        """Those that exist, by id; a hundred with one request."""
        found = load_all(self.row_type, [(key(self.prefix, id), self.prefix) for id in sorted(set(ids))])
        return {row.pk.partition("#")[2]: to_record(row, self.record_type) for row in found}

    def get(self, id: str) -> D:
        """A record; raises `missing`."""
        record = self.find(id)
        if record is None:
            raise self.missing(id=id)
        return record

    def get_own(self, id: str, customer_id: str) -> D:
        """A customer's own record; `missing` for anybody else's, as for an unknown one."""
        record: Any = self.find(id)
        if record is None or record.customer_id != customer_id:
            raise self.missing(id=id)
        return record  # type: ignore[no-any-return]

    def page(self, customer_id: str, limit: int, cursor: str | None) -> Page[D]:
        """One page of a customer's records, newest first; `NotACursor` for a foreign cursor."""
        return self.page_under(key("CUS", customer_id), limit, cursor)

    def page_under(self, owner: str, limit: int, cursor: str | None) -> Page[D]:
        """One page of a list, newest first; `NotACursor` for a foreign cursor."""
        return self._rows(owner, limit, cursor).map(lambda row: to_record(row, self.record_type))

    def rows_of(self, customer_id: str, limit: int, cursor: str | None) -> Page[Row]:
        """One page of a customer's list in which several kinds stand, for their stores to read."""
        return self._rows(key("CUS", customer_id), limit, cursor)

    def all_of(self, customer_id: str) -> list[D]:
        """All of a customer's records, newest first."""
        return [to_record(row, self.record_type) for row in self._listed(key("CUS", customer_id))]

    def due(self, now: datetime) -> Iterator[str]:
        """Ids of records with work due at or before `now`; whoever takes one up reads it as it is then."""
        for row in due_until(self.row_type, self.prefix, now):
            yield row.pk.partition("#")[2]

    def reported(self, start: datetime, end: datetime) -> Iterator[D]:
        """Records reported in [start, end), newest first; months without any of it are not read."""
        for row in reported_within(self.row_type, self.prefix, start, end):
            yield to_record(row, self.record_type)

    @property
    def _list(self) -> str:
        return self.listed_among or self.prefix

    def _rows(self, owner: str, limit: int, cursor: str | None) -> Page[Row]:
        start = self._start(owner, cursor) if cursor else None
        # One more than is shown: it tells whether there is a next page.
        found = self._listed(owner, limit=limit + 1, page_size=limit + 1, last_evaluated_key=start)
        items = found[:limit]
        more = len(found) > limit
        following = encode_cursor({name: getattr(items[-1], name) for name in POSITION}) if more else None
        return Page(tuple(items), following)

    def _listed(self, owner: str, **options: Any) -> list[Row]:
        condition = ByOwner.gsi1sk.startswith(f"{self._list}#")
        return list(self.row_type.by_owner.query(owner, condition, scan_index_forward=False, **options))

    def _start(self, owner: str, cursor: str) -> dict[str, dict[str, str]]:
        position = decode_cursor(cursor)
        known = position.keys() == set(POSITION) and all(position.values())
        if not known or not position["gsi1sk"].startswith(f"{self._list}#"):
            raise NotACursor()
        return {name: {"S": value} for name, value in {**position, "gsi1pk": owner}.items()}


def _attribute(row_type: type[Row], field: str) -> str:
    # `kind` is the row's own discriminator, so a record's kind is stored under another name.
    return f"{row_type.__name__.removesuffix('Row').lower()}_kind" if field == "kind" else field
