"""The audit trail: one row for each change, with its subject and on its customer's timeline (B11)."""

from __future__ import annotations

from typing import Any, cast

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.clock import place_in_time
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.events import Actor, Change, Channel
from chalicelib.kernel.ids import new_id
from chalicelib.storage.attributes import InstantAttribute
from chalicelib.storage.keys import key
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row


class AuditRow(Row, discriminator="audit"):
    """One change of state: who, when, through which channel, why. Never updated."""

    subject = UnicodeAttribute()
    action = UnicodeAttribute()
    before = UnicodeAttribute(null=True)
    after = UnicodeAttribute()
    actor = UnicodeAttribute()
    channel = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    at = InstantAttribute()


# All kinds of rows: other stores list records of theirs among the changes of a customer.
_timeline = Records("AUD", Row, Row, NotFound)
timeline = _timeline.rows_of


def audit_row(change: Change) -> AuditRow:
    """The row that tells of a change, once it is committed."""
    stamp = place_in_time(change.at, new_id("aud", change.at))
    listed: dict[str, Any] = (
        {"gsi1pk": key("CUS", change.customer_id), "gsi1sk": key("AUD", stamp)} if change.customer_id else {}
    )
    return AuditRow(
        key("AUD", change.subject),
        stamp,
        subject=change.subject,
        action=change.action,
        before=change.before,
        after=change.after,
        actor=change.actor.id,
        channel=change.actor.channel,
        reason=change.actor.reason,
        at=change.at,
        **listed,
    )


def change_of(row: AuditRow) -> Change:
    """The change that a row of a customer's timeline tells of."""
    return Change(
        subject=row.subject,
        customer_id=row.gsi1pk.partition("#")[2] if row.gsi1pk else None,
        action=row.action,
        before=row.before,
        after=row.after,
        actor=Actor(row.actor, cast(Channel, row.channel), row.reason),
        at=row.at,
    )
