"""Handlers for queues, streams and schedules: connect, run, report what failed.

A queue message that fails is reported alone (partial batch failure), so that its neighbours are not
repeated. "Now" of a schedule is its event's own time: a missed sweep is replayed with an older one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from chalice.app import CloudWatchEvent, SQSEvent

from chalicelib import wiring
from chalicelib.edge import log
from chalicelib.kernel.clock import parse_instant, utc_now

T = TypeVar("T")


def each_message(
    event: SQSEvent,
    handle: Callable[[Any, datetime], object],
    *,
    read: Callable[[str], Any] = json.loads,
    logged: Callable[[Any], object] = lambda body: body,
) -> Any:
    """Handle every message of a queue batch; those that raise go back to the queue, alone.

    `read` makes of its text what is handled, and `logged` of that what may stand in a log.
    """
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    wiring.connect()

    def one(record: SQSRecord) -> None:
        body = read(record.body)
        try:
            handle(body, utc_now())
        except Exception:
            log.failure("message failed", message_id=record.message_id, body=logged(body))
            raise
        log.line("message handled", message_id=record.message_id, body=logged(body))

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event.to_dict(), record_handler=one, processor=processor)


def once(event: CloudWatchEvent, handle: Callable[[dict[str, Any], datetime], None]) -> None:
    """Handle one EventBridge event or scheduled tick, with the event's own time as "now"."""
    wiring.connect()
    payload: dict[str, Any] = event.to_dict()
    handle(payload, parse_instant(payload["time"]))
    log.line("event handled", source=payload.get("source"), time=payload["time"])


class SomeFailed(Exception):
    """Part of a stream batch failed; raising makes the whole batch come again."""


def all_or_raise(items: Iterable[T], handle: Callable[[T], None], name: Callable[[T], str]) -> None:
    """Handle every item even when one fails, then raise if any did.

    A stream batch is retried whole: handlers are idempotent, and one poisoned record must not keep its
    neighbours from being handled now.
    """
    failed = []
    for item in items:
        try:
            handle(item)
        except Exception:
            log.failure("record failed", record=name(item))
            failed.append(name(item))
    if failed:
        raise SomeFailed(", ".join(failed))
