"""A case and what it is about, with defaults, for tests of the rules."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from chalicelib.cancellations import rules
from chalicelib.cancellations.checklist import Item, Slip, checklist
from chalicelib.cancellations.rules import Case, Decision
from chalicelib.kernel.money import Money

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
TODAY = date(2026, 11, 27)
FEE = Money(4900, "EUR")


def item(number: int = 1, **changed: Any) -> Item:
    """A contract that is cancelled."""
    facts: dict[str, Any] = {"product": "erp", "name": "ERP", "ending": None, "price": FEE, "period": "P1M"}
    return Item(f"sub_{number}", **{**facts, **changed})


def slip(number: int, **changed: Any) -> Slip:
    """A boleto of the first contract, due today and owed."""
    facts = {
        "order_id": f"ord_{number}",
        "contract_id": "sub_1",
        "invoice_number": "A-1",
        "amount": FEE,
        "due_date": TODAY,
        "owed": True,
    }
    return Slip(f"pay_{number}", **{**facts, **changed})


def case(**changed: Any) -> Case:
    """A case that was opened by a card."""
    facts: dict[str, Any] = {
        "id": "can_1",
        "number": "C-000001",
        "customer_id": "cus_1",
        "channel": "card",
        "status": "open",
        "items": (item(),),
        "requested_at": NOW,
        "created_at": NOW,
        "opened_by": "staff-1",
    }
    return Case(**{**facts, **changed})


def canceled(one: Case, slips: tuple[Slip, ...] = ()) -> Case:
    """The case when it is decided that its contracts end."""
    plan = checklist(one.id, one.items, slips)
    return rules.decided(one, Decision("canceled"), plan, one.items, slips, "staff-1", NOW)


def reverted(one: Case, **told: Any) -> Case:
    """The case when its customer stays and nothing is left to do for that."""
    return rules.decided(one, Decision("reverted", **told), (), one.items, (), "staff-1", NOW)
