"""Parts of the price of a period: exact, each on its day, owed until it is paid or given up (A2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.money import Money, total
from chalicelib.kernel.periods import add_period
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions import changes, installments
from chalicelib.subscriptions.installments import Installment, schedule
from tests.unit.subscriptions.contracts import (
    DAY,
    HOUR,
    NOW,
    a_subscription,
    noticed,
    paid_on,
    renewed_by,
    the_renewal,
)

LADDER = Terms("P1Y", retry_days=(1, 3))
THREE = Terms("P1Y", installments=3)


@given(
    st.dates(date(2020, 1, 1), date(2032, 12, 31)),
    st.integers(0, 10**9),
    st.integers(1, 36),
    st.sampled_from(["P1M", "P3M", "P1Y"]),
    st.sampled_from(["P1M", "P2M", "P10D"]),
)
def test_instalments_add_up_and_fall_due_within_their_period(
    start: date, minor: int, parts: int, period: str, every: str
) -> None:
    end, price = add_period(start, period), Money(minor, "BRL")
    made = schedule(start, end, price, Terms(period, installments=parts, installment_every=every))
    assert total((one.amount for one in made), "BRL") == price
    assert [(one.number, one.of) for one in made] == [(at, parts) for at in range(1, parts + 1)]
    assert max(one.amount.minor for one in made) - min(one.amount.minor for one in made) <= 1
    days = [one.due_on for one in made]
    assert days == sorted(days)
    assert days[0] == start
    assert days[-1] < end


def test_instalments_from_the_31st_do_not_drift() -> None:
    terms = Terms("P1Y", installments=4)
    made = schedule(date(2026, 12, 31), date(2027, 12, 31), Money(100, "EUR"), terms)
    assert [f"{one.due_on:%m-%d}" for one in made] == ["12-31", "01-31", "02-28", "03-31"]


def test_what_would_fall_due_after_the_period_does_on_its_last_day() -> None:
    made = schedule(date(2027, 1, 31), date(2027, 2, 28), Money(100, "EUR"), Terms("P1M", installments=2))
    assert [one.due_on for one in made] == [date(2027, 1, 31), date(2027, 2, 27)]


def test_a_new_subscription_has_paid_the_first_of_its_instalments() -> None:
    sold = a_subscription(terms=THREE)
    assert [one.status for one in sold.installments] == ["paid", "scheduled", "scheduled"]
    assert [one.order_id for one in sold.installments] == ["ord_1", None, None]
    assert [one.amount.minor for one in sold.installments] == [3334, 3333, 3333]


def test_an_instalment_is_charged_by_its_order_and_then_paid() -> None:
    sold = a_subscription(terms=THREE)
    second = sold.installments[1]
    asked = changes.charged(sold, second, "ord_2", date(2026, 2, 3), None)
    charged = changes.installment_of(asked, "ord_2")
    assert charged == replace(second, status="charged", order_id="ord_2", due_on=date(2026, 2, 3))
    after = changes.paid(asked, charged, asked.start_of(asked.end) - timedelta(days=1))
    assert [one.status for one in after.installments] == ["paid", "paid", "scheduled"]
    assert (after.start, after.end, after.number) == (sold.start, sold.end, 1)


def test_the_next_period_has_its_own_instalments_and_keeps_what_is_owed_of_this_one() -> None:
    sold = noticed(terms=THREE)
    after = paid_on(sold, sold.end - 10 * DAY)
    owed = [(one.start.year, one.number, one.status) for one in after.installments]
    assert owed == [
        (2026, 2, "scheduled"),
        (2026, 3, "scheduled"),
        (2027, 1, "paid"),
        (2027, 2, "scheduled"),
        (2027, 3, "scheduled"),
    ]
    assert after.notice is None
    assert after.renewal is None


def test_an_order_of_something_else_pays_no_instalment() -> None:
    assert changes.installment_of(a_subscription(), "ord_9") is None


# The ladder


def test_a_declined_card_is_charged_anew_as_the_ladder_says_until_that_has_ended() -> None:
    one, waits = the_renewal(renewed_by(a_subscription(), date(2027, 1, 1))), []
    for _ in range(3):
        one = installments.declined(one, LADDER, NOW)
        waits.append(one.retry_at and one.retry_at - NOW)
        one = installments.retried(one) if one.retry_at else one
    assert waits == [DAY, 3 * DAY, None]
    assert (one.retries, one.status) == (2, "charged")


def test_the_same_refusal_heard_twice_changes_nothing() -> None:
    one = the_renewal(renewed_by(a_subscription(), date(2027, 1, 1)))
    told = installments.declined(one, LADDER, NOW)
    assert installments.declined(told, LADDER, NOW) == told


@pytest.mark.parametrize("change", [installments.paid, installments.canceled])
def test_what_is_paid_or_given_up_is_not_charged_anew(change: Callable[[Installment], Installment]) -> None:
    one = the_renewal(renewed_by(a_subscription(), date(2027, 1, 1)))
    after = change(installments.declined(one, LADDER, NOW + HOUR))
    assert (after.retry_at, after.is_owed) == (None, False)


def test_what_is_paid_is_not_given_up() -> None:
    first, *later = a_subscription(terms=THREE).installments
    assert installments.canceled(first) == first
    assert {installments.canceled(one).status for one in later} == {"canceled"}


def test_the_day_of_a_charge_is_its_due_day() -> None:
    late = changes.next_installment(a_subscription())
    assert late.due_on == date(2027, 1, 1)
    asked = installments.charged(late, "ord_2", date(2027, 1, 4), None)
    assert asked.due_on - late.due_on == timedelta(days=3)
