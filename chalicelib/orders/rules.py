"""An order and its states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Seating, Terms

Status = Literal["pending_payment", "paid", "expired", "canceled", "refunded"]


@dataclass(frozen=True)
class Installation:
    """Where a licence will be used: the customer's name for it, and the shop's domain."""

    name: str
    domain: str | None = None


@dataclass(frozen=True)
class OrderItem:
    """One line, with everything that activation needs frozen at purchase.

    An addon extends the licence `license_id`, or the one that line `host_item` of this order makes; a licence
    with a `license_id` is that one, paid for another term. A line with a `subscription_id` is an instalment
    of that one; where a new subscription is paid in instalments, `period_price` is what all of them make.
    `note` says on the invoice which part of what is paid, `minutes` is the length of a service's session.
    """

    product: str
    kind: str
    name: str
    quantity: int
    unit_price: Money
    terms: Terms | None = None
    license_id: str | None = None
    host_item: int | None = None
    installation: Installation | None = None
    seating: Seating | None = None
    subscription_id: str | None = None
    period_price: Money | None = None
    note: str | None = None
    minutes: int | None = None

    @property
    def amount(self) -> Money:
        """Unit price times quantity."""
        return self.unit_price * self.quantity


@dataclass(frozen=True)
class Grant:
    """A term that a line bought: of a licence, or of the addon `addon` of it; without an end if it lasts."""

    license_id: str
    addon: str | None
    starts: datetime
    until: datetime | None


@dataclass(frozen=True)
class Order:
    """What was bought; `license_ids`, `grants` and `activated_at` are set once it is paid and activated.

    `expires_at` is from when it is closed if it has not been paid by then. `payment_id` is the present
    attempt to be paid, `earlier_payment_ids` are those before it. `suspended_at` is since when its money is
    contested, while it is: what it bought does not work then. Since `withdrawn_at` it does
    not either: its buyer has withdrawn from what he had paid (B7).
    """

    id: str
    customer_id: str
    status: Status
    items: tuple[OrderItem, ...]
    total: Money
    invoice_id: str
    payment_id: str
    ticket_ids: tuple[str, ...]
    created_at: datetime
    license_ids: tuple[str, ...] = ()
    paid_at: datetime | None = None
    activated_at: datetime | None = None
    expires_at: datetime | None = None
    earlier_payment_ids: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    suspended_at: datetime | None = None
    withdrawn_at: datetime | None = None
    version: int | None = None

    @property
    def stage(self) -> str:
        """Its state as the audit trail tells it."""
        if self.status != "paid":
            return self.status
        if self.withdrawn_at:
            return "withdrawn"
        return "suspended" if self.suspended_at else "activated" if self.activated_at else "paid"

    @property
    def due_at(self) -> datetime | None:
        """When it must be closed, while it waits for its payment."""
        return self.expires_at if self.status == "pending_payment" else None

    @property
    def takes_money(self) -> bool:
        """Whether money pays it: it waits for that, or did so too long, which late money makes good."""
        return self.status in ("pending_payment", "expired")

    def awaits(self, payment_id: str) -> bool:
        """Whether it waits for just this payment."""
        return self.status == "pending_payment" and self.payment_id == payment_id


class OrderNotFound(NotFound):
    """No such order, or somebody else's."""

    code = "order_not_found"
    thing = {"en": "order", "es": "el pedido", "pt-BR": "o pedido"}


def paid(order: Order, payment_id: str, now: datetime) -> Order:
    """The order after a payment was accepted; only one that waits for it, or did so too long, can be.

    Whichever attempt paid is the one that counts.
    """
    if not order.takes_money:
        raise ValueError(f"{order.id} is {order.status}")
    others = tuple(one for one in (*order.earlier_payment_ids, order.payment_id) if one != payment_id)
    return replace(order, status="paid", paid_at=now, payment_id=payment_id, earlier_payment_ids=others)


def attempted(order: Order, payment_id: str, expires_at: datetime | None) -> Order:
    """The order to be paid by another attempt; without an end of its own that keeps the order's."""
    return replace(
        order,
        payment_id=payment_id,
        earlier_payment_ids=(*order.earlier_payment_ids, order.payment_id),
        expires_at=expires_at or order.expires_at,
    )


def canceled(order: Order) -> Order:
    """The order that will not be paid any more; only one that was not can be."""
    if not order.takes_money:
        raise ValueError(f"{order.id} is {order.status}")
    return replace(order, status="canceled")


def overdue(order: Order, now: datetime) -> bool:
    """Whether it waits for a payment that should be there by now."""
    return order.due_at is not None and order.due_at <= now


def without_end(order: Order) -> Order:
    """The order that is not given up by itself: money came in for it, and a person decides."""
    return replace(order, expires_at=None)


def expired(order: Order) -> Order:
    """The order that was not paid in time."""
    return replace(order, status="expired")


def activated(
    order: Order, license_ids: tuple[str, ...], now: datetime, grants: tuple[Grant, ...] = ()
) -> Order:
    """The order after everything in it was activated."""
    if not activatable(order):
        raise ValueError(f"{order.id} is {order.stage}")
    return replace(order, license_ids=license_ids, grants=grants, activated_at=now)


def activatable(order: Order) -> bool:
    """Whether it is paid, and nobody contests that or has withdrawn, and waits to be activated."""
    return order.stage == "paid"


def suspended(order: Order, grants: tuple[Grant, ...], now: datetime) -> Order:
    """The paid order whose money is contested; `grants` are withheld."""
    if order.status != "paid":
        raise ValueError(f"{order.id} is {order.status}")
    return replace(order, grants=grants, suspended_at=now)


def restored(order: Order, grants: tuple[Grant, ...]) -> Order:
    """The order whose money is contested no more; `grants` are what it still stands for."""
    return replace(order, suspended_at=None, grants=grants)


def withdrawn(order: Order, grants: tuple[Grant, ...], now: datetime) -> Order:
    """The paid order whose buyer has withdrawn from it: whether its money is contested matters no more."""
    if order.status != "paid" or order.withdrawn_at:
        raise ValueError(f"{order.id} is {order.stage}")
    return replace(order, grants=grants, withdrawn_at=now, suspended_at=None)


def refunded(order: Order) -> Order:
    """The paid order all of whose money has gone back."""
    if order.status != "paid":
        raise ValueError(f"{order.id} is {order.status}")
    return replace(order, status="refunded", suspended_at=None)
