"""Records as JSON and back: frozen dataclasses, tuples, mappings, instants, dates and durations.

What is made from the type hints is made once for each type: reading a licence this way costs little more
than `json.loads` does, which the licence validator relies on.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from chalicelib.kernel.clock import parse_instant, sortable

Reader = Callable[[Any], Any]
MICROSECOND = timedelta(microseconds=1)


# The compact JSON text of what is plain already, as answers are.
json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def to_json(value: Any) -> str:
    """The compact JSON text of a record."""
    return json_text(_plain(value))


def from_json(text: str, shape: Any) -> Any:
    """The record of type `shape` that `to_json` wrote."""
    read = _reader(shape)
    value = json.loads(text)
    return value if value is None or read is None else read(value)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return sortable(value)
    if isinstance(value, timedelta):
        return value // MICROSECOND
    return value.isoformat() if isinstance(value, date) else value


@cache
def _reader(shape: Any) -> Reader | None:
    """What turns a parsed value, other than None, into `shape`; None for what JSON gives as it is wanted."""
    origin, arguments = typing.get_origin(shape), typing.get_args(shape)
    if origin in (typing.Union, types.UnionType):
        return _reader(next(a for a in arguments if a is not type(None)))
    if origin is tuple:
        return _tuple(_reader(arguments[0]))
    if origin is not None and isinstance(origin, type) and issubclass(origin, typing.Mapping):
        return _mapping(_reader(arguments[1]))
    if isinstance(shape, type) and dataclasses.is_dataclass(shape):
        return _dataclass(shape)
    simple: dict[Any, Reader] = {
        datetime: parse_instant,
        date: date.fromisoformat,
        timedelta: MICROSECOND.__mul__,
    }
    return simple.get(shape)


def _tuple(read: Reader | None) -> Reader:
    return (lambda value: tuple(map(read, value))) if read else tuple


def _mapping(read: Reader | None) -> Reader | None:
    return read and (lambda value: {key: read(item) for key, item in value.items()})


def _dataclass(shape: type) -> Reader:
    hints = typing.get_type_hints(shape)
    names = {field.name for field in dataclasses.fields(shape)}
    readers = [(name, one) for name in names if (one := _reader(hints[name]))]

    def read(value: Any) -> Any:
        # A field that this release does not know: a newer one wrote it, and was rolled back.
        known = {name: item for name, item in value.items() if name in names}
        for name, convert in readers:
            if known.get(name) is not None:
                known[name] = convert(known[name])
        return shape(**known)

    return read
