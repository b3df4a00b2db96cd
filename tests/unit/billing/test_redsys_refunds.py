"""Refunds by Redsys, which knows no idempotency key: asked about first, and never made twice."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.billing.gateways import (
    ChargeRefused,
    ProviderUnavailable,
    Refunded,
    RefundRequest,
)
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_redsys import (
    CODE,
    ID,
    ORDER,
    SECRET,
    FakeRedsys,
    adapter,
    answered,
    given_back,
    members,
    operation,
    parameters,
    refund,
)
from tests.unit.billing.stub import IMPATIENT, Call, LoseAnswer, Reply, StaySilent

BACK = RefundRequest("ref_1", ID, Money(14990, "EUR"), "returned")
SOME = replace(BACK, amount=Money(4990, "EUR"))


def _refunds(reply: Callable[[Call], Reply], request: RefundRequest = BACK) -> Refunded:
    with adapter(reply) as (gateway, _):
        return gateway.refund(request)


def _with(message: str, answer: Reply) -> Callable[[Call], Reply]:
    return lambda call: answered(message) if call.path.endswith("SerClsWSConsulta") else answer


def test_a_refund_is_asked_for_with_the_order_and_the_amount() -> None:
    fake = FakeRedsys()
    with adapter(fake) as (gateway, stub):
        assert gateway.refund(SOME) == Refunded(ORDER, True)
    form = json.loads(stub.calls[-1].body)
    assert stub.calls[-1].path == "/sis/rest/trataPeticionREST"
    assert parameters(form) == {
        "DS_MERCHANT_AMOUNT": "4990",
        "DS_MERCHANT_CURRENCY": "978",
        "DS_MERCHANT_MERCHANTCODE": CODE,
        "DS_MERCHANT_ORDER": ORDER,
        "DS_MERCHANT_TERMINAL": "1",
        "DS_MERCHANT_TRANSACTIONTYPE": "3",
    }


@pytest.mark.parametrize("fault", [LoseAnswer, StaySilent])
@pytest.mark.parametrize("request_", [BACK, SOME])
def test_a_refund_whose_answer_is_lost_is_not_made_twice(
    fault: type[Exception], request_: RefundRequest
) -> None:
    left = [fault()]

    def strike() -> None:
        if left:
            raise left.pop()

    fake = FakeRedsys(after=strike)
    with adapter(fake, IMPATIENT) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.refund(request_)
    with adapter(fake) as (gateway, _):
        again = gateway.refund(request_)
    assert fake.refunds == [str(request_.amount.minor)]
    # Of a part it cannot be told whether it was this refund or another one: a person looks at the total.
    assert again == Refunded(ORDER, request_ == BACK)


def test_parts_go_back_until_all_has() -> None:
    fake = FakeRedsys()
    with adapter(fake) as (gateway, _):
        for minor in (4990, 3000, 7000):
            assert gateway.refund(replace(BACK, amount=Money(minor, "EUR"))).done
        with pytest.raises(ChargeRefused, match="refund_exceeds_charge"):
            gateway.refund(replace(BACK, amount=Money(1, "EUR")))
    assert fake.refunds == ["4990", "3000", "7000"]


@pytest.mark.parametrize(
    ("message", "request_", "code"),
    [
        (operation(), replace(BACK, amount=Money(14991, "EUR")), "refund_exceeds_charge"),
        (operation(), replace(BACK, amount=Money(0, "EUR")), "refund_exceeds_charge"),
        (operation(), replace(BACK, amount=Money(100, "BRL")), "refund_exceeds_charge"),
        (operation() + refund("4990"), BACK, "refund_exceeds_charge"),
        (operation(Response="0190"), BACK, "charge_not_paid"),
        (operation(State="S", Response=""), BACK, "charge_not_paid"),
        (operation(Currency="840"), BACK, "charge_unknown"),
        (operation(), replace(BACK, provider_id="../x"), "charge_unknown"),
    ],
)
def test_what_cannot_go_back_is_refused_without_asking_for_it(
    message: str, request_: RefundRequest, code: str
) -> None:
    with adapter(lambda call: answered(message)) as (gateway, stub):
        with pytest.raises(ChargeRefused) as refusal:
            gateway.refund(request_)
        assert all(call.path.endswith("SerClsWSConsulta") for call in stub.calls)
    assert refusal.value.code == code


def test_while_a_refund_is_under_way_none_is_made() -> None:
    with pytest.raises(ProviderUnavailable, match="under way"):
        _refunds(_with(operation() + refund("100", State="P"), Reply(500)))


@pytest.mark.parametrize("code", ["SIS0054", "SIS0055", "SIS0056", "SIS0057"])
def test_a_no_of_redsys_is_a_refusal(code: str) -> None:
    with pytest.raises(ChargeRefused) as refusal:
        _refunds(_with(operation(), Reply(200, {"errorCode": code})))
    assert refusal.value.code == code


@pytest.mark.parametrize("response", ["0950", "0190", "0000", "0400", "9064"])
def test_a_denied_refund_is_a_refusal(response: str) -> None:
    reply = Reply(200, members({**given_back("14990"), "Ds_Response": response}))
    with pytest.raises(ChargeRefused) as refusal:
        _refunds(_with(operation(), reply))
    assert refusal.value.code == f"response_{response}"


def _answer(version: str = "HMAC_SHA512_V2", **changes: Any) -> Reply:
    return Reply(200, members({**given_back("14990"), **changes}, version))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"errorCode": "SIS0042"}),
        Reply(200, {"errorCode": "SIS0001"}),
        Reply(200, {"errorCode": ["SIS0054"]}),
        Reply(404, {"errorCode": "SIS0054"}),
        Reply(200, {}),
        Reply(200, b"<html>"),
        Reply(200, {**members(given_back("14990")), "Ds_Signature": "A" * 86}),
        Reply(200, {**members(given_back("14990")), "Ds_Signature": 7}),
        Reply(500),
        Reply(401),
        _answer("HMAC_SHA256_V1"),
        _answer(Ds_Order="1234ABCDEFGH"),
        _answer(Ds_Amount="14991"),
        _answer(Ds_Currency="840"),
        _answer(Ds_TransactionType="0"),
        _answer(Ds_Terminal="2"),
        _answer(Ds_Response="x"),
        _answer(Ds_Response="0909"),
        _answer(Ds_Response="9912"),
        _answer(Ds_Response="9999"),
    ],
)
def test_an_answer_that_proves_no_refund_leaves_it_to_be_asked_again(reply: Reply) -> None:
    with pytest.raises(ProviderUnavailable):
        _refunds(_with(operation(), reply))


def test_no_failure_shows_the_key() -> None:
    with pytest.raises(ProviderUnavailable) as failure:
        _refunds(_with(operation(), Reply(200, {"errorCode": "SIS0042"})))
    assert SECRET not in str(failure.value)
