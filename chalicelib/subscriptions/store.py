"""Subscriptions in the table."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from chalicelib.kernel.terms import Terms
from chalicelib.storage.attributes import DateAttribute, InstantAttribute, MoneyAttribute, RecordAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row
from chalicelib.subscriptions.rules import Subscription, SubscriptionNotFound, holds


class SubscriptionRow(Row, discriminator="subscription"):
    """One subscription."""

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


_subscriptions = Records("SUB", SubscriptionRow, Subscription, SubscriptionNotFound)
row, find, get_own, page = (
    _subscriptions.row,
    _subscriptions.find,
    _subscriptions.get_own,
    _subscriptions.page,
)


def held_products(customer_id: str, now: datetime) -> frozenset[str]:
    """The products a customer subscribes to at present: what he "holds" (R1)."""
    return frozenset(one.product for one in _subscriptions.all_of(customer_id) if holds(one, now))
