"""What a provider's word is worth, and the life of a payment (B5, invariant 4)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from chalicelib.billing import expiry, rules
from chalicelib.billing.gateways import PaymentStatus as ProviderStatus
from chalicelib.billing.pauses import ASK_EVERY, ASK_FOR, LINGERS
from chalicelib.billing.rules import (
    CHARGE_LEASE,
    SWEEP_AFTER,
    Claimed,
    Form,
    Payment,
    PaymentStatus,
    Slip,
)
from chalicelib.billing.verdicts import NEEDS_A_PERSON, Sighting, Verdict, judge
from chalicelib.kernel.money import Money
from chalicelib.orders.rules import Status as OrderStatus

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PRICE = Money(59900, "BRL")
SLIP = Slip("0" * 47, "0" * 44, "https://bank.example.com/slip")
PAYMENT = Payment(
    id="pay_1",
    order_id="ord_1",
    invoice_id="inv_1",
    customer_id="cus_1",
    method="boleto",
    provider="asaas",
    status="requested",
    amount=PRICE,
    created_at=NOW,
    due_date=date(2026, 11, 27),
)

ORDERS: tuple[str | None, ...] = (None, *get_args(OrderStatus))
WAITING = ("pending_payment", "expired")
PAYMENTS: tuple[Payment | None, ...] = (
    None,
    PAYMENT,
    *(replace(PAYMENT, status=status, provider_id="p1") for status in get_args(PaymentStatus)),
)
AMOUNTS = (PRICE, Money(59899, "BRL"), Money(59901, "BRL"), Money(59900, "EUR"), Money(0, "BRL"))
SEEN: tuple[Sighting | None, ...] = (
    None,
    *itertools.starmap(Sighting, itertools.product(("p1", "p2"), AMOUNTS, get_args(ProviderStatus))),
)
CASES = list(itertools.product(PAYMENTS, ORDERS, SEEN, (True, False)))


@dataclass(frozen=True)
class Case:
    """One of all cases, in words."""

    payment: Payment | None
    order: str | None
    seen: Sighting | None
    announced: bool

    @property
    def verdict(self) -> Verdict:
        return judge(self.payment, self.order, self.seen, announced=self.announced)

    @property
    def is_there(self) -> bool:
        """The provider has the money."""
        return self.seen is not None and self.seen.status == "paid"

    @property
    def is_ours(self) -> bool:
        """The money names a payment and an order that we know."""
        return self.is_there and self.payment is not None and self.order is not None

    @property
    def is_paid_already(self) -> bool:
        return self.payment is not None and self.payment.status in ("paid", "refunded")

    @property
    def has_gone_back(self) -> bool:
        """The money of our own charge was there, and is not any more."""
        return self.is_same_charge and self.provider_says == "refunded"

    @property
    def is_same_charge(self) -> bool:
        """Or one whose id we were never told."""
        return bool(self.payment and self.seen and self.payment.provider_id in (None, self.seen.provider_id))

    @property
    def is_open(self) -> bool:
        return self.payment is not None and self.payment.is_open

    @property
    def is_the_price(self) -> bool:
        return self.seen is not None and self.seen.amount == PRICE

    @property
    def provider_says(self) -> str:
        return self.seen.status if self.seen else "nothing"


ALL = [Case(*case) for case in CASES]


def _exactly(verdict: Verdict, when: Callable[[Case], bool]) -> bool:
    """Whether this is the verdict in these cases and in no others."""
    return all((case.verdict == verdict) == when(case) for case in ALL)


def test_money_is_accepted_exactly_for_an_unpaid_payment_in_full_of_an_order_that_waits_or_waited() -> None:
    assert _exactly(
        "accept",
        lambda case: (
            case.order in WAITING
            and case.is_the_price
            and not case.is_paid_already
            # What has gone back since then is booked too, if somebody still waited for it.
            and (case.is_ours or (case.has_gone_back and case.is_open))
        ),
    )


def test_money_for_what_we_do_not_know_is_for_a_person() -> None:
    assert _exactly("unknown_reference", lambda case: case.is_there and not case.is_ours)


def test_the_same_charge_told_again_is_booked_already_whatever_its_amount() -> None:
    assert _exactly(
        "already_booked",
        lambda case: case.is_paid_already and case.is_same_charge and (case.is_ours or case.has_gone_back),
    )


def test_a_second_charge_of_what_is_paid_is_double_money() -> None:
    assert _exactly(
        "double",
        lambda case: (
            case.is_ours
            and (
                not case.is_same_charge
                if case.is_paid_already
                else case.order == "paid" and case.is_the_price
            )
        ),
    )


def test_another_amount_or_currency_pays_nothing() -> None:
    assert _exactly(
        "wrong_amount", lambda case: case.is_ours and not case.is_paid_already and not case.is_the_price
    )


def test_money_for_an_order_that_no_longer_waits_is_late() -> None:
    gone = {"canceled", "refunded"}
    assert _exactly(
        "late",
        lambda case: case.is_ours and not case.is_paid_already and case.is_the_price and case.order in gone,
    )


def test_money_that_went_back_and_cannot_be_booked_is_for_a_person() -> None:
    assert _exactly(
        "taken_back",
        lambda case: (
            case.is_same_charge
            and (
                case.provider_says in ("canceled", "unknown")
                if case.is_paid_already
                else case.has_gone_back and case.is_open and not (case.order in WAITING and case.is_the_price)
            )
        ),
    )


def test_a_charge_that_its_provider_closed_unpaid_is_closed_here_too() -> None:
    assert _exactly(
        "closed",
        lambda case: (
            case.payment is not None
            and case.payment.status == "pending"
            and case.is_same_charge
            and case.provider_says == "canceled"
        ),
    )


def test_announced_money_that_cannot_be_seen_is_for_a_person_and_else_there_is_nothing_to_do() -> None:
    for case in ALL:
        if case.verdict in ("announced_unseen", "not_paid"):
            assert not case.is_there
            assert (case.verdict == "announced_unseen") == (case.announced and not case.has_gone_back)
        elif not case.is_there:
            assert case.verdict in ("closed", "taken_back") or case.has_gone_back


def test_all_verdicts_occur_and_whatever_money_is_not_accepted_needs_a_person() -> None:
    assert {case.verdict for case in ALL} == set(get_args(Verdict))
    assert set(get_args(Verdict)) - {"accept", "not_paid", "already_booked", "closed"} == NEEDS_A_PERSON


# The life of a payment


def test_a_payment_is_due_until_its_provider_has_it_and_then_until_it_is_paid() -> None:
    assert PAYMENT.due_at == NOW + SWEEP_AFTER
    claimed = rules.claim(PAYMENT, NOW + timedelta(minutes=3))
    assert claimed.due_at == NOW + timedelta(minutes=3) + CHARGE_LEASE + SWEEP_AFTER
    charged = rules.charged(claimed, "p1")
    assert charged.due_at == NOW + ASK_EVERY
    assert rules.asked(charged, NOW + timedelta(days=1)).due_at == NOW + timedelta(days=1) + ASK_EVERY
    assert rules.failed(charged, "closed", NOW).due_at is None
    assert rules.paid(charged, "p1", NOW).due_at is None


def test_a_provider_is_not_asked_for_ever() -> None:
    charged = rules.charged(PAYMENT, "p1")
    assert rules.asked(charged, NOW + ASK_FOR - timedelta(seconds=1)).due_at
    assert rules.asked(charged, NOW + ASK_FOR).due_at is None


def test_a_lease_keeps_others_away_until_it_ends() -> None:
    claimed = rules.claim(PAYMENT, NOW)
    for early in (timedelta(0), CHARGE_LEASE - timedelta(microseconds=1)):
        with pytest.raises(Claimed):
            rules.claim(claimed, NOW + early)
    again = rules.claim(claimed, NOW + CHARGE_LEASE)
    assert again.claimed_until == NOW + 2 * CHARGE_LEASE


def test_a_charge_makes_the_payment_payable_and_ends_the_lease() -> None:
    charged = rules.charged(rules.claim(PAYMENT, NOW), "p1")
    assert (charged.status, charged.provider_id, charged.claimed_until) == ("pending", "p1", None)


def test_a_transfer_is_asked_about_by_nobody() -> None:
    assert rules.charged(replace(PAYMENT, provider="manual"), "transfer:p1").due_at is None


@pytest.mark.parametrize("status", ["paid", "failed"])
def test_a_failure_that_comes_too_late_changes_nothing(status: Any) -> None:
    payment = replace(PAYMENT, status=status)
    assert rules.failed(payment, "declined", NOW) == payment


@pytest.mark.parametrize("status", ["requested", "pending"])
def test_a_failure_ends_an_open_payment_with_its_reason(status: Any) -> None:
    failed = rules.failed(rules.claim(replace(PAYMENT, status=status), NOW), "declined", NOW)
    assert (failed.status, failed.failure, failed.claimed_until) == ("failed", "declined", None)
    assert failed.ended_at == NOW


FORM = Form("https://sis.example/realizarPago", {"Ds_Signature": "s"})
ON_PAGE = replace(PAYMENT, status="pending", provider="redsys", provider_id="p1", form=FORM)
LATER = NOW + timedelta(days=1)
ENDED = {
    "failed": rules.failed(ON_PAGE, "closed_by_provider", LATER),
    "canceled": expiry.given_up(ON_PAGE, "replaced", LATER),
}


@pytest.mark.parametrize("how", ENDED)
def test_what_was_posted_as_a_form_is_asked_about_once_after_its_end(how: str) -> None:
    ended = rules.asked(ENDED[how], LATER - timedelta(hours=1))
    last = LATER + LINGERS
    assert (ended.status, ended.due_at, ended.last_look_at) == (how, last, last)
    assert not rules.to_be_asked(ended, last - timedelta(seconds=1))
    assert rules.to_be_asked(ended, last)
    done = rules.asked(ended, last)
    assert (done.due_at, rules.to_be_asked(done, last), done.is_looked_at) == (None, False, False)


@pytest.mark.parametrize("how", ENDED)
def test_what_ended_and_paid_all_the_same_is_asked_about_no_more(how: str) -> None:
    assert rules.held(ENDED[how], "double").due_at is None
    paid = rules.paid(ENDED[how], "p1", LATER)
    assert (paid.due_at, paid.ended_at) == (None, None)


def test_what_ended_without_a_form_or_before_there_was_one_is_not_asked_about() -> None:
    for payment in (PAYMENT, replace(PAYMENT, status="pending", redirect_url="https://pay.example")):
        ended = expiry.given_up(payment, "replaced", LATER)
        assert (ended.ended_at, ended.due_at, ended.is_looked_at) == (LATER, None, False)


def test_a_paid_payment_keeps_the_charge_that_paid_it() -> None:
    paid = rules.paid(replace(PAYMENT, status="pending", provider_id="p1"), "p2", NOW)
    assert (paid.status, paid.provider_id, paid.paid_at) == ("paid", "p2", NOW)
