"""What a customer is written about his contract: each letter once, with the facts as they are (B8, A2)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kernel.clock import local_date, rfc3339, sortable
from chalicelib.kernel.periods import add_period
from tests.functional import steps
from tests.functional.contracts import (
    DAY,
    HOUR,
    PART,
    asked_for,
    change,
    held,
    letters,
    once,
    sweep,
    sweep_to,
    tell,
    usually_by_card,
)
from tests.world import World

# The notice


def test_a_renewal_is_announced_once_with_all_that_it_means(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    end = subscription.end
    sweep_to(world, subscription, end - 29 * DAY)
    notice = once(world, "renewal_notice")
    cutoff = end - 15 * DAY
    days = [cutoff, add_period(end, "P1M"), add_period(end, "P1M", 2)]
    assert notice["installments"] == [{"day": day.isoformat(), "amount": PART} for day in days]
    assert notice["last_day"] == (end - DAY).isoformat()
    assert notice["renews_day"] == end.isoformat()
    assert notice["amount"] == {"amount": 119700, "currency": "BRL"}
    assert (notice["method"], notice["card"]) == ("boleto", None)
    assert notice["until_at"] == rfc3339(subscription.start_of(cutoff))
    assert (notice["zone"], notice["self_cancel"]) == ("America/Sao_Paulo", True)


def test_a_late_notice_gives_as_much_time_as_the_law_asks_for(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    late = subscription.start_of(subscription.end - 3 * DAY) + HOUR
    sweep(world, late)
    notice = once(world, "renewal_notice")
    after = sweep_to(world, subscription, subscription.end - DAY)
    assert notice["until_at"] == rfc3339(after.cancel_renewal_until)
    assert notice["installments"][0]["day"] == (subscription.end + 12 * DAY).isoformat()


def test_a_notice_names_the_card_on_file_that_will_be_charged(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token, "erp", method="card", keep_card=True)
    usually_by_card(world, token)
    sweep_to(world, subscription, subscription.end - 20 * DAY)
    notice = once(world, "renewal_notice")
    assert (notice["method"], notice["card"]) == ("card", "4242")


@pytest.mark.parametrize(
    "changed",
    [{"auto_renew": False}, {"status": "ended", "auto_renew": False}, {"ends_on": "soon"}],
)
def test_what_is_not_renewed_by_then_is_not_announced(world: World, changed: dict[str, Any]) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    if "ends_on" in changed:
        changed = {"ends_on": subscription.end - 5 * DAY}
    change(subscription, **changed)
    tell(world, "renewal.announced", subscription, end=subscription.end.isoformat())
    assert letters(world, "renewal_notice") == []


def test_a_period_that_is_over_is_not_announced_any_more(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    tell(world, "renewal.announced", subscription, end=subscription.start.isoformat())
    assert letters(world, "renewal_notice") == []


# Cancelled, resumed


def test_a_cancellation_is_confirmed_with_what_stays_owed_and_so_is_its_end(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    path = f"/v1/subscriptions/{subscription.id}"
    for _ in range(2):
        assert world.http("POST", f"{path}/cancel_renewal", {}, token=token).status == 200
        world.settle_down()
    letter = once(world, "renewal_canceled")
    days = [add_period(subscription.start, "P1M", at).isoformat() for at in (1, 2)]
    assert letter["installments"] == [{"day": day, "amount": PART} for day in days]
    assert letter["last_day"] == (subscription.end - DAY).isoformat()
    assert letter["until_at"] == rfc3339(subscription.start_of(subscription.end - 15 * DAY))
    assert world.http("POST", f"{path}/resume_renewal", {}, token=token).status == 200
    world.settle_down()
    assert once(world, "renewal_resumed")["renews_day"] == subscription.end.isoformat()
    assert len(letters(world, "renewal_canceled")) == 1


def test_every_change_of_mind_is_confirmed_and_none_that_was_taken_back(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    first, second = world.now, world.now + HOUR
    change(subscription, auto_renew=False, renewal_canceled_at=second)
    tell(world, "renewal.resumed", subscription, resumed_at=sortable(first + HOUR / 2))
    assert letters(world, "renewal_resumed") == []
    for since in (first, second):
        tell(world, "renewal.canceled", subscription, canceled_at=sortable(since))
    assert len(letters(world, "renewal_canceled")) == 1
    change(subscription, auto_renew=True, renewal_canceled_at=None)
    tell(world, "renewal.canceled", subscription, canceled_at=sortable(second))
    tell(world, "renewal.resumed", subscription, resumed_at=sortable(second + HOUR))
    assert len(letters(world, "renewal_canceled")) == 1
    letter = once(world, "renewal_resumed")
    assert letter["renews_day"] == subscription.end.isoformat()
    assert letter["amount"] == {"amount": 119700, "currency": "BRL"}


# Asked for


def test_an_instalment_is_asked_for_without_thanks_for_an_order(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    (ordered,) = letters(world, "invoice_issued")
    assert ordered["subscription"] is None
    sweep_to(world, subscription, add_period(subscription.start, "P1M"))
    (asked,) = asked_for(world)
    assert (asked["subscription"], asked["total"]) == (subscription.name, PART)
    assert "(2/3)" in asked["lines"][0]["name"]
    assert len(letters(world, "boleto_to_pay")) == 2


def test_an_instalment_that_was_not_paid_in_time_is_not_to_be_ordered_again(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token)
    sweep_to(world, subscription, add_period(subscription.start, "P1M"))
    world.now += 20 * DAY
    steps.expiry_sweep(world)
    assert once(world, "order_expired")["subscription"] == subscription.name


def test_a_declined_card_is_told_when_it_is_charged_anew(world: World) -> None:
    _, token = world.customer()
    subscription = held(world, token, by="card_declined", method="card", keep_card=True)
    usually_by_card(world, token)
    after = sweep_to(world, subscription, add_period(subscription.start, "P1M"))
    (one,) = [part for part in after.installments if part.status == "charged"]
    assert one.retry_at
    failed = once(world, "payment_failed")
    assert failed["retry_day"] == local_date(one.retry_at, subscription.zone).isoformat()
