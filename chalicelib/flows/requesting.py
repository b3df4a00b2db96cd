"""Opening a ticket for a customer: what he asks for, and by when he is answered (R2 to R7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.customers import store as customers
from chalicelib.customers.rules import Customer
from chalicelib.flows.leaving import put_for_form
from chalicelib.flows.reach import Vendor
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.events import Actor
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.ids import derived_id, new_id
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store as subscriptions
from chalicelib.tickets import forms, service, service_levels
from chalicelib.tickets import store as tickets
from chalicelib.tickets.messages import Attachment
from chalicelib.tickets.rules import Kind, Priority, Ticket


@dataclass(frozen=True)
class Request:
    """What a customer asks for; `text` is his account of it, `subscription_id` one of his own.

    Without a subject, it is named after its reason or the beginning of its text.
    """

    kind: Kind
    subject: str | None
    text: str
    priority: Priority = "normal"
    reason_code: str | None = None
    subscription_id: str | None = None
    product: str | None = None
    attachments: tuple[Attachment, ...] = ()


def open_ticket(
    customer_id: str,
    request: Request,
    vendor: Vendor,
    actor: Actor,
    now: datetime,
    *,
    answer: Callable[[Ticket], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Ticket:
    """Open a ticket; its promise counts from now. `answer` is what a repeat of the request gets again.

    `Invalid` names every faulty field. `Replay`, `IdempotencyKeyReused`.
    """
    ticket_id = derived_id("tkt", repeatable.id) if repeatable else new_id("tkt", now)
    customer = customers.get(customer_id)
    check(customer_id, request)

    def attempt() -> Ticket:
        if repeatable and (earlier := tickets.find(ticket_id)):
            # The answer is kept for 30 days; the ticket, for good.
            repeatable.replay()
            return earlier
        writing = Transaction()
        ticket = put(writing, ticket_id, customer, request, vendor, actor, now)
        if repeatable:
            writing.save(repeatable.row(*answer(ticket), now))
        writing.commit()
        return ticket

    return retrying(attempt)


def check(customer_id: str, request: Request) -> None:
    """`Invalid` names every field that is not as its form wants it, or of another customer (R3 to R5)."""
    texts = {"subject": request.subject, "description": request.text, "product": request.product}
    errors = [
        *forms.faults(request.kind, request.reason_code, texts),
        *_subscription_faults(customer_id, request.subscription_id),
    ]
    if errors:
        raise Invalid(errors=errors)


def put(
    writing: Transaction,
    ticket_id: str,
    customer: Customer,
    request: Request,
    vendor: Vendor,
    actor: Actor,
    now: datetime,
) -> Ticket:
    """Add a new ticket to a transaction that the caller commits. It takes the next number of its series."""
    subject = request.subject or forms.subject(
        request.kind, request.reason_code, request.text, customer.locale
    )
    clock = service_levels.started_clock(request.kind, request.priority, customer.country, vendor.home, now)
    (number,) = service.take_ticket_numbers(writing, [ticket_id], now)
    ticket = Ticket(
        id=ticket_id,
        number=number,
        kind=request.kind,
        status="open",
        priority=request.priority,
        subject=subject,
        customer_id=customer.id,
        created_at=now,
        channel=actor.channel,
        reason_code=request.reason_code,
        subscription_id=request.subscription_id,
        product=request.product,
        clock=clock,
    )
    service.add(writing, ticket, actor, request.text or subject, request.attachments)
    if request.kind == "cancel_contract":
        put_for_form(writing, ticket, actor, now)
    return ticket


def _subscription_faults(customer_id: str, subscription_id: str | None) -> Iterator[FieldError]:
    if not subscription_id:
        return
    subscription = subscriptions.find(subscription_id)
    if subscription is None or subscription.customer_id != customer_id:
        yield FieldError("/subscription_id", Fault("unknown_subscription", id=subscription_id))
