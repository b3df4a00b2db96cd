"""Who stays: what was agreed is told him at once, and carried out (C2, C6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.cancellations.refusals import StepNotSkippable
from chalicelib.cancellations.retention import Offer
from chalicelib.flows import leaving_steps, renewals
from chalicelib.kernel.money import Money
from chalicelib.subscriptions import store as subscriptions
from tests.functional.leaving import LEO, Leaver, leaver, unfinished
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
    (formal,) = ana.letters("cancellation_confirmed")
    assert [one["name"] for one in formal["ended"]] == [site.name]
    assert [one["name"] for one in formal["kept"]] == [erp.name]


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


def test_a_pause_may_last_longer_than_the_period_and_its_days_are_not_charged(ana: Leaver) -> None:
    held = ana.holds("site")
    until = ana.today + 60 * DAY
    case = ana.asks(held)
    ana.decided(case, "reverted", accepted=(Offer("pause", "Over the summer", until=until),))
    paused = ana.carried_out(case)
    assert paused.due_at
    for days in (30, 45):
        renewals.run(held.id, wiring.vendor(), held.start_of(until) - days * DAY)
    assert subscriptions.get(held.id).status == "active"
    ana.tick(paused.due_at)
    assert ana.read(case).status == "reverted"
    after = subscriptions.get(held.id)
    assert (after.status, after.end, after.auto_renew, len(after.installments)) == ("active", until, True, 1)


def test_who_pauses_can_ask_to_leave_all_the_same(ana: Leaver) -> None:
    held = ana.holds("site")
    first = ana.asks(held)
    pause = Offer("pause", "Over the summer", until=ana.today + 60 * DAY)
    ana.decided(first, "reverted", accepted=(pause,))
    ana.carried_out(first)
    again = ana.asks(subscriptions.get(held.id))
    assert ana.read(first).status == "reverted"
    assert subscriptions.get(held.id).case_id == again.id
    ana.decided(again)
    assert ana.carried_out(again).status == "closed"
    assert subscriptions.get(held.id).status == "ended"


def test_an_offer_that_names_a_contract_too_takes_no_price_from_it(ana: Leaver) -> None:
    held = ana.holds("erp")
    case = ana.asks(held)
    cheaper = Offer("plan_change", "The small plan", (held.id,), amount=Money(9900, "BRL"))
    pause = Offer("pause", "A month", (held.id,), until=ana.today + 10 * DAY)
    ana.decided(case, "reverted", accepted=(cheaper, pause))
    ana.carried_out(case)
    assert subscriptions.get(held.id).price == Money(9900, "BRL")


def test_a_pause_stops_also_what_its_terms_do_not_freeze(ana: Leaver) -> None:
    held = ana.holds("multipack", freeze_on_request=False)
    case = ana.asks(held)
    assert subscriptions.get(held.id).frozen_at is None
    ana.decided(case, "reverted", accepted=(Offer("pause", "A month", until=ana.today + 60 * DAY),))
    assert subscriptions.get(held.id).frozen_at == ana.world.now


def test_only_what_stays_owed_is_asked_for_of_what_he_does_without(ana: Leaver) -> None:
    pack, erp = ana.holds("multipack", days=40), ana.holds("erp")
    ana.asked_to_pay(pack, -10)
    case = ana.asks(erp)
    ana.decided(case, "reverted", accepted=(Offer("drop_services", "Without it", (pack.id,)),))
    ana.carried_out(case)
    (letter,) = ana.letters("cancellation_owed")
    assert [one["number"] is None for one in letter["slips"]] == [False]


@pytest.mark.parametrize("action", ["release_contract", "change_price", "tell_agreed"])
def test_nobody_is_left_half_way(ana: Leaver, action: str) -> None:
    held = ana.holds("erp")
    case = ana.asks(held)
    cheaper = Offer("plan_change", "The small plan", (held.id,), amount=Money(9900, "BRL"))
    decided = ana.decided(case, "reverted", accepted=(cheaper,))
    (step,) = [one for one in decided.plan if one.action == action]
    with pytest.raises(StepNotSkippable):
        leaving_steps.skip(case.id, step.id, "no need", LEO, ana.world.now)


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
