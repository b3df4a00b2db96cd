"""Taking the money of an order that its payer has approved: when, how often, and when never."""

from typing import Any

import pytest

from chalicelib.billing.gateways import ProviderUnavailable
from tests.unit.billing.fake_paypal import (
    ORDER_ID,
    ORDER_PATH,
    Json,
    adapter,
    capture,
    captured,
    lines,
    no,
    order,
    script,
)
from tests.unit.billing.stub import LoseAnswer, Reply

APPROVED = order(status="APPROVED")
GET, CAPTURE = f"GET {ORDER_PATH}", f"POST {ORDER_PATH}/capture"


def test_an_approved_order_is_captured_and_then_told_as_it_stands() -> None:
    with adapter(script(get=[APPROVED, captured()], capture=Reply(201, {}))) as (gateway, stub):
        known = gateway.capture(ORDER_ID)
        assert lines(stub) == [GET, CAPTURE, GET]
    assert known is not None
    assert known.status == "paid"


def test_to_look_at_an_approved_order_takes_no_money() -> None:
    with adapter(script(get=APPROVED, capture=Reply(201, {}))) as (gateway, stub):
        known = gateway.fetch(ORDER_ID)
        assert known == gateway.find("pay_1", ORDER_ID)
        assert lines(stub) == [GET, GET]
    assert known is not None
    assert (known.status, known.approved) == ("pending", True)


@pytest.mark.parametrize(
    "found",
    [
        order(),
        order(status="APPROVED", intent="AUTHORIZE"),
        captured(capture("PENDING")),
        captured(capture("COMPLETED"), status="APPROVED"),
        {**APPROVED, "purchase_units": [{"amount": {"currency_code": "BRL", "value": "1.00"}}]},
        {**APPROVED, "purchase_units": [{**APPROVED["purchase_units"][0], "invoice_id": "another"}]},
        {**APPROVED, "purchase_units": APPROVED["purchase_units"] * 2},
        {
            **APPROVED,
            "purchase_units": [
                {**APPROVED["purchase_units"][0], "amount": {"currency_code": "MXN", "value": "1.00"}}
            ],
        },
    ],
)
def test_nothing_else_is_approved_or_captured(found: Json) -> None:
    with adapter(script(get=found, capture=Reply(201, {}))) as (gateway, stub):
        known = gateway.capture(ORDER_ID)
        assert lines(stub) == [GET]
    assert known is None or not known.approved


@pytest.mark.parametrize(
    ("issue", "then", "status"),
    [
        ("INSTRUMENT_DECLINED", order(), "pending"),
        ("ORDER_ALREADY_CAPTURED", captured(), "paid"),
        ("ACTION_DOES_NOT_MATCH_INTENT", order(intent="AUTHORIZE"), "canceled"),
        ("TRANSACTION_REFUSED", APPROVED, "pending"),
    ],
)
def test_after_a_refused_capture_the_order_tells_how_it_stands(issue: str, then: Json, status: str) -> None:
    with adapter(script(get=[APPROVED, then], capture=no(issue))) as (gateway, _):
        known = gateway.capture(ORDER_ID)
    assert known is not None
    assert known.status == status


def test_a_capture_whose_answer_is_lost_is_not_made_again_once_it_shows() -> None:
    left = [LoseAnswer()]
    answers = script(get=[APPROVED, captured()], capture=Reply(201, {}))

    def strike(call: Any) -> Reply:
        reply = answers(call)
        if call.path.endswith("/capture") and left:
            raise left.pop()
        return reply

    with adapter(strike) as (gateway, stub):
        with pytest.raises(ProviderUnavailable):
            gateway.capture(ORDER_ID)
        known = gateway.capture(ORDER_ID)
        assert lines(stub).count(CAPTURE) == 1
    assert known is not None
    assert known.status == "paid"


def test_a_capture_is_a_new_try_only_after_a_new_approval() -> None:
    later = {**APPROVED, "update_time": "2026-11-22T15:30:00Z"}
    sequence = [APPROVED, APPROVED, APPROVED, APPROVED, later, later]
    with adapter(script(get=sequence, capture=no("INSTRUMENT_DECLINED"))) as (gateway, stub):
        for _ in range(3):
            gateway.capture(ORDER_ID)
        ids = [c.headers["paypal-request-id"] for c in stub.calls if c.path.endswith("/capture")]
    assert ids[0] == ids[1] != ids[2]
    assert all(one.startswith(ORDER_ID) and len(one) <= 108 for one in ids)
