"""PynamoDB attributes for the kernel's types: money, instants, dates and tuples of records."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import STRING

from chalicelib.kernel.clock import parse_instant, sortable
from chalicelib.kernel.money import Money
from chalicelib.kernel.plain import from_json, to_json


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
        return to_json(value)

    def deserialize(self, value: str) -> Any:
        return from_json(value, self.shape)
