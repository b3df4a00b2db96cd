"""What becomes of everything that an order paid for when its money is contested, comes back, or is gone.

Or when its buyer withdraws from it: then it has ended for good, whatever becomes of the money.

Each function adds to a transaction what changes of licences, subscriptions and tickets, and gives the order
as it is to be saved. What other orders paid for is left alone, also where it is of the same licence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.flows.activation import subscription_id
from chalicelib.kernel.events import Actor, Change, Event
from chalicelib.licensing import store as licensing
from chalicelib.licensing.rules import Addon, License, with_addon
from chalicelib.licensing.withholding import set_free, struck_off, withheld, withholds
from chalicelib.orders import rules as order_rules
from chalicelib.orders.rules import Grant, Order
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import changes
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Subscription
from chalicelib.tickets import rules as ticket_rules
from chalicelib.tickets import service as tickets
from chalicelib.tickets.rules import Ticket


@dataclass(frozen=True)
class Cause:
    """By whom, when, and in which words of the audit trail something changes, in which transaction."""

    writing: Transaction
    actor: Actor
    now: datetime
    words: str


def suspend(order: Order, cause: Cause) -> Order:
    """Nothing of it works while its money is contested; what does not work anyway is left as it is."""
    if order.suspended_at or order.withdrawn_at:
        return order
    grants = _grants(order)
    _change_parts(grants, cause, lambda part, grant: _withheld(part, order, grant, cause.now))
    _change_subscriptions(_paid_by(order), cause, changes.suspended)
    _change_tickets(order, cause, lambda one: ticket_rules.locked(one, cause.now))
    return order_rules.suspended(order, grants, cause.now)


def restore(order: Order, cause: Cause) -> Order:
    """Everything works again as before; what was paid anew or set by staff in the meantime is left as it is.

    An order that was suspended before it could be activated is activated now.
    """
    if not order.suspended_at:
        return order
    kept = tuple(_still_kept(order, grant, cause.now) for grant in order.grants)
    _change_parts(order.grants, cause, lambda part, grant: set_free(part, order.id, cause.now))
    if order.activated_at:
        _change_subscriptions(_paid_by(order), cause, changes.resumed)
        tickets.unlock(cause.writing, order.ticket_ids, cause.words, cause.actor, cause.now)
    cause.writing.emit(Event("order.restored", order.id, cause.now))
    return order_rules.restored(order, kept)


def withdraw(order: Order, cause: Cause) -> Order:
    """Its money has gone back for good: what it bought has ended."""
    _change_parts(_grants(order), cause, lambda part, grant: _given_up(part, order, grant, cause.now))

    def end(one: Subscription) -> Subscription:
        paid = changes.installment_of(one, order.id)
        return changes.given_back(one, paid, cause.now) if paid else one

    _change_subscriptions(_paid_by(order), cause, end)
    _change_tickets(order, cause, _closing("refunded", cause.now))
    return order_rules.refunded(order)


def stop(order: Order, cause: Cause) -> Order:
    """Its buyer has withdrawn from it: what it bought has ended, and nothing of it is owed any more (B7)."""
    grants = _grants(order)
    _change_parts(grants, cause, lambda part, grant: _given_up(part, order, grant, cause.now))

    def end(one: Subscription) -> Subscription:
        return changes.ended(changes.without(one, lambda part: part.is_owed), "withdrawn", cause.now)

    _change_subscriptions(subscriptions_of(order), cause, end)
    _change_tickets(order, cause, _closing("withdrawn", cause.now))
    return order_rules.withdrawn(order, grants, cause.now)


def subscriptions_of(order: Order) -> list[Subscription]:
    """The subscriptions that its lines made, or pay instalments of."""
    lines = (at for at, item in enumerate(order.items) if item.kind == "subscription")
    return [one for at in lines if (one := subscriptions.find(subscription_id(order, at)))]


def _paid_by(order: Order) -> list[Subscription]:
    """Those whose current period the order pays."""
    return [one for one in subscriptions_of(order) if changes.installment_of(one, order.id)]


def _given_up(part: Any, order: Order, grant: Grant, now: datetime) -> Any:
    # What was withheld before, and paid anew or set by staff since then, is not withheld a second time.
    before = order.suspended_at or order.withdrawn_at
    return struck_off(part if before else _withheld(part, order, grant, now), order.id, now)


def _withheld(part: Any, order: Order, grant: Grant, now: datetime) -> Any:
    return withheld(part, order.id, grant.starts, grant.until, now)


def _still_kept(order: Order, grant: Grant, now: datetime) -> Grant:
    """The grant; used up if another order, or staff, has replaced what it bought since it was withheld."""
    part = _part(licensing.get(grant.license_id), grant)
    return grant if part and withholds(part, order.id) else replace(grant, until=now)


def _change_parts(grants: Iterable[Grant], cause: Cause, change: Callable[[Any, Grant], Any]) -> None:
    by_license: dict[str, list[Grant]] = {}
    for grant in grants:
        by_license.setdefault(grant.license_id, []).append(grant)
    for license_id, bought in by_license.items():
        before = after = licensing.get(license_id)
        for grant in bought:
            if part := _part(after, grant):
                after = _with_part(after, change(part, grant))
        if after != before:
            cause.writing.save(*licensing.rows(after, cause.now))
            _audit(cause, after, after.status, after.status)


def _part(license: License, grant: Grant) -> License | Addon | None:
    if grant.addon is None:
        return license
    return next((addon for addon in license.addons if addon.code == grant.addon), None)


def _with_part(license: License, part: License | Addon) -> License:
    return part if isinstance(part, License) else with_addon(license, part)


def _change_subscriptions(
    found: Iterable[Subscription], cause: Cause, change: Callable[[Subscription], Subscription]
) -> None:
    for before in found:
        after = change(before)
        if after != before:
            cause.writing.save(subscriptions.row(after))
            _audit(cause, after, before.status, after.status)
            if after.status == "ended":
                cause.writing.emit(Event("subscription.ended", after.id, cause.now))


def _change_tickets(order: Order, cause: Cause, change: Callable[[Ticket], Ticket]) -> None:
    tickets.follow(cause.writing, order.ticket_ids, change, cause.words, cause.actor, cause.now)


def _audit(cause: Cause, subject: Any, before: str, after: str) -> None:
    change = Change(subject.id, subject.customer_id, cause.words, before, after, cause.actor, cause.now)
    cause.writing.audit(change)


def _closing(reason: str, now: datetime) -> Callable[[Ticket], Ticket]:
    return lambda ticket: ticket if ticket.is_over else ticket_rules.closed(ticket, reason, now)


def _grants(order: Order) -> tuple[Grant, ...]:
    """The terms that an order bought; for one that was activated before they were kept, all that is left."""
    if order.grants or not order.activated_at:
        return order.grants
    found = [licensing.get(license_id) for license_id in order.license_ids]
    addons = [(one, addon) for one in found for addon in one.addons if addon.order_id == order.id]
    renewed = {item.license_id for item in order.items if item.kind == "license"}
    return (
        *(
            Grant(one.id, None, order.activated_at, one.ends_at)
            for one in found
            if one.order_id == order.id or one.id in renewed
        ),
        *(Grant(one.id, addon.code, order.activated_at, addon.ends_at) for one, addon in addons),
    )
