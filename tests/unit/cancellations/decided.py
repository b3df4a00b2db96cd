"""Cases as they are once they are decided, built by the rules, for what is counted of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.cancellations.checklist import Item, Step, agreement, checklist
from chalicelib.cancellations.retention import Interview, Offer
from chalicelib.cancellations.rules import Case, Decision, closed, decided
from chalicelib.kernel.money import Money

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
# What one contract of each product costs a month; the domain costs it a year.
PRICES = {"erp": 4900, "site": 2900, "domain": 1500}


def item(id: str, product: str = "erp", **changed: Any) -> Item:
    """A contract, with the monthly price of its product, or a domain's yearly one."""
    period = "P1Y" if product == "domain" else "P1M"
    made = Item(id, product, product.upper(), None, Money(PRICES[product], "EUR"), period)
    return replace(made, **changed)


def case(number: int, *items: Item, **changed: Any) -> Case:
    """A case that nobody has decided yet."""
    facts: dict[str, Any] = {
        "id": f"can_{number}",
        "number": f"C-{number:06d}",
        "customer_id": f"cus_{number}",
        "channel": "phone",
        "status": "open",
        "items": items or (item(f"sub_{number}"),),
        "requested_at": NOW,
        "created_at": NOW,
        "opened_by": "eva",
        **changed,
    }
    return Case(**facts)


def canceled(one: Case, keeps: Sequence[str] = (), by: str = "eva") -> Case:
    """The case when all of it is cancelled, but for what goes on, and everything is done."""
    kept = [item for item in one.items if item.contract_id in keeps]
    ending = [item for item in one.items if item not in kept]
    return _over(one, Decision("canceled"), checklist(one.id, ending, (), kept), one.items, by)


def reverted(one: Case, *accepted: Offer, dropped: Sequence[Item] = (), by: str = "eva") -> Case:
    """The case when its customer stays, for offers, by one of which he may drop other contracts."""
    gone = {item.contract_id for item in dropped}
    kept = [item for item in one.items if item.contract_id not in gone]
    plan = agreement(one.id, dropped, kept, accepted, None, (), {})
    return _over(one, Decision("reverted", accepted=accepted), plan, (*dropped, *kept), by)


def asked_why(one: Case, other_product: str | None) -> Case:
    """The case when its customer has said what he uses instead."""
    said = Interview("other_product", "It does more.", other_product, "It does more.")
    return replace(one, interview=said, reason_code=said.reason_code)


def _over(one: Case, decision: Decision, plan: tuple[Step, ...], items: tuple[Item, ...], by: str) -> Case:
    return closed(decided(one, decision, plan, items, (), by, NOW), NOW)
