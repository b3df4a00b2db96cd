"""The sweep behind every fast path.

Its cost follows what is due, and an outage is caught up by its next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from chalicelib.billing import store as billing
from chalicelib.customers.store import exports
from chalicelib.flows.delivery import deliver
from chalicelib.flows.reach import Reach, take_up
from chalicelib.mail import service as mail
from chalicelib.storage.outbox import due_events


class SweepIncomplete(Exception):
    """Some due work failed again; it stays due, and the failing function raises its alarm."""


def reconcile(reach: Reach, now: datetime) -> None:
    """Deliver overdue events; put overdue charges, refunds, settlements, documents, e-mails on their queues.

    Exports are documents, too. One failure does not keep the rest from its turn; `SweepIncomplete` names what
    failed.
    """
    sources: tuple[tuple[Callable[[datetime], Iterable[str]], Callable[[str], None]], ...] = (
        (due_events, lambda event_id: deliver(event_id, reach, now)),
        (billing.payments.due, lambda payment_id: take_up(billing.payments.get(payment_id), reach)),
        (billing.refunds.due, lambda refund_id: reach.settlements({"refund_id": refund_id})),
        (billing.events.due, lambda event_id: reach.settlements({"event_id": event_id})),
        (billing.invoices.due, lambda invoice_id: reach.documents({"invoice_id": invoice_id})),
        (billing.credit_notes.due, lambda note_id: reach.documents({"credit_note_id": note_id})),
        (exports.due, lambda export_id: reach.documents({"export_id": export_id})),
        (mail.overdue, lambda mail_id: _take_up_mail(mail_id, reach, now)),
    )
    failures = [fault for due, take_up in sources for fault in _swept(due(now), take_up)]
    if failures:
        raise SweepIncomplete("; ".join(failures))


def _swept(ids: Iterable[str], take_up: Callable[[str], None]) -> Iterable[str]:
    for id in ids:
        try:
            take_up(id)
        except Exception as error:
            yield f"{id}: {type(error).__name__}"


def _take_up_mail(mail_id: str, reach: Reach, now: datetime) -> None:
    if mail.take_up(mail_id, now):
        reach.mails({"mail_id": mail_id})
