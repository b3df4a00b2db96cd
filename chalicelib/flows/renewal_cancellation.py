"""Cancelling the renewal of subscriptions by each of its doors, and resuming it (A1 to A8).

To cancel is one transaction: the subscription, whose version decides between a cancellation and a renewal at
the same moment, the trace, the audit row and the event. What changes nothing leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.customers import store as customers
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.errors import FieldError, Invalid, Refusal
from chalicelib.kernel.events import Actor, Change, Event
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.ids import new_id
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store, trace
from chalicelib.subscriptions.cancelling import (
    PastCutoff,
    check_self_service,
    renewal_canceled,
    renewal_resumed,
)
from chalicelib.subscriptions.refusals import SubscriptionEnded
from chalicelib.subscriptions.rules import Subscription, SubscriptionNotFound
from chalicelib.subscriptions.trace import Wording

# How the trace puts it, of a subscription and its customer's name.
Words = Callable[[Subscription, str], Wording]


@dataclass(frozen=True)
class Door:
    """The way by which somebody changes a renewal; `own`: only his own, and as its terms let him."""

    actor: Actor
    words: Words
    own: bool = False

    def enter(self, subscription_id: str) -> Subscription:
        """The subscription, if this door leads to it. `SubscriptionNotFound`, `SelfServiceNotAllowed`."""
        if not self.own:
            return store.get(subscription_id)
        subscription = store.get_own(subscription_id, self.actor.id)
        check_self_service(subscription)
        return subscription


@dataclass(frozen=True)
class Cancellation:
    """A subscription before its renewal was, or would be, cancelled, and after; the same if it was before."""

    before: Subscription
    after: Subscription


@dataclass(frozen=True)
class Result:
    """What came of one of several subscriptions."""

    subscription_id: str
    status: Literal["canceled", "already_canceled", "refused"]
    after: Subscription | None = None
    refusal: Refusal | None = None


def own_door(customer_id: str, notes: str | None) -> Door:
    """Self-service (A5)."""
    return Door(Actor(customer_id, "store", notes), trace.from_store, own=True)


def profile_door(actor: Actor, user: Callable[[], str]) -> Door:
    """Option 1: staff, from a customer's profile (A3); `user` tells by which name staff is known."""
    return Door(actor, lambda subscription, _: trace.from_profile(subscription, user()))


def task_door(task_id: str, actor: Actor, user: Callable[[], str]) -> Door:
    """Option 2: staff, by a planned task (A4). `CrmTaskNotFound`."""
    task = store.crm_tasks.get(task_id)
    return Door(actor, lambda subscription, _: trace.from_task(subscription, user(), task.name, actor.reason))


def cancel(subscription_id: str, door: Door, now: datetime, *, preview: bool = False) -> Cancellation:
    """Cancel the renewal of a subscription; again is harmless. A preview decides alike and changes nothing.

    `SubscriptionNotFound`, `SelfServiceNotAllowed`, `SubscriptionEnded`, `PastCutoff`.
    """

    def attempt() -> Cancellation:
        before = door.enter(subscription_id)
        after = renewal_canceled(before, now)
        if after != before and not preview:
            _commit(before, after, door, now)
        return Cancellation(before, after)

    return retrying(attempt)


def resume(subscription_id: str, door: Door, now: datetime) -> Subscription:
    """Let a subscription renew after all; one that does anyway is left as it is.

    `SubscriptionNotFound`, `SelfServiceNotAllowed`, `SubscriptionEnded`, `NotRenewable`, `PastCutoff`.
    """

    def attempt() -> Subscription:
        before = door.enter(subscription_id)
        after = renewal_resumed(before, now)
        if after != before:
            writing = Transaction()
            _change(writing, before, after, "renewal resumed", door.actor, now)
            writing.emit(Event("renewal.resumed", after.id, now, {"resumed_at": sortable(now)}))
            writing.commit()
        return after

    return retrying(attempt)


def cancel_each(
    subscription_ids: Sequence[str],
    door: Door,
    now: datetime,
    *,
    preview: bool = False,
    answer: Callable[[Sequence[Result]], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> list[Result]:
    """Cancel the renewal of several subscriptions of one customer, each for itself (A4).

    One that is refused keeps no other from it. `answer` gives the status and body that a repeat of the
    request gets again; if it breaks off before that is recorded, a repeat cancels the rest.
    Raises `Invalid` when they are of several customers, `Replay`, `IdempotencyKeyReused`.
    """
    if repeatable:
        repeatable.replay()
    _check_customer(subscription_ids)
    results = [_result(one, door, now, preview) for one in subscription_ids]
    if repeatable:
        repeatable.keep(*answer(results), now)
    return results


def _commit(before: Subscription, after: Subscription, door: Door, now: datetime) -> None:
    name = customers.get(after.customer_id).name
    said = door.words(after, name)
    writing = Transaction()
    _change(writing, before, after, "renewal canceled", door.actor, now)
    writing.save(store.traces.row(trace.trace(new_id("trc", now), after, name, said, now)))
    writing.emit(Event("renewal.canceled", after.id, now, {"canceled_at": sortable(now)}))
    writing.commit()


def _change(
    writing: Transaction,
    before: Subscription,
    after: Subscription,
    action: str,
    actor: Actor,
    now: datetime,
) -> None:
    writing.save(store.row(after))
    writing.audit(Change(after.id, after.customer_id, action, before.status, after.status, actor, now))


def _check_customer(subscription_ids: Sequence[str]) -> None:
    found = store.find_all(subscription_ids)
    owners = [found[one].customer_id if one in found else None for one in subscription_ids]
    first = next(filter(None, owners), None)
    faults = [
        FieldError(f"/subscription_ids/{at}", Fault("other_customer"))
        for at, owner in enumerate(owners)
        if owner not in (None, first)
    ]
    if faults:
        raise Invalid(errors=faults)


def _result(subscription_id: str, door: Door, now: datetime, preview: bool) -> Result:
    try:
        done = cancel(subscription_id, door, now, preview=preview)
    except (SubscriptionNotFound, SubscriptionEnded, PastCutoff) as refusal:
        return Result(subscription_id, "refused", refusal=refusal)
    return Result(
        subscription_id, "already_canceled" if done.before == done.after else "canceled", done.after
    )
