"""What of a payment has gone back: the sums add up whatever comes together, and in whatever order (V8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.billing import reversals, rules
from chalicelib.billing.pauses import ASK_CONTESTED_EVERY, ASK_CONTESTED_FOR
from chalicelib.billing.rules import Payment, PaymentStatus
from chalicelib.billing.verdicts import Sighting, judge
from chalicelib.kernel.money import Money
from tests.unit.billing_rules.test_rules import NOW, ORDERS, PAYMENT, PRICE

DAY = timedelta(days=1)
PAID = rules.paid(replace(PAYMENT, status="pending"), "p1", NOW)
TOTAL = PRICE.minor


def _brl(minor: int) -> Money:
    return Money(minor, "BRL")


def _seen(gone: int = 0, disputed: bool = False) -> Sighting:
    status = "refunded" if gone >= TOTAL else "paid"
    return Sighting("p1", PRICE, status, _brl(gone) if gone else None, disputed)


def _minor(money: Money | None) -> int:
    return money.minor if money else 0


def test_what_is_promised_is_not_left_to_give_and_is_again_once_it_was_refused() -> None:
    assert reversals.left(PAID) == PRICE
    promised = reversals.promised(reversals.promised(PAID, _brl(100)), _brl(50))
    assert (promised.promised, reversals.left(promised)) == (_brl(150), _brl(TOTAL - 150))
    assert reversals.released(promised, _brl(100)).promised == _brl(50)
    assert reversals.released(replace(promised, claimed_until=NOW), None) == promised
    assert reversals.released(reversals.promised(PAID, _brl(1)), _brl(1)) == PAID


def test_a_refund_that_is_done_has_gone_back_and_the_last_one_refunds_the_payment() -> None:
    payment = reversals.promised(PAID, PRICE)
    part = reversals.given_back(replace(payment, claimed_until=NOW), _brl(TOTAL - 1))
    assert (part.status, part.refunded, part.claimed_until) == ("paid", _brl(TOTAL - 1), None)
    assert reversals.to_credit(payment, part) == _brl(TOTAL - 1)
    whole = reversals.given_back(part, _brl(1))
    assert (whole.status, whole.refunded, whole.taken) == ("refunded", PRICE, None)
    assert reversals.to_credit(part, whole) == _brl(1)


def test_a_refund_of_ours_is_never_taken_for_a_chargeback() -> None:
    promised = reversals.promised(PAID, _brl(3000))
    for gone in (0, 1, 3000):
        assert not reversals.tells_news(promised, _seen(gone))
        assert reversals.observed(promised, _seen(gone), NOW) == promised
    more = reversals.observed(promised, _seen(3001), NOW)
    assert (more.taken, more.refunded, more.status) == (_brl(1), _brl(1), "paid")


def test_money_taken_without_us_is_not_left_to_give_and_credited_when_all_is_gone() -> None:
    part = reversals.observed(PAID, _seen(4000), NOW)
    assert (part.taken, part.refunded, reversals.left(part)) == (_brl(4000), _brl(4000), _brl(TOTAL - 4000))
    assert reversals.to_credit(PAID, part) == _brl(0)
    own = reversals.given_back(reversals.promised(part, _brl(900)), _brl(900))
    assert reversals.to_credit(part, own) == _brl(900)
    whole = reversals.observed(own, _seen(TOTAL), NOW)
    assert (whole.status, whole.refunded) == ("refunded", PRICE)
    assert reversals.to_credit(own, whole) == _brl(TOTAL - 900)
    assert reversals.to_credit(whole, whole) == _brl(0)


@pytest.mark.parametrize("executed", [True, False], ids=["refunded first", "charged back first"])
def test_a_refund_and_a_chargeback_that_race_end_in_the_same_sums(executed: bool) -> None:
    racing = reversals.promised(PAID, _brl(3000))
    # The bank takes all that it can: what our refund left, or everything.
    seen = reversals.observed(racing, _seen(TOTAL), NOW)
    assert (seen.taken, seen.status) == (_brl(TOTAL - 3000), "paid")
    ended = reversals.given_back(seen, _brl(3000)) if executed else reversals.released(seen, _brl(3000))
    after = reversals.observed(ended, _seen(TOTAL), NOW)
    assert (after.status, after.refunded, after.contested_at) == ("refunded", PRICE, None)


def test_a_dispute_is_since_when_it_was_first_seen_and_ends_with_the_money_here_or_gone() -> None:
    contested = reversals.observed(PAID, _seen(disputed=True), NOW)
    assert (contested.contested_at, contested.asked_at) == (NOW, NOW)
    again = reversals.observed(contested, _seen(disputed=True), NOW + DAY)
    assert (again.contested_at, again.asked_at) == (NOW, NOW + DAY)
    won = reversals.observed(again, _seen(), NOW + 2 * DAY)
    assert (won.contested_at, won.status) == (None, "paid")
    lost = reversals.observed(again, _seen(TOTAL), NOW + 2 * DAY)
    assert (lost.contested_at, lost.status) == (None, "refunded")
    assert reversals.observed(lost, _seen(TOTAL, disputed=True), NOW) == lost


def test_a_contested_payment_is_asked_about_every_day_for_as_long_as_banks_take() -> None:
    contested = reversals.observed(PAID, _seen(disputed=True), NOW)
    assert contested.due_at == NOW + ASK_CONTESTED_EVERY
    late = rules.asked(contested, NOW + ASK_CONTESTED_FOR - DAY)
    assert late.due_at == NOW + ASK_CONTESTED_FOR
    assert rules.asked(contested, NOW + ASK_CONTESTED_FOR).due_at is None
    # What was asked before the dispute does not count.
    assert replace(contested, asked_at=NOW - 99 * DAY).due_at == NOW + ASK_CONTESTED_EVERY
    assert reversals.observed(contested, _seen(), NOW).due_at is None


def test_only_news_are_news() -> None:
    assert not reversals.tells_news(PAID, _seen())
    assert reversals.tells_news(PAID, _seen(disputed=True))
    contested = reversals.observed(PAID, _seen(disputed=True), NOW)
    assert not reversals.tells_news(contested, _seen(disputed=True))
    assert reversals.tells_news(contested, _seen())
    taken = reversals.observed(PAID, _seen(10), NOW)
    assert not reversals.tells_news(taken, _seen(10))
    assert reversals.tells_news(taken, _seen(9))
    assert reversals.came_back(taken, _seen(9))


def test_money_that_went_back_after_a_person_was_told_of_it_needs_nobody_again() -> None:
    held = replace(PAYMENT, status="pending", provider_id="p1", held="late")
    assert judge(held, "canceled", _seen(TOTAL), announced=False) == "not_paid"
    closed = replace(held, status="canceled", held=None)
    assert judge(closed, "pending_payment", _seen(TOTAL), announced=False) == "not_paid"


@pytest.mark.parametrize("status", get_args(PaymentStatus))
def test_money_that_its_payer_contests_is_judged_as_any_other(status: Any) -> None:
    payment = replace(PAYMENT, status=status, provider_id="p1")
    assert [one.troubled for one in (_seen(), _seen(1), _seen(disputed=True))] == [False, True, True]
    for order in ORDERS:
        judged = {judge(payment, order, one, announced=False) for one in (_seen(), _seen(disputed=True))}
        assert len(judged) == 1


class Sums(RuleBasedStateMachine):
    """One payment, a provider and a bank, and everything that can happen to its money."""

    @initialize()
    def pay(self) -> None:
        self.payment: Payment = PAID
        self.at_provider, self.at_bank, self.credited = 0, 0, 0
        self.waiting: list[tuple[int, bool]] = []
        self.done = 0

    def _now(self, after: Payment) -> None:
        self.credited += reversals.to_credit(self.payment, after).minor
        self.payment = after

    @rule(minor=st.integers(1, TOTAL))
    def ask_for_a_refund(self, minor: int) -> None:
        if self.payment.status == "paid" and minor <= reversals.left(self.payment).minor:
            self._now(reversals.promised(self.payment, _brl(minor)))
            self.waiting.append((minor, False))

    @precondition(lambda self: self.waiting)
    @rule()
    def the_provider_makes_a_refund(self) -> None:
        minor, made = self.waiting.pop(0)
        if not made and self.at_provider + self.at_bank + minor <= TOTAL:
            self.at_provider += minor
            made = True
        self.waiting.insert(0, (minor, made))

    @precondition(lambda self: self.waiting)
    @rule()
    def we_hear_of_it(self) -> None:
        minor, made = self.waiting.pop(0)
        if made:
            self.done += minor
            self._now(reversals.given_back(self.payment, _brl(minor)))
        else:
            self._now(reversals.released(self.payment, _brl(minor)))

    @rule(minor=st.integers(1, TOTAL))
    def the_bank_takes_some(self, minor: int) -> None:
        self.at_bank += min(minor, TOTAL - self.at_provider - self.at_bank)

    @rule(disputed=st.booleans())
    def we_look(self, disputed: bool) -> None:
        self._now(reversals.observed(self.payment, _seen(self.at_provider + self.at_bank, disputed), NOW))

    @invariant()
    def no_sum_is_more_than_was_paid(self) -> None:
        sums = [_minor(one) for one in (self.payment.promised, self.payment.taken, self.payment.refunded)]
        assert all(0 <= one <= TOTAL for one in sums)
        assert reversals.left(self.payment).minor >= 0

    @invariant()
    def nothing_is_believed_gone_that_is_not(self) -> None:
        assert _minor(self.payment.taken) <= self.at_bank
        assert _minor(self.payment.refunded) <= self.at_provider + self.at_bank
        assert _minor(self.payment.promised) == self.done + sum(minor for minor, _ in self.waiting)

    @invariant()
    def all_and_only_what_was_refunded_is_credited(self) -> None:
        whole = self.payment.status == "refunded"
        own = _minor(self.payment.refunded) - _minor(self.payment.taken)
        assert self.credited == (TOTAL if whole else own)
        assert whole == (_minor(self.payment.refunded) == TOTAL)

    @precondition(lambda self: not self.waiting)
    @rule()
    def when_all_is_quiet_a_look_tells_the_truth(self) -> None:
        self.we_look(disputed=False)
        assert _minor(self.payment.refunded) == self.at_provider + self.at_bank
        if self.payment.status == "paid":
            assert _minor(self.payment.taken) == self.at_bank
        assert not reversals.tells_news(self.payment, _seen(self.at_provider + self.at_bank))


TestSums = Sums.TestCase


@given(st.lists(st.integers(1, TOTAL), max_size=6))
def test_refunds_together_never_exceed_the_payment(wanted: list[int]) -> None:
    payment, given_back = PAID, 0
    for minor in wanted:
        if minor <= reversals.left(payment).minor and payment.status == "paid":
            payment = reversals.given_back(reversals.promised(payment, _brl(minor)), _brl(minor))
            given_back += minor
    assert given_back <= TOTAL
    assert (payment.status == "refunded") == (given_back == TOTAL)
    assert _minor(payment.refunded) == _minor(payment.promised) == given_back
