"""A subscription bought over HTTP, and time that passes over it: ticks of its schedule, and what follows."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.catalog import store as catalog
from chalicelib.flows import renewals
from chalicelib.flows.events import boleto_expiry, renewal_sweep
from chalicelib.flows.subscribers import SUBSCRIBERS
from chalicelib.kernel.clock import parse_instant, rfc3339
from chalicelib.kernel.events import Event
from chalicelib.kernel.terms import Terms
from chalicelib.mail import service as mail
from chalicelib.mail.gateways import MailRefused, Message
from chalicelib.storage.outbox import find_event, outbox_event
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Subscription
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.paid import SPAIN
from tests.world import World

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
MONTHLY = Terms("P1M", cutoff_days=1, grace_days=12, retry_days=(1, 3, 5))
PRODUCT = "site"
MOST_TICKS = 300


class Refusing:
    """A sender that will take none of our mails."""

    def send(self, message: Message) -> str:
        raise MailRefused("BadRequestException", retryable=False)


@dataclass(frozen=True)
class Contract:
    """One subscription, as its owner, finance and time deal with it."""

    world: World
    token: str
    id: str

    @property
    def now(self) -> Subscription:
        """How it stands."""
        return subscriptions.get(self.id)

    @property
    def state(self) -> tuple[str, int, str | None]:
        """Its status, which period it is in, and why it ended."""
        return self.now.status, self.now.number, self.now.ended_because

    @property
    def orders(self) -> list[Any]:
        """The orders of its instalments but for the first, as its owner sees them, oldest first."""
        shown = steps.read(self.world, self.token, "/v1/orders?limit=100")["data"]
        mine = sorted((one for one in shown), key=lambda one: str(one["created_at"]))[1:]
        return [steps.read(self.world, self.token, f"/v1/orders/{one['id']}") for one in mine]

    @property
    def invoices(self) -> list[Any]:
        """The invoices of these orders."""
        return [
            steps.read(self.world, self.token, f"/v1/invoices/{one['invoice_id']}") for one in self.orders
        ]

    def states(self) -> list[tuple[str, str, str]]:
        """Of each of these orders: its own state, and those of its payment and its invoice."""
        pairs = zip(self.orders, self.invoices, strict=True)
        return [(one["status"], one["payment"]["status"], invoice["status"]) for one, invoice in pairs]

    def mails(self, kind: str) -> list[Any]:
        """The rows of the e-mails of a kind."""
        return [row for row in self.world.rows("mail") if row["mail_kind"] == kind]

    def trail(self) -> list[str]:
        """What was done to it, in order."""
        rows = [row for row in self.world.rows("audit") if row["subject"] == self.id]
        return [row["action"] for row in sorted(rows, key=lambda row: str(row["sk"]))]

    def charges(self) -> list[Any]:
        """All charges that there are at providers."""
        asked = self.world.sandbox.answer(Request("GET", "/_sandbox/charges", {}, {}, b""))
        found: list[Any] = json.loads(asked.body)["data"]
        return found

    def tasks(self) -> list[str]:
        """The kinds of all tasks."""
        return [kind for kind, _ in steps.tasks(self.world)]

    # Time

    def tick(self) -> None:
        """The schedules of the hour, and everything that follows."""
        renewal_sweep(steps.tick(self.world.now), None)
        boleto_expiry(steps.tick(self.world.now), None)
        self.world.settle_down()

    def come_to(self, at: datetime) -> None:
        """It is that instant, or a moment later, and the schedules run."""
        self.world.now = max(self.world.now, at + SECOND)
        self.tick()

    def due_at(self) -> datetime | None:
        """When one of these schedules has something to do next."""
        rows = (*self.world.rows("subscription"), *self.world.rows("order"))
        return min(
            (parse_instant(row["gsi2sk"].partition("#")[0]) for row in rows if "gsi2sk" in row), default=None
        )

    def live(self, until: datetime) -> None:
        """Time passes; the schedules run whenever there is something to do."""
        for _ in range(MOST_TICKS):
            due_at = self.due_at()
            if due_at is None or due_at > until:
                self.come_to(until)
                return
            self.come_to(due_at)
        raise AssertionError(f"it does not come to rest: {self.now}")

    def live_until_charged(self) -> None:
        """Time passes until its renewal is charged."""
        before = len(self.orders)
        for _ in range(MOST_TICKS):
            if len(self.orders) > before:
                return
            due_at = self.due_at()
            assert due_at
            self.come_to(due_at)

    # People

    def begin(self) -> None:
        """Time passes until its period ends and the next one begins, which is paid."""
        self.live(self.now.start_of(self.now.end))

    def pay_by(self, **wish: Any) -> None:
        """Its owner pays the latest order in some way."""
        payment = steps.attempt(self.world, self.token, self.orders[-1]["invoice_id"], **wish)
        steps.pay(self.world, payment)

    def happens(self, act: str) -> None:
        """The bank of its owner acts on his latest payment, and everything follows."""
        body = {"reference": self.orders[-1]["payment"]["id"], "act": act, "wait_seconds": 0}
        raw = json.dumps(body).encode()
        assert self.world.sandbox.answer(Request("POST", "/_sandbox/act", {}, {}, raw)).status == 200
        assert {answer.status for answer in self.world.webhooks()} == {200}
        self.world.settle_down()

    def change(self, change: Callable[[Subscription], Subscription], *events: str) -> None:
        """Somebody else has changed it; nothing has followed yet."""
        writing = Transaction()
        writing.save(subscriptions.row(change(self.now)))
        for name in events:
            writing.emit(Event(name, self.id, self.world.now))
        writing.commit()

    # Messages

    def sweep_alone(self) -> None:
        """The schedule and its worker; no event, letter or charge has moved yet."""
        renewals.sweep(wiring.reach(), self.world.now)
        self.world.work("settlements")

    def announce(self) -> None:
        """The notice is due, and its e-mail is on its way."""
        assert self.now.due_at
        self.world.now = self.now.due_at + SECOND
        self.sweep_alone()
        self.world.stream()

    def refuse_notice(self) -> None:
        """The notice is due, and its e-mail cannot be delivered."""
        self.announce()
        for message in steps.waiting(self.world, "mails"):
            mail.deliver(message["mail_id"], Refusing(), self.world.now)
        self.world.settle_down()

    def told_again(self) -> None:
        """Every event comes once more, and so do the messages about it and all that was charged."""
        for row in self.world.rows("outbox"):
            stored = find_event(row["event_id"])
            assert stored
            event = outbox_event(stored)
            for subscriber in SUBSCRIBERS[event.name]:
                subscriber(event, wiring.reach(), self.world.now)
        message = {"subscription_id": self.id, "at": rfc3339(self.world.now)}
        for _ in range(2):
            wiring.reach().settlements(message)
        for row in self.world.rows("payment"):
            wiring.reach().charges({"payment_id": row["id"]})
        self.world.settle_down()


def subscribed(
    world: World, terms: Terms = MONTHLY, *, method: str = "card", by: str = "", **profile: str
) -> Contract:
    """Bought on such terms: by a card that stays on file, `by` one that makes trouble later; or by boleto."""
    product = catalog.get(PRODUCT)
    catalog.put(replace(product, terms=terms))
    card = method == "card"
    _, token = world.customer("jose@example.com", **({**SPAIN, **profile} if card else profile))
    order = steps.charged(
        world, token, {"product": PRODUCT}, method=method, **({"keep_card": True} if card else {})
    )
    steps.pay_with(world, order["payment"]["id"], by)
    (row,) = world.rows("subscription")
    return Contract(world, token, row["id"])
