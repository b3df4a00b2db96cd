"""Every event and who reacts to it: the table of contents of what happens by itself.

Subscribers are idempotent: an event is delivered at least once, by the stream or by the sweep. Slow or
failing effects only put a message on a queue here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.billing import store as billing
from chalicelib.billing.failures import payer_mends
from chalicelib.flows import (
    advisory_letters,
    alerting,
    contract_letters,
    ending,
    leaving_letters,
    leaving_outcomes,
    leaving_records,
    leaving_steps,
    leaving_withdrawals,
    notifications,
    renewals,
    ticket_letters,
)
from chalicelib.flows.activation import activate
from chalicelib.flows.reach import Reach, take_up
from chalicelib.kernel.events import Event
from chalicelib.orders import store as orders
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task

Subscriber = Callable[[Event, Reach, datetime], None]


def request_charge(event: Event, reach: Reach, now: datetime) -> None:
    """Have the provider asked for the charge of a new order."""
    reach.charges({"payment_id": orders.get(event.subject).payment_id})


def request_attempt(event: Event, reach: Reach, now: datetime) -> None:
    """Have the provider asked for the charge of another attempt."""
    reach.charges({"payment_id": event.subject})


def ask_at_once(event: Event, reach: Reach, now: datetime) -> None:
    """A card on file was charged: nothing is left for its holder to do, so that it can be settled (S5)."""
    if billing.payments.get(event.subject).card_id:
        reach.settlements({"payment_id": event.subject})


def close_others(event: Event, reach: Reach, now: datetime) -> None:
    """An order was paid, or given up: no other attempt of it may stay payable."""
    order = orders.get(event.subject)
    others = {*order.earlier_payment_ids, order.payment_id} - {event.data.get("payment_id")}
    for payment_id in sorted(others):
        take_up(billing.payments.get(payment_id), reach)


def request_invoice(event: Event, reach: Reach, now: datetime) -> None:
    """Have the invoice of a new order made as a document."""
    reach.documents({"invoice_id": orders.get(event.subject).invoice_id})


def request_credit_note(event: Event, reach: Reach, now: datetime) -> None:
    """Have a new credit note made as a document."""
    reach.documents({"credit_note_id": event.subject})


def request_export(event: Event, reach: Reach, now: datetime) -> None:
    """Have a customer's own data put into a file."""
    reach.documents({"export_id": event.subject})


def request_settlement(event: Event, reach: Reach, now: datetime) -> None:
    """Have a stored provider event settled."""
    reach.settlements({"event_id": event.subject})


def request_refund(event: Event, reach: Reach, now: datetime) -> None:
    """Have the provider asked to give money back."""
    reach.settlements({"refund_id": event.subject})


def request_review(event: Event, reach: Reach, now: datetime) -> None:
    """Have looked at what became of money: there is news, or a refund of ours has come to its end."""
    reach.settlements({"payment_id": event.data.get("payment_id", event.subject)})


def ask_finance(event: Event, reach: Reach, now: datetime) -> None:
    """A charge was refused or closed unpaid for a reason that its payer cannot mend himself."""
    payment = billing.payments.get(event.subject)
    if not payer_mends(payment):
        tasks.open_once(new_task("finance", "payment_failed", payment.id, {"payment_id": payment.id}, now))


def ask_staff(event: Event, reach: Reach, now: datetime) -> None:
    """An e-mail could not be delivered: somebody must reach the customer otherwise.

    Once for each thing that is heard of it: who has dealt with a doubt does not know yet that it came back.
    """
    facts = {"mail_id": event.subject, **event.data, **leaving_letters.case_facts(event)}
    subject = f"{event.subject}:{event.data['status']}"
    tasks.open_once(new_task("staff", "mail_undelivered", subject, facts, now))


SUBSCRIBERS: Mapping[str, tuple[Subscriber, ...]] = {
    "cancellation.opened": (leaving_letters.received,),
    "cancellation.unheard": (leaving_letters.unheard,),
    "cancellation.decided": (leaving_outcomes.request_run,),
    "cancellation.advanced": (leaving_outcomes.request_run,),
    "cancellation.letter_wanted": (leaving_records.request,),
    "credit_note.issued": (request_credit_note,),
    "export.requested": (request_export,),
    "order.placed": (request_charge, request_invoice, notifications.invoice_issued),
    "order.expired": (close_others, renewals.given_up, notifications.order_expired),
    "order.canceled": (close_others, renewals.given_up),
    "order.withdrawn": (contract_letters.withdrawal_received, leaving_withdrawals.open_case),
    "order.paid": (activate, close_others, notifications.payment_received),
    "payment.requested": (request_attempt,),
    "payment.charged": (ask_at_once, notifications.boleto_to_pay, notifications.transfer_to_make),
    "payment.failed": (ask_finance, renewals.declined, notifications.payment_failed),
    "payment.questioned": (request_review,),
    "payment.contested": (notifications.payment_contested,),
    "order.restored": (activate,),
    "refund.requested": (request_refund,),
    "refund.made": (request_review, notifications.refund_made),
    "refund.failed": (request_review,),
    "provider_event.stored": (request_settlement,),
    "license.activated": (notifications.license_active,),
    "license.changed": (notifications.license_changed,),
    "license.expired": (notifications.license_ending,),
    "license.expiring": (notifications.license_ending,),
    "renewal.announced": (contract_letters.renewal_notice,),
    "renewal.canceled": (contract_letters.renewal_canceled,),
    "renewal.resumed": (contract_letters.renewal_resumed,),
    "subscription.ended": (ending.close_orders, contract_letters.subscription_ended),
    "subscription.past_due": (contract_letters.subscription_past_due,),
    "subscription.rescinded": (
        ending.close_orders,
        contract_letters.contract_rescinded,
    ),
    "task.done": (leaving_steps.task_done,),
    "ticket.opened": (ticket_letters.received, leaving_outcomes.customer_wrote),
    "ticket.written": (leaving_outcomes.customer_wrote,),
    "ticket.replied": (ticket_letters.answered,),
    "ticket.resolved": (ticket_letters.resolved,),
    "ticket.closed": (ticket_letters.closed,),
    "ticket.alerted": (alerting.tell,),
    "ticket.unlocked": (advisory_letters.slots_wanted,),
    "ticket.scheduled": (advisory_letters.scheduled,),
    "ticket.slots_declined": (advisory_letters.other_slots_wanted,),
    "ticket.missed": (advisory_letters.missed,),
    "mail.sent": (leaving_steps.mail_sent,),
    "mail.undelivered": (ask_staff,),
}
