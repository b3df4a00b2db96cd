"""A subscription renews by itself: announced, charged, invoiced, tried again, given up (B8, A1, A2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.kernel.clock import parse_instant
from chalicelib.kernel.periods import add_period
from chalicelib.subscriptions import changes
from chalicelib.subscriptions.rules import Subscription
from tests.functional import steps
from tests.functional.renewing import DAY, HOUR, MONTHLY, SECOND, Contract, subscribed
from tests.world import World


def _cutoff(contract: Contract) -> Any:
    return contract.now.cancel_renewal_until


def test_it_is_announced_charged_by_the_card_on_file_and_goes_on(world: World) -> None:
    contract = subscribed(world)
    first, until = contract.now, _cutoff(contract)
    contract.live(until - 2 * SECOND)
    (notice,) = contract.mails("renewal_notice")
    assert (notice["status"], contract.orders) == ("sent", [])
    contract.come_to(until)
    assert (contract.state, contract.now.end) == (("active", 1, None), first.end)
    contract.begin()
    (order,), (invoice,) = contract.orders, contract.invoices
    assert contract.states() == [("paid", "paid", "paid")]
    assert order["payment"]["card_id"]
    assert (contract.now.start, contract.now.end) == (first.end, add_period(first.anchor, "P1M", 2))
    assert contract.state == ("active", 2, None)
    last = contract.now.end - DAY
    text = invoice["lines"][0]["description"]
    assert text.startswith("Sitio web · ")
    assert f"{first.end.day} de " in text
    assert f"{last.day} de " in text
    assert len(contract.mails("payment_received")) == 2


def test_nothing_happens_before_its_time(world: World) -> None:
    contract = subscribed(world, replace(MONTHLY, period="P1Y"))
    before, due_at = world.rows(), contract.now.due_at
    assert due_at
    for at in (world.now + HOUR, world.now + 100 * DAY, due_at - 2 * SECOND):
        contract.come_to(at)
    assert world.rows() == before
    contract.come_to(due_at)
    assert contract.trail()[-1] == "renewal announced"


def test_a_declined_card_is_charged_anew_and_pays_the_second_time(world: World) -> None:
    contract = subscribed(world)
    steps.turn(world, decline=True)
    contract.live_until_charged()
    assert contract.states() == [("pending_payment", "failed", "open")]
    contract.live(world.now + 2 * DAY)
    assert contract.state == ("past_due", 1, None)
    steps.turn(world)
    contract.live(world.now + 3 * DAY)
    assert contract.states() == [("paid", "paid", "paid")]
    assert contract.state == ("active", 2, None)
    assert contract.trail().count("card charged again") == 2
    assert len(contract.mails("payment_failed")) == 2
    assert len(contract.mails("subscription_past_due")) == 1


def test_when_the_ladder_has_ended_so_does_the_subscription(world: World) -> None:
    contract = subscribed(world, by="card_declined")
    contract.live(contract.now.start_of(contract.now.end + 12 * DAY) + HOUR)
    assert contract.trail()[-1] == "ended"
    assert contract.trail().count("card charged again") == 3
    assert len(contract.mails("subscription_past_due")) == 1
    assert contract.state == ("ended", 1, "unpaid")
    (order,) = contract.orders
    assert (order["status"], contract.invoices[0]["status"]) == ("canceled", "void")
    (note,) = steps.read(world, contract.token, "/v1/credit_notes")["data"]
    assert note["amount"] == order["total"]
    assert [row["payable"] for row in contract.charges()].count(True) == 0
    assert contract.now.due_at is None
    assert len(contract.mails("subscription_ended")) == 1


def test_its_owner_can_pay_in_another_way_while_there_is_grace(world: World) -> None:
    contract = subscribed(world, by="card_declined")
    contract.live(contract.now.start_of(contract.now.end + 5 * DAY))
    assert contract.state == ("past_due", 1, None)
    contract.pay_by(method="card", new_card=True)
    assert contract.state == ("active", 2, None)
    retries = contract.trail().count("card charged again")
    contract.live(world.now + 12 * DAY)
    assert contract.trail().count("card charged again") == retries
    assert len(contract.orders) == 1


# Boleto


def test_a_boleto_is_paid_in_time(world: World) -> None:
    contract = subscribed(world, replace(MONTHLY, cutoff_days=10), method="boleto")
    contract.live_until_charged()
    assert len(contract.mails("boleto_to_pay")) == 2
    assert contract.state == ("active", 1, None)
    steps.pay(world, contract.orders[-1]["payment"])
    contract.begin()
    assert contract.state == ("active", 2, None)


def test_a_boleto_is_paid_in_the_days_of_grace(world: World) -> None:
    contract = subscribed(world, method="boleto")
    contract.live_until_charged()
    contract.live(contract.now.start_of(contract.now.end + DAY))
    assert contract.state == ("past_due", 1, None)
    steps.pay(world, contract.orders[-1]["payment"])
    assert contract.state == ("active", 2, None)
    contract.live(world.now + 12 * DAY)
    assert contract.state == ("active", 2, None)


def test_a_boleto_that_is_never_paid_ends_the_subscription(world: World) -> None:
    contract = subscribed(world, method="boleto")
    contract.live(world.now + 60 * DAY)
    assert contract.state == ("ended", 1, "unpaid")
    ((order, payment, invoice),) = contract.states()
    assert order in ("expired", "canceled")
    assert (payment, invoice in ("void", "uncollectible")) == ("canceled", True)
    assert [one["payable"] for one in contract.charges()].count(True) == 0
    assert "installment_unpaid" not in contract.tasks()


# No notice, contested money, late money


def test_without_a_notice_that_was_sent_nothing_is_charged(world: World) -> None:
    contract = subscribed(world)
    contract.refuse_notice()
    contract.live(world.now + 90 * DAY)
    assert contract.orders == []
    assert contract.state == ("ended", 1, "notice_undelivered")
    assert "mail_undelivered" in contract.tasks()


def test_while_the_notice_is_on_its_way_nothing_is_charged(world: World) -> None:
    contract = subscribed(world)
    contract.announce()
    for _ in range(3):
        world.now += HOUR
        contract.sweep_alone()
    assert contract.now.notice
    assert (contract.now.notice.sent_at, contract.orders) == (None, [])
    world.settle_down()
    contract.come_to(world.now + HOUR)
    sent_at = contract.now.notice and contract.now.notice.sent_at
    assert sent_at
    assert contract.now.due_at == contract.now.cancel_renewal_until >= sent_at + 14 * DAY


def test_a_dispute_suspends_what_the_renewal_paid_and_stops_the_schedule(world: World) -> None:
    contract = subscribed(world)
    contract.live_until_charged()
    contract.begin()
    assert contract.state == ("active", 2, None)
    contract.happens("dispute")
    assert (contract.state, contract.now.due_at) == (("suspended", 2, None), None)
    contract.live(world.now + 70 * DAY)
    assert len(contract.orders) == 1
    contract.happens("dispute_won")
    assert contract.now.status == "active"
    # What is overdue by then is announced now, and charged when that is old enough.
    contract.live_until_charged()
    assert contract.state == ("active", 3, None)
    sent_at = max(row["claimed_at"] for row in contract.mails("renewal_notice"))
    assert world.now - parse_instant(sent_at) >= 14 * DAY


def test_a_lost_dispute_ends_it(world: World) -> None:
    contract = subscribed(world)
    contract.live_until_charged()
    contract.begin()
    for act in ("dispute", "dispute_lost"):
        contract.happens(act)
    assert contract.state == ("ended", 2, "money_given_back")
    contract.live(world.now + 70 * DAY)
    assert len(contract.orders) == 1


def test_a_dispute_lost_before_the_next_period_begins_leaves_the_present_one(world: World) -> None:
    contract = subscribed(world)
    contract.live_until_charged()
    contract.happens("dispute")
    assert contract.now.status == "suspended"
    contract.happens("dispute_lost")
    assert (contract.now.status, contract.now.number) == ("active", 1)
    contract.live(world.now + 70 * DAY)
    assert contract.state == ("ended", 1, "unpaid")
    assert len(contract.orders) == 1


def _ended(one: Subscription) -> Subscription:
    return changes.ended(one, "rescinded", one.start_of(one.end))


def test_money_that_comes_after_the_end_is_a_task_for_finance(world: World) -> None:
    contract = subscribed(world, method="boleto")
    contract.live_until_charged()
    # It is on its way when all ends; so the slip cannot be closed at the provider any more.
    world.pay(contract.orders[-1]["payment"]["id"])
    contract.change(_ended, "subscription.ended")
    world.settle_down()
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()
    assert contract.state == ("ended", 1, "rescinded")
    assert contract.tasks() == ["payment_late"]


def test_money_that_was_booked_before_the_end_and_pays_nothing_is_a_task_for_finance(world: World) -> None:
    contract = subscribed(world, method="boleto")
    contract.live_until_charged()
    world.pay(contract.orders[-1]["payment"]["id"])
    assert {answer.status for answer in world.webhooks()} == {200}
    world.stream()
    world.work("settlements")
    assert contract.states() == [("paid", "paid", "paid")]
    contract.change(_ended, "subscription.ended")
    world.settle_down()
    assert contract.state == ("ended", 1, "rescinded")
    assert contract.tasks() == ["paid_for_ended_subscription"]
