"""What a subscription becomes: renewed, suspended, ended, or rid of what it owes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chalicelib.subscriptions import changes
from chalicelib.subscriptions.rules import Notice, Step, Subscription, next_step
from tests.unit.subscriptions.contracts import (
    DAY,
    END,
    HOUR,
    NOW,
    YEARLY,
    a_subscription,
    midnight,
    noticed,
    paid_on,
    renewed_by,
    the_renewal,
)

THREE = replace(YEARLY, installments=3)
LATE = midnight(END + 5 * DAY)


def _states(subscription: Subscription) -> list[str]:
    return [one.status for one in subscription.installments]


def test_the_next_period_begins_where_this_one_ends_once_it_is_paid() -> None:
    asked = renewed_by(noticed(), END - 10 * DAY)
    assert (asked.start, asked.end, asked.number) == (date(2026, 1, 1), END, 1)
    ahead = changes.paid(asked, the_renewal(asked), midnight(END) - HOUR)
    assert (ahead.start, ahead.end, ahead.number, the_renewal(ahead).status) == (asked.start, END, 1, "paid")
    assert next_step(ahead) == Step("begin", midnight(END))
    after = changes.paid(asked, the_renewal(asked), midnight(END))
    assert after == changes.begun(ahead)
    assert (after.start, after.end, after.number) == (END, date(2028, 1, 1), 2)
    assert (after.status, after.notice, after.anchor) == ("active", None, date(2026, 1, 1))


def test_late_money_makes_an_overdue_one_active() -> None:
    overdue = changes.lapsed(renewed_by(noticed(), END))
    assert overdue.status == "past_due"
    after = changes.paid(overdue, the_renewal(overdue), midnight(END) - HOUR)
    assert (after.status, after.start) == ("active", END)


def test_what_is_paid_while_its_money_is_contested_stays_suspended() -> None:
    contested = changes.suspended(renewed_by(noticed(), END))
    after = changes.paid(contested, the_renewal(contested), LATE)
    assert (after.status, after.start) == ("suspended", END)


@pytest.mark.parametrize(
    ("sent_at", "failed", "notice"),
    [
        (NOW, False, Notice(END, None, NOW)),
        (None, True, Notice(END, None)),
        (None, False, Notice(END, NOW + HOUR)),
    ],
)
def test_a_notice_has_left_or_cannot_or_is_looked_at_again(
    sent_at: object, failed: bool, notice: Notice
) -> None:
    announced = changes.announced(a_subscription(), NOW - HOUR)
    after = changes.looked(announced, NOW if sent_at else None, failed=failed, now=NOW)
    assert after.notice == notice


def test_an_end_leaves_owed_what_was_asked_for_but_not_the_next_period() -> None:
    sold = noticed(terms=THREE)
    asked = changes.charged(sold, sold.installments[1], "ord_2", date(2026, 2, 1), None)
    unpaid = renewed_by(asked, END, "ord_3")
    after = changes.ended(unpaid, "unpaid", LATE)
    assert _states(after) == ["paid", "charged", "canceled", "canceled"]
    assert (after.status, after.auto_renew, after.ended_because, after.ended_at) == (
        "ended",
        False,
        "unpaid",
        LATE,
    )


def test_what_has_ended_ends_once() -> None:
    after = changes.ended(noticed(), "rescinded", LATE)
    assert changes.ended(after, "unpaid", LATE + DAY) == after


def test_a_renewal_that_was_paid_survives_the_end() -> None:
    renewed = paid_on(noticed(terms=THREE), END - 10 * DAY)
    after = changes.ended(renewed, "money_given_back", LATE)
    assert [one.status for one in after.installments if one.start == END] == ["paid", "canceled", "canceled"]


def test_money_given_back_for_a_period_that_has_not_begun_leaves_the_present_one() -> None:
    asked = renewed_by(noticed(), END - 10 * DAY)
    paid = changes.suspended(changes.paid(asked, the_renewal(asked), midnight(END) - HOUR))
    after = changes.given_back(paid, the_renewal(paid), midnight(END) - HOUR)
    assert (after.status, the_renewal(after).status, after.end) == ("active", "canceled", END)
    assert next_step(after) == Step("lapse", midnight(END))
    begun = changes.begun(paid)
    assert changes.given_back(begun, begun.installments[0], LATE) == changes.ended(
        begun, "money_given_back", LATE
    )


def test_without_gives_up_what_is_owed_and_nothing_that_is_paid() -> None:
    sold = a_subscription(terms=THREE)
    assert _states(changes.without(sold, lambda one: True)) == ["paid", "canceled", "canceled"]
    assert _states(changes.without(sold, lambda one: one.number == 3)) == ["paid", "scheduled", "canceled"]
    assert changes.without(sold, lambda one: False) == sold


def test_what_is_still_owed_is_pending() -> None:
    sold = a_subscription(terms=THREE)
    assert [one.number for one in sold.pending] == [2, 3]
    assert changes.ended(sold, "rescinded", NOW).pending == ()
