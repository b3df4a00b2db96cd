"""The outbox: events written with the change they tell of, due until every subscriber has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import new_id
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.keys import key
from chalicelib.storage.table import Row, due, due_until, load

# How long the stream has to deliver an event before the sweep takes it over.
STREAM_HEAD_START = timedelta(minutes=2)
KEPT_AFTER_DELIVERY = timedelta(days=90)


class OutboxRow(Row, discriminator="outbox"):
    """An event on its way to its subscribers; in the due index until all of them have it."""

    event_id = UnicodeAttribute()
    name = UnicodeAttribute()
    subject = UnicodeAttribute()
    at = InstantAttribute()
    data = RecordAttribute(dict[str, str])
    done_at = InstantAttribute(null=True)


def event_row(event: Event) -> OutboxRow:
    """The row that tells subscribers, once it is committed."""
    event_id = new_id("evt", event.at)
    return OutboxRow(
        key("OUT", event_id),
        "OUT",
        event_id=event_id,
        name=event.name,
        subject=event.subject,
        at=event.at,
        data=dict(event.data),
        **due("outbox", event.at + STREAM_HEAD_START, event_id),
    )


def outbox_event(row: OutboxRow) -> Event:
    """The event an outbox row carries."""
    return Event(row.name, row.subject, row.at, row.data)


def find_event(event_id: str) -> OutboxRow | None:
    """The outbox row of an event, or None."""
    return load(OutboxRow, key("OUT", event_id), "OUT")


def due_events(now: datetime) -> Iterator[str]:
    """Ids of events that were not delivered in time."""
    for row in due_until(OutboxRow, "outbox", now):
        yield row.event_id


def mark_delivered(row: OutboxRow, now: datetime) -> None:
    """Every subscriber has it: the row leaves the due index, and later the table."""
    row.update(
        actions=[
            OutboxRow.done_at.set(now),
            OutboxRow.gsi2pk.remove(),
            OutboxRow.gsi2sk.remove(),
            OutboxRow.ttl.set(int((now + KEPT_AFTER_DELIVERY).timestamp())),
        ],
        add_version_condition=False,
    )
