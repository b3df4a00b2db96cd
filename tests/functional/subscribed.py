"""Subscriptions near their end, and the doors by which their renewal is cancelled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from chalicelib.catalog import store as catalog
from chalicelib.customers.rules import Customer
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.markets import market_of
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store
from chalicelib.subscriptions.changes import charged, next_installment, started
from chalicelib.subscriptions.rules import Subscription
from tests.functional import steps
from tests.world import Answer, World

DAY = timedelta(days=1)
BY_HAND = {"classification": "auto_renewal_cancellation"}


def save(subscription: Subscription) -> Subscription:
    """The subscription as another part of the system would have left it."""
    writing = Transaction()
    writing.save(store.row(subscription))
    writing.commit()
    return store.get(subscription.id)


def subscribe(
    world: World, customer: Customer, ends_in: int = 200, code: str = "multipack", **terms: Any
) -> Subscription:
    """A subscription of a customer's, for 365 days, that began so long ago that it ends in so many days."""
    product, market = catalog.get(code), market_of(customer.country)
    price = product.price(market.currency)
    assert price
    assert product.terms
    end = local_date(world.now, market.zone) + ends_in * DAY
    return save(
        started(
            id=new_id("sub", world.now),
            customer_id=customer.id,
            order_id=None,
            product=code,
            name=product.name(customer.locale),
            price=price,
            terms=replace(product.terms, period="P365D", **terms),
            start=end - 365 * DAY,
            zone=market.zone,
            now=world.now,
        )
    )


def renewed(subscription: Subscription) -> Subscription:
    """Its next period is charged by now."""
    return save(charged(subscription, next_installment(subscription), "ord_next", subscription.end, None))


def written(day: date) -> str:
    """A date as the CRM has it."""
    return f"{day:%d/%m/%Y}"


def last_day(subscription: Subscription) -> str:
    """The last day of its validity, as the CRM has it."""
    return written(subscription.end - DAY)


@dataclass(frozen=True)
class Doors:
    """A customer, a member of staff and a planned task: whoever may cancel a renewal."""

    world: World
    customer: Customer
    token: str
    staff: str
    task_id: str

    def cancel(self, by: str, subscription_id: str, **body: Any) -> Answer:
        """By one door, whatever the answer; of the planned task it is that of all it was asked for."""
        return self._ask(by, subscription_id, "", body)

    def preview(self, by: str, subscription_id: str, **body: Any) -> Answer:
        """The same, as a preview."""
        return self._ask(by, subscription_id, "?preview=true", body)

    def resume(self, by: str, subscription_id: str, **body: Any) -> Answer:
        """By one of the two doors that lead back."""
        path = f"/{subscription_id}/resume_renewal"
        return self.world.http("POST", self._root(by) + path, body, token=self._token(by))

    def cancel_each(self, *ids: str, query: str = "", key: str | None = None, **body: Any) -> Answer:
        """Several at once, by the planned task."""
        headers = {"idempotency-key": key} if key else {}
        path = f"/v1/staff/crm_tasks/{self.task_id}/cancel_renewals{query}"
        sent = {"subscription_ids": list(ids), **body}
        return self.world.http("POST", path, sent, token=self.staff, headers=headers)

    def shown(self, subscription_id: str) -> Any:
        """The subscription as its owner sees it."""
        return steps.read(self.world, self.token, f"/v1/subscriptions/{subscription_id}")

    def timeline(self) -> list[Any]:
        """Everything that happened with the customer, newest first."""
        path = f"/v1/staff/customers/{self.customer.id}/timeline?limit=100"
        found: list[Any] = steps.read(self.world, self.staff, path)["data"]
        return found

    def events(self) -> list[tuple[str, str]]:
        """Name and subject of what was told of renewals."""
        rows = [row for row in self.world.rows("outbox") if row["name"].startswith("renewal.")]
        return [(row["name"], row["subject"]) for row in sorted(rows, key=lambda row: str(row["event_id"]))]

    def _ask(self, by: str, subscription_id: str, query: str, body: dict[str, Any]) -> Answer:
        if by == "task":
            return self.cancel_each(subscription_id, query=query, **body)
        path = f"{self._root(by)}/{subscription_id}/cancel_renewal{query}"
        return self.world.http("POST", path, body, token=self._token(by))

    def _root(self, by: str) -> str:
        return {"store": "/v1/subscriptions", "profile": "/v1/staff/subscriptions"}[by]

    def _token(self, by: str) -> str:
        return self.token if by == "store" else self.staff


def doors(world: World, email: str = "ana@example.com", task: str = "Bajas de enero") -> Doors:
    """A customer with every door to his subscriptions."""
    customer, token = world.customer(email)
    staff = world.staff("staff")
    planned = world.http("POST", "/v1/staff/crm_tasks", {"name": task, **BY_HAND}, token=staff)
    assert planned.status == 201, planned.text
    return Doors(world, customer, token, staff, planned.json["id"])
