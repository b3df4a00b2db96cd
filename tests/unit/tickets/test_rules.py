"""The ticket of a bought service follows its money (S6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from chalicelib.tickets.rules import OVER, Status, Ticket, closed, locked, unlocked

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TICKET = Ticket(
    id="tkt_1",
    number="T-000001",
    kind="advisory",
    status="open",
    priority="normal",
    subject="Advisory",
    customer_id="cus_1",
    order_id="ord_1",
    product="advisory-1h",
    waits_for="payment",
    created_at=NOW,
)


def test_a_paid_service_waits_for_slots_and_for_its_payment_again_when_that_is_contested() -> None:
    paid = unlocked(TICKET, None, NOW)
    assert (paid.status, paid.waits_for) == ("waiting_customer", "slots")
    assert locked(paid, NOW) == TICKET
    assert locked(TICKET, NOW) == TICKET


@pytest.mark.parametrize("status", get_args(Status))
def test_what_is_over_stays_over_when_its_money_is_contested(status: Any) -> None:
    ticket = replace(TICKET, status=status, waits_for="slots")
    assert (locked(ticket, NOW) == ticket) == (status in OVER)


def test_a_ticket_says_why_it_was_closed_until_its_money_comes_after_all() -> None:
    gone = closed(TICKET, "refunded", NOW)
    assert (gone.status, gone.closed_for) == ("closed", "refunded")
    assert unlocked(gone, None, NOW) == unlocked(TICKET, None, NOW)


def test_the_client_area_ranks_before_the_same_request_by_email_and_nothing_starves() -> None:
    def ranked(priority: Any, hours: int) -> datetime:
        return replace(TICKET, priority=priority, created_at=NOW + timedelta(hours=hours)).ranks_at

    assert ranked("high", 20) < ranked("normal", 0) < ranked("normal", 20) < ranked("low", 0)
    assert ranked("low", 0) < ranked("normal", 25) < ranked("high", 50)
