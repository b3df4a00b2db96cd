"""What PayPal tells of an order, in our words; and when the money of an order is taken, and when never."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.billing.gateways import ProviderPayment, ProviderUnavailable
from chalicelib.billing.gateways.paypal_reading import payment_of
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_paypal import (
    CAPTURE_ID,
    CAPTURE_PATH,
    MISSING,
    ORDER_ID,
    ORDER_PATH,
    Json,
    adapter,
    capture,
    captured,
    lines,
    order,
    refund,
    script,
)
from tests.unit.billing.stub import Reply

PAID_AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
APPROVED = order(status="APPROVED")
GET, CAPTURE = f"GET {ORDER_PATH}", f"POST {ORDER_PATH}/capture"


def _read(found: Json) -> ProviderPayment:
    known = payment_of(found)
    assert known is not None
    return known


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (order(status="CREATED"), "pending"),
        (order(status="SAVED"), "pending"),
        (order(), "pending"),
        (APPROVED, "pending"),
        (order(status="VOIDED"), "canceled"),
        (order(status="COMPLETED"), "unknown"),
        (order(status="SOMETHING_NEW"), "unknown"),
        (order(intent="AUTHORIZE"), "canceled"),
        (order(intent="AUTHORIZE", status="APPROVED"), "canceled"),
        (captured(capture("COMPLETED")), "paid"),
        (captured(capture("PENDING", status_details={"reason": "ECHECK"})), "pending"),
        (captured(capture("DECLINED")), "canceled"),
        (captured(capture("FAILED")), "canceled"),
        (captured(capture("DECLINED"), status="PAYER_ACTION_REQUIRED"), "pending"),
        (captured(capture("DECLINED"), capture("COMPLETED")), "paid"),
        (captured(capture("PENDING"), capture("COMPLETED")), "paid"),
        (captured(capture("REFUNDED")), "refunded"),
        (captured(capture("REVERSED")), "refunded"),
        (captured(capture("PARTIALLY_REFUNDED")), "paid"),
        (captured(capture("SOMETHING_NEW")), "unknown"),
        (captured(capture("COMPLETED"), intent="AUTHORIZE"), "paid"),
    ],
)
def test_a_state_of_the_provider_becomes_ours(found: Json, status: str) -> None:
    known = _read(found)
    assert (known.provider_id, known.reference, known.amount) == (ORDER_ID, "pay_1", Money(14990, "BRL"))
    assert known.status == status
    assert known.paid_at == (PAID_AT if status == "paid" else None)


def test_amount_and_currency_are_those_of_the_capture() -> None:
    found = captured(capture(amount={"currency_code": "USD", "value": "12"}))
    assert _read(found).amount == Money(1200, "USD")


@pytest.mark.parametrize(
    ("found", "status", "gone"),
    [
        (captured(), "paid", None),
        (captured(capture("PARTIALLY_REFUNDED"), refunds=[refund("rfd_1", "10.00")]), "paid", 1000),
        (
            captured(
                capture("PARTIALLY_REFUNDED"), refunds=[refund("rfd_1", "10.00"), refund("rfd_2", "0.50")]
            ),
            "paid",
            1050,
        ),
        (captured(refunds=[refund("rfd_1", "10.00", "PENDING")]), "paid", None),
        (captured(refunds=[refund("rfd_1", "10.00", "FAILED")]), "paid", None),
        (captured(capture("REFUNDED"), refunds=[refund("rfd_1", "149.90")]), "refunded", 14990),
        (captured(refunds=[refund("rfd_1", "149.90")]), "refunded", 14990),
        (captured(capture("REVERSED")), "refunded", 14990),
        (captured(capture("PENDING")), "pending", None),
    ],
)
def test_what_has_gone_back_is_told(found: Json, status: str, gone: int | None) -> None:
    known = _read(found)
    assert (known.status, known.refunded) == (status, None if gone is None else Money(gone, "BRL"))


@pytest.mark.parametrize(
    ("state", "reason", "status", "disputed"),
    [
        ("PENDING", "BUYER_COMPLAINT", "paid", True),
        ("PENDING", "CHARGEBACK", "paid", True),
        ("COMPLETED", "BUYER_COMPLAINT", "paid", True),
        ("REVERSED", "CHARGEBACK", "refunded", True),
        ("PENDING", "PENDING_REVIEW", "pending", False),
        ("COMPLETED", None, "paid", False),
    ],
)
def test_money_that_its_payer_contests_is_told(
    state: str, reason: str | None, status: str, disputed: bool
) -> None:
    known = _read(captured(capture(state, status_details={"reason": reason})))
    assert (known.status, known.disputed) == (status, disputed)


def test_a_charge_is_found_by_the_id_of_its_capture() -> None:
    resource = {**capture(), "supplementary_data": {"related_ids": {"order_id": ORDER_ID}}}
    with adapter(script(get=captured(), get_capture=resource)) as (gateway, _):
        known = gateway.fetch(CAPTURE_ID)
    assert known is not None
    assert known.provider_id == ORDER_ID


@pytest.mark.parametrize(
    "resource",
    [MISSING, capture(), {**capture(), "supplementary_data": {"related_ids": {"order_id": "../x"}}}],
)
def test_a_capture_that_leads_to_no_order_is_nothing(resource: object) -> None:
    with adapter(script(get_capture=resource)) as (gateway, stub):
        assert gateway.fetch(CAPTURE_ID) is None
        assert lines(stub)[-1] == f"GET {CAPTURE_PATH}"


def test_an_order_that_has_lapsed_is_nothing() -> None:
    with adapter(script()) as (gateway, _):
        assert gateway.fetch(ORDER_ID) is None
        assert gateway.find("pay_1", ORDER_ID) is None
        assert gateway.cancel(ORDER_ID) is None


@pytest.mark.parametrize("provider_id", ["", "..", "a/b", "a?b", "x y", "é"])
def test_an_id_that_is_none_is_nothing_and_not_asked_for(provider_id: str) -> None:
    with adapter(script(get=order())) as (gateway, stub):
        assert gateway.fetch(provider_id) is None
        assert gateway.cancel(provider_id) is None
        assert gateway.find("pay_1", None) is None
        assert stub.calls == []


def test_an_answer_about_another_order_is_not_believed() -> None:
    with adapter(script(get=captured(id="ANOTHER"))) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch(ORDER_ID)


@pytest.mark.parametrize(
    "found",
    [
        {},
        order(purchase_units=None),
        order(purchase_units=[]),
        order(purchase_units=["x"]),
        order(purchase_units=[{"amount": {"currency_code": "BRL", "value": 149}}]),
        order(purchase_units=[{"amount": {"currency_code": "BRL", "value": "149.901"}}]),
        order(purchase_units=[{"amount": {"currency_code": "BRL", "value": "-1.00"}}]),
        order(purchase_units=[{"amount": {"currency_code": [], "value": "1.00"}}]),
        order(purchase_units=[{"amount": "1.00"}]),
        order(status=[]),
        captured(capture(status="")),
        captured(capture(create_time="yesterday")),
        captured(capture(create_time="2026-11-22T07:00:00")),
        captured(capture(create_time=7)),
        captured(refunds=[refund("rfd_1", "x")]),
        captured(refunds=[{**refund("rfd_1", "1.00"), "amount": {"currency_code": "USD", "value": "1.00"}}]),
    ],
)
def test_an_order_that_makes_no_sense_is_nothing_to_settle_by(found: Json) -> None:
    with adapter(script(get={**found, "id": ORDER_ID})) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch(ORDER_ID)


@pytest.mark.parametrize("lacking", ["status", "intent", "purchase_units"])
def test_an_order_that_lacks_a_field_is_nothing_to_settle_by(lacking: str) -> None:
    found = {name: value for name, value in order().items() if name != lacking}
    with adapter(script(get=found)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch(ORDER_ID)


def test_a_page_of_something_in_between_is_not_taken_for_no_order() -> None:
    html = Reply(200, b"<html>maintenance</html>")
    with adapter(script(get=html)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch(ORDER_ID)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["APPROVED", "PENDING"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_whatever_stands_in_an_order_it_is_read_or_refused(data: st.DataObject) -> None:
    found: Any = deepcopy(captured(capture("PARTIALLY_REFUNDED"), refunds=[refund("rfd_1", "1.00")]))
    path = data.draw(
        st.sampled_from(
            [
                ("status",),
                ("intent",),
                ("id",),
                ("purchase_units",),
                ("purchase_units", 0),
                ("purchase_units", 0, "custom_id"),
                ("purchase_units", 0, "amount"),
                ("purchase_units", 0, "payments"),
                ("purchase_units", 0, "payments", "captures"),
                ("purchase_units", 0, "payments", "captures", 0),
                ("purchase_units", 0, "payments", "captures", 0, "status"),
                ("purchase_units", 0, "payments", "captures", 0, "amount"),
                ("purchase_units", 0, "payments", "captures", 0, "amount", "value"),
                ("purchase_units", 0, "payments", "captures", 0, "create_time"),
                ("purchase_units", 0, "payments", "captures", 0, "status_details"),
                ("purchase_units", 0, "payments", "refunds"),
                ("purchase_units", 0, "payments", "refunds", 0, "status"),
            ]
        )
    )
    node = found
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = data.draw(json_values)
    try:
        known = payment_of(found)
    except ProviderUnavailable:
        return
    assert known is None or known.amount.minor >= 0
