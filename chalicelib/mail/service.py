"""Queue a mail once, deliver it once, and decide about those whose outcome stayed unknown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from chalicelib.kernel.events import SYSTEM, Actor, Change
from chalicelib.mail import rules, store
from chalicelib.mail.gateways import Mailer, MailRefused, MailUncertain, Message
from chalicelib.mail.render import render
from chalicelib.mail.rules import Mail
from chalicelib.storage.transaction import Transaction, retrying

log = logging.getLogger(__name__)


def queue(mail: Mail) -> None:
    """Store a new mail; nothing happens when there is one of its (kind, subject) already (invariant 3)."""

    def attempt() -> None:
        if store.find(mail.id) is None:
            _save(None, mail, mail.created_at)

    retrying(attempt)


def deliver(mail_id: str, mailer: Mailer, now: datetime) -> None:
    """Claim, send, mark. Whoever does not get the claim does nothing; an unclear outcome stays `sending`.

    `MailNotFound` for an unknown id.
    """
    taken = _take(mail_id, now)
    if taken is None:
        return
    attempt, message = taken
    try:
        message_id = mailer.send(message)
    except MailRefused as refusal:
        again = refusal.retryable
        _decide(mail_id, lambda m: rules.refused(m, attempt, retryable=again), now, refusal.code)
    except MailUncertain as error:
        log.warning("mail %s: outcome unknown (%s), waiting for its Send event", mail_id, error)
    else:
        _decide(mail_id, lambda m: rules.sent(m, message_id), now)


def confirm(mail_id: str, message_id: str, now: datetime) -> None:
    """SES's Send event came: early, late, twice or for a mail of somebody else, all the same."""
    _decide(mail_id, lambda mail: rules.sent(mail, message_id), now)


def bounce(mail_id: str, message_id: str, why: str, now: datetime) -> None:
    """SES says that a mail did not arrive and never will: staff is told, once."""
    _decide(mail_id, lambda mail: rules.bounced(mail, message_id), now, why)


def doubt(mail_id: str, message_id: str, why: str, now: datetime) -> None:
    """SES says that a mail may not have arrived: of a formal one staff is told, and it stays as it is."""
    mail = store.find(mail_id)
    if mail and mail.formal:
        writing = Transaction()
        writing.emit(rules.undelivered(mail, why, now))
        writing.commit()


def take_up(mail_id: str, now: datetime) -> bool:
    """Decide about an overdue mail; whether it is to be delivered (again) now."""
    mail = _decide(mail_id, lambda one: rules.unknown(one, now), now, "unknown")
    return mail is not None and rules.to_send(mail, now)


overdue = store.due


def _take(mail_id: str, now: datetime) -> tuple[int, Message] | None:
    """Claim the mail: the attempt's number and its message, or None when somebody else has or had it.

    The message is made before the claim is committed: a faulty template then leaves the mail queued and
    the error visible, not a claim whose outcome nobody knows.
    """

    def attempt() -> tuple[int, Message] | None:
        mail = store.get(mail_id)
        claimed = rules.claim(mail, now)
        if claimed is None:
            return None
        message = _message(claimed)
        _save(mail, claimed, now)
        return claimed.attempts, message

    return retrying(attempt)


def _decide(mail_id: str, decision: Callable[[Mail], Mail], now: datetime, why: str = "") -> Mail | None:
    """Apply a decision to the mail as it is now; it is saved if it changes anything."""

    def attempt() -> Mail | None:
        mail = store.find(mail_id)
        if mail is None:
            return None
        decided = decision(mail)
        if decided != mail:
            _save(mail, decided, now, why)
        return decided

    return retrying(attempt)


def _save(before: Mail | None, after: Mail, now: datetime, why: str = "") -> None:
    """One transaction: the mail, the audit row of its change and, when it does not arrive, the event."""
    actor = Actor(SYSTEM.id, SYSTEM.channel, why or None)
    writing = Transaction()
    writing.save(store.row(after))
    writing.audit(
        Change(
            subject=after.id,
            # On the customer's timeline only what came of it, not every step on the way.
            customer_id=after.customer_id if after.status == "sent" or after.is_undelivered else None,
            action=f"mail.{after.status}",
            before=before.status if before else None,
            after=after.status,
            actor=actor,
            at=now,
        )
    )
    if after.formal and after.status == "sent":
        writing.emit(rules.left(after, after.claimed_at or after.created_at))
    if after.is_undelivered:
        writing.emit(rules.undelivered(after, why, now))
    writing.commit()


def _message(mail: Mail) -> Message:
    letter = render(mail.kind, mail.locale, mail.params)
    return Message(mail.id, mail.to, letter.subject, letter.text, letter.html, mail.attachments)
