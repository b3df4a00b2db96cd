"""Closing an order of PayPal so that it can no longer be captured, and giving money back once."""

import json
from dataclasses import replace

import pytest

from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable, RefundRequest
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_paypal import (
    CAPTURE_PATH,
    MISSING,
    ORDER_ID,
    ORDER_PATH,
    Json,
    adapter,
    capture,
    captured,
    lines,
    no,
    order,
    refund,
    script,
)
from tests.unit.billing.stub import Reply

CLOSED = order(intent="AUTHORIZE")
DONE = Reply(204, b"")
BACK = RefundRequest("rfd_1", ORDER_ID, Money(5000, "BRL"), "withdrawal")
PART = refund("rfd_1", "50.00")


@pytest.mark.parametrize("found", [order(), order(status="CREATED"), order(status="APPROVED")])
def test_an_open_order_is_closed_by_taking_away_its_intent_to_capture(found: Json) -> None:
    with adapter(script(get=[found, {**found, "intent": "AUTHORIZE"}], patch=DONE)) as (gateway, stub):
        known = gateway.cancel(ORDER_ID)
        (patch,) = stub.asked("PATCH")
        assert not any(call.path.endswith("/capture") for call in stub.calls)
    assert json.loads(patch.body) == [{"op": "replace", "path": "/intent", "value": "AUTHORIZE"}]
    assert patch.path == ORDER_PATH
    assert known is not None
    assert known.status == "canceled"


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (captured(), "paid"),
        (captured(capture("REFUNDED")), "refunded"),
        (captured(capture("DECLINED")), "canceled"),
        (CLOSED, "canceled"),
        (order(status="VOIDED"), "canceled"),
    ],
)
def test_what_is_paid_or_closed_stays_so(found: Json, status: str) -> None:
    with adapter(script(get=found)) as (gateway, stub):
        known = gateway.cancel(ORDER_ID)
        assert stub.asked("PATCH") == []
    assert known is not None
    assert known.status == status


def test_an_order_paid_at_the_same_moment_stays_paid() -> None:
    late = no("ORDER_ALREADY_COMPLETED")
    with adapter(script(get=[order(status="APPROVED"), captured()], patch=late)) as (gateway, _):
        known = gateway.cancel(ORDER_ID)
    assert known is not None
    assert known.status == "paid"


def test_an_order_that_lapsed_at_the_same_moment_is_closed() -> None:
    with adapter(script(get=[order(), MISSING], patch=MISSING)) as (gateway, _):
        known = gateway.cancel(ORDER_ID)
    assert known is not None
    assert known.status == "canceled"


@pytest.mark.parametrize(
    ("found", "patch"),
    [
        (order(), no("NOT_PATCHABLE")),
        (order(), Reply(500)),
        (order(), DONE),
        (order(status="SOMETHING_NEW"), DONE),
    ],
)
def test_an_order_that_may_still_be_paid_is_not_told_to_be_closed(found: Json, patch: Reply) -> None:
    with adapter(script(get=found, patch=patch)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.cancel(ORDER_ID)


@pytest.mark.parametrize("status", ["PENDING", "SOMETHING_NEW"])
def test_money_under_way_can_be_neither_stopped_nor_told_to_be(status: str) -> None:
    with adapter(script(get=captured(capture(status)), patch=DONE)) as (gateway, stub):
        with pytest.raises(ProviderUnavailable):
            gateway.cancel(ORDER_ID)
        assert stub.asked("PATCH") == []


def test_a_refund_gives_back_the_amount_of_the_capture_asked_for() -> None:
    with adapter(script(get=captured(), refund=Reply(201, PART))) as (gateway, stub):
        made = gateway.refund(BACK)
        call = stub.calls[-1]
    assert (made.provider_id, made.done) == ("1JU08902781691411", True)
    assert (call.method, call.path) == ("POST", f"{CAPTURE_PATH}/refund")
    assert call.headers["paypal-request-id"] == "rfd_1"
    wanted = {"amount": {"currency_code": "BRL", "value": "50.00"}, "custom_id": "rfd_1"}
    assert json.loads(call.body) == wanted


def test_a_refund_that_waits_for_a_bank_is_not_done() -> None:
    pending = refund("rfd_1", "50.00", "PENDING")
    with adapter(script(get=captured(), refund=Reply(201, pending))) as (gateway, _):
        assert not gateway.refund(BACK).done


@pytest.mark.parametrize(("status", "done"), [("COMPLETED", True), ("PENDING", False)])
def test_a_refund_made_earlier_is_found_and_not_made_again(status: str, done: bool) -> None:
    found = captured(refunds=[refund("rfd_0", "1.00"), refund("rfd_1", "50.00", status)])
    with adapter(script(get=found)) as (gateway, stub):
        assert gateway.refund(BACK).done is done
        assert lines(stub) == [f"GET {ORDER_PATH}"]


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_refund_that_came_to_nothing_is_a_refusal(status: str) -> None:
    failed = refund("rfd_1", "50.00", status)
    for answers in (script(get=captured(refunds=[failed])), script(get=captured(), refund=failed)):
        with adapter(answers) as (gateway, _), pytest.raises(ChargeRefused, match="refund_failed"):
            gateway.refund(BACK)


@pytest.mark.parametrize(
    ("found", "amount", "code"),
    [
        (MISSING, Money(5000, "BRL"), "charge_unknown"),
        (order(), Money(5000, "BRL"), "charge_not_paid"),
        (captured(capture("PENDING")), Money(5000, "BRL"), "charge_not_paid"),
        (captured(), Money(14991, "BRL"), "refund_exceeds_charge"),
        (captured(), Money(0, "BRL"), "refund_exceeds_charge"),
        (captured(), Money(5000, "USD"), "refund_exceeds_charge"),
        (
            captured(refunds=[refund("rfd_0", "100.00", "PENDING")]),
            Money(5000, "BRL"),
            "refund_exceeds_charge",
        ),
        (
            captured(capture("REFUNDED"), refunds=[refund("rfd_0", "149.90")]),
            Money(1, "BRL"),
            "refund_exceeds_charge",
        ),
        (
            captured(capture(status_details={"reason": "BUYER_COMPLAINT"})),
            Money(5000, "BRL"),
            "charge_disputed",
        ),
    ],
)
def test_what_cannot_go_back_is_refused_before_it_is_asked_for(
    found: object, amount: Money, code: str
) -> None:
    with adapter(script(get=found)) as (gateway, stub), pytest.raises(ChargeRefused) as refusal:
        gateway.refund(replace(BACK, amount=amount))
    assert refusal.value.code == code
    assert stub.asked("POST")[1:] == []


def test_a_no_of_the_provider_to_a_refund_is_a_refusal_with_its_reason() -> None:
    refused = no("REFUND_TIME_LIMIT_EXCEEDED")
    with (
        adapter(script(get=captured(), refund=refused)) as (gateway, _),
        pytest.raises(ChargeRefused) as refusal,
    ):
        gateway.refund(BACK)
    assert (refusal.value.code, refusal.value.detail) == ("REFUND_TIME_LIMIT_EXCEEDED", "because")


@pytest.mark.parametrize(
    "answer",
    [Reply(500), Reply(409), no("PREVIOUS_REQUEST_IN_PROGRESS"), Reply(201, {}), Reply(201, b"<html>")],
)
def test_a_refund_whose_outcome_is_unknown_is_no_refusal(answer: Reply) -> None:
    with adapter(script(get=captured(), refund=answer)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.refund(BACK)
