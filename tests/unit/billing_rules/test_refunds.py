"""A refund: what may be given back, and how long its provider is asked (V8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest

from chalicelib.billing import refunds, reversals
from chalicelib.billing.refunds import (
    LONGEST_PAUSE,
    UNCERTAIN,
    UNCERTAIN_FOR,
    NotByHand,
    PaymentContested,
    PaymentNotRefundable,
    Refund,
    refundable,
)
from chalicelib.billing.rules import CHARGE_LEASE, SWEEP_AFTER, PaymentStatus
from chalicelib.billing.transfers import BankEntry, booked, sent
from chalicelib.kernel.errors import LOCALES, Invalid
from chalicelib.kernel.money import Money
from tests.unit.billing_rules.test_reversals import PAID, TOTAL
from tests.unit.billing_rules.test_rules import NOW, PAYMENT, PRICE

REFUND = Refund("rfd_1", "pay_1", "inv_1", "ord_1", "cus_1", Money(100, "BRL"), "sorry", "usr_1", NOW)
HOUR = timedelta(hours=1)


def test_all_that_is_left_goes_back_unless_an_amount_is_named() -> None:
    assert refundable(PAID, None) == PRICE
    assert refundable(PAID, Money(1, "BRL")) == Money(1, "BRL")
    part = reversals.promised(PAID, Money(99, "BRL"))
    assert refundable(part, None) == refundable(part, Money(TOTAL - 99, "BRL")) == Money(TOTAL - 99, "BRL")


@pytest.mark.parametrize(
    ("amount", "named"),
    [
        (Money(1, "EUR"), ("/amount/currency", "currency")),
        (Money(TOTAL + 1, "BRL"), ("/amount", "more_than_left")),
    ],
)
def test_another_currency_or_more_than_is_left_is_refused(amount: Money, named: tuple[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        refundable(PAID, amount)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [named]


@pytest.mark.parametrize("status", [one for one in get_args(PaymentStatus) if one != "paid"])
def test_only_a_paid_payment_can_be_given_back(status: Any) -> None:
    with pytest.raises(PaymentNotRefundable, match=status):
        refundable(replace(PAYMENT, status=status), None)


def test_of_a_payment_that_is_promised_already_nothing_can_be_given_back() -> None:
    with pytest.raises(PaymentNotRefundable, match=r"0\.00 BRL"):
        refundable(reversals.promised(PAID, PRICE), Money(1, "BRL"))


def test_nothing_is_given_back_while_a_bank_decides() -> None:
    with pytest.raises(PaymentContested):
        refundable(replace(PAID, contested_at=NOW), None)


def test_a_refund_is_due_until_it_is_certain_with_growing_pauses() -> None:
    assert REFUND.due_at == NOW + SWEEP_AFTER
    claimed = refunds.claim(REFUND, NOW)
    assert claimed.claimed_until == NOW + CHARGE_LEASE
    assert claimed.due_at == NOW + CHARGE_LEASE + SWEEP_AFTER
    later = replace(claimed, claimed_until=NOW + 4 * HOUR)
    assert later.due_at == NOW + 6 * HOUR
    much_later = replace(claimed, claimed_until=NOW + 99 * HOUR)
    assert much_later.due_at == NOW + 99 * HOUR + LONGEST_PAUSE
    for ended in (refunds.done(claimed, "re_1", None, NOW), refunds.refused(claimed, "x")):
        assert ended.due_at is None


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        ("refund_by_hand", "by_hand"),
        ("refund_not_supported", "by_hand"),
        (UNCERTAIN, "by_hand"),
        ("charge_disputed", "refused"),
        ("refund_failed", "refused"),
    ],
)
def test_what_a_provider_cannot_do_is_done_by_hand_and_what_it_will_not_is_refused(
    failure: str, status: str
) -> None:
    after = refunds.refused(REFUND, failure)
    assert (after.status, after.failure) == (status, failure)


def test_after_three_days_a_person_must_find_out() -> None:
    assert not refunds.is_uncertain(REFUND, NOW + UNCERTAIN_FOR - timedelta(seconds=1))
    assert refunds.is_uncertain(REFUND, NOW + UNCERTAIN_FOR)


def test_money_sent_back_is_a_line_below_nothing_under_the_reference_that_no_other_line_has() -> None:
    entry = BankEntry("N1", NOW.date(), Money(100, "BRL"))
    line = sent("pay_1", entry, "usr_1", NOW)
    assert (line.amount, line.payment_id) == (Money(-100, "BRL"), "pay_1")
    assert line.id == booked(replace(PAYMENT, method="transfer"), entry, "usr_1", NOW).id


def test_refusals_tell_the_state_in_every_language() -> None:
    told = NotByHand(id="rfd_1", status="done")
    assert all("rfd_1" in told.message(locale) and "done" in told.message(locale) for locale in LOCALES)
