"""What a sweep costs follows what is due, not what is open: counted in requests to AWS (B5).

On moto, which is sound for one thread: the rows go straight into its table, as writing a hundred thousand
would take minutes.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from moto import mock_aws

from chalicelib import wiring
from chalicelib.billing import store as billing
from chalicelib.billing.rules import Form, Payment
from chalicelib.flows import expiry, reconciliation, renewals
from chalicelib.flows.events import sla_alerts
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.money import Money
from chalicelib.kernel.terms import Terms
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.storage.table import Row
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.changes import started
from chalicelib.subscriptions.rules import Subscription
from chalicelib.tickets import service_levels
from chalicelib.tickets import store as tickets
from chalicelib.tickets.rules import Ticket
from infra.sandbox.server import Sandbox
from tests.integration.counting import Counted, listening, without_copies
from tests.integration.faults.cloud import scheduled
from tests.world import Keys, World, forget_everything

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
FEW, MANY, DUE = 1_000, 100_000, 40
PRICE = Money(14990, "BRL")
FORM = Form("https://sis.example.com/sis/realizarPago", {"Ds_Signature": "s"})
ZONE = "America/Sao_Paulo"


@pytest.fixture
def counted(keys: Keys, jwks_url: str, provider: Sandbox) -> Iterator[Counted]:
    before = dict(os.environ)
    with listening() as calls, mock_aws(), without_copies():
        world = World(keys, provider, endpoint=None)
        # Another table has other clients, which are listened to.
        world.open(f"vigencia-{uuid.uuid4().hex[:12]}", jwks_url)
        yield Counted(world, calls)
    os.environ.clear()
    os.environ.update(before)
    forget_everything()


def payment(
    number: int,
    asked: timedelta,
    status: Any = "pending",
    redirect_url: str | None = None,
    form: Form | None = None,
) -> Row:
    """A charge that its provider was asked about so long ago, and will be six hours after that; one that was
    posted as a form ended then, and is asked about an hour later."""
    id = f"pay_{number:026}"
    return billing.payments.row(
        Payment(
            id=id,
            order_id=f"ord_{number:026}",
            invoice_id=f"inv_{number:026}",
            customer_id=f"cus_{number:026}",
            method="boleto",
            provider="asaas",
            status=status,
            amount=PRICE,
            created_at=NOW - asked,
            provider_id=id,
            redirect_url=redirect_url,
            form=form,
            ended_at=NOW - asked if form else None,
            version=1,
        )
    )


def order(number: int, left: timedelta) -> Row:
    """An order that waits for its payment for so long still."""
    return orders.row(
        Order(
            id=f"ord_{number:026}",
            customer_id=f"cus_{number:026}",
            status="pending_payment",
            items=(),
            total=PRICE,
            invoice_id=f"inv_{number:026}",
            payment_id=f"pay_{number:026}",
            ticket_ids=(),
            created_at=NOW - timedelta(days=1),
            expires_at=NOW + left,
            version=1,
        )
    )


@cache
def announced_in(days: int) -> Subscription:
    """One that will be announced in so many days, or should have been so many ago."""
    start = local_date(NOW, ZONE) + timedelta(days=days + 30 - 365)
    terms = Terms("P1Y", cutoff_days=15, grace_days=5)
    return started("sub", "cus", "ord", "multipack", "Multipack", PRICE, terms, start, ZONE, NOW)


def subscription(number: int, days: int) -> Row:
    """Another subscription like that."""
    one = replace(announced_in(days), id=f"sub_{number:026}", customer_id=f"cus_{number:026}", version=1)
    return subscriptions.row(one)


def open_payments(numbers: range) -> Iterator[Row]:
    """Some have ended, and are asked about once more."""
    for number in numbers:
        if number % 5:
            yield payment(number, asked=timedelta(minutes=number % 360))
        else:
            yield payment(number, timedelta(minutes=number % 60), status="canceled", form=FORM)


def open_orders(numbers: range) -> Iterator[Row]:
    return (order(number, left=timedelta(minutes=1 + number % 10_000)) for number in numbers)


def open_subscriptions(numbers: range) -> Iterator[Row]:
    return (subscription(number, days=1 + number % 330) for number in numbers)


def due_payments() -> Iterator[Row]:
    """Half of them not charged yet, and a quarter ended an hour ago or more."""
    for number in range(MANY, MANY + DUE):
        status = ("pending", "requested", "canceled", "requested")[number % 4]
        yield payment(number, timedelta(hours=7), status, form=FORM if status == "canceled" else None)


def due_orders() -> Iterator[Row]:
    return (order(number, left=-timedelta(minutes=number % 100)) for number in range(MANY, MANY + DUE))


def due_subscriptions() -> Iterator[Row]:
    return (subscription(number, days=-(number % 10)) for number in range(MANY, MANY + DUE))


def ticket(number: int, opened: timedelta) -> Row:
    """A request that was made so long ago."""
    one = replace(
        asked_for(opened), id=f"tkt_{number:026}", number=f"T-{number:06}", customer_id=f"cus_{number:026}"
    )
    return tickets.rows(one)[0]


@cache
def asked_for(opened: timedelta) -> Ticket:
    """A request that was made so long ago, as it is before any alert."""
    at = NOW - opened
    clock = service_levels.started_clock("support", "normal", "BR", wiring.vendor().home, at)
    return Ticket(
        "tkt", "T-000000", "support", "open", "normal", "My plan", "cus", at, clock=clock, version=1
    )


def open_tickets(numbers: range) -> Iterator[Row]:
    """Made since Saturday; nothing is used up on a weekend."""
    return (ticket(number, timedelta(minutes=number % 1_000)) for number in numbers)


def due_tickets() -> Iterator[Row]:
    """Half of them are overdue, and the other half at risk since Thursday; Friday was a holiday."""
    days = (timedelta(days=9), timedelta(days=4, hours=7))
    return (ticket(number, days[number % 2]) for number in range(MANY, MANY + DUE))


def alerts_given(counted: Counted) -> list[str]:
    """Which alerts have been given, in order; they are taken off."""
    events = [key for key in counted.items if key.value.startswith("OUT#")]
    found = [row.attrs for key in events for row in counted.items.pop(key).values()]
    return sorted(f"{row['name'].value} {row['subject'].value} {row['data'].value}" for row in found)


@dataclass(frozen=True)
class Sweep:
    """A sweep, what it passes over and what it takes up, what comes of it and by which requests."""

    run: Callable[[], object]
    open: Callable[[range], Iterator[Row]]
    due: Callable[[], Iterator[Row]]
    told: Callable[[Counted], list[str]] = Counted.messages
    request: str = "sqs.SendMessage"


SWEEPS = {
    "reconcile": Sweep(lambda: reconciliation.reconcile(wiring.reach(), NOW), open_payments, due_payments),
    "boleto_expiry": Sweep(lambda: expiry.sweep(wiring.reach(), NOW), open_orders, due_orders),
    "renewals": Sweep(lambda: renewals.sweep(wiring.reach(), NOW), open_subscriptions, due_subscriptions),
    "sla_alerts": Sweep(
        lambda: sla_alerts(scheduled(NOW), None),
        open_tickets,
        due_tickets,
        alerts_given,
        "dynamodb.TransactWriteItems",
    ),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_over_a_hundred_times_as_many_that_are_not_due_sends_no_more_requests(
    counted: Counted, name: str
) -> None:
    sweep = SWEEPS[name]
    counted.fill(sweep.open(range(FEW)))
    counted.fill(sweep.due())
    effects = counted.calls[sweep.request]
    with_few, told_of_few = counted.cost(sweep.run), sweep.told(counted)
    counted.fill(sweep.open(range(FEW, MANY)))
    # As they were: what was due may not be any more.
    counted.fill(sweep.due())
    with_many, told_of_many = counted.cost(sweep.run), sweep.told(counted)
    assert counted.calls["dynamodb.Query"] > 0
    assert counted.calls[sweep.request] - effects == 2 * DUE
    assert len(told_of_few) == DUE
    assert told_of_many == told_of_few
    assert 10 * with_many <= 11 * with_few


def test_looking_at_all_that_is_open_would_be_noticed(counted: Counted) -> None:
    """The control: the table gives a megabyte at a time, and each is a request that counts."""

    def look() -> None:
        assert list(billing.payments.due(NOW + timedelta(hours=7)))

    def large(numbers: range) -> Iterator[Row]:
        return (payment(number, timedelta(0), redirect_url="x" * 20_000) for number in numbers)

    counted.fill(large(range(40)))
    with_few = counted.cost(look)
    counted.fill(large(range(40, 400)))
    assert 10 * counted.cost(look) > 11 * with_few
