"""What an outsider sees: rows, e-mails that went out, charges, documents; and the states of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]

# Every change of state that may ever be seen in an audit row; None is "did not exist".
EDGES: dict[str, frozenset[tuple[str | None, str]]] = {
    "order": frozenset(
        {
            (None, "pending_payment"),
            ("pending_payment", "paid"),
            ("pending_payment", "canceled"),
            ("paid", "activated"),
            # Its money is contested, or no more; it has gone back.
            ("activated", "suspended"),
            ("suspended", "activated"),
            ("paid", "suspended"),
            ("suspended", "paid"),
            ("suspended", "refunded"),
            ("activated", "refunded"),
            ("paid", "refunded"),
            # Its buyer has withdrawn from it.
            ("paid", "withdrawn"),
            ("activated", "withdrawn"),
            ("suspended", "withdrawn"),
            ("withdrawn", "refunded"),
            # Not paid in time; and money that came even later.
            ("pending_payment", "expired"),
            ("expired", "paid"),
        }
    ),
    "invoice": frozenset(
        {
            (None, "open"),
            ("open", "paid"),
            ("open", "uncollectible"),
            # Nobody has to pay it any more.
            ("open", "void"),
            ("uncollectible", "paid"),
            ("paid", "refunded"),
        }
    ),
    "refund": frozenset({(None, "requested"), ("requested", "done"), ("requested", "refused")}),
    "payment": frozenset(
        {
            (None, "requested"),
            ("requested", "pending"),
            ("requested", "failed"),
            # The customer was quicker than our record of the charge.
            ("requested", "paid"),
            ("pending", "paid"),
            # A part of a transfer.
            ("pending", "pending"),
            ("pending", "failed"),
            ("requested", "canceled"),
            ("pending", "canceled"),
            ("canceled", "paid"),
            # Contested, or given back in part; given back altogether.
            ("paid", "paid"),
            ("paid", "refunded"),
            ("refunded", "refunded"),
        }
    ),
    "license": frozenset(
        {
            (None, "active"),
            # An installation, a new end or another term paid; a new key.
            ("active", "active"),
            ("suspended", "suspended"),
            ("active", "suspended"),
            ("suspended", "active"),
            ("active", "revoked"),
        }
    ),
    # Announced, charged, renewed; not renewed any more; ended before its time.
    "subscription": frozenset({(None, "active"), ("active", "active"), ("active", "ended")}),
    "cancellation": frozenset(
        {
            (None, "open"),
            # Called in vain; as often as is asked for; he has written.
            ("open", "in_progress"),
            ("in_progress", "in_progress"),
            ("in_progress", "waiting_customer"),
            ("waiting_customer", "in_progress"),
            # Decided by a person, or by silence.
            ("open", "executing"),
            ("in_progress", "executing"),
            ("waiting_customer", "executing"),
            # Step by step.
            ("executing", "executing"),
            ("executing", "closed"),
            ("executing", "reverted"),
        }
    ),
    "ticket": frozenset(
        {
            (None, "open"),
            ("open", "waiting_customer"),
            ("open", "closed"),
            ("closed", "waiting_customer"),
            # An alert; an answer, and an alert right before it.
            ("open", "open"),
            ("open", "in_progress"),
        }
    ),
    "mail": frozenset(
        {
            (None, "queued"),
            ("queued", "sending"),
            ("sending", "sent"),
            # SES refused, or nothing was heard for half an hour.
            ("sending", "queued"),
            ("sending", "failed"),
            # The Send event came later than that.
            ("queued", "sent"),
            ("failed", "sent"),
        }
    ),
}


@dataclass(frozen=True)
class Seen:
    """What an outsider finds: all rows, our ids of all e-mails that SES took, the provider's charges, and the
    SHA-256 of each document by its key.

    And what he knows: the webhooks that were `acknowledged`, how many orders were asked for, and of which
    ends of licences, as (kind, subject) of e-mails, the owner should have been told in the end.
    """

    rows: list[Row]
    mails: list[str]
    charges: list[dict[str, Any]]
    acknowledged: frozenset[str]
    orders: int
    notices: list[tuple[str, str]]
    documents: dict[str, str]

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.rows if row["kind"] == kind]

    def by_id(self, kind: str) -> dict[str, Row]:
        return {row["id"]: row for row in self.of(kind)}

    def times(self, action: str, subject: str) -> list[str]:
        """When something was done to a subject."""
        rows = (row for row in self.of("audit") if (row["action"], row["subject"]) == (action, subject))
        return [row["at"] for row in rows]

    def audits(self, subject: str) -> list[tuple[str | None, str]]:
        rows = (row for row in self.of("audit") if row["subject"] == subject)
        return [(row.get("before"), row["after"]) for row in rows]


Check = Callable[[Seen], Iterator[str]]
