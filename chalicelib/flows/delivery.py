"""Handing outbox events to their subscribers: once from the stream, again from the sweep if need be."""

from __future__ import annotations

from datetime import datetime

from chalicelib.flows.reach import Reach
from chalicelib.flows.subscribers import SUBSCRIBERS
from chalicelib.storage.outbox import find_event, mark_delivered, outbox_event


def deliver(event_id: str, reach: Reach, now: datetime) -> None:
    """Tell every subscriber of an event, then mark it delivered.

    One that raises does not keep the others waiting; the event stays due, and the first error is raised.
    """
    row = find_event(event_id)
    if row is None or row.done_at:
        return
    event = outbox_event(row)
    errors: list[Exception] = []
    for subscriber in SUBSCRIBERS[event.name]:
        try:
            subscriber(event, reach, now)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    mark_delivered(row, now)
