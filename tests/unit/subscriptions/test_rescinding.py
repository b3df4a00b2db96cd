"""What ending a contract early cancels, leaves owed and gives back, to the cent (A2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import Money, total
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions import changes, installments
from chalicelib.subscriptions.refusals import SubscriptionEnded
from chalicelib.subscriptions.rescinding import planned, rescinded
from chalicelib.subscriptions.rules import Step, Subscription, next_step

START = date(2026, 1, 1)
DAY = timedelta(days=1)
ZONE = "Europe/Madrid"


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _a_year(price: int = 36500, **terms: object) -> Subscription:
    """A year in instalments, of which the first is paid."""
    kept = replace(Terms("P1Y", installments=3), **terms)  # type: ignore[arg-type]
    money = Money(price, "EUR")
    return changes.started(
        "sub_1", "cus_1", "ord_1", "multipack", "Multipack", money, kept, START, ZONE, _noon(START)
    )


def _asked(subscription: Subscription, at: int, day: date, order_id: str = "ord_2") -> Subscription:
    one = subscription.installments[at]
    return changes.charged(subscription, one, order_id, day, None)


def test_what_is_due_from_that_day_on_falls_away_and_what_was_due_before_stays_owed() -> None:
    subscription = _asked(_a_year(), 1, date(2026, 2, 1))
    plan = planned(subscription, date(2026, 2, 20), _noon(date(2026, 2, 10)))
    assert [one.number for one in plan.still_owed] == [2]
    assert [one.number for one in plan.canceled] == [3]
    assert (plan.paid, plan.refund) == (Money(12167, "EUR"), None)
    assert plan.ends_at == subscription.start_of(date(2026, 2, 20))


def test_one_that_is_due_on_that_very_day_falls_away_asked_for_or_not() -> None:
    on = date(2026, 2, 1)
    for subscription in (_a_year(), _asked(_a_year(), 1, on)):
        assert [one.number for one in planned(subscription, None, _noon(on)).canceled] == [2, 3]


def test_without_a_day_it_ends_today_as_the_customer_counts_days() -> None:
    # In Madrid it is the tenth already.
    now = datetime(2026, 2, 9, 23, 30, tzinfo=UTC)
    plan = planned(_a_year(), None, now)
    assert (plan.effective_on, plan.ends_at) == (date(2026, 2, 10), now)
    over = rescinded(_a_year(), plan, now)
    assert (over.status, over.ended_because, over.ended_at) == ("ended", "rescinded", now)
    assert [one.status for one in over.installments] == ["paid", "scheduled", "canceled"]


def test_a_day_to_come_is_kept_and_the_schedule_ends_it_then() -> None:
    now, on = _noon(date(2026, 1, 10)), date(2026, 1, 20)
    after = rescinded(_a_year(), planned(_a_year(), on, now), now)
    assert (after.status, after.auto_renew, after.ends_on) == ("active", False, on)
    step = next_step(after)
    assert step
    assert (step.kind, step.at, step.why) == ("end", after.start_of(on), "rescinded")


def test_an_instalment_due_before_the_end_is_still_asked_for() -> None:
    now = _noon(date(2026, 1, 10))
    after = rescinded(_a_year(), planned(_a_year(), date(2026, 2, 20), now), now)
    step = next_step(after)
    assert step
    assert step.installment
    assert (step.kind, step.installment.number) == ("charge", 2)


def test_one_that_an_outage_kept_from_being_asked_for_is_owed_as_its_plan_says() -> None:
    now = _noon(date(2026, 2, 10))
    plan = planned(_a_year(), None, now)
    assert [one.number for one in plan.still_owed] == [2]
    over = rescinded(_a_year(), plan, now)
    assert [one.status for one in over.installments] == ["paid", "scheduled", "canceled"]


def test_a_renewal_that_is_asked_for_already_falls_away() -> None:
    before = _a_year(installments=1)
    asked = changes.charged(before, changes.next_installment(before), "ord_9", date(2026, 12, 16), None)
    plan = planned(asked, date(2026, 12, 31), _noon(date(2026, 12, 20)))
    assert [(one.order_id, one.start) for one in plan.canceled] == [("ord_9", before.end)]
    assert plan.still_owed == ()


def test_a_renewal_that_is_paid_late_can_be_rescinded_today_only() -> None:
    before = _a_year(installments=1, grace_days=5)
    asked = changes.charged(before, changes.next_installment(before), "ord_9", date(2026, 12, 16), None)
    late, now = changes.lapsed(asked), _noon(date(2027, 1, 3))
    plan = planned(late, None, now)
    assert (plan.effective_on, [one.order_id for one in plan.canceled]) == (date(2027, 1, 3), ["ord_9"])
    with pytest.raises(Invalid):
        planned(late, date(2027, 1, 4), now)


@pytest.mark.parametrize(
    ("on", "code"),
    [(date(2026, 2, 9), "past"), (date(2027, 1, 2), "after_end")],
)
def test_a_day_that_cannot_be_names_its_field(on: date, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        planned(_a_year(), on, _noon(date(2026, 2, 10)))
    assert [(fault.pointer, fault.code) for fault in refused.value.errors] == [("/effective_on", code)]


def test_it_can_be_rescinded_again_for_an_earlier_day_and_not_for_a_later_one() -> None:
    now, on = _noon(date(2026, 1, 10)), date(2026, 3, 20)
    after = rescinded(_a_year(), planned(_a_year(), on, now), now)
    assert rescinded(after, planned(after, on, now), now) == after
    earlier = planned(after, date(2026, 1, 31), now)
    assert [one.number for one in earlier.canceled] == [2, 3]
    with pytest.raises(Invalid):
        planned(after, on + DAY, now)


def test_what_has_ended_cannot_be_rescinded() -> None:
    over = changes.ended(_a_year(), "unpaid", _noon(START))
    with pytest.raises(SubscriptionEnded):
        planned(over, None, _noon(START))


@pytest.mark.parametrize(
    ("on", "refund"),
    [
        (date(2026, 1, 1), 36500),
        (date(2026, 1, 2), 36400),
        (date(2026, 12, 31), 100),
        (date(2027, 1, 1), None),
    ],
)
def test_where_the_terms_say_so_the_days_to_come_are_given_back(on: date, refund: int | None) -> None:
    subscription = _a_year(installments=1, refund_unused=True)
    plan = planned(subscription, on, _noon(START))
    assert plan.refund == (Money(refund, "EUR") if refund else None)


@pytest.mark.parametrize(("refund_unused", "of_this_period"), [(False, 0), (True, 100)])
def test_a_period_that_is_paid_and_never_begins_is_given_back_whatever_the_terms_say(
    refund_unused: bool, of_this_period: int
) -> None:
    subscription = _a_year(installments=1, refund_unused=refund_unused)
    before = _noon(date(2026, 12, 30))
    asked = changes.charged(
        subscription, changes.next_installment(subscription), "ord_2", before.date(), None
    )
    ahead = changes.paid(asked, asked.installments[-1], before)
    plan = planned(ahead, date(2026, 12, 31), before)
    assert (plan.paid, plan.refund) == (Money(73000, "EUR"), Money(36500 + of_this_period, "EUR"))
    assert plan.canceled == plan.still_owed == ()
    assert next_step(rescinded(ahead, plan, before)) == Step(
        "end", ahead.start_of(date(2026, 12, 31)), why="rescinded"
    )


def test_the_price_of_a_used_day_is_rounded_down() -> None:
    subscription = _a_year(1000, installments=1, refund_unused=True)
    # 1000 / 365 is 2.73….
    assert planned(subscription, date(2026, 1, 2), _noon(START)).refund == Money(998, "EUR")


@st.composite
def contracts(draw: st.DrawFn) -> tuple[Subscription, date, date]:
    """A subscription somewhere in its period, a day on which it is rescinded, and the day for which."""
    parts = draw(st.integers(1, 6))
    subscription = _a_year(draw(st.integers(1, 10**7)), installments=parts, refund_unused=draw(st.booleans()))
    today = START + timedelta(days=draw(st.integers(0, 365)))
    acts = (
        lambda one: one,
        installments.paid,
        lambda one: installments.charged(one, "ord_2", one.due_on, None),
    )
    changed = [draw(st.sampled_from(acts))(one) for one in subscription.installments[1:]]
    subscription = replace(subscription, installments=(subscription.installments[0], *changed))
    on = today + timedelta(days=draw(st.integers(0, (subscription.end - today).days)))
    return subscription, today, on


@given(contracts())
def test_every_cent_of_the_period_is_paid_owed_or_cancelled(drawn: tuple[Subscription, date, date]) -> None:
    subscription, today, on = drawn
    plan = planned(subscription, on, _noon(today))
    parts = [*plan.canceled, *plan.still_owed]
    assert total((one.amount for one in parts), "EUR") + plan.paid == subscription.price
    assert plan.refund is None or 0 < plan.refund.minor <= plan.paid.minor


@given(contracts())
def test_what_is_done_is_what_was_planned(drawn: tuple[Subscription, date, date]) -> None:
    subscription, today, on = drawn
    plan = planned(subscription, on, _noon(today))
    after = rescinded(subscription, plan, _noon(today))
    assert after.pending == plan.still_owed
    assert [one.number for one in after.installments if one.status == "canceled"] == [
        one.number for one in plan.canceled
    ]
    assert (after.status == "ended") is (on == today)
    if after.status == "active":
        assert planned(after, on, _noon(today)).refund == plan.refund


@given(contracts())
def test_who_stays_a_day_longer_is_never_given_back_more(drawn: tuple[Subscription, date, date]) -> None:
    subscription, today, on = drawn
    plan = planned(subscription, on, _noon(today))
    if on > today:
        sooner = planned(subscription, on - DAY, _noon(today)).refund
        assert (sooner.minor if sooner else 0) >= (plan.refund.minor if plan.refund else 0)
