"""Activating what was paid: licences, addons, subscriptions, services, in one transaction (V2, V9, V10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.customers import store as customers
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import local_date, start_of
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.kernel.ids import derived_id
from chalicelib.kernel.markets import Market, market_of
from chalicelib.kernel.periods import add_period
from chalicelib.licensing import store as licensing
from chalicelib.licensing.keys import derive_key, hint, key_hash
from chalicelib.licensing.rules import Addon, License, runs_on_from, with_addon
from chalicelib.orders import rules as order_rules
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order, OrderItem
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Subscription
from chalicelib.tickets import rules as ticket_rules
from chalicelib.tickets import store as tickets


@dataclass
class _Activation:
    """One order being activated: what is written so far."""

    order: Order
    market: Market
    now: datetime
    secret: bytes
    writing: Transaction
    licenses: dict[str, License]
    made: set[str]

    @property
    def today(self) -> date:
        return local_date(self.now, self.market.zone)


def activate(event: Event, reach: Reach, now: datetime) -> None:
    """Activate everything in a paid order, once; repeating it changes nothing."""
    retrying(lambda: _attempt(event.subject, reach.license_secret(), now))


def _attempt(order_id: str, secret: bytes, now: datetime) -> None:
    order = orders.get(order_id)
    if order.status != "paid" or order.activated_at:
        return
    market = market_of(customers.get(order.customer_id).country)
    doing = _Activation(order, market, now, secret, Transaction(), {}, set())
    # Licences first: an addon may extend one that this very order makes, wherever it stands in it.
    for at, item in sorted(enumerate(order.items), key=lambda line: line[1].kind != "license"):
        ACTIVATE[item.kind](doing, at, item)
    _save_licenses(doing)
    done = order_rules.activated(order, tuple(doing.licenses), now)
    doing.writing.save(orders.row(done))
    doing.writing.audit(
        Change(order.id, order.customer_id, "order activated", "paid", "activated", SYSTEM, now)
    )
    doing.writing.commit()


def _license(doing: _Activation, at: int, item: OrderItem) -> None:
    for number in range(item.quantity):
        license_id = _license_id(doing.order, at, number)
        key = derive_key(doing.secret, license_id, 0)
        doing.writing.save(licensing.key_row(key_hash(key), license_id))
        doing.made.add(license_id)
        doing.licenses[license_id] = License(
            id=license_id,
            customer_id=doing.order.customer_id,
            order_id=doing.order.id,
            product=item.product,
            product_name=item.name,
            installation=item.installation.name if item.installation else None,
            domain=item.installation.domain if item.installation else None,
            status="active",
            expires_at=_end(doing, item),
            grace_days=item.terms.grace_days if item.terms else 0,
            key_hint=hint(key),
            created_at=doing.now,
        )


def _addon(doing: _Activation, at: int, item: OrderItem) -> None:
    license_id = item.license_id or _license_id(doing.order, item.host_item or 0, 0)
    license = doing.licenses.get(license_id) or licensing.get_own(license_id, doing.order.customer_id)
    old_end = runs_on_from(license, item.product, doing.now)
    addon = Addon(
        code=item.product,
        name=item.name,
        order_id=doing.order.id,
        expires_at=_end(doing, item, local_date(old_end, doing.market.zone) if old_end else None),
        grace_days=item.terms.grace_days if item.terms else 0,
    )
    doing.licenses[license_id] = with_addon(license, addon)


def _subscription(doing: _Activation, at: int, item: OrderItem) -> None:
    terms = item.terms
    if terms is None:
        raise ValueError(f"{item.product} is a subscription without terms")
    subscription = Subscription(
        id=derived_id("sub", doing.order.id, str(at)),
        customer_id=doing.order.customer_id,
        order_id=doing.order.id,
        product=item.product,
        name=item.name,
        status="active",
        start=doing.today,
        end=add_period(doing.today, terms.period),
        zone=doing.market.zone,
        price=item.unit_price,
        terms=terms,
        auto_renew=terms.auto_renew,
        created_at=doing.now,
    )
    doing.writing.save(subscriptions.row(subscription))
    doing.writing.audit(
        Change(subscription.id, subscription.customer_id, "activated", None, "active", SYSTEM, doing.now)
    )


def _service(doing: _Activation, at: int, item: OrderItem) -> None:
    before = tickets.get(derived_id("tkt", doing.order.id, str(at)))
    after = ticket_rules.unlocked(before)
    doing.writing.save(tickets.row(after))
    doing.writing.audit(
        Change(before.id, before.customer_id, "paid", before.status, after.status, SYSTEM, doing.now)
    )


ACTIVATE: dict[str, Callable[[_Activation, int, OrderItem], None]] = {
    "license": _license,
    "addon": _addon,
    "subscription": _subscription,
    "service": _service,
}


def _save_licenses(doing: _Activation) -> None:
    for license in doing.licenses.values():
        doing.writing.save(licensing.row(license))
        before = None if license.id in doing.made else license.status
        doing.writing.audit(
            Change(license.id, license.customer_id, "activated", before, license.status, SYSTEM, doing.now)
        )
        data = {"order_id": doing.order.id}
        doing.writing.emit(Event("license.activated", license.id, doing.now, data))


def _license_id(order: Order, at: int, number: int) -> str:
    return derived_id("lic", order.id, str(at), str(number))


def _end(doing: _Activation, item: OrderItem, start: date | None = None) -> datetime | None:
    if item.terms is None:
        return None
    return start_of(add_period(start or doing.today, item.terms.period), doing.market.zone)
