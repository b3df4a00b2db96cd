"""Subscriptions in the table."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from chalicelib.kernel.paging import Page
from chalicelib.kernel.terms import Terms
from chalicelib.storage.attributes import DateAttribute, InstantAttribute, MoneyAttribute, RecordAttribute
from chalicelib.storage.table import Row, all_by_owner, key, load, owned, page_by_owner, to_record, to_row
from chalicelib.subscriptions.rules import Subscription, SubscriptionNotFound


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


def row(subscription: Subscription) -> SubscriptionRow:
    """The row to save."""
    listed = owned(subscription.customer_id, "SUB", subscription.created_at, subscription.id)
    keys = {"pk": key("SUB", subscription.id), "sk": "SUB", **listed}
    return to_row(SubscriptionRow, subscription, keys)


def get_own(subscription_id: str, customer_id: str) -> Subscription:
    """A customer's own subscription; `SubscriptionNotFound` for anybody else's."""
    found = load(SubscriptionRow, key("SUB", subscription_id), "SUB")
    if found is None or found.customer_id != customer_id:
        raise SubscriptionNotFound(what="subscription", id=subscription_id)
    return to_record(found, Subscription)


def page(customer_id: str, limit: int, cursor: str | None) -> Page[Subscription]:
    """A customer's subscriptions, newest first."""
    rows = page_by_owner(SubscriptionRow, key("CUS", customer_id), "SUB", limit=limit, cursor=cursor)
    return rows.map(lambda found: to_record(found, Subscription))


def active_products(customer_id: str) -> frozenset[str]:
    """The products a customer subscribes to at present: what he "holds" (R1)."""
    rows = all_by_owner(SubscriptionRow, key("CUS", customer_id), "SUB")
    return frozenset(row.product for row in rows if row.status == "active")
