"""Renewal can be cancelled, and resumed, before the cut-off and as long as it is not charged (A1, A2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.errors import LOCALES, Refusal
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions.cancelling import (
    NotRenewable,
    PastCutoff,
    SelfServiceNotAllowed,
    check_self_service,
    renewal_canceled,
    renewal_of,
    renewal_resumed,
)
from chalicelib.subscriptions.changes import announced, ended, looked
from chalicelib.subscriptions.refusals import SubscriptionEnded
from chalicelib.subscriptions.rules import Subscription, next_step
from tests.unit.subscriptions.made import BOUGHT, DAY, SECOND, TERMS, a_subscription, renewed

Change = Callable[[Subscription, datetime], Subscription]
CUTOFF = a_subscription().cancel_renewal_until
IN_TIME = CUTOFF - SECOND


def test_the_cut_off_of_these_tests_is_fifteen_days_before_the_end() -> None:
    assert rfc3339(CUTOFF) == "2027-01-15T23:00:00Z"


def test_a_cancelled_renewal_leaves_the_period_and_everything_owed_as_it_is() -> None:
    before = a_subscription()
    after = renewal_canceled(before, IN_TIME)
    assert after == replace(before, auto_renew=False, renewal_canceled_at=IN_TIME)
    assert after.pending == before.pending
    assert len(after.pending) == 2
    assert (renewal_of(before), renewal_of(after)) == ("automatic", "canceled")


def test_what_is_cancelled_ends_with_its_period_and_for_that_reason() -> None:
    after = replace(renewal_canceled(a_subscription(), IN_TIME), installments=())
    step = next_step(after)
    assert step
    assert (step.kind, step.at, step.why) == ("end", after.start_of(after.end), "renewal_canceled")


@pytest.mark.parametrize("change", [renewal_canceled, renewal_resumed])
def test_at_the_cut_off_it_is_too_late_and_the_refusal_says_until_when_it_was_not(change: Change) -> None:
    before = a_subscription()
    if change is renewal_resumed:
        before = renewal_canceled(before, BOUGHT)
    assert change(before, IN_TIME) != before
    with pytest.raises(PastCutoff) as refused:
        change(before, CUTOFF)
    assert refused.value.until == CUTOFF
    assert all("2027-01-15T23:00:00Z" in refused.value.message(locale) for locale in LOCALES)


def test_what_is_renewed_already_cannot_be_cancelled_whatever_the_time() -> None:
    with pytest.raises(PastCutoff):
        renewal_canceled(renewed(a_subscription()), BOUGHT)


@given(
    cutoff_days=st.integers(0, 40),
    notice_days_before=st.none() | st.integers(1, 40),
    charged=st.booleans(),
    since_cutoff=st.timedeltas(timedelta(days=-300), timedelta(days=60)),
)
def test_cancelling_is_accepted_exactly_before_the_cut_off_and_before_the_renewal(
    cutoff_days: int, notice_days_before: int | None, charged: bool, since_cutoff: timedelta
) -> None:
    before = a_subscription(Terms("P1Y", cutoff_days=cutoff_days))
    if notice_days_before:
        sent_at = before.start_of(before.end) - notice_days_before * DAY
        before = looked(before, sent_at, failed=False, now=sent_at)
    if charged:
        before = renewed(before)
    now = before.cancel_renewal_until + since_cutoff
    if now < before.cancel_renewal_until and not charged:
        after = renewal_canceled(before, now)
        assert after.renewal_canceled_at == now
        assert renewal_resumed(after, now) == before
    else:
        with pytest.raises(PastCutoff):
            renewal_canceled(before, now)


@given(st.timedeltas(timedelta(days=-100), timedelta(days=100)))
def test_cancelling_again_changes_nothing_also_after_the_cut_off(since_cutoff: timedelta) -> None:
    once = renewal_canceled(a_subscription(), BOUGHT)
    assert renewal_canceled(once, CUTOFF + since_cutoff) == once


@given(st.timedeltas(timedelta(days=-100), timedelta(days=100)))
def test_resuming_what_renews_changes_nothing(since_cutoff: timedelta) -> None:
    for subscription in (a_subscription(), renewed(a_subscription())):
        assert renewal_resumed(subscription, CUTOFF + since_cutoff) == subscription


@pytest.mark.parametrize("change", [renewal_canceled, renewal_resumed])
def test_what_has_ended_is_left_alone(change: Change) -> None:
    with pytest.raises(SubscriptionEnded):
        change(ended(renewal_canceled(a_subscription(), BOUGHT), "renewal_canceled", IN_TIME), IN_TIME)


def test_what_never_renews_by_itself_need_not_be_cancelled_and_cannot_be_resumed() -> None:
    once_only = a_subscription(replace(TERMS, auto_renew=False))
    assert renewal_canceled(once_only, CUTOFF) == once_only
    assert renewal_of(once_only) == "none"
    with pytest.raises(NotRenewable):
        renewal_resumed(once_only, IN_TIME)


@pytest.mark.parametrize("canceled", [False, True])
def test_what_was_agreed_to_end_does_not_renew_and_cannot_be_resumed(canceled: bool) -> None:
    ending = a_subscription(ends_on=date(2026, 6, 1))
    if canceled:
        ending = renewal_canceled(ending, BOUGHT)
    assert renewal_of(ending) == ("canceled" if canceled else "none")
    with pytest.raises(NotRenewable):
        renewal_resumed(ending, IN_TIME)


def test_a_notice_that_had_not_left_is_made_anew_when_renewal_is_resumed() -> None:
    told = announced(a_subscription(), IN_TIME - 5 * DAY)
    undelivered = looked(told, None, failed=True, now=IN_TIME)
    for before in (told, undelivered):
        assert renewal_resumed(renewal_canceled(before, IN_TIME), IN_TIME).notice is None
    left = looked(told, IN_TIME - 5 * DAY, failed=False, now=IN_TIME)
    assert renewal_resumed(renewal_canceled(left, IN_TIME), IN_TIME) == left


def test_the_terms_say_whether_a_customer_may_do_it_himself() -> None:
    check_self_service(a_subscription())
    with pytest.raises(SelfServiceNotAllowed):
        check_self_service(a_subscription(replace(TERMS, self_cancel=False)))


@pytest.mark.parametrize("refusal", [SubscriptionEnded(id="sub_1"), NotRenewable(id="sub_1")])
def test_a_refusal_names_the_subscription(refusal: Refusal) -> None:
    assert all("sub_1" in refusal.message(locale) for locale in LOCALES)
