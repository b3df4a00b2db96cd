"""Who stays: what was agreed is told him at once, and carried out (C2, C6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.cancellations.retention import Offer
from chalicelib.flows import leaving_steps
from chalicelib.kernel.money import Money
from chalicelib.subscriptions import store as subscriptions
from tests.functional.leaving import Leaver, leaver, unfinished
from tests.world import World

DAY = timedelta(days=1)


@pytest.fixture
def ana(world: World) -> Leaver:
    return leaver(world)


def test_what_he_keeps_goes_on_as_before(ana: Leaver) -> None:
    held = ana.holds("multipack")
    case = ana.asks(held)
    ana.decided(case, "reverted", accepted=(Offer("arguments", "It is the leading product"),))
    kept = ana.carried_out(case)
    assert (kept.status, [*unfinished(kept)]) == ("reverted", [])
    after = subscriptions.get(held.id)
    assert (after.installments, after.auto_renew, after.case_id) == (held.installments, held.auto_renew, None)
    assert ana.kinds() == ["cancellation_received", "cancellation_reverted"]


def test_services_that_he_does_not_use_end_and_the_others_go_on(ana: Leaver) -> None:
    erp, site = ana.holds("erp"), ana.holds("site")
    case = ana.asks(erp)
    ana.decided(case, "reverted", accepted=(Offer("drop_services", "Without the site", (site.id,)),))
    kept = ana.carried_out(case)
    assert kept.status == "reverted"
    assert [one.contract_id for one in kept.left] == [site.id]
    assert (subscriptions.get(erp.id).status, subscriptions.get(site.id).status) == ("active", "ended")
    (letter,) = ana.letters("cancellation_reverted")
    assert [one["name"] for one in letter["dropped"]] == [site.name]
    assert ana.letters("cancellation_confirmed") == []


def test_another_price_counts_from_the_next_period_on(ana: Leaver) -> None:
    held = ana.holds("erp")
    case = ana.asks(held)
    offer = Offer("plan_change", "The small plan", (held.id,), amount=Money(9900, "BRL"))
    ana.decided(case, "reverted", accepted=(offer,))
    assert ana.carried_out(case).status == "reverted"
    after = subscriptions.get(held.id)
    assert (after.price, after.installments) == (Money(9900, "BRL"), held.installments)


def test_a_pause_ends_by_itself_on_its_day(ana: Leaver) -> None:
    held = ana.holds("multipack")
    case = ana.asks(held)
    until = ana.today + 40 * DAY
    ana.decided(case, "reverted", accepted=(Offer("pause", "Over the holidays", until=until),))
    paused = ana.carried_out(case)
    assert paused.status == "executing"
    assert paused.due_at == held.start_of(until)
    assert len(ana.letters("cancellation_reverted")) == 1
    ana.tick(paused.due_at - timedelta(seconds=1))
    assert subscriptions.get(held.id).frozen_at
    ana.tick(paused.due_at)
    assert ana.read(case).status == "reverted"
    assert subscriptions.get(held.id).frozen_at is None


def test_what_was_agreed_in_words_and_a_training_are_tasks_of_people(ana: Leaver) -> None:
    case = ana.asks(ana.holds("erp"))
    ana.decided(case, "reverted", agreed="A call in May", accepted=(Offer("training", "An hour"),))
    ana.world.settle_down()
    assert [step.action for step in ana.waiting(case)] == ["arrange_training", "carry_out_agreement"]
    assert ana.carried_out(case).status == "reverted"
    assert ana.tasks() == [("staff", "done"), ("staff", "done")]


def test_who_stays_may_ask_to_leave_again(ana: Leaver) -> None:
    held = ana.holds("erp")
    first = ana.asks(held)
    ana.decided(first, "reverted")
    ana.carried_out(first)
    again = ana.asks(subscriptions.get(held.id))
    assert (again.number, again.status) == ("C-000002", "open")


def test_a_worker_that_comes_once_more_changes_nothing(ana: Leaver) -> None:
    held = ana.holds("erp")
    case = ana.asks(held)
    ana.decided(case, "reverted")
    ana.carried_out(case)
    before = ana.world.rows()
    leaving_steps.run(case.id, wiring.gateways(), wiring.reach(), ana.world.now + 9 * DAY)
    assert ana.world.rows() == before
