"""E-mails that came in, in the table: listed by what became of them, and counted by sender and hour."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.paging import Page
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.keys import key
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row
from chalicelib.tickets.inbound import InboundMail, InboundMailNotFound, SenderHour


class InboundMailRow(Row, discriminator="inbound_mail"):
    """One e-mail; its key derives from the receiving server's id, so it cannot be there twice."""

    id = UnicodeAttribute()
    status = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    sender = UnicodeAttribute()
    subject = UnicodeAttribute()
    customer_id = UnicodeAttribute(null=True)
    ticket_id = UnicodeAttribute(null=True)
    key = UnicodeAttribute()
    left_out = RecordAttribute(tuple[str, ...])
    created_at = InstantAttribute()


class SenderHourRow(Row, discriminator="sender_hour"):
    """How many mails an address sent within an hour."""

    id = UnicodeAttribute()
    sent = NumberAttribute()
    created_at = InstantAttribute()


mails = Records(
    "INM", InboundMailRow, InboundMail, InboundMailNotFound, listed_under=lambda mail: key("INM", mail.status)
)
hours = Records("SNH", SenderHourRow, SenderHour, NotFound, listed_under=lambda hour: None)


def page(status: str, limit: int, cursor: str | None) -> Page[InboundMail]:
    """One page of the mails of which this became, newest first. `NotACursor`."""
    return mails.page_under(key("INM", status), limit, cursor)
