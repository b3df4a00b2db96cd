"""Requests to AWS, counted: on moto, whose table rows are put into directly."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from chalicelib.storage.table import Row
from tests.world import QUEUES, REGION, World


@contextmanager
def without_copies() -> Iterator[None]:
    """Moto copies the whole table for every row of a transaction, to go back to; here none fails."""
    # `copy.deepcopy` takes None, as it is before, for "in the usual way".
    before = getattr(Table, "__deepcopy__", None)
    Table.__deepcopy__ = lambda table, memo: table  # type: ignore[attr-defined]
    try:
        yield
    finally:
        Table.__deepcopy__ = before  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Counted:
    """A world, and every request to AWS that was sent in it, by operation."""

    world: World
    calls: Counter[str]

    @property
    def items(self) -> Any:
        """Moto's own rows, by their keys."""
        return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[self.world.table_name].items

    def fill(self, rows: Iterable[Row]) -> None:
        """Put rows into the table."""
        items = self.items
        for row in rows:
            typed = {name: DynamoType(value) for name, value in row.serialize().items()}
            item = Item(typed["pk"], typed["sk"], {})
            # All at once: moto measures the whole item anew for each attribute that is set.
            item.attrs.update(typed)
            items[item.hash_key][item.range_key] = item

    def cost(self, work: Callable[[], object]) -> int:
        """How many requests the work sends."""
        before = self.calls.total()
        work()
        return self.calls.total() - before

    def messages(self) -> list[str]:
        """What the messages on all queues are about, in order; they are taken off."""
        return sorted(
            body for queue in QUEUES for body in self._taken(os.environ[f"{queue.upper()}_QUEUE_URL"])
        )

    def _taken(self, url: str) -> Iterator[str]:
        sqs = self.world.client("sqs")
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield message["Body"]


@contextmanager
def listening() -> Iterator[Counter[str]]:
    """Counts the requests of all clients that are made inside; a retry counts as it is sent."""
    calls = Counter[str]()

    def before_send(event_name: str, **_: Any) -> None:
        calls[event_name.removeprefix("before-send.")] += 1

    handler = ("before-send", before_send)
    # Before moto, which answers.
    BUILTIN_HANDLERS.insert(0, handler)
    try:
        yield calls
    finally:
        BUILTIN_HANDLERS.remove(handler)
