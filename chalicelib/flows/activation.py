"""Activating what was paid: licences, addons, subscriptions, services, in one transaction (V2, V9, V10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.customers import store as customers
from chalicelib.flows.ending import about_order
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import local_date, start_of
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.markets import Market, market_of
from chalicelib.kernel.periods import add_period
from chalicelib.kernel.terms import Seating, Terms
from chalicelib.licensing import store as licensing
from chalicelib.licensing.keys import derive_key, hint, key_hash
from chalicelib.licensing.notices import quiet_until
from chalicelib.licensing.rules import Addon, License, with_addon
from chalicelib.licensing.standing import IssuedKey, Lasting
from chalicelib.orders import rules as order_rules
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Grant, Order, OrderItem
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import changes
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Subscription
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task
from chalicelib.tickets import service as tickets


@dataclass
class _Activation:
    """One order being activated: what is written so far."""

    order: Order
    market: Market
    now: datetime
    secret: bytes
    writing: Transaction
    licenses: dict[str, License] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    grants: list[Grant] = field(default_factory=list)

    @property
    def today(self) -> date:
        return local_date(self.now, self.market.zone)

    def grant(self, license_id: str, addon: str | None, held: License | Addon | None, made: Lasting) -> None:
        """Keep which term was bought, from where the one before it ends; where that never does, none was."""
        starts = max(filter(None, (self.now, held.ends_at if held else None)))
        if held is None or held.ends_at is not None:
            self.grants.append(Grant(license_id, addon, starts, made.ends_at))


def activate(event: Event, reach: Reach, now: datetime) -> None:
    """Activate everything in a paid order, once; repeating it changes nothing."""
    retrying(lambda: _attempt(event.subject, reach.license_secret(), now))


def _attempt(order_id: str, secret: bytes, now: datetime) -> None:
    order = orders.get(order_id)
    if not order_rules.activatable(order):
        return
    market = market_of(customers.get(order.customer_id).country)
    doing = _Activation(order, market, now, secret, Transaction())
    # Licences first: an addon may extend one that this very order makes, wherever it stands in it.
    for at, item in sorted(enumerate(order.items), key=lambda line: line[1].kind != "license"):
        ACTIVATE[item.kind](doing, at, item)
    _save_licenses(doing)
    done = order_rules.activated(order, tuple(doing.licenses), now, tuple(doing.grants))
    doing.writing.save(orders.row(done))
    doing.writing.audit(
        Change(order.id, order.customer_id, "order activated", "paid", "activated", SYSTEM, now)
    )
    doing.writing.commit()


def _license(doing: _Activation, at: int, item: OrderItem) -> None:
    if item.license_id:
        held = _held(doing, item.license_id)
        if _revoked_meanwhile(doing, at, held):
            return
        renewed = replace(held, **_term(doing, item, held), grace_days=_grace_days(item), withheld=None)
        doing.licenses[held.id] = renewed
        doing.grant(held.id, None, held, renewed)
        return
    for number in range(item.quantity):
        license_id = _license_id(doing.order, at, number)
        doing.made.add(license_id)
        made = doing.licenses[license_id] = _new_license(doing, license_id, item)
        doing.grant(license_id, None, None, made)


def _new_license(doing: _Activation, license_id: str, item: OrderItem) -> License:
    key = derive_key(doing.secret, license_id, 0)
    seating = item.seating or Seating()
    return License(
        id=license_id,
        customer_id=doing.order.customer_id,
        order_id=doing.order.id,
        product=item.product,
        product_name=item.name,
        installation=item.installation.name if item.installation else None,
        domain=item.installation.domain if item.installation else None,
        status="active",
        grace_days=_grace_days(item),
        key_hint=hint(key),
        created_at=doing.now,
        keys=(IssuedKey(key_hash(key)),),
        seats=seating.seats,
        moves_per_year=seating.moves_per_year,
        **_term(doing, item, None),
    )


def _addon(doing: _Activation, at: int, item: OrderItem) -> None:
    license = _held(doing, item.license_id or _license_id(doing.order, item.host_item or 0, 0))
    if _revoked_meanwhile(doing, at, license):
        return
    held = next((addon for addon in license.addons if addon.code == item.product), None)
    addon = Addon(
        code=item.product,
        name=item.name,
        order_id=doing.order.id,
        grace_days=_grace_days(item),
        # Bought again, it stays switched as it was.
        enabled=held is None or held.enabled,
        **_term(doing, item, held),
    )
    doing.licenses[license.id] = with_addon(license, addon)
    doing.grant(license.id, addon.code, held, addon)


def _revoked_meanwhile(doing: _Activation, at: int, license: License) -> bool:
    """Whether what was paid for cannot be had any more; finance is asked to give the money back."""
    if license.status != "revoked":
        return False
    facts = {"order_id": doing.order.id, "license_id": license.id, "customer_id": license.customer_id}
    facts |= {"product": doing.order.items[at].product}
    subject = f"{doing.order.id}:{at}"
    tasks.add_once(doing.writing, new_task("finance", "paid_for_revoked_license", subject, facts, doing.now))
    return True


def _held(doing: _Activation, license_id: str) -> License:
    return doing.licenses.get(license_id) or licensing.get_own(license_id, doing.order.customer_id)


def _term(doing: _Activation, item: OrderItem, held: License | Addon | None) -> dict[str, Any]:
    """The end of what was paid for, and how far it has been announced (V10)."""
    if item.terms is None or (held and held.ends_at is None):
        return {"expires_at": None, "paid_until": None, "noticed_until": held and held.noticed_until}
    start = _start(doing, item.terms, held.ends_at if held else None)
    end = start_of(add_period(start, item.terms.period), doing.market.zone)
    if held and held.expires_at is None:
        # It has no term, only a part that has been paid for: that grows.
        return {"expires_at": None, "paid_until": end, "noticed_until": held.noticed_until}
    longer = held and held.expires_at and held.expires_at <= end
    noticed = held.noticed_until if held and longer else None
    announced = quiet_until(start_of(start, doing.market.zone), end, noticed)
    return {"expires_at": end, "paid_until": None, "noticed_until": announced}


def _start(doing: _Activation, terms: Terms, old_end: datetime | None) -> date:
    """The first day of the new term: where the old one ends, or today if that is past."""
    if old_end is None or (old_end <= doing.now and terms.lapsed_renewal == "today"):
        return doing.today
    zone = doing.market.zone
    start = local_date(old_end, zone)
    if start_of(start, zone) < old_end:
        # An end that staff set in the midst of a day: the rest of that day is not paid for twice.
        start += timedelta(days=1)
    # Money never buys a term that has passed altogether.
    return start if start_of(add_period(start, terms.period), zone) > doing.now else doing.today


def _grace_days(item: OrderItem) -> int:
    return item.terms.grace_days if item.terms else 0


def _subscription(doing: _Activation, at: int, item: OrderItem) -> None:
    if item.subscription_id:
        _installment(doing, subscriptions.get(item.subscription_id))
        return
    if item.terms is None:
        raise ValueError(f"{item.product} is a subscription without terms")
    subscription = changes.started(
        id=subscription_id(doing.order, at),
        customer_id=doing.order.customer_id,
        order_id=doing.order.id,
        product=item.product,
        name=item.name,
        price=item.period_price or item.unit_price,
        terms=item.terms,
        start=doing.today,
        zone=doing.market.zone,
        now=doing.now,
    )
    _save_subscription(doing, "activated", None, subscription)


def _installment(doing: _Activation, before: Subscription) -> None:
    """An instalment was paid; where it is not owed any more, finance is asked to give the money back."""
    order = doing.order
    one = changes.installment_of(before, order.id)
    if one is None or not one.is_owed:
        task = about_order("paid_for_ended_subscription", order.id, before, doing.now)
        tasks.add_once(doing.writing, task)
        return
    after = changes.paid(before, one, doing.now)
    action = "instalment paid" if after.end == before.end else "renewed"
    _save_subscription(doing, action, before.status, after)


def _save_subscription(doing: _Activation, action: str, before: str | None, after: Subscription) -> None:
    doing.writing.save(subscriptions.row(after))
    doing.writing.audit(Change(after.id, after.customer_id, action, before, after.status, SYSTEM, doing.now))


def _service(doing: _Activation, at: int, item: OrderItem) -> None:
    ticket_id = derived_id("tkt", doing.order.id, str(at))
    tickets.unlock(doing.writing, [ticket_id], "paid", SYSTEM, doing.now)


ACTIVATE: dict[str, Callable[[_Activation, int, OrderItem], None]] = {
    "license": _license,
    "addon": _addon,
    "subscription": _subscription,
    "service": _service,
}


def _save_licenses(doing: _Activation) -> None:
    for license in doing.licenses.values():
        doing.writing.save(*licensing.rows(license, doing.now))
        before = None if license.id in doing.made else license.status
        doing.writing.audit(
            Change(license.id, license.customer_id, "activated", before, license.status, SYSTEM, doing.now)
        )
        data = {"order_id": doing.order.id}
        doing.writing.emit(Event("license.activated", license.id, doing.now, data))


def subscription_id(order: Order, at: int) -> str:
    """The subscription that a line of an order makes, or pays an instalment of."""
    return order.items[at].subscription_id or derived_id("sub", order.id, str(at))


def _license_id(order: Order, at: int, number: int) -> str:
    return derived_id("lic", order.id, str(at), str(number))
