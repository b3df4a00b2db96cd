"""PynamoDB attributes for the kernel's types: money, instants, dates and tuples of records."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from datetime import date, datetime
from functools import cache
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import STRING

from chalicelib.kernel.clock import parse_instant, sortable
from chalicelib.kernel.money import Money


class InstantAttribute(Attribute[datetime]):
    """An aware UTC instant as sortable text."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return sortable(value)

    def deserialize(self, value: str) -> datetime:
        return parse_instant(value)


class DateAttribute(Attribute[date]):
    """A market's calendar date, `YYYY-MM-DD`."""

    attr_type = STRING

    def serialize(self, value: date) -> str:
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        return date.fromisoformat(value)


class MoneyAttribute(Attribute[Money]):
    """`"19900 BRL"`: minor units and currency in one readable text."""

    attr_type = STRING

    def serialize(self, value: Money) -> str:
        return f"{value.minor} {value.currency}"

    def deserialize(self, value: str) -> Money:
        minor, currency = value.split(" ")
        return Money(int(minor), currency)


class RecordAttribute(Attribute[Any]):
    """A frozen dataclass, or a tuple of them, as JSON text.

    The parts of an aggregate that are only ever read and written with it (an order's lines, the frozen
    parties of an invoice) live in their owner's row.
    """

    attr_type = STRING

    def __init__(self, shape: Any, **options: Any) -> None:
        super().__init__(**options)
        self.shape = shape

    def serialize(self, value: Any) -> str:
        return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))

    def deserialize(self, value: str) -> Any:
        return _shaped(json.loads(value), self.shape)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return sortable(value)
    return value.isoformat() if isinstance(value, date) else value


# Resolving annotations costs more than reading the whole value.
_hints = cache(typing.get_type_hints)


def _shaped(value: Any, shape: Any) -> Any:
    origin, arguments = typing.get_origin(shape), typing.get_args(shape)
    if origin in (typing.Union, types.UnionType):
        inner = next(a for a in arguments if a is not type(None))
        return None if value is None else _shaped(value, inner)
    if origin is tuple:
        return tuple(_shaped(item, arguments[0]) for item in value)
    if origin is not None and issubclass(origin, typing.Mapping):
        return {key: _shaped(item, arguments[1]) for key, item in value.items()}
    if isinstance(shape, type) and dataclasses.is_dataclass(shape):
        # A field that this release does not know: a newer one wrote it, and was rolled back.
        hints = _hints(shape)
        return shape(**{name: _shaped(item, hints[name]) for name, item in value.items() if name in hints})
    if shape is datetime:
        return parse_instant(value)
    return date.fromisoformat(value) if shape is date else value
