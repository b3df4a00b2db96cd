"""A request to leave stops what is charged at its own instant, as long as nothing is decided (C1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from chalicelib.subscriptions.changes import charged, ended, next_installment
from chalicelib.subscriptions.freezing import frozen, thawed
from chalicelib.subscriptions.rescinding import planned
from chalicelib.subscriptions.rules import Subscription, next_step
from tests.unit.subscriptions.made import BOUGHT, DAY, SECOND, TERMS, a_subscription, renewed

ASKED = BOUGHT + 10 * DAY
TODAY = (BOUGHT + 20 * DAY).date()
CUTOFF = a_subscription().cancel_renewal_until


def _due(subscription: Subscription) -> tuple[str, datetime] | None:
    step = next_step(subscription)
    return (step.kind, step.at) if step else None


def test_nothing_is_charged_from_the_request_on() -> None:
    before = a_subscription()
    assert _due(before) == ("charge", before.start_of(before.installments[1].due_on))
    after = frozen(before, "can_1", ASKED)
    assert _due(after) is None
    assert (after.auto_renew, after.renewal_canceled_at, after.frozen_at) == (False, ASKED, ASKED)


def test_a_second_request_does_not_move_the_first() -> None:
    first = frozen(a_subscription(), "can_1", ASKED)
    assert frozen(first, "can_1", ASKED + DAY) == first


@pytest.mark.parametrize(("at", "in_time"), [(CUTOFF - SECOND, True), (CUTOFF, False)])
def test_a_renewal_is_cancelled_if_the_request_came_before_the_cut_off(at: datetime, in_time: bool) -> None:
    after = frozen(a_subscription(), "can_1", at)
    assert (after.auto_renew, after.is_stopped) == (not in_time, in_time)
    assert _due(after) is None


def test_a_renewal_that_is_charged_waits_for_the_decision() -> None:
    after = frozen(renewed(a_subscription(auto_renew=True)), "can_1", CUTOFF + DAY)
    assert _due(after) is None
    assert _due(thawed(after, TODAY)) is not None


def test_who_stays_is_renewed_and_charged_again_as_before() -> None:
    before = a_subscription()
    assert thawed(frozen(before, "can_1", ASKED), TODAY) == before
    assert thawed(before, TODAY) == before


def test_an_end_that_comes_while_it_is_stopped_ends_nothing_and_the_days_after_it_are_his() -> None:
    before = a_subscription()
    later = before.end + timedelta(days=40)
    after = thawed(frozen(before, "can_1", ASKED), later)
    assert (after.status, after.end, after.auto_renew, after.case_id) == ("active", later, True, None)
    assert [one.number for one in after.installments] == [one.number for one in before.installments]
    assert next_installment(after).start == later
    step = next_step(replace(after, installments=()))
    assert step is not None
    assert step.kind == "notify"


def test_what_was_not_to_be_renewed_ends_at_its_end_whoever_has_asked() -> None:
    before = a_subscription(auto_renew=False, installments=())
    assert _due(frozen(before, "can_1", ASKED)) == ("end", before.start_of(before.end))


def test_who_had_cancelled_the_renewal_before_he_asked_keeps_that() -> None:
    before = a_subscription(auto_renew=False, renewal_canceled_at=ASKED - DAY)
    assert thawed(frozen(before, "can_1", ASKED), TODAY) == before


def test_what_has_ended_or_is_not_frozen_by_its_terms_stays_as_it_is() -> None:
    over = ended(a_subscription(), "unpaid", ASKED)
    assert frozen(over, "can_1", ASKED) == over
    lasting = a_subscription(replace(TERMS, freeze_on_request=False))
    assert frozen(lasting, "can_1", ASKED) == replace(lasting, case_id="can_1")
    assert thawed(frozen(lasting, "can_1", ASKED), TODAY) == lasting


def test_nothing_that_was_to_be_charged_since_the_request_is_owed_when_it_ends() -> None:
    before = a_subscription()
    second = before.installments[1]
    asked_at = before.start_of(second.due_on) - timedelta(hours=1)
    later = asked_at + 5 * DAY
    assert [one.number for one in planned(before, None, later).still_owed] == [2]
    assert planned(frozen(before, "can_1", asked_at), None, later).still_owed == ()


def test_an_order_that_is_forgiven_is_not_owed() -> None:
    before = a_subscription()
    asked = charged(before, before.installments[1], "ord_2", date(2026, 2, 28), None)
    late = BOUGHT + 60 * DAY
    assert "ord_2" in [one.order_id for one in planned(asked, None, late).still_owed]
    plan = planned(asked, None, late, forgiven=frozenset({"ord_2"}))
    assert "ord_2" in [one.order_id for one in plan.canceled]
