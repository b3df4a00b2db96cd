"""What happens to a subscription by itself, and when: every state, as a table (A2, B8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.clock import local_date, start_of
from chalicelib.kernel.terms import Terms
from chalicelib.subscriptions import changes, installments
from chalicelib.subscriptions.rules import Notice, Subscription, next_step
from tests.unit.subscriptions.contracts import (
    DAY,
    END,
    HOUR,
    MOMENT,
    YEARLY,
    ZONES,
    a_subscription,
    midnight,
    noticed,
    paid_on,
    renewed_by,
    the_renewal,
)

CUTOFF = END - 10 * DAY
PAYABLE = midnight(date(2027, 1, 20))
THREE = replace(YEARLY, installments=3)


def _next(subscription: Subscription) -> tuple[str, datetime, str | None] | None:
    step = next_step(subscription)
    assert (step.at if step else None) == subscription.due_at
    return (step.kind, step.at, step.why) if step else None


def _with_terms(subscription: Subscription, **terms: object) -> Subscription:
    return replace(subscription, terms=replace(subscription.terms, **terms))  # type: ignore[arg-type]


def _failed() -> Subscription:
    return a_subscription(notice=Notice(END, None))


def _declined(day: date = CUTOFF, at: datetime | None = None) -> Subscription:
    """Its renewal was charged on a day, and the card declined."""
    asked = renewed_by(noticed(), day)
    one = installments.declined(the_renewal(asked), asked.terms, at or midnight(day) + HOUR)
    return changes.with_installment(asked, the_renewal(asked), one)


def _retried(at: datetime) -> Subscription:
    """Its card was charged anew at an instant; a day after the charge would have been in time."""
    return changes.retried(_declined(), the_renewal(_declined()), at)


def _exhausted() -> Subscription:
    one = the_renewal(_declined())
    return changes.with_installment(_declined(), one, replace(one, retries=3, retry_at=None))


CASES: dict[str, tuple[Subscription, tuple[str, datetime, str | None] | None]] = {
    "announced as its terms say": (a_subscription(), ("notify", midnight(END - 30 * DAY), None)),
    "never under fifteen days before": (
        _with_terms(a_subscription(), notice_days=3),
        ("notify", midnight(END - 15 * DAY), None),
    ),
    "looked after until the notice has left": (
        changes.announced(a_subscription(), midnight(END - 30 * DAY)),
        ("look", midnight(END - 30 * DAY) + HOUR, None),
    ),
    "renewed at the cut-off": (noticed(), ("renew", midnight(CUTOFF), None)),
    "renewed when a late notice is fifteen days old": (
        noticed(midnight(END - 20 * DAY) + 9 * HOUR),
        ("renew", midnight(END - 5 * DAY), None),
    ),
    "renewed after the end when the notice is as late as that": (
        noticed(midnight(END - 3 * DAY)),
        ("renew", midnight(END + 12 * DAY), None),
    ),
    "ended without a notice": (_failed(), ("end", midnight(END + 5 * DAY), "notice_undelivered")),
    "overdue from its end on": (renewed_by(noticed(), CUTOFF), ("lapse", midnight(END), None)),
    "overdue a day after a late charge": (
        renewed_by(noticed(), END + 2 * DAY),
        ("lapse", midnight(END + 3 * DAY), None),
    ),
    "charged anew": (_declined(), ("retry", midnight(CUTOFF) + HOUR + DAY, None)),
    "overdue after the ladder": (_exhausted(), ("lapse", midnight(END), None)),
    "ended after its days of grace": (
        changes.lapsed(_exhausted()),
        ("end", midnight(END + 5 * DAY), "unpaid"),
    ),
    "ended as much later as it was charged late": (
        changes.lapsed(renewed_by(noticed(), CUTOFF + 3 * DAY)),
        ("end", midnight(END + 8 * DAY), "unpaid"),
    ),
    "ended as much later as its card was charged anew late": (
        changes.lapsed(_retried(midnight(CUTOFF) + 4 * DAY + 2 * HOUR)),
        ("end", midnight(END + 8 * DAY), "unpaid"),
    ),
    "not ended while its slip can be paid": (
        changes.lapsed(renewed_by(noticed(), END, payable_until=PAYABLE)),
        ("end", PAYABLE, "unpaid"),
    ),
    "charged anew though overdue": (
        changes.lapsed(_declined(END, midnight(END) + HOUR)),
        ("retry", midnight(END) + HOUR + DAY, None),
    ),
    "ended as its terms say": (
        a_subscription(terms=replace(YEARLY, auto_renew=False)),
        ("end", midnight(END), "not_renewable"),
    ),
    "ended as its renewal was cancelled": (
        noticed(auto_renew=False, renewal_canceled_at=midnight(CUTOFF) - MOMENT),
        ("end", midnight(END), "renewal_canceled"),
    ),
    "rescinded for a day": (
        noticed(auto_renew=False, ends_on=date(2026, 7, 1)),
        ("end", midnight(date(2026, 7, 1)), "rescinded"),
    ),
    "rescinded for a day, and renewing until then": (
        noticed(ends_on=date(2026, 7, 1)),
        ("end", midnight(date(2026, 7, 1)), "rescinded"),
    ),
    "an instalment first": (a_subscription(terms=THREE), ("charge", midnight(date(2026, 2, 1)), None)),
    "an instalment though its renewal was cancelled": (
        a_subscription(terms=THREE, auto_renew=False, renewal_canceled_at=midnight(date(2026, 1, 2))),
        ("charge", midnight(date(2026, 2, 1)), None),
    ),
    "suspended, nothing": (changes.suspended(noticed()), None),
    "suspended, no instalment": (changes.suspended(a_subscription(terms=THREE)), None),
    "suspended and unpaid, nothing": (changes.suspended(_declined()), None),
    "suspended and not renewing, its end": (
        changes.suspended(a_subscription(auto_renew=False)),
        ("end", midnight(END), "not_renewable"),
    ),
    "suspended and rescinded, its end": (
        changes.suspended(a_subscription(ends_on=date(2026, 7, 1))),
        ("end", midnight(date(2026, 7, 1)), "rescinded"),
    ),
    "resumed, what it was waiting for": (
        changes.resumed(changes.suspended(noticed())),
        ("renew", midnight(CUTOFF), None),
    ),
    "ended, nothing": (changes.ended(noticed(), "unpaid", midnight(END)), None),
    "ended, and a card is declined that pays what is owed": (
        changes.ended(_declined(), "unpaid", midnight(END)),
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_happens_next_and_when(case: str) -> None:
    subscription, wanted = CASES[case]
    assert _next(subscription) == wanted


def test_an_instalment_that_was_charged_is_charged_anew_though_all_has_ended() -> None:
    sold = a_subscription(terms=THREE)
    asked = changes.charged(sold, sold.installments[1], "ord_2", date(2026, 2, 1), None)
    one = installments.declined(asked.installments[1], asked.terms, midnight(date(2026, 2, 1)))
    declined = changes.with_installment(asked, asked.installments[1], one)
    over = changes.ended(declined, "renewal_canceled", midnight(END))
    assert _next(over) == ("retry", midnight(date(2026, 2, 2)), None)
    assert [left.status for left in over.installments] == ["paid", "charged", "canceled"]


def test_of_what_is_due_the_earliest_comes_first() -> None:
    late = replace(a_subscription(terms=THREE), notice=None)
    kinds: list[str] = []
    day = date(2026, 12, 30)
    for number in range(3):
        step = next_step(late)
        assert step
        kinds.append(step.kind)
        if step.installment:
            late = changes.charged(late, step.installment, f"ord_{number}", day, None)
        else:
            late = changes.announced(late, midnight(day))
    assert kinds == ["charge", "charge", "notify"]


@pytest.mark.parametrize("zone", ZONES)
@given(
    days=st.integers(0, 400),
    hours=st.integers(0, 23),
    cutoff=st.integers(0, 40),
    notice=st.integers(0, 60),
    period=st.sampled_from(["P1M", "P3M", "P1Y"]),
)
def test_nothing_is_charged_until_its_notice_is_fifteen_days_old(
    zone: str, days: int, hours: int, cutoff: int, notice: int, period: str
) -> None:
    sold = a_subscription(zone=zone, terms=Terms(period, cutoff_days=cutoff, notice_days=notice))
    sent_at = start_of(sold.start, zone) + days * DAY + hours * HOUR
    announced = replace(sold, notice=Notice(sold.end, None, sent_at))
    step = next_step(announced)
    assert step
    assert step.kind == "renew"
    assert step.at == announced.cancel_renewal_until >= sold.cancel_renewal_until
    assert local_date(step.at, zone) - local_date(sent_at, zone) >= timedelta(days=15)
    # The cut-off moves no further than it must.
    agreed = sold.cancel_renewal_until
    assert step.at == agreed or local_date(step.at, zone) == local_date(sent_at, zone) + timedelta(days=15)


def test_a_new_period_is_announced_anew() -> None:
    after = paid_on(noticed(), CUTOFF)
    assert _next(after) == ("notify", midnight(date(2028, 1, 1) - 30 * DAY), None)
    assert after.cancel_renewal_until == midnight(date(2028, 1, 1) - 10 * DAY)
