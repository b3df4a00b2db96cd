"""E-mails that come in: a ticket, a message of one, or a task for staff; each exactly once (V6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.customers import store as customers
from chalicelib.customers.gateways import Directory
from chalicelib.customers.identity import customer_id_of
from chalicelib.customers.rules import Customer
from chalicelib.flows import requesting
from chalicelib.flows.mail_messages import said_in, store_files, take_files, text_of
from chalicelib.flows.reach import Vendor
from chalicelib.flows.requesting import Request
from chalicelib.kernel.events import SYSTEM, Actor, Change
from chalicelib.kernel.ids import derived_id
from chalicelib.storage.series import subjects_of
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task
from chalicelib.tickets import inbound, mime, service
from chalicelib.tickets import store as tickets
from chalicelib.tickets.gateways import Files, Inbox
from chalicelib.tickets.inbound import Case, Decision, InboundMail, SenderHour
from chalicelib.tickets.inbound_store import hours, mails
from chalicelib.tickets.receipts import Receipt
from chalicelib.tickets.rules import Ticket

# The kind of the tasks about mails that wait for a decision.
TASK = "inbound_mail_parked"


@dataclass(frozen=True)
class Post:
    """What it takes to receive mails; `ours` are our own addresses."""

    inbox: Inbox
    files: Files
    directory: Directory
    ours: frozenset[str]
    vendor: Vendor


def receive(receipt: Receipt, post: Post, now: datetime) -> InboundMail:
    """Take in a mail, once: its record is written with what it causes. Raises Unavailable.

    Files are stored first, under keys that follow from the mail; a repeat stores them alike.
    """
    id = inbound.mail_id(receipt.message_id)
    if earlier := mails.find(id):
        return earlier
    letter = mime.read(post.inbox.raw(receipt.key, mime.LARGEST))
    case = Case(receipt, letter, post.ours)
    customer = _customer(letter.sender, post.directory) if case.is_authentic else None
    case = replace(case, customer_id=customer.id if customer else None)
    return retrying(lambda: _attempt(id, case, customer, post, now))


def _attempt(id: str, case: Case, customer: Customer | None, post: Post, now: datetime) -> InboundMail:
    if earlier := mails.find(id):
        return earlier
    sender = case.letter.sender or case.receipt.envelope_sender or "?"
    hour = _hour(sender, case)
    case = replace(case, ticket=_named(case.letter.subject), sent=hour.sent)
    decision = inbound.decide(case)
    mail = _record(id, case, sender, decision)
    writing = Transaction()
    if customer and decision.status in ("opened", "joined"):
        mail = _take(writing, mail, case, customer, post)
    elif decision.status == "parked":
        _ask_staff(writing, mail, hour, now)
    writing.save(mails.row(mail), hours.row(replace(hour, sent=hour.sent + 1)))
    actor = Actor(mail.customer_id, "email") if mail.customer_id else SYSTEM
    told = f"{mail.status}: {mail.reason}" if mail.reason else mail.status
    writing.audit(Change(id, mail.customer_id, "e-mail received", None, told, actor, now))
    writing.commit()
    return mail


def _customer(address: str | None, directory: Directory) -> Customer | None:
    """The customer whose confirmed account has this address."""
    user = directory.owner(address) if address else None
    return customers.find(customer_id_of(user.sub)) if user else None


def _named(subject: str) -> Ticket | None:
    """The ticket whose number a subject tells."""
    number = inbound.number_in(subject)
    used = subjects_of([(service.SERIES, number)]) if number else {}
    return next((tickets.find(ticket_id) for ticket_id in used.values()), None)


def _hour(sender: str, case: Case) -> SenderHour:
    received_at = case.receipt.received_at
    id = inbound.hour_id(sender, case.is_authentic, received_at)
    return hours.find(id) or SenderHour(id, 0, received_at)


def _record(id: str, case: Case, sender: str, decision: Decision) -> InboundMail:
    return InboundMail(
        id=id,
        status=decision.status,
        reason=decision.reason,
        sender=sender[:254],
        subject=case.letter.subject,
        customer_id=None,
        ticket_id=None,
        key=case.receipt.key,
        left_out=(),
        created_at=case.receipt.received_at,
    )


def _ask_staff(writing: Transaction, mail: InboundMail, hour: SenderHour, now: datetime) -> None:
    """Have somebody decide, once for each mail; of a storm, once for each hour."""
    about = hour.id if mail.reason == "too_many" else mail.id
    facts = {"inbound_mail_id": mail.id, "reason": mail.reason or "", "sender": mail.sender}
    tasks.add_once(writing, new_task("staff", TASK, about, facts, now))


def _take(writing: Transaction, mail: InboundMail, case: Case, customer: Customer, post: Post) -> InboundMail:
    """Add to a transaction what a customer's mail says: a new ticket, or a message of his own one.

    Promises count from when it came, however late it is read.
    """
    came_at = case.receipt.received_at
    ticket, actor = inbound.joined(case), Actor(customer.id, "email")
    taken = take_files(mail.id, case.letter.enclosed)
    text = text_of(case.letter, taken.left_out, customer.locale)
    ticket_id = ticket.id if ticket else derived_id("tkt", mail.id)
    store_files(ticket_id, taken, post.files)
    if ticket:
        said = said_in(mail.id, ticket, text, taken.attachments, came_at)
        service.customer_writes(writing, ticket, said, actor, post.vendor.home)
    else:
        subject = inbound.without_number(case.letter.subject) or None
        asked = Request("support", subject, text, priority="low", attachments=taken.attachments)
        requesting.put(writing, ticket_id, customer, asked, post.vendor, actor, came_at)
    return replace(mail, customer_id=customer.id, ticket_id=ticket_id, left_out=taken.left_out)
