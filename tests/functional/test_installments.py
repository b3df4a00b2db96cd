"""Instalments are charged on their days, each with an invoice of its own, to the end of what is owed (A2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.kernel.periods import add_period
from tests.functional import steps
from tests.functional.renewing import DAY, HOUR, MONTHLY, Contract, subscribed
from tests.world import World


def _cutoff(contract: Contract) -> Any:
    return contract.now.cancel_renewal_until


THREE = replace(MONTHLY, period="P1Y", installments=3, cutoff_days=15)


def _notes(contract: Contract) -> list[str]:
    """Which part each invoice says it is for, by the days on which they were issued."""
    return [one["lines"][0]["description"].rpartition(" ")[2] for one in contract.invoices]


def test_instalments_are_charged_on_their_days_each_with_an_invoice_of_its_own(world: World) -> None:
    contract = subscribed(world, THREE)
    start = contract.now.start
    contract.live(contract.now.start_of(add_period(start, "P1M", 2)) + HOUR)
    assert contract.states() == [("paid", "paid", "paid")] * 2
    assert _notes(contract) == ["(2/3)", "(3/3)"]
    assert [one.due_on for one in contract.now.installments] == [
        add_period(start, "P1M", at) for at in range(3)
    ]
    numbers = [one["number"] for one in steps.read(world, contract.token, "/v1/invoices")["data"]]
    assert len(set(numbers)) == 3
    totals = [one["total"]["amount"] for one in steps.read(world, contract.token, "/v1/orders")["data"]]
    assert sum(totals) == contract.now.price.minor
    assert max(totals) - min(totals) <= 1


def test_the_next_period_has_its_instalments_too(world: World) -> None:
    contract = subscribed(world, THREE)
    first_end = contract.now.end
    contract.live(contract.now.start_of(add_period(first_end, "P1M", 2)) + HOUR)
    assert _notes(contract) == ["(2/3)", "(3/3)", "(1/3)", "(2/3)", "(3/3)"]
    assert contract.state == ("active", 2, None)
    paid = sum(one["total"]["amount"] for one in contract.orders[2:])
    assert paid == contract.now.price.minor


def test_what_is_owed_is_charged_though_it_will_not_renew(world: World) -> None:
    contract = subscribed(world, THREE)
    canceled_at = world.now
    contract.change(lambda one: replace(one, auto_renew=False, renewal_canceled_at=canceled_at))
    contract.live(contract.now.start_of(contract.now.end) + HOUR)
    assert contract.states() == [("paid", "paid", "paid")] * 2
    assert contract.state == ("ended", 1, "renewal_canceled")
    assert contract.mails("renewal_notice") == []
    contract.live(world.now + 400 * DAY)
    assert len(contract.orders) == 2


def test_an_instalment_that_nobody_pays_is_a_task_for_finance_and_stays_owed(world: World) -> None:
    contract = subscribed(world, THREE, method="boleto")
    contract.live_until_charged()
    contract.live(world.now + 20 * DAY)
    (state, *_) = contract.states()
    assert state == ("expired", "canceled", "uncollectible")
    assert contract.tasks() == ["installment_unpaid"]
    assert [one.status for one in contract.now.installments] == ["paid", "charged", "scheduled"]
    assert contract.state == ("active", 1, None)
