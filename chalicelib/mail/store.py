"""Mails in the table: one row each, in the due index while something is outstanding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.mail.rules import Attachment, Mail, MailNotFound
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row


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
    attachments = RecordAttribute(tuple[Attachment, ...], default=())


_mails = Records("MAIL", MailRow, Mail, MailNotFound)
row, find, all_of, get, page, due = (
    _mails.row,
    _mails.find,
    _mails.all_of,
    _mails.get,
    _mails.page,
    _mails.due,
)
