"""Orders in the table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.paging import Page
from chalicelib.orders.rules import Order, OrderItem, OrderNotFound
from chalicelib.storage.attributes import InstantAttribute, MoneyAttribute, RecordAttribute
from chalicelib.storage.table import Row, key, load, owned, page_by_owner, to_record, to_row


class OrderRow(Row, discriminator="order"):
    """One order with its lines."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    status = UnicodeAttribute()
    items = RecordAttribute(tuple[OrderItem, ...])
    total = MoneyAttribute()
    invoice_id = UnicodeAttribute()
    payment_id = UnicodeAttribute()
    ticket_ids = RecordAttribute(tuple[str, ...])
    license_ids = RecordAttribute(tuple[str, ...])
    created_at = InstantAttribute()
    paid_at = InstantAttribute(null=True)
    activated_at = InstantAttribute(null=True)


def row(order: Order) -> OrderRow:
    """The row to save."""
    listed = owned(order.customer_id, "ORD", order.created_at, order.id)
    return to_row(OrderRow, order, {"pk": key("ORD", order.id), "sk": "ORD", **listed})


def find(order_id: str) -> Order | None:
    """An order, or None."""
    found = load(OrderRow, key("ORD", order_id), "ORD")
    return to_record(found, Order) if found else None


def get(order_id: str) -> Order:
    """An order; `OrderNotFound`."""
    order = find(order_id)
    if order is None:
        raise OrderNotFound(what="order", id=order_id)
    return order


def get_own(order_id: str, customer_id: str) -> Order:
    """A customer's own order; `OrderNotFound` for anybody else's."""
    order = find(order_id)
    if order is None or order.customer_id != customer_id:
        raise OrderNotFound(what="order", id=order_id)
    return order


def page(customer_id: str, limit: int, cursor: str | None) -> Page[Order]:
    """A customer's orders, newest first."""
    rows = page_by_owner(OrderRow, key("CUS", customer_id), "ORD", limit=limit, cursor=cursor)
    return rows.map(lambda found: to_record(found, Order))
