"""Every event and who reacts to it: the table of contents of what happens by itself.

Subscribers are idempotent: an event is delivered at least once, by the stream or by the sweep. Slow or
failing effects only put a message on a queue here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.flows import notifications
from chalicelib.flows.activation import activate
from chalicelib.flows.reach import Reach
from chalicelib.kernel.events import Event
from chalicelib.orders import store as orders
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task

Subscriber = Callable[[Event, Reach, datetime], None]


def request_charge(event: Event, reach: Reach, now: datetime) -> None:
    """Have the provider asked for the charge of a new order."""
    reach.charges({"payment_id": orders.get(event.subject).payment_id})


def request_invoice(event: Event, reach: Reach, now: datetime) -> None:
    """Have the invoice of a new order made as a document."""
    reach.documents({"invoice_id": orders.get(event.subject).invoice_id})


def request_credit_note(event: Event, reach: Reach, now: datetime) -> None:
    """Have a new credit note made as a document."""
    reach.documents({"credit_note_id": event.subject})


def request_settlement(event: Event, reach: Reach, now: datetime) -> None:
    """Have a stored provider event settled."""
    reach.settlements({"event_id": event.subject})


def ask_finance(event: Event, reach: Reach, now: datetime) -> None:
    """A charge was refused or closed unpaid: somebody must talk to the customer."""
    tasks.open_once(new_task("finance", "payment_failed", event.subject, {"payment_id": event.subject}, now))


def ask_staff(event: Event, reach: Reach, now: datetime) -> None:
    """An e-mail could not be delivered: somebody must reach the customer otherwise."""
    tasks.open_once(new_task("staff", "mail_undelivered", event.subject, {"mail_id": event.subject}, now))


SUBSCRIBERS: Mapping[str, tuple[Subscriber, ...]] = {
    "credit_note.issued": (request_credit_note,),
    "order.placed": (request_charge, request_invoice, notifications.invoice_issued),
    "order.expired": (notifications.order_expired,),
    "order.paid": (activate, notifications.payment_received),
    "payment.charged": (notifications.boleto_to_pay, notifications.transfer_to_make),
    "payment.failed": (ask_finance,),
    "provider_event.stored": (request_settlement,),
    "license.activated": (notifications.license_active,),
    "license.changed": (notifications.license_changed,),
    "license.expired": (notifications.license_ending,),
    "license.expiring": (notifications.license_ending,),
    "mail.undelivered": (ask_staff,),
}
