"""Subscriptions in the table."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.paging import Page
from chalicelib.kernel.terms import Terms
from chalicelib.storage.attributes import DateAttribute, InstantAttribute, MoneyAttribute, RecordAttribute
from chalicelib.storage.keys import key
from chalicelib.storage.records import Records, to_record
from chalicelib.storage.table import Row
from chalicelib.subscriptions.crm_tasks import CrmTask, CrmTaskNotFound
from chalicelib.subscriptions.installments import Installment
from chalicelib.subscriptions.rules import Notice, Subscription, SubscriptionNotFound, holds
from chalicelib.subscriptions.trace import Trace


class SubscriptionRow(Row, discriminator="subscription"):
    """One subscription; in the due index until it has ended."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    product = UnicodeAttribute()
    name = UnicodeAttribute()
    status = UnicodeAttribute()
    start = DateAttribute()
    end = DateAttribute()
    zone = UnicodeAttribute()
    price = MoneyAttribute()
    terms = RecordAttribute(Terms)
    auto_renew = BooleanAttribute()
    created_at = InstantAttribute()
    anchor = DateAttribute()
    number = NumberAttribute()
    installments = RecordAttribute(tuple[Installment, ...])
    notice = RecordAttribute(Notice, null=True)
    renewal_canceled_at = InstantAttribute(null=True)
    ends_on = DateAttribute(null=True)
    ended_at = InstantAttribute(null=True)
    ended_because = UnicodeAttribute(null=True)
    frozen_at = InstantAttribute(null=True)
    case_id = UnicodeAttribute(null=True)


class TraceRow(Row, discriminator="trace"):
    """The trace of one cancelled renewal; never updated."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    customer_name = UnicodeAttribute()
    subscription_id = UnicodeAttribute()
    channel = UnicodeAttribute()
    task = UnicodeAttribute()
    user = UnicodeAttribute()
    outcome = UnicodeAttribute()
    outcome_label = UnicodeAttribute()
    notes = UnicodeAttribute()
    created_at = InstantAttribute()


class CrmTaskRow(Row, discriminator="crm_task"):
    """One type of planned CRM tasks."""

    id = UnicodeAttribute()
    name = UnicodeAttribute()
    classification = UnicodeAttribute()
    created_at = InstantAttribute()


_subscriptions = Records("SUB", SubscriptionRow, Subscription, SubscriptionNotFound)
row, find, find_all, all_of, get, get_own, page, due = (
    _subscriptions.row,
    _subscriptions.find,
    _subscriptions.find_all,
    _subscriptions.all_of,
    _subscriptions.get,
    _subscriptions.get_own,
    _subscriptions.page,
    _subscriptions.due,
)

# They stand on their customer's timeline, among the changes.
traces = Records("TRC", TraceRow, Trace, NotFound, listed_among="AUD")
crm_tasks = Records(
    "CRM",
    CrmTaskRow,
    CrmTask,
    CrmTaskNotFound,
    listed_under=lambda task: _list_of(task.classification),
)


def _list_of(classification: str) -> str:
    return key("CRM", classification)


def crm_task_page(classification: str, limit: int, cursor: str | None) -> Page[CrmTask]:
    """One page of the planned tasks of a kind, newest first."""
    return crm_tasks.page_under(_list_of(classification), limit, cursor)


def trace_of(row: Row) -> Trace:
    """The trace that a row of a timeline is."""
    return to_record(row, Trace)


def held_products(customer_id: str, now: datetime) -> frozenset[str]:
    """The products a customer subscribes to at present: what he "holds" (R1)."""
    return frozenset(one.product for one in _subscriptions.all_of(customer_id) if holds(one, now))
