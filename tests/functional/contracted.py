"""A yearly contract in three instalments, as its owner, staff and the passing of time deal with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.catalog import store as catalog
from chalicelib.flows import renewals
from chalicelib.orders import store as orders
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Notice, Subscription
from tests.functional import steps
from tests.world import Answer, World


@dataclass(frozen=True)
class Contract:
    """One subscription with the order that made it."""

    world: World
    token: str
    order: Any
    id: str

    @property
    def stored(self) -> Subscription:
        return subscriptions.get(self.id)

    @property
    def states(self) -> list[str]:
        """What became of its instalments."""
        return [one.status for one in self.stored.installments]

    def moved(self, days: int) -> None:
        """It was bought so many days ago: what is counted from then is due by so much sooner."""
        back, before = timedelta(days=days), self.stored
        parts = tuple(
            replace(one, start=one.start - back, due_on=one.due_on - back) for one in before.installments
        )
        days_of = {name: getattr(before, name) - back for name in ("start", "end", "anchor")}
        self.set(installments=parts, **days_of)

    def set(self, **changed: Any) -> None:
        """The subscription as time or staff would have left it."""
        writing = Transaction()
        writing.save(subscriptions.row(replace(self.stored, **changed)))
        writing.commit()

    def renewal_asked(self) -> Any:
        """It was announced in time, and its renewal is asked for; that order."""
        self.set(notice=Notice(self.stored.end, None, self.world.now - timedelta(days=30)))
        asked = self.charged()
        assert self.stored.renewal
        assert self.stored.renewal.order_id == asked["id"]
        return asked

    def charged(self, days_ago: int = 0) -> Any:
        """The next instalment is asked for, so many days ago; its order."""
        renewals.run(self.id, wiring.vendor(), self.world.now - timedelta(days=days_ago))
        self.world.settle_down()
        asked = [one.order_id for one in self.stored.installments if one.status == "charged"]
        return steps.read(self.world, self.token, f"/v1/orders/{asked[-1]}")

    def rescind(self, query: str = "", key: str | None = None, **body: Any) -> Answer:
        """Staff rescinds it; nothing has followed yet."""
        path = f"/v1/staff/subscriptions/{self.id}/rescind{query}"
        headers = {"idempotency-key": key} if key else {}
        asked = {"reason": "closes his shop", **body}
        staff = self.world.keys.token("6f1d3f0e-6a3f-4f57-9a38-1f4f3f1f7b11", "staff")
        return self.world.http("POST", path, asked, token=staff, headers=headers)

    def facts(self, kind: str) -> list[Any]:
        """What finance is told in its open tasks of a kind."""
        rows = [row for row in self.world.rows("task") if row["task_kind"] == kind]
        return [json.loads(row["facts"]) for row in rows if row["status"] == "open"]

    def order_status(self, order_id: str) -> str:
        return orders.get(order_id).status


def contract(world: World, email: str = "ana@example.com", **terms: Any) -> Contract:
    """A multipack bought today, with its first instalment paid; `terms` are changed in the catalogue."""
    product = catalog.get("multipack")
    assert product.terms
    catalog.put(replace(product, terms=replace(product.terms, **terms)))
    _, token = world.customer(email)
    order = steps.bought(world, token, steps.MULTIPACK)
    (shown,) = steps.read(world, token, "/v1/subscriptions")["data"]
    return Contract(world, token, order, shown["id"])


def ask_to_withdraw(world: World, token: str, key: str | None = None, **body: Any) -> Answer:
    """A customer withdraws, or has a look at what would follow; whatever the answer."""
    headers = {"idempotency-key": key} if key else {}
    return world.http("POST", "/v1/withdrawals", body, token=token, headers=headers)


def withdraw(world: World, token: str, **body: Any) -> Any:
    """A customer withdraws; the acknowledgement."""
    answer = ask_to_withdraw(world, token, confirm=True, **body)
    assert answer.status == 201, answer.text
    return answer.json
