"""Mails in the table: one row each, in the due index while something is outstanding."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.mail.rules import Mail, due_at
from chalicelib.storage import table
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.table import Row, due_until, key, owned

# `kind` of a row says what sort of row it is, so the mail's own kind has another name there.
SAME_NAME = tuple(field.name for field in dataclasses.fields(Mail) if field.name != "kind")


class MailRow(Row, discriminator="mail"):
    """One e-mail; its key derives from (kind, subject), so there cannot be a second one."""

    id = UnicodeAttribute()
    mail_kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    customer_id = UnicodeAttribute(null=True)
    to = UnicodeAttribute()
    locale = UnicodeAttribute()
    params = RecordAttribute(Mapping[str, Any])
    formal = BooleanAttribute()
    created_at = InstantAttribute()
    status = UnicodeAttribute()
    attempts = NumberAttribute()
    claimed_at = InstantAttribute(null=True)
    message_id = UnicodeAttribute(null=True)


def load(mail_id: str) -> Mail | None:
    """One mail, strongly consistent, or None."""
    found = table.load(MailRow, key("MAIL", mail_id), "MAIL")
    return _mail(found) if found else None


def row(mail: Mail) -> MailRow:
    """The row to save; guarded by the mail's version (a new mail must not exist yet)."""
    # Absent rather than None: that is how an optional attribute, and the version of a new row, is told.
    values = {name: value for name in SAME_NAME if (value := getattr(mail, name)) is not None}
    owner = owned(mail.customer_id, "MAIL", mail.created_at, mail.id) if mail.customer_id else {}
    return MailRow(
        key("MAIL", mail.id),
        "MAIL",
        mail_kind=mail.kind,
        **values,
        **owner,
        **table.due("mail", due_at(mail), mail.id),
    )


def due(now: datetime) -> Iterable[Mail]:
    """Mails with outstanding work due at or before `now`, as the (eventually consistent) index has them."""
    return (_mail(found) for found in due_until(MailRow, "mail", now))


def _mail(found: MailRow) -> Mail:
    return Mail(kind=found.mail_kind, **{name: getattr(found, name) for name in SAME_NAME})
