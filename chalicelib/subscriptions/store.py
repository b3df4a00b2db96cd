"""Subscriptions in the table."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kernel.terms import Terms
from chalicelib.storage.attributes import DateAttribute, InstantAttribute, MoneyAttribute, RecordAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row
from chalicelib.subscriptions.installments import Installment
from chalicelib.subscriptions.rules import Notice, Subscription, SubscriptionNotFound, holds


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


_subscriptions = Records("SUB", SubscriptionRow, Subscription, SubscriptionNotFound)
row, find, get, get_own, page, due = (
    _subscriptions.row,
    _subscriptions.find,
    _subscriptions.get,
    _subscriptions.get_own,
    _subscriptions.page,
    _subscriptions.due,
)


def held_products(customer_id: str, now: datetime) -> frozenset[str]:
    """The products a customer subscribes to at present: what he "holds" (R1)."""
    return frozenset(one.product for one in _subscriptions.all_of(customer_id) if holds(one, now))
