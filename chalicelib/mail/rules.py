"""The life of an e-mail, as pure decisions: at most one per (kind, subject), though SES forgets repeats.

SES has no idempotency token, so a crash between "sent" and "marked" leaves the truth unknown. It is then
told by SES itself: its Send event carries our mail id and is waited for before anything is sent again.

    queued ──claim──▶ sending ──SES took it, or its Send event came──▶ sent ──it came back──▶ bounced
       ▲                │  │
       └────────────────┘  └──refused for good, or unknown and formal──▶ failed: staff is told
       refused, or unknown for `UNCERTAIN`; at most `MAX_ATTEMPTS` claims

SES's events come in no particular order: what has come back stays so, whatever is heard of it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from chalicelib.kernel.errors import LOCALES, NotFound
from chalicelib.kernel.events import Event
from chalicelib.kernel.ids import derived_id

Status = Literal["queued", "sending", "sent", "failed", "bounced"]

_CASE = frozenset({"name", "number", "store_url", "vendor"})

# Every kind of e-mail and exactly the parameters its templates use, in every language. Money is
# `{"amount": minor units, "currency": code}`, `*_at` is RFC 3339 with `Z` and shown in `zone`, `*_date`
# and `*_day` are `YYYY-MM-DD`; `lines` are `{name, quantity, amount}`, `addons` `{name, last_day}` and
# `installments` `{day, amount}`. Of a key, `key_hint` is all that is shown. `addon` names the addon that a
# letter is about, None for the licence itself; `grace_day` and `old_until` are the last days on which it, or
# its old key, still works, None for none; `pix` is a Pix code or None, `why` "declined", "authentication",
# "not_completed" or "refused"; `retry_day` is when a card is charged anew by itself, or None; `whole` says
# that all of a payment has gone back; `days` is a number, `change` is "suspended", "reinstated", "revoked"
# or "rotated". `subscription` names the one that asks for the money, None where somebody ordered. Of a
# contract `until_at` is the exclusive instant until which its owner may change his mind, in the client area
# where `self_cancel`; `card` is the end of the number of the card on file, or None, and `pay_url` None where
# nothing can be paid online; `because` is why it ended; `dropped` is what is not owed any more, as
# instalments or as one amount, and `refund` what is given back, or None. Of a withdrawal `number` is its own,
# and `invoice` that of the contract. An alert goes to the team: `name` is the customer's, `subject` and
# `ticket_kind` are the ticket's, `level` is "at_risk", "breached" or "escalated". Of a session `access` is
# what is needed besides the link, or None; `moved` says that it takes the place of another date, and in
# `advisory_other_slots_wanted` `starts_at` is the date that is called off, or None. Of a cancellation
# `number` is its own; `products`, `ended`, `kept`, `dropped` are `{name, detail, domain}` of contracts, and
# of what has ended its `ended_at` and the `refund` for it, or None; `slips` and `voided` are `{number,
# amount, due_date, pay_url}` of what has to be paid still, or not any more, `number` None for what is not
# invoiced yet; `frozen` says that nothing more is charged until it is decided; `until_at` is how long an
# answer is waited for, or None; `agreed` is what was agreed in words, or None, and `offers` are `{kind,
# detail, amount, until_day}`, with what a period costs then, and when a pause is over.
KINDS: Mapping[str, frozenset[str]] = {
    "invoice_issued": frozenset(
        {"name", "number", "total", "lines", "method", "subscription", "pay_url", "vendor"}
    ),
    "boleto_to_pay": frozenset(
        {"name", "number", "amount", "due_date", "digitable_line", "pdf_url", "pix", "vendor"}
    ),
    "transfer_to_make": frozenset({"name", "number", "amount", "account", "reference", "vendor"}),
    "payment_received": frozenset({"name", "number", "amount", "paid_date", "method", "vendor"}),
    "payment_failed": frozenset({"name", "number", "amount", "why", "retry_day", "pay_url", "vendor"}),
    "payment_contested": frozenset({"name", "number", "amount", "method", "store_url", "vendor"}),
    "refund_made": frozenset({"name", "number", "amount", "method", "whole", "vendor"}),
    "order_expired": frozenset(
        {"name", "number", "amount", "due_date", "subscription", "store_url", "vendor"}
    ),
    "license_active": frozenset({"name", "product", "key_hint", "last_day", "addons", "store_url", "vendor"}),
    "license_expiring": frozenset(
        {"name", "product", "addon", "key_hint", "last_day", "days", "store_url", "vendor"}
    ),
    "license_expired": frozenset(
        {"name", "product", "addon", "key_hint", "last_day", "grace_day", "store_url", "vendor"}
    ),
    "license_changed": frozenset(
        {"name", "product", "key_hint", "change", "old_until", "store_url", "vendor"}
    ),
    "renewal_notice": frozenset(
        {"name", "product", "last_day", "renews_day", "amount", "installments", "method", "card", "until_at"}
        | {"zone", "self_cancel", "store_url", "vendor"}
    ),
    "renewal_canceled": frozenset(
        {"name", "product", "last_day", "installments", "until_at", "zone", "self_cancel"}
        | {"store_url", "vendor"}
    ),
    "renewal_resumed": frozenset(
        {"name", "product", "renews_day", "amount", "until_at", "zone", "self_cancel", "store_url", "vendor"}
    ),
    "subscription_past_due": frozenset(
        {"name", "product", "last_day", "number", "amount", "grace_day", "pay_url", "store_url", "vendor"}
    ),
    "subscription_ended": frozenset(
        {"name", "product", "last_day", "because", "installments", "store_url", "vendor"}
    ),
    "contract_rescinded": frozenset(
        {"name", "product", "effective_day", "dropped", "installments", "refund", "store_url", "vendor"}
    ),
    "withdrawal_received": frozenset(
        {"name", "number", "invoice", "lines", "total", "received_at", "zone", "dropped", "refund"}
        | {"store_url", "vendor"}
    ),
    "advisory_slots_wanted": frozenset({"name", "number", "product", "minutes", "store_url", "vendor"}),
    "advisory_scheduled": frozenset(
        {"name", "number", "product", "starts_at", "zone", "minutes", "meeting_url", "access", "moved"}
        | {"store_url", "vendor"}
    ),
    "advisory_other_slots_wanted": frozenset(
        {"name", "number", "product", "reason", "starts_at", "zone", "store_url", "vendor"}
    ),
    "advisory_missed": frozenset({"name", "number", "product", "starts_at", "zone", "store_url", "vendor"}),
    "cancellation_received": _CASE | {"requested_at", "zone", "products", "frozen"},
    "contact_attempted": _CASE | {"products", "until_at", "zone"},
    "confirm_request": _CASE | {"products", "until_at", "zone"},
    "cancellation_owed": _CASE | {"slips"},
    "cancellation_reverted": _CASE | {"agreed", "offers", "dropped", "kept"},
    "cancellation_confirmed": _CASE | {"requested_at", "zone", "ended", "kept", "slips", "voided"},
    "ticket_received": frozenset({"name", "number", "subject", "due_at", "zone", "store_url", "vendor"}),
    "ticket_answered": frozenset({"name", "number", "subject", "paragraphs", "asks", "store_url", "vendor"}),
    "ticket_resolved": frozenset({"name", "number", "subject", "paragraphs", "store_url", "vendor"}),
    "ticket_closed": frozenset({"name", "number", "subject", "reason", "store_url", "vendor"}),
    "sla_alert": frozenset(
        {"name", "number", "ticket_kind", "subject", "ticket_id", "level", "due_at", "zone", "vendor"}
    ),
}

# How long SES's Send event may take before an unknown outcome counts as "not sent".
UNCERTAIN = timedelta(minutes=30)
# Eight attempts, each wait twice the one before: the last comes after a day, longer than a daily quota.
MAX_ATTEMPTS = 8
FIRST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True)
class Attachment:
    """What goes with a letter as a file: a text in UTF-8, or else bytes in `base64`.

    Its `media_type` may have parameters.
    """

    name: str
    media_type: str
    text: str
    base64: bool = False


@dataclass(frozen=True)
class Mail:
    """One e-mail of a kind about a subject (the id of an invoice, payment or licence).

    `formal` ones have legal weight and are never sent twice. `attempts` counts claims, `claimed_at` is the
    instant of the latest one.
    """

    id: str
    kind: str
    subject: str
    customer_id: str | None
    to: str
    locale: str
    params: Mapping[str, Any]
    formal: bool
    created_at: datetime
    status: Status = "queued"
    attempts: int = 0
    claimed_at: datetime | None = None
    message_id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    version: int | None = None

    @property
    def due_at(self) -> datetime | None:
        """When somebody must look at this mail again; None when nothing is outstanding."""
        if self.status == "queued":
            wait = FIRST_WAIT * 2 ** (self.attempts - 1)
            return self.claimed_at + wait if self.claimed_at else self.created_at
        if self.status == "sending" and self.claimed_at:
            return self.claimed_at + UNCERTAIN
        return None

    @property
    def is_undelivered(self) -> bool:
        """Whether it was given up, or has come back: it reaches nobody."""
        return self.status in ("failed", "bounced")


class MailNotFound(NotFound):
    """Somebody asked to deliver a mail that was never queued."""

    code = "mail_not_found"
    thing = {"en": "e-mail", "es": "el correo", "pt-BR": "o e-mail"}


def compose(
    kind: str,
    subject: str,
    *,
    to: str,
    locale: str,
    params: Mapping[str, Any],
    now: datetime,
    customer_id: str | None = None,
    formal: bool = False,
    attachments: tuple[Attachment, ...] = (),
) -> Mail:
    """A new mail under its natural key; ValueError when kind, locale or parameters do not fit `KINDS`."""
    if kind not in KINDS or locale not in LOCALES:
        raise ValueError(f"no e-mail {kind!r} in {locale!r}")
    if wrong := KINDS[kind] ^ params.keys():
        raise ValueError(f"{kind}: missing or unknown parameters: {', '.join(sorted(wrong))}")
    return Mail(
        id=mail_id(kind, subject),
        kind=kind,
        subject=subject,
        customer_id=customer_id,
        to=to,
        locale=locale,
        params=params,
        formal=formal,
        created_at=now,
        attachments=attachments,
    )


def mail_id(kind: str, subject: str) -> str:
    """The id of the one mail of a kind about a subject."""
    return derived_id("mail", kind, subject)


def to_send(mail: Mail, now: datetime) -> bool:
    """Whether the time has come to hand it to the sender (again)."""
    return mail.status == "queued" and mail.due_at is not None and mail.due_at <= now


def claim(mail: Mail, now: datetime) -> Mail | None:
    """Take a queued mail for sending; None when it is taken, sent or given up.

    The wait before a repeat is kept by the due index alone: senders run on the wall clock, while a sweep
    may be replayed at any other time.
    """
    if mail.status != "queued":
        return None
    return replace(mail, status="sending", attempts=mail.attempts + 1, claimed_at=now)


def sent(mail: Mail, message_id: str) -> Mail:
    """SES has it. A late Send event also mends what was given up, but not what has come back."""
    if mail.status in ("sent", "bounced"):
        return mail
    return replace(mail, status="sent", message_id=message_id)


def bounced(mail: Mail, message_id: str) -> Mail:
    """It has come back for good, or SES has thrown it away; that may be heard before that it was sent."""
    return mail if mail.status == "bounced" else replace(mail, status="bounced", message_id=message_id)


def refused(mail: Mail, attempt: int, *, retryable: bool) -> Mail:
    """SES certainly did not take this attempt; later news about the mail is left alone."""
    if mail.status != "sending" or mail.attempts != attempt:
        return mail
    return _again(mail) if retryable else replace(mail, status="failed")


def unknown(mail: Mail, now: datetime) -> Mail:
    """Decide about an attempt of which neither an answer nor a Send event came within the window."""
    if mail.status != "sending" or mail.due_at is None or now < mail.due_at:
        return mail
    return replace(mail, status="failed") if mail.formal else _again(mail)


def left(mail: Mail, now: datetime) -> Event:
    """Tells that a formal e-mail has left."""
    return Event("mail.sent", mail.id, now, {"kind": mail.kind, "subject": mail.subject})


def undelivered(mail: Mail, why: str, now: datetime) -> Event:
    """Tells staff that this mail was given up, or has come back; one that was sent may have."""
    data = {
        "mail_id": mail.id,
        "kind": mail.kind,
        "subject": mail.subject,
        "status": mail.status,
        "why": why,
    }
    if mail.customer_id:
        data["customer_id"] = mail.customer_id
    return Event("mail.undelivered", mail.id, now, data)


def _again(mail: Mail) -> Mail:
    return replace(mail, status="queued" if mail.attempts < MAX_ATTEMPTS else "failed")
