"""One transaction per business event: rows, their guards, outbox events and audit rows together.

"Cancelled" never means "duplicate": `commit` raises `Stale` with what stood in the way, and the caller
reads back and decides. The version of every row guards it: a new row must not exist yet, a changed one
must still be as it was read.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.events import Change, Event
from chalicelib.storage.outbox import event_row
from chalicelib.storage.table import Row
from chalicelib.storage.trail import audit_row

T = TypeVar("T")

ATTEMPTS = 60


class Stale(Exception):
    """The transaction changed nothing: a row was not (any more) as the caller believed."""


class Transaction:
    """Collects writes and commits them all or none; at most 100, as DynamoDB allows."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def save(self, *rows: Row) -> None:
        """Create rows without a version; replace those whose version still stands."""
        self._rows.extend(rows)

    def emit(self, event: Event) -> None:
        """Tell subscribers, if and only if this transaction commits."""
        self._rows.append(event_row(event))

    def audit(self, change: Change) -> None:
        """Leave the trace of one change, on the subject and on the customer's timeline."""
        self._rows.append(audit_row(change))

    def commit(self) -> None:
        """Write everything, or raise `Stale` and change nothing; nothing at all to write is fine."""
        if not self._rows:
            return
        try:
            with TransactWrite(
                connection=Row._get_connection().connection, client_request_token=str(uuid.uuid4())
            ) as writing:
                for row in self._rows:
                    writing.save(row)
        except TransactWriteError as error:
            if error.cause_response_code == "TransactionCanceledException":
                raise Stale(_reasons(error)) from error
            raise


def _reasons(error: TransactWriteError) -> str:
    codes = [reason.code for reason in error.cancellation_reasons if reason]
    return ", ".join(codes) or "cancelled"


def retrying(attempt: Callable[[], T], *, pause: Callable[[float], None] = time.sleep) -> T:
    """Run load-decide-commit again while others get in between; Conflict when they never stop.

    Full jitter lets many writers of one counter through, one at a time.
    """
    for number in range(ATTEMPTS):
        try:
            return attempt()
        except Stale:
            pause(random.uniform(0, min(0.4, 0.01 * 2 ** min(number, 6))))
    raise Conflict()
