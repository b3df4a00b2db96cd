"""Known ways of getting reliability wrong, each as a function that could stand in the product."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from botocore.config import Config
from pynamodb.exceptions import PutError

from chalicelib.billing import pdf, provider_events, rules, service
from chalicelib.billing import store as billing
from chalicelib.billing.documents import digest_of, key_of
from chalicelib.billing.gateways import Archive, Gateway, ProviderPayment, RefundRequest
from chalicelib.billing.gateways.asaas import Asaas
from chalicelib.billing.links import Links
from chalicelib.flows import (
    activation,
    documents,
    settlement,
)
from chalicelib.flows.reach import Reach
from chalicelib.flows.subscribers import SUBSCRIBERS
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.kernel.money import Money
from chalicelib.licensing import notices
from chalicelib.licensing import store as licensing
from chalicelib.licensing.rules import License
from chalicelib.licensing.store import KeyRow
from chalicelib.mail import service as mail
from chalicelib.mail import store as mails
from chalicelib.mail.gateways import Mailer
from chalicelib.mail.rules import Mail
from chalicelib.orders import store as orders
from chalicelib.storage import outbox
from chalicelib.storage.idempotency import IdempotencyRow
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row
from chalicelib.storage.transaction import Stale, Transaction
from chalicelib.subscriptions.rules import Step, Subscription, next_step
from chalicelib.tickets import store as tickets
from chalicelib.tickets.alerts import Level, level_due, told
from chalicelib.tickets.levels import Home

_commit, _save = Transaction.commit, Transaction.save
_receive = service.receive
_save_licenses = activation._save_licenses


# Storage


def write_one_by_one(writing: Transaction) -> None:
    """No transaction: each row for itself, guarded by its version all the same."""
    try:
        for row in writing._rows:
            row.save()
    except PutError as error:
        raise Stale("a row was not as expected") from error


def swallow_the_conflict(writing: Transaction) -> None:
    """ "Cancelled" is taken for "somebody else has done it already"."""
    try:
        _commit(writing)
    except Stale:
        return


def last_writer_wins(writing: Transaction) -> None:
    """No guards: what was read may have changed since."""
    items = [
        {"TableName": Row.Meta.table_name, "Item": {**row.serialize(), "version": {"N": "1"}}}
        for row in writing._rows
    ]
    Row._get_connection().connection.transact_write_items((), (), items, ())


def save_no_answer(writing: Transaction, *rows: Row) -> None:
    """No idempotency record."""
    _save(writing, *(row for row in rows if not isinstance(row, IdempotencyRow)))


def save_copies_at_once(writing: Transaction, *rows: Row) -> None:
    """The copies that validation reads are written beside the transaction."""
    for copy in (row for row in rows if isinstance(row, KeyRow)):
        copy.save()
    _save(writing, *(row for row in rows if not isinstance(row, KeyRow)))


# Subscriptions


def renew_unannounced(subscription: Subscription) -> Step | None:
    """The renewal is charged when its notice should leave."""
    step = next_step(subscription)
    return replace(step, kind="renew") if step and step.kind == "notify" else step


# Outbox


def mark_before_telling(event_id: str, reach: Reach, now: datetime) -> None:
    """The event is marked as delivered before its subscribers ran."""
    row = outbox.find_event(event_id)
    if row is None or row.done_at:
        return
    event = outbox.outbox_event(row)
    outbox.mark_delivered(row, now)
    for subscriber in SUBSCRIBERS[event.name]:
        subscriber(event, reach, now)


# Payments


def answer_before_storing(gateway: Gateway, headers: Mapping[str, str], raw: bytes, now: datetime) -> str:
    """The webhook is acknowledged at once and stored "in the background": nobody hears of a failure."""
    try:
        return _receive(gateway, headers, raw, now)
    except BaseException:
        return ""


def new_event_id(provider: str, event_id: str) -> str:
    """Each delivery of an event counts as an event of its own."""
    return f"pev_{uuid.uuid4().hex}"


def trust_the_webhook(event_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """What the message says is booked; the provider is not asked."""
    event = billing.events.get(event_id)
    if event.settled_at or event.provider_id is None:
        return
    payment = billing.payments.get(json.loads(event.raw)["payment"]["externalReference"])
    seen = ProviderPayment(event.provider_id, payment.id, payment.amount, "pending", None)
    told = replace(seen, status="paid") if event.announces_payment else seen
    settlement._settle(event_id, told, now)


def seen_is_done(event_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """De-duplication marks "seen": the event is closed first and acted upon afterwards."""
    event = billing.events.get(event_id)
    if event.settled_at or event.provider_id is None:
        return
    closing = Transaction()
    closing.save(billing.events.row(provider_events.settled(event, "seen", now)))
    closing.commit()
    found = gateways[event.provider].fetch(event.provider_id)
    if found is None or found.status != "paid" or found.reference is None:
        return
    payment = billing.payments.get(found.reference)
    if payment.status != "paid":
        booking = Transaction()
        order = orders.get(payment.order_id)
        settlement.accept(booking, payment, order, found.provider_id, now, SYSTEM, now)
        booking.commit()


def look_for_no_charge(asaas: Asaas, reference: str) -> None:
    """A charge is made without looking for one that an earlier try has left."""


def take_every_lease(payment: rules.Payment, now: datetime) -> rules.Payment:
    """The lease of a charge keeps nobody out."""
    return replace(payment, claimed_until=now + rules.CHARGE_LEASE)


def close_nothing(payment_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """An attempt that nobody waits for any more stays as it is."""


def ask_nobody(payment: rules.Payment, gateway: Gateway, now: datetime) -> bool:
    """What is given up here is not closed at its provider."""
    return False


def another_id(prefix: str, *parts: str) -> str:
    """Each telling of a thing counts as a thing of its own."""
    return f"{prefix}_{uuid.uuid4().hex}"


def note_before_keeping(message: Mapping[str, str], archive: Archive, links: Links) -> None:
    """The record says that it has its document before it has."""
    invoice = billing.invoices.get(message["invoice_id"])
    if invoice.document:
        return
    drawn = pdf.render(invoice, links.online(invoice))
    documents._note(billing.invoices, invoice.id, digest_of(drawn))
    archive.keep(key_of(invoice), drawn)


def another_refund(refund_id: str, provider_id: str, amount: Money, reason: str) -> RefundRequest:
    """Each try to give money back is one of its own."""
    return RefundRequest(another_id("rfd"), provider_id, amount, reason)


def withhold_nothing(part: Any, *terms: Any) -> Any:
    """What contested money paid for works as before."""
    return part


class NeverDue(Records[Any]):
    """The schedule does not look after records of this kind."""

    def due(self, now: datetime) -> Iterator[str]:
        return iter(())

    @classmethod
    def of(cls, records: Records[Any]) -> NeverDue:
        return cls(**vars(records))


def nothing_due(now: datetime) -> Iterator[str]:
    """The schedule does not look after this kind of work."""
    return iter(())


# Licences


def extend_first(doing: Any) -> None:
    """Licences are extended first, and their order is marked as activated afterwards."""
    doing.writing, rest = Transaction(), doing.writing
    _save_licenses(doing)
    doing.writing.commit()
    doing.writing = rest


def tell_before_remembering(license_id: str, now: datetime) -> None:
    """The event of a notice is committed before it is remembered that it was given."""
    license = licensing.get(license_id)
    after, due_now = notices.due_notices(license, now)
    telling, remembering = Transaction(), Transaction()
    for notice in due_now:
        telling.emit(notices.event_of(license, notice, now))
    telling.commit()
    remembering.save(*licensing.rows(after, now))
    remembering.commit()


def due_though_stopped(license: License) -> datetime | None:
    """The due index does not know that a licence was stopped."""
    return min((at for one in (license, *license.addons) for at, _ in one.open_notices()), default=None)


# Tickets


def alert_before_remembering(ticket_id: str, home: Home, now: datetime) -> Level | None:
    """The event of an alert is committed before the ticket remembers that it was given."""
    before = tickets.get(ticket_id)
    level = level_due(before.clock, before.alerts, now) if before.clock else None
    if level is None:
        return None
    telling, remembering = Transaction(), Transaction()
    telling.emit(
        Event("ticket.alerted", ticket_id, now, {"level": level, "step": "0", "contact": home.contact})
    )
    telling.commit()
    after = replace(before, alerts=told(before.alerts, level, now, None))
    remembering.save(*tickets.rows(after))
    remembering.audit(Change(ticket_id, None, "alerted", before.status, after.status, SYSTEM, now))
    remembering.commit()
    return level


# E-mail


def send_before_claim(mail_id: str, mailer: Mailer, now: datetime) -> None:
    """The e-mail is sent first and marked afterwards."""
    found = mails.find(mail_id)
    if found is None or found.status != "queued":
        return
    message_id = mailer.send(mail._message(found))
    claimed = replace(found, status="sending", attempts=1, claimed_at=now)
    mail._save(found, claimed, now)
    mail.confirm(mail_id, message_id, now)


def never_decide(letter: Mail, now: datetime) -> Mail:
    """Claim only: an e-mail whose sender died stays claimed for ever."""
    return letter


def retry_sending() -> Config:
    """The SDK's usual retries."""
    return Config(retries={"total_max_attempts": 3, "mode": "standard"})
