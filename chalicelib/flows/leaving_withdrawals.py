"""The case of a customer who has withdrawn from a contract: decided at once, carried through (B7, C14)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from chalicelib.cancellations import rules, service
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.checklist import Item
from chalicelib.cancellations.refusals import CaseDecided
from chalicelib.cancellations.rules import Case, Decision
from chalicelib.flows import entitlements
from chalicelib.flows.leaving import Detail, is_free, item_of, let_go
from chalicelib.flows.leaving_outcomes import decide
from chalicelib.flows.leaving_plans import plan_of
from chalicelib.flows.leaving_tasks import follow
from chalicelib.flows.reach import Reach
from chalicelib.kernel.events import Actor, Event
from chalicelib.kernel.ids import derived_id
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order, OrderItem
from chalicelib.orders.withdrawals import Withdrawal
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Subscription

DECISION = Decision("canceled", "withdrawal")


def open_case(event: Event, reach: Reach, now: datetime) -> None:
    """Open the case of a withdrawal, once; nothing of it waits for anybody's consent."""
    received = orders.withdrawals.get(event.data["withdrawal_id"])
    made = entitlements.subscriptions_of(orders.get(event.subject))
    for asked in {one.case_id for one in made if one.case_id}:
        _decide(asked, Actor(received.customer_id, "store"), now)
    retrying(lambda: _open(derived_id("can", received.id), received, now))


def _decide(case_id: str, actor: Actor, now: datetime) -> None:
    """He had asked to leave before: nothing is left to be decided of that if it was about nothing else."""
    case = cases.get(case_id)
    found = subscriptions.find_all(item.contract_id for item in case.items)
    if case.is_undecided and all(one.status == "ended" for one in found.values()):
        with suppress(CaseDecided):
            decide(case_id, DECISION, actor, now)


def _open(case_id: str, received: Withdrawal, now: datetime) -> None:
    if cases.find(case_id):
        return
    order = orders.get(received.content.order_id)
    bought = entitlements.subscriptions_of(order)
    made = [one for one in bought if is_free(one)]
    rest = [line for line in order.items if not (bought and line.kind == "subscription")]
    items = tuple(_items(order, made, rest))
    if not items:
        return
    writing = Transaction()
    actor = Actor(received.customer_id, "store")
    let_go(writing, made, actor, now)
    asked = Case(
        id=case_id,
        number=service.take_number(writing, case_id, now),
        customer_id=received.customer_id,
        channel="withdrawal",
        status="open",
        items=items,
        requested_at=received.created_at,
        created_at=now,
        opened_by=received.customer_id,
        notes=received.statement,
    )
    plan = plan_of(asked, DECISION, now)
    decided = rules.decided(asked, DECISION, plan.steps, plan.items, plan.slips, actor.id, now)
    service.add(writing, decided, actor)
    follow(writing, asked, decided, actor, now)
    writing.emit(Event("cancellation.decided", case_id, now))
    writing.commit()


def _items(order: Order, made: Sequence[Subscription], rest: Sequence[OrderItem]) -> Iterator[Item]:
    """Subscriptions that the order made, and the rest of what was bought by it as one contract."""
    yield from (item_of(one, Detail()) for one in made)
    if rest:
        names = ", ".join(line.name for line in rest)
        yield Item(order.id, rest[0].product, names, None, order.total)
