"""What must never happen to a subscription, read from raw rows like the other invariants."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.integration.faults.seen import Check, Row, Seen

# As an invoice says it: the second of three, and so on.
LATER_PART = re.compile(r"\((?!1/)\d+/\d+\)$")
LEAST_NOTICE = timedelta(days=14)


def each_part_is_invoiced_once(seen: Seen) -> Iterator[str]:
    """2. One order, and so one invoice, per subscription, period and instalment."""
    parts = Counter((item["subscription_id"], item["note"]) for _, item in charges(seen))
    yield from (f"{part} was charged {count} times" for part, count in parts.items() if count > 1)
    known = {one["order_id"] for row in seen.of("subscription") for one in installments(row)}
    kept = {order["id"] for order, _ in charges(seen) if order["status"] == "pending_payment"}
    yield from (f"{order} is of no instalment" for order in kept - known)


def charges(seen: Seen) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Each order of an instalment, with its line."""
    for order in seen.of("order"):
        for item in json.loads(order["items"]):
            if item.get("subscription_id"):
                yield order, item


def installments(subscription: Row) -> list[dict[str, Any]]:
    """The instalments of a subscription."""
    parts: list[dict[str, Any]] = json.loads(subscription["installments"])
    return parts


def renewals(seen: Seen) -> Iterator[tuple[Row, dict[str, Any], Row]]:
    """Each renewal that was charged: subscription, first instalment of the new period, order."""
    orders = seen.by_id("order")
    for row in seen.of("subscription"):
        for one in installments(row):
            if one["number"] == 1 and one["start"] != row["anchor"] and one["order_id"] in orders:
                yield row, one, orders[one["order_id"]]


def a_period_is_active_when_it_is_paid(seen: Seen) -> Iterator[str]:
    """1. The present period's first instalment is paid, and so is its order."""
    paid = {row["id"] for row in seen.of("order") if row["status"] == "paid"}
    for row in seen.of("subscription"):
        first = [one for one in installments(row) if (one["start"], one["number"]) == (row["start"], 1)]
        bought = row["number"] == 1 and row.get("order_id") is None
        if not bought and [one["order_id"] in paid for one in first] != [True]:
            yield f"{row['id']} is {row['status']} in a period that is not paid"


def every_renewal_was_announced(seen: Seen) -> Iterator[str]:
    """6. Fifteen days before it is charged the notice has left."""
    sent = {
        row["subject"]: datetime.fromisoformat(row["claimed_at"])
        for row in seen.of("mail")
        if (row["mail_kind"], row["status"]) == ("renewal_notice", "sent")
    }
    for subscription, one, order in renewals(seen):
        notice = sent.get(f"{subscription['id']}:{one['start']}")
        # To the day: where it was sold it may have left late in the evening.
        if notice is None or datetime.fromisoformat(order["created_at"]) - notice < LEAST_NOTICE:
            yield f"{order['id']} renews {subscription['id']} after a notice of {notice}"


def nothing_is_charged_after_a_cancellation(seen: Seen) -> Iterator[str]:
    """6. Whoever was told that his renewal is cancelled is not charged for it."""
    for order, item in charges(seen):
        # Later parts of the present period stay owed.
        if LATER_PART.search(item["note"]):
            continue
        for at in seen.times("renewal canceled", item["subscription_id"]):
            yield f"{item['subscription_id']} was cancelled at {at} and renewed by {order['id']}"


def announced(seen: Seen) -> Iterator[tuple[str, str]]:
    """(kind, subject) of each notice that should have left."""
    for row in seen.of("outbox"):
        if row["name"] == "renewal.announced":
            yield "renewal_notice", f"{row['subject']}:{json.loads(row['data'])['end']}"
        if row["name"] == "renewal.canceled":
            yield "renewal_canceled", f"{row['subject']}:{json.loads(row['data'])['canceled_at']}"


CONTRACTS: tuple[Check, ...] = (
    each_part_is_invoiced_once,
    a_period_is_active_when_it_is_paid,
    every_renewal_was_announced,
    nothing_is_charged_after_a_cancellation,
)
