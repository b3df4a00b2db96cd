"""Mails that wait for a decision: staff reads them, and says to which ticket one belongs (V6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.customers import store as customers
from chalicelib.flows.inbound import TASK, Post
from chalicelib.flows.mail_messages import Taken, said_in, store_files, take_files, text_of
from chalicelib.kernel.events import Actor, Change
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import TaskNotFound, new_task
from chalicelib.tickets import mime, rules, service
from chalicelib.tickets import store as tickets
from chalicelib.tickets.inbound import InboundMail, NotParked
from chalicelib.tickets.inbound_store import mails
from chalicelib.tickets.mime import Letter


def assign(mail_id: str, ticket_id: str, post: Post, actor: Actor, now: datetime) -> InboundMail:
    """Take a parked mail as a message of a ticket's customer, on the word of staff; again changes nothing.

    `InboundMailNotFound`, `NotParked`, `TicketNotFound`, `TicketClosed`.
    """
    before = mails.get(mail_id)
    letter = mime.read(post.inbox.raw(before.key, mime.LARGEST))
    assigned = retrying(lambda: _assign(mail_id, ticket_id, letter, post, actor, now))
    _finish_task(assigned, actor, now)
    return assigned


def _assign(
    mail_id: str, ticket_id: str, letter: Letter, post: Post, actor: Actor, now: datetime
) -> InboundMail:
    before, ticket = mails.get(mail_id), tickets.get(ticket_id)
    if (before.status, before.ticket_id) == ("assigned", ticket_id):
        return before
    if before.status != "parked":
        raise NotParked(before)
    rules.check_not_closed(ticket)
    taken = _taken(before, letter)
    store_files(ticket.id, taken, post.files)
    text = text_of(letter, taken.left_out, customers.get(ticket.customer_id).locale)
    after = replace(
        before,
        status="assigned",
        customer_id=ticket.customer_id,
        ticket_id=ticket.id,
        left_out=taken.left_out,
    )
    writing = Transaction()
    said = said_in(mail_id, ticket, text, taken.attachments, now)
    service.customer_writes(writing, ticket, said, actor, post.vendor.home)
    writing.save(mails.row(after))
    writing.audit(
        Change(mail_id, ticket.customer_id, "e-mail assigned", before.status, after.status, actor, now)
    )
    writing.commit()
    return after


def _taken(mail: InboundMail, letter: Letter) -> Taken:
    """What nobody has looked through for viruses is not passed on."""
    if mail.reason == "not_scanned":
        return Taken((), tuple(file.name or file.media_type for file in letter.enclosed))
    return take_files(mail.id, letter.enclosed)


def _finish_task(mail: InboundMail, actor: Actor, now: datetime) -> None:
    try:
        tasks.finish(new_task("staff", TASK, mail.id, {}, now).id, actor, now)
    except TaskNotFound:
        # One of a storm: its task is about the hour.
        return
