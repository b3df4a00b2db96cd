"""Refunds that are refused, at once or by the provider: nothing is promised that is not given (V8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable
from chalicelib.flows import refunds
from chalicelib.kernel.events import Actor
from tests.functional import steps
from tests.functional.paid import REASON, Paid, failing, paid
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
