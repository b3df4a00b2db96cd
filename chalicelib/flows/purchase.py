"""A purchase: priced from the catalogue, and placed with its tickets in one transaction (S2, S3, V1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from chalicelib.billing import store as billing
from chalicelib.catalog import store as catalog
from chalicelib.catalog.rules import Product, offered_to
from chalicelib.customers import store as customers
from chalicelib.customers.rules import Customer
from chalicelib.flows import attempts
from chalicelib.flows.attempts import Means, PayBy
from chalicelib.flows.placing import Placed, put
from chalicelib.flows.quote import Context, Extendable, Quote, Wish, quote
from chalicelib.flows.reach import Vendor
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.events import Actor
from chalicelib.kernel.ids import derived_id, new_id
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.paging import Page
from chalicelib.licensing import store as licensing
from chalicelib.licensing.decision import usable
from chalicelib.licensing.rules import endless_parts
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store as subscriptions
from chalicelib.tickets import service as tickets
from chalicelib.tickets.rules import Ticket


@dataclass(frozen=True)
class Preview:
    """What an order would be: its lines, its sum and how it would be paid."""

    quote: Quote
    how: Means


def preview(
    customer_id: str, wishes: Sequence[Wish], wanted: PayBy, vendor: Vendor, now: datetime
) -> Preview:
    """Price an order without placing it (S2); `Invalid` names every faulty field."""
    return _preview(customers.get(customer_id), wishes, wanted, vendor, now)


def place(
    customer_id: str,
    wishes: Sequence[Wish],
    wanted: PayBy,
    vendor: Vendor,
    now: datetime,
    *,
    answer: Callable[[Placed], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Placed:
    """Place an order (S3). `answer` gives the status and body that a repeat of the request gets again.

    Raises `Invalid` (every faulty field), `Replay`, `IdempotencyKeyReused`.
    """
    customer = cache(lambda: customers.get(customer_id))
    preview = cache(lambda: _preview(customer(), wishes, wanted, vendor, now))
    order_id = derived_id("ord", repeatable.id) if repeatable else new_id("ord", now)

    def attempt() -> Placed:
        if repeatable and (earlier := orders.find(order_id)):
            # The answer was recorded with the order, so it is looked for second: whoever sees the order sees
            # it too. It is kept for 30 days; the order, for good.
            repeatable.replay()
            return _placed(earlier)
        return _commit(order_id, customer(), preview(), vendor, now, answer, repeatable)

    return retrying(attempt)


def offered(customer_id: str, now: datetime) -> tuple[Product, ...]:
    """The part of the catalogue that this customer may see, given the host products he holds (R1)."""
    held = subscriptions.held_products(customer_id, now)
    return tuple(product for product in catalog.everything() if offered_to(product, held))


def get_own(order_id: str, customer_id: str) -> Placed:
    """A customer's own order with its payment; `OrderNotFound` for anybody else's."""
    return _placed(orders.get_own(order_id, customer_id))


def page(customer_id: str, limit: int, cursor: str | None) -> Page[Placed]:
    """A customer's orders with their payments, newest first."""
    return orders.page(customer_id, limit, cursor).map(_placed)


def _placed(order: Order) -> Placed:
    return Placed(order, billing.payments.get(order.payment_id))


def _preview(
    customer: Customer, wishes: Sequence[Wish], wanted: PayBy, vendor: Vendor, now: datetime
) -> Preview:
    market = market_of(customer.country)
    named = {wish.license_id for wish in wishes if wish.license_id}
    found = [licensing.find(license_id) for license_id in named]
    context = Context(
        products={product.code: product for product in catalog.everything()},
        held=subscriptions.held_products(customer.id, now),
        licenses={
            one.id: Extendable(one.product, usable(one, now), one.status == "revoked", endless_parts(one))
            for one in found
            if one and one.customer_id == customer.id
        },
        currency=market.currency,
        locale=customer.locale,
    )
    how, faults = attempts.means(customer, wanted, vendor, now)
    try:
        quoted = quote(wishes, context)
    except Invalid as invalid:
        raise Invalid(errors=[*invalid.errors, *faults]) from None
    if faults:
        raise Invalid(errors=faults)
    return Preview(quoted, how)


def _commit(
    order_id: str,
    customer: Customer,
    preview: Preview,
    vendor: Vendor,
    now: datetime,
    answer: Callable[[Placed], tuple[int, str]],
    repeatable: Repeatable | None,
) -> Placed:
    writing = Transaction()
    opened = _tickets(writing, order_id, customer, preview.quote, now)
    actor = Actor(customer.id, "store")
    placed = put(writing, order_id, customer, preview.quote, preview.how, vendor, actor, now, opened)
    if repeatable:
        writing.save(repeatable.row(*answer(placed), now))
    writing.commit()
    return placed


def _tickets(
    writing: Transaction, order_id: str, customer: Customer, quoted: Quote, now: datetime
) -> list[Ticket]:
    services = [(at, item) for at, item in enumerate(quoted.items) if item.kind == "service"]
    ids = [derived_id("tkt", order_id, str(at)) for at, _ in services]
    numbers = tickets.take_ticket_numbers(writing, ids, now)
    opened = [
        Ticket(
            id=ticket_id,
            number=number,
            kind="advisory",
            status="open",
            priority="normal",
            subject=item.name,
            customer_id=customer.id,
            order_id=order_id,
            product=item.product,
            waits_for="payment",
            minutes=item.minutes,
            created_at=now,
        )
        for ticket_id, number, (_, item) in zip(ids, numbers, services, strict=True)
    ]
    for ticket in opened:
        tickets.add(writing, ticket, Actor(customer.id, "store"))
    return opened
