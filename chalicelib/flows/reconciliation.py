"""The sweep behind every fast path.

Its cost follows what is due, and an outage is caught up by its next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from chalicelib.billing import store as billing
from chalicelib.flows.delivery import deliver
from chalicelib.flows.reach import Reach
from chalicelib.mail import service as mail
from chalicelib.storage.outbox import due_events


class SweepIncomplete(Exception):
    """Some due work failed again; it stays due, and the failing function raises its alarm."""


def reconcile(reach: Reach, now: datetime) -> None:
    """Deliver overdue events and put overdue charges, settlements and e-mails back on their queues.

    One failure does not keep the rest from its turn; `SweepIncomplete` names what failed.
    """
    failures: list[str] = []
    for id, take_up in _due(reach, now):
        try:
            take_up(id)
        except Exception as error:
            failures.append(f"{id}: {type(error).__name__}")
    if failures:
        raise SweepIncomplete("; ".join(failures))


def _due(reach: Reach, now: datetime) -> Iterable[tuple[str, Callable[[str], None]]]:
    for event_id in due_events(now):
        yield event_id, lambda id: deliver(id, reach, now)
    for payment in billing.payments.due(now):
        yield payment.id, lambda id: reach.charges({"payment_id": id})
    for event in billing.events.due(now):
        yield event.id, lambda id: reach.settlements({"event_id": id})
    for mail_id in mail.sweep(now):
        yield mail_id, lambda id: reach.mails({"mail_id": id})
