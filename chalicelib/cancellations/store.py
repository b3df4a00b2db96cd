"""Cases and notices in the table."""

from __future__ import annotations

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.cancellations.checklist import Item, Slip, Step
from chalicelib.cancellations.notices import Notice, NoticeNotFound
from chalicelib.cancellations.procedures import Attempt
from chalicelib.cancellations.refusals import CaseNotFound
from chalicelib.cancellations.retention import Interview, Offer
from chalicelib.cancellations.rules import Case, Transfer
from chalicelib.storage.attributes import InstantAttribute, RecordAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row


class CaseRow(Row, discriminator="cancellation"):
    """One case, with all that was said and done."""

    id = UnicodeAttribute()
    number = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    channel = UnicodeAttribute()
    status = UnicodeAttribute()
    items = RecordAttribute(tuple[Item, ...])
    requested_at = InstantAttribute()
    created_at = InstantAttribute()
    opened_by = UnicodeAttribute()
    reason_code = UnicodeAttribute(null=True)
    notes = UnicodeAttribute(null=True)
    ticket_id = UnicodeAttribute(null=True)
    attempts = RecordAttribute(tuple[Attempt, ...])
    waiting_since = InstantAttribute(null=True)
    silence_at = InstantAttribute(null=True)
    silent_since = InstantAttribute(null=True)
    interview = RecordAttribute(Interview, null=True)
    offers = RecordAttribute(tuple[Offer, ...])
    outcome = UnicodeAttribute(null=True)
    agreed = UnicodeAttribute(null=True)
    accepted = RecordAttribute(tuple[Offer, ...])
    decided_at = InstantAttribute(null=True)
    decided_by = UnicodeAttribute(null=True)
    plan = RecordAttribute(tuple[Step, ...])
    slips = RecordAttribute(tuple[Slip, ...])
    transfers = RecordAttribute(tuple[Transfer, ...])
    look_at = InstantAttribute(null=True)
    document = UnicodeAttribute(null=True)
    letters = NumberAttribute()
    closed_at = InstantAttribute(null=True)


_cases = Records("CAN", CaseRow, Case, CaseNotFound)
row, find, get, page, due = _cases.row, _cases.find, _cases.get, _cases.page, _cases.due
all_of, reported = _cases.all_of, _cases.reported


class NoticeRow(Row, discriminator="notice"):
    """One notice."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    group = UnicodeAttribute()
    products = RecordAttribute(tuple[str, ...])
    reason = UnicodeAttribute()
    sector = UnicodeAttribute()
    description = UnicodeAttribute()
    status = UnicodeAttribute()
    created_at = InstantAttribute()
    created_by = UnicodeAttribute()
    case_id = UnicodeAttribute(null=True)
    closed_at = InstantAttribute(null=True)
    closed_by = UnicodeAttribute(null=True)


notices = Records("NTC", NoticeRow, Notice, NoticeNotFound)
