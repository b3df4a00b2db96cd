"""A customer's timeline: every change of what is his, and the traces of his cancelled renewals (B11, A6)."""

from __future__ import annotations

from chalicelib.customers import store as customers
from chalicelib.kernel.events import Change
from chalicelib.kernel.paging import Page
from chalicelib.storage import trail
from chalicelib.storage.table import Row
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.trace import Trace


def page(customer_id: str, limit: int, cursor: str | None) -> Page[Change | Trace]:
    """One page of it, newest first. `CustomerNotFound`, `NotACursor`."""
    customers.get(customer_id)
    return trail.timeline(customer_id, limit, cursor).map(_entry)


def _entry(row: Row) -> Change | Trace:
    if isinstance(row, trail.AuditRow):
        return trail.change_of(row)
    return subscriptions.trace_of(row)
