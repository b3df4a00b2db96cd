"""Subscriptions, as the tests of what happens to them by themselves hold them and let time pass."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.flows import renewals
from chalicelib.kernel.events import Event
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Subscription
from tests.functional import steps
from tests.world import World

# A third of the price of a multipack.
PART = {"amount": 39900, "currency": "BRL"}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def held(world: World, token: str, product: str = "multipack", by: str = "", **how: Any) -> Subscription:
    """A subscription whose first instalment is paid, `by` a card that behaves so later."""
    order = steps.charged(world, token, {"product": product}, **how)
    steps.pay_with(world, order["payment"]["id"], by)
    world.webhooks()
    world.settle_down()
    (shown,) = steps.read(world, token, "/v1/subscriptions")["data"]
    return subscriptions.get(shown["id"])


def usually_by_card(world: World, token: str) -> None:
    """Its owner pays by card from now on."""
    answer = world.http("PATCH", "/v1/me", {"default_payment_method": "card"}, token=token)
    assert answer.status == 200, answer.text


def sweep(world: World, at: datetime) -> None:
    """Time has come to `at` and the hourly sweep runs, with everything that follows."""
    world.now = at
    renewals.sweep(wiring.reach(), world.now)
    world.settle_down()


def sweep_to(world: World, subscription: Subscription, day: date) -> Subscription:
    """Everything that happens by itself until the beginning of a day, each at its hour."""
    end = subscription.start_of(day)
    while (due := subscriptions.get(subscription.id).due_at) and due <= end:
        sweep(world, max(due, world.now + HOUR))
    world.now = max(world.now, end)
    return subscriptions.get(subscription.id)


def tell(world: World, name: str, subscription: Subscription, **data: str) -> None:
    """An event as another part of the system emits it, twice, and everything that follows."""
    for _ in range(2):
        writing = Transaction()
        writing.emit(Event(name, subscription.id, world.now, data))
        writing.commit()
        world.settle_down()


def change(subscription: Subscription, **changes: Any) -> Subscription:
    """The subscription as another part of the system would have left it."""
    writing = Transaction()
    writing.save(subscriptions.row(replace(subscriptions.get(subscription.id), **changes)))
    writing.commit()
    return subscriptions.get(subscription.id)


def letters(world: World, kind: str) -> list[dict[str, Any]]:
    """The parameters of the letters of a kind that have left."""
    rows = [row for row in world.rows("mail") if row["mail_kind"] == kind]
    assert {row["status"] for row in rows} <= {"sent"}
    return [json.loads(row["params"]) for row in rows]


def once(world: World, kind: str) -> Any:
    """The parameters of the only letter of a kind."""
    (letter,) = letters(world, kind)
    return letter


def asked_for(world: World) -> list[dict[str, Any]]:
    """The letters that ask for the money of a subscription."""
    return [one for one in letters(world, "invoice_issued") if one["subscription"]]
