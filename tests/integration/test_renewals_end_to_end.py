"""What a contract does by itself, on the deployed template: instalments, the notice, the renewal (B8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.kernel.clock import start_of
from chalicelib.kernel.periods import add_period
from infra import commands
from infra.local import STACK, Local
from tests.integration.running import Client, eventually, mails_to, registered

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONE = "America/Sao_Paulo"


@dataclass(frozen=True)
class Holder:
    """A customer who pays by boleto what he is asked for."""

    local: Local
    email: str
    client: Client

    def orders(self) -> list[Any]:
        """Newest first."""
        found: list[Any] = self.client.get("/v1/orders")["data"]
        return found

    def asked(self, number: int) -> Any:
        """His last order, as soon as there are so many of them, and it has its boleto."""

        def found() -> Any:
            orders = self.orders()
            return orders[0] if len(orders) == number and orders[0]["payment"]["boleto"] else None

        return eventually(f"order {number}", found)

    def pays(self, order: Any) -> None:
        assert commands.pay(self.local.home, order["payment"]["id"]) == 0

    def subscription(self) -> Any:
        return next(iter(self.client.get("/v1/subscriptions")["data"]), None)

    def announced(self) -> list[str]:
        return [subject for subject in mails_to(self.local, self.email) if "será renovada" in subject]

    def period_from(self, start: date) -> Any:
        """His present period, if it begins then."""
        period = self.subscription()["current_period"]
        return period if period["start"] == start.isoformat() else None

    def owes_nothing_of(self, start: date) -> bool:
        """Whether what was asked for of the period that begins then is paid."""
        owed = self.subscription()["pending_installments"]
        return all(one["period_start"] != start.isoformat() for one in owed)


def tick(local: Local, at: datetime) -> None:
    assert commands.tick(local.home, STACK, at.isoformat(), "renewals") == 0


def test_a_contract_is_charged_in_instalments_announced_and_renewed_once(
    local: Local, visitor: Client
) -> None:
    ana = Holder(local, *registered(visitor))
    answer = ana.client.call("POST", "/v1/orders", {"items": [{"product": "multipack"}]})
    assert answer.status == 201, answer
    ana.pays(answer.json)
    held = eventually("the subscription", ana.subscription)
    start, end = (date.fromisoformat(held["current_period"][name]) for name in ("start", "end"))

    tick(local, start_of(add_period(start, "P1M"), ZONE))
    assert ana.asked(2)["total"] == answer.json["total"]

    announced = start_of(end - 30 * DAY, ZONE)
    tick(local, announced)
    eventually("the notice", ana.announced)
    ana.asked(3)
    tick(local, announced + HOUR)
    assert len(ana.announced()) == 1

    cutoff = datetime.fromisoformat(held["cancel_renewal_until"])
    assert cutoff == start_of(end - 15 * DAY, ZONE)
    for _ in range(2):
        tick(local, cutoff)
    renewal = ana.asked(4)
    lines = ana.client.get(f"/v1/invoices/{renewal['invoice_id']}")["lines"]
    assert [line["description"].endswith("(1/3)") for line in lines] == [True]
    ana.pays(renewal)
    eventually("the renewal's money", lambda: ana.owes_nothing_of(end))
    assert ana.period_from(start)
    tick(local, start_of(end, ZONE))
    period = eventually("the next period", lambda: ana.period_from(end))
    assert period["end"] == add_period(start, "P1Y", 2).isoformat()
    assert len(ana.orders()) == 4
