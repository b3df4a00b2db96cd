"""Ending a contract before its time, now or on a day to come, with its pending instalments (A2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from chalicelib.kernel.clock import local_date
from chalicelib.kernel.events import SYSTEM, Actor, Change, Event
from chalicelib.kernel.money import Money
from chalicelib.orders import store as orders
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rescinding import Rescission, paid_of, planned, rescinded
from chalicelib.subscriptions.rules import Subscription
from chalicelib.tasks import service as tasks
from chalicelib.tasks import store as task_store
from chalicelib.tasks.rules import Task, new_task, task_id

TO_REFUND = "rescission_refund"


def preview(subscription_id: str, effective_on: date | None, now: datetime) -> Rescission:
    """What would happen; `SubscriptionNotFound`, `SubscriptionEnded`, `Invalid`."""
    return planned(subscriptions.get(subscription_id), effective_on, now)


def rescind(
    subscription_id: str,
    effective_on: date | None,
    actor: Actor,
    now: datetime,
    *,
    answer: Callable[[Rescission], tuple[int, str]] | None = None,
    repeatable: Repeatable | None = None,
    forgiven: frozenset[str] = frozenset(),
) -> Rescission:
    """Do what the preview says; the actor says why. The same again changes nothing.

    The orders of instalments that are cancelled are closed by the event, at their providers too; those that
    are `forgiven` are. `answer` gives what a repeat of the request gets again. Raises as `preview` does, and
    `Replay`, `IdempotencyKeyReused`.
    """

    def attempt() -> Rescission:
        if repeatable:
            repeatable.replay()
        before = subscriptions.get(subscription_id)
        plan = planned(before, effective_on, now, forgiven)
        writing = Transaction()
        _carry_out(writing, before, plan, actor, now)
        if repeatable and answer:
            writing.save(repeatable.row(*answer(plan), now))
        writing.commit()
        return plan

    return retrying(attempt)


def refund_of(subscription: Subscription) -> Money | None:
    """What is given back of a subscription that has ended before its time, as finance was told; or None."""
    if subscription.ended_at is None:
        return None
    day = local_date(subscription.ended_at, subscription.zone)
    told = task_store.find(task_id(TO_REFUND, _subject(subscription, day)))
    amount = told.facts["amount"].partition(" ")[0] if told else None
    return Money.from_decimal(amount, subscription.price.currency) if amount else None


def _carry_out(
    writing: Transaction, before: Subscription, plan: Rescission, actor: Actor, now: datetime
) -> None:
    after = rescinded(before, plan, now)
    if after == before:
        return
    writing.save(subscriptions.row(after))
    told = {"refund": plan.refund.decimal()} if plan.refund else {}
    if after.status == "ended":
        writing.emit(Event("subscription.ended", after.id, now, told))
    else:
        writing.emit(Event("subscription.rescinded", after.id, now, told))
    writing.audit(Change(after.id, after.customer_id, "rescinded", before.status, after.status, actor, now))
    if before.ends_on and before.ends_on != plan.effective_on:
        _drop_former(writing, before, now)
    if plan.refund:
        tasks.add_once(writing, _to_refund(before, plan, actor, now))


def _to_refund(subscription: Subscription, plan: Rescission, actor: Actor, now: datetime) -> Task:
    """Finance gives the money back, from the payments that brought it."""
    found = orders.find_all(one.order_id for one in paid_of(subscription) if one.order_id)
    facts = {
        "subscription_id": subscription.id,
        "customer_id": subscription.customer_id,
        "effective_on": plan.effective_on.isoformat(),
        "amount": str(plan.refund),
        "paid": str(plan.paid),
        "payment_ids": ", ".join(sorted(order.payment_id for order in found.values())),
        "reason": actor.reason or "",
    }
    return new_task("finance", TO_REFUND, _subject(subscription, plan.effective_on), facts, now)


def _drop_former(writing: Transaction, before: Subscription, now: datetime) -> None:
    """It ends sooner than was agreed: what was to be given back then is part of what is given back now."""
    tasks.put_done(writing, task_id(TO_REFUND, _subject(before, before.ends_on)), SYSTEM, now)


def _subject(subscription: Subscription, day: date | None) -> str:
    return f"{subscription.id}:{day or ''}"
