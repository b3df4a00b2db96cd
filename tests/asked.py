"""What the application asks the table for, request by request, as it goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.storage.table import Row

EVENT = "provide-client-params.dynamodb"


@dataclass
class Asked:
    """Operations with their parameters."""

    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How often each operation was asked for."""
        return Counter(operation for operation, _ in self.requests)

    @property
    def periods(self) -> list[str]:
        """The partitions of the index by period that were queried; sort keys there are bare instants."""
        queries = [params for _, params in self.requests if params.get("IndexName") == "gsi3"]
        values = [value["S"] for one in queries for value in one["ExpressionAttributeValues"].values()]
        return [value for value in values if "#" in value]


@contextmanager
def heard() -> Iterator[Asked]:
    """Every request to the table inside the block."""
    asked = Asked()

    def listen(params: dict[str, Any], model: Any, **_: Any) -> None:
        asked.requests.append((model.name, params))

    events = Row._get_connection().connection.client.meta.events
    events.register(EVENT, listen)
    try:
        yield asked
    finally:
        events.unregister(EVENT, listen)
