"""Orders in the table."""

from __future__ import annotations

from pynamodb.attributes import UnicodeAttribute

from chalicelib.orders.rules import Grant, Order, OrderItem, OrderNotFound
from chalicelib.orders.withdrawals import Content, Withdrawal, WithdrawalNotFound
from chalicelib.storage.attributes import InstantAttribute, MoneyAttribute, RecordAttribute
from chalicelib.storage.records import Records
from chalicelib.storage.table import Row


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
    expires_at = InstantAttribute(null=True)
    earlier_payment_ids = RecordAttribute(tuple[str, ...], default=())
    grants = RecordAttribute(tuple[Grant, ...], default=())
    suspended_at = InstantAttribute(null=True)
    withdrawn_at = InstantAttribute(null=True)


class WithdrawalRow(Row, discriminator="withdrawal"):
    """One withdrawal from a contract, with its acknowledgement."""

    id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    created_at = InstantAttribute()
    content = RecordAttribute(Content)
    statement = UnicodeAttribute(null=True)
    document = UnicodeAttribute()


withdrawals = Records("WDR", WithdrawalRow, Withdrawal, WithdrawalNotFound)
_orders = Records("ORD", OrderRow, Order, OrderNotFound)
row, find, find_all, all_of, get, get_own, page, due = (
    _orders.row,
    _orders.find,
    _orders.find_all,
    _orders.all_of,
    _orders.get,
    _orders.get_own,
    _orders.page,
    _orders.due,
)
