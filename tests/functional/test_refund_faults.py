"""Refunds that are refused, at once or by the provider: nothing is promised that is not given (V8)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable, RefundRequest
from chalicelib.billing.rules import Claimed
from chalicelib.flows import refunds, settlements
from chalicelib.kernel.events import Actor
from chalicelib.kernel.money import Money
from tests.functional import steps
from tests.functional.paid import REASON, Paid, failing, paid, shown
from tests.functional.steps import LICENSE
from tests.world import World

BY = Actor("usr_1", "staff", REASON)


# Refused at once, with everything that is wrong, and nothing changed


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"amount": {"amount": 0, "currency": "EUR"}}, {"/amount/amount": "greater_than"}),
        ({"amount": {"amount": 12001, "currency": "EUR"}}, {"/amount": "more_than_left"}),
        ({"amount": {"amount": 1, "currency": "BRL"}}, {"/amount/currency": "currency"}),
        ({"reason": "  "}, {"/reason": "string_too_short"}),
        (
            {"amount": {"amount": "1", "currency": "XXX"}, "reason": "x" * 501, "payer": "me"},
            {
                "/amount/amount": "int_type",
                "/amount/currency": "literal_error",
                "/reason": "string_too_long",
                "/payer": "extra_forbidden",
            },
        ),
    ],
)
def test_a_faulty_request_names_its_faults_and_promises_nothing(
    world: World, changed: dict[str, Any], named: dict[str, str]
) -> None:
    sale = paid(world, "card")
    before = world.rows()
    assert steps.faults(sale.ask(**changed)) == named
    assert world.rows() == before


def test_a_reason_is_needed(world: World) -> None:
    path = "/v1/staff/payments/pay_x/refund"
    answer = world.http("POST", path, {}, token=world.staff("finance"))
    assert steps.faults(answer) == {"/reason": "missing"}


def test_what_is_not_paid_is_not_given_back(world: World) -> None:
    _, token = world.customer()
    sale = Paid(world, token, world.staff("finance"), steps.charged(world, token, LICENSE))
    before = world.rows()
    answer = sale.ask()
    assert (answer.status, answer.json["code"]) == (409, "payment_not_refundable")
    assert world.rows() == before


def test_more_than_is_left_is_refused_whatever_has_been_given_back_or_promised(world: World) -> None:
    sale = paid(world, "card")
    sale.refund(4000)
    assert sale.ask(3000).status == 201
    left = sale.total - 7000
    assert steps.faults(sale.ask(left + 1)) == {"/amount": "more_than_left"}
    assert sale.ask(left).status == 201
    for minor in (None, 1):
        assert sale.ask(minor).json["code"] == "payment_not_refundable"
    world.settle_down()
    assert sale.states == ("refunded", "refunded", "refunded")
    assert sale.ask().json["code"] == "payment_not_refundable"


def test_a_contested_payment_is_left_to_the_bank(world: World) -> None:
    sale = paid(world, "card")
    sale.happens("dispute")
    sale.told()
    answer = sale.ask()
    assert (answer.status, answer.json["code"]) == (409, "payment_contested")


def test_unknown_payments_and_refunds_are_not_found(world: World) -> None:
    finance = world.staff("finance")
    sent = {"reference": "OUT1", "value_date": "2026-11-25"}
    for method, path, body in (
        ("POST", "/v1/staff/payments/pay_x/refund", {"reason": "x"}),
        ("GET", "/v1/staff/payments/pay_x/refunds", None),
        ("POST", "/v1/staff/refunds/rfd_x/confirm", sent),
    ):
        assert world.http(method, path, body, token=finance).status == 404


# Confirmed by hand


def test_only_what_is_to_be_sent_by_hand_is_confirmed(world: World) -> None:
    sale = paid(world, "card")
    made = sale.refund(1000)
    before = world.rows()
    answer = sale.confirm(made["id"])
    assert (answer.status, answer.json["code"]) == (409, "refund_not_by_hand")
    assert world.rows() == before


def test_a_reference_confirms_one_refund_only(world: World) -> None:
    sale = paid(world, "transfer")
    first, second = sale.refund(1000), sale.refund(1000)
    assert sale.confirm(first["id"], "OUT1").status == 200
    for refused in (
        sale.confirm(second["id"], "OUT1"),
        sale.confirm(first["id"], "OUT1", "2026-11-26"),
        # The line that brought the money in.
        sale.confirm(second["id"], sale.order["id"]),
    ):
        assert (refused.status, refused.json["code"]) == (409, "reference_used")
    assert sale.confirm(first["id"], "OUT2").json["code"] == "refund_not_by_hand"
    assert sale.sums == (2000, 0, 1000)
    assert sale.confirm(second["id"], "OUT2").json["status"] == "done"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"/reference": "missing", "/value_date": "missing"}),
        (
            {"reference": " ", "value_date": "soon", "amount": 1},
            {
                "/reference": "string_too_short",
                "/value_date": "date_from_datetime_parsing",
                "/amount": "extra_forbidden",
            },
        ),
    ],
)
def test_a_faulty_confirmation_names_its_faults(
    world: World, body: dict[str, Any], named: dict[str, str]
) -> None:
    path = "/v1/staff/refunds/rfd_x/confirm"
    answer = world.http("POST", path, body, token=world.staff("finance"))
    assert steps.faults(answer) == named


# Refused by the provider


def test_a_refund_that_its_provider_refuses_is_promised_no_more_and_for_finance(world: World) -> None:
    sale = paid(world, "card")
    refund_id = sale.ask(1000).json["id"]
    world.stream()
    steps.waiting(world, "settlements")
    for _ in range(2):
        refused = failing(ChargeRefused("charge_disputed", "no"))
        refunds.carry_out(refund_id, refused, world.now)
    (shown,) = sale.refunds
    assert (shown["status"], shown["failure"]) == ("refused", "charge_disputed")
    assert (sale.sums, sale.tasks()) == ((0, 0, 0), ["refund_refused"])
    assert sale.facts("refund_refused")["failure"] == "charge_disputed"
    assert sale.mails("refund_made") == []
    # It may be asked for again.
    assert sale.refund(1000)["status"] == "done"


def test_while_the_provider_does_not_answer_the_refund_stays_due(world: World) -> None:
    sale = paid(world, "card")
    refund_id = sale.ask(1000).json["id"]
    with pytest.raises(ProviderUnavailable):
        refunds.carry_out(refund_id, failing(ProviderUnavailable("timed out")), world.now)
    world.stream()
    assert steps.waiting(world, "settlements") == [{"refund_id": refund_id}]
    assert steps.outstanding(world) == ["refund"]
    world.reconcile(timedelta(minutes=30))
    world.settle_down()
    assert (sale.refunds[0]["status"], sale.sums) == ("done", (1000, 0, 1000))


# The provider does not answer for days: nobody knows whether the money has gone


class Down:
    """A provider that answers nothing."""

    def refund(self, request: Any) -> Any:
        raise ProviderUnavailable("timed out")

    def find(self, reference: str, provider_id: str | None) -> Any:
        raise ProviderUnavailable("timed out")


def _down(world: World, days: int) -> None:
    """For so long, everything that asks the provider fails."""
    down: Any = {"stripe": Down()}
    for _ in range(2 * days):
        world.reconcile(timedelta(hours=12))
        for message in steps.waiting(world, "settlements"):
            with suppress(ProviderUnavailable, Claimed):
                settlements.work(message, down, wiring.reach(), world.now)
        world.stream()


def _made_there(sale: Paid, refund_id: str, minor: int) -> None:
    """The provider makes the refund, and its answer is lost."""
    amount = Money(minor, sale.payment.amount.currency)
    wanted = RefundRequest(refund_id, sale.payment.provider_id or "", amount, REASON)
    assert wiring.gateways()["stripe"].refund(wanted).done


def test_before_that_the_provider_is_asked_again_and_nobody_is_bothered(world: World) -> None:
    sale = paid(world, "card")
    sale.ask(1000)
    _down(world, days=2)
    assert (sale.refunds[0]["status"], sale.tasks()) == ("requested", [])
    world.reconcile(timedelta(hours=13))
    world.settle_down()
    assert (sale.refunds[0]["status"], sale.sums, sale.tasks()) == ("done", (1000, 0, 1000), [])


@pytest.mark.parametrize("part", [True, False])
@pytest.mark.parametrize("made", [True, False])
def test_a_refund_of_which_nothing_is_known_for_days_is_found_out_by_a_person(
    world: World, made: bool, part: bool
) -> None:
    sale = paid(world, "card")
    minor = 1000 if part else sale.total
    refund_id = sale.ask(minor).json["id"]
    if made:
        _made_there(sale, refund_id, minor)
    _down(world, days=4)
    (asked,) = sale.refunds
    assert (asked["status"], asked["failure"]) == ("by_hand", "refund_uncertain")
    assert (sale.tasks(), sale.sums) == (["refund_by_hand"], (minor, 0, 0))
    assert steps.outstanding(world) == ["payment"]

    # The provider is back: its own word, and messages that were late, change nothing.
    for _ in range(2):
        sale.told()
        world.reconcile(timedelta(days=1))
        world.settle_down()
        settlements.work({"refund_id": refund_id}, wiring.gateways(), wiring.reach(), world.now)
    assert (sale.tasks(), sale.sums, sale.credited) == (["refund_by_hand"], (minor, 0, 0), [])
    gone = shown(sale).refunded
    assert (gone.minor if gone else 0) == (minor if made else 0)
    assert steps.outstanding(world) == []

    # Finance finds the refund there, or sends the money, and says so.
    assert sale.confirm(refund_id).json["status"] == "done"
    sale.told()
    world.reconcile(timedelta(days=1))
    world.settle_down()
    assert sale.sums == (minor, 0, minor)
    assert [amount for amount, _ in sale.credited] == [minor]
    assert sale.states == (("paid",) if part else ("refunded",)) * 3
    assert (sale.tasks(), shown(sale).refunded) == (["refund_by_hand"], gone)
    assert steps.outstanding(world) == []
