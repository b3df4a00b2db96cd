"""Money that goes back at Asaas: refunds by our id, never twice and never too much; disputes."""

import json

import pytest

from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable, RefundRequest
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_asaas import FakeAsaas, Json, asaas
from tests.unit.billing.stub import Call, LoseAnswer, Reply

ID = "pay_0000000000000001"
ASKED = RefundRequest("rfd_1", ID, Money(4990, "BRL"), "Não serviu")


def _pix_paid(**fields: object) -> FakeAsaas:
    fake = FakeAsaas()
    fake.add(status="RECEIVED", billingType="PIX", clientPaymentDate="2026-11-25", **fields)
    return fake


def _refund(status: str, value: object, mark: str = "[rfd_1]") -> Json:
    return {"status": status, "value": value, "description": f"{mark} Não serviu"}


def test_a_refund_names_our_id_and_the_exact_amount() -> None:
    with asaas(_pix_paid()) as (gateway, stub):
        made = gateway.refund(ASKED)
        (call,) = stub.asked("POST")
    assert (made.provider_id, made.done) == ("rfd_1", True)
    assert call.path == f"/v3/payments/{ID}/refund"
    assert call.body.startswith(b'{"value": 49.90, ')
    assert json.loads(call.body) == {"value": 49.9, "description": "[rfd_1] Não serviu"}


@pytest.mark.parametrize(("status", "done"), [("DONE", True), ("PENDING", False), ("SOMETHING_NEW", False)])
def test_a_refund_made_before_is_found_by_our_id_in_its_description(status: str, done: bool) -> None:
    fake = _pix_paid(refunds=[_refund("DONE", 10, "[rfd_10]"), _refund(status, 49.9)])
    with asaas(fake) as (gateway, stub):
        assert gateway.refund(ASKED).done == done
        assert stub.asked("POST") == []


def test_a_refund_that_was_called_off_is_not_tried_again_under_its_id() -> None:
    with asaas(_pix_paid(refunds=[_refund("CANCELLED", 49.9)])) as (gateway, stub):
        with pytest.raises(ChargeRefused, match="refund_failed"):
            gateway.refund(ASKED)
        assert stub.asked("POST") == []


@pytest.mark.parametrize(
    ("refunds", "allowed"),
    [
        (None, True),
        ([_refund("DONE", "100.00", "[rfd_2]")], True),
        ([_refund("DONE", 100.01, "[rfd_2]")], False),
        ([_refund("PENDING", 100.01, "by hand")], False),
        ([_refund("CANCELLED", 149.9, "[rfd_2]")], True),
        ([_refund("DONE", 60, "[rfd_2]"), _refund("PENDING", 60, "")], False),
    ],
)
def test_refunds_done_and_promised_never_exceed_the_charge(refunds: list[Json], allowed: bool) -> None:
    with asaas(_pix_paid(refunds=refunds)) as (gateway, stub):
        if allowed:
            assert gateway.refund(ASKED).done
        else:
            with pytest.raises(ChargeRefused, match="refund_exceeds_charge"):
                gateway.refund(ASKED)
        assert len(stub.asked("POST")) == allowed


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"billingType": "BOLETO"}, "refund_not_supported"),
        ({"billingType": "BOLETO", "status": "PENDING"}, "charge_not_paid"),
        ({"status": "PENDING"}, "charge_not_paid"),
        ({"status": "CHARGEBACK_DISPUTE"}, "charge_disputed"),
        ({"status": "REFUNDED"}, "refund_exceeds_charge"),
    ],
)
def test_what_cannot_be_given_back_is_refused_without_asking(fields: Json, code: str) -> None:
    fake = FakeAsaas()
    fake.add(**{"status": "RECEIVED", "billingType": "PIX", **fields})
    with asaas(fake) as (gateway, stub):
        with pytest.raises(ChargeRefused) as refusal:
            gateway.refund(ASKED)
        assert stub.asked("POST") == []
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "fields", [{"billingType": "CREDIT_CARD"}, {"billingType": "BOLETO", "pixTransaction": "7a1b"}]
)
def test_a_slip_that_was_paid_at_once_can_be_given_back(fields: Json) -> None:
    fake = FakeAsaas()
    fake.add(**{"status": "RECEIVED", **fields})
    with asaas(fake) as (gateway, _):
        assert gateway.refund(ASKED).done


def test_a_no_of_the_provider_to_a_refund_is_a_refusal() -> None:
    fake = _pix_paid()
    no = {"errors": [{"code": "invalid_action", "description": "saldo insuficiente"}]}
    fake.before = lambda call: Reply(400, no) if call.method == "POST" else None
    with asaas(fake) as (gateway, _), pytest.raises(ChargeRefused, match="invalid_action: saldo"):
        gateway.refund(ASKED)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_refund_whose_answer_is_lost_is_made_once(moment: str) -> None:
    fake, lost = _pix_paid(), [LoseAnswer()]

    def strike(call: Call) -> None:
        if call.method == "POST" and lost:
            raise lost.pop()

    setattr(fake, moment, strike)
    with asaas(fake) as (gateway, _):
        with pytest.raises(ProviderUnavailable):
            gateway.refund(ASKED)
        assert gateway.refund(ASKED).done
    assert len(fake.payments[0]["refunds"]) == 1


@pytest.mark.parametrize(
    ("told", "refunds", "status", "refunded"),
    [
        ("RECEIVED", None, "paid", None),
        ("RECEIVED", [], "paid", None),
        ("RECEIVED", [_refund("PENDING", 10)], "paid", None),
        ("RECEIVED", [_refund("CANCELLED", 10)], "paid", None),
        ("RECEIVED", [_refund("DONE", 10), _refund("DONE", 20.5)], "paid", 3050),
        ("CONFIRMED", [_refund("DONE", 149.9)], "refunded", 14990),
        ("REFUND_REQUESTED", [_refund("PENDING", 149.9)], "paid", None),
        ("REFUND_IN_PROGRESS", [_refund("DONE", 10), _refund("PENDING", 10)], "paid", 1000),
        ("REFUND_REQUESTED", None, "refunded", 14990),
        ("REFUNDED", None, "refunded", 14990),
        ("REFUNDED", [_refund("DONE", 10)], "refunded", 14990),
    ],
)
def test_money_has_gone_back_when_it_is_done_and_not_when_it_is_asked_for(
    told: str, refunds: list[Json] | None, status: str, refunded: int | None
) -> None:
    fake = FakeAsaas()
    fake.add(status=told, refunds=refunds)
    with asaas(fake) as (gateway, _):
        known = gateway.fetch(ID)
    assert known is not None
    assert (known.status, known.disputed) == (status, False)
    assert known.refunded == (Money(refunded, "BRL") if refunded else None)


@pytest.mark.parametrize(
    ("told", "disputed"),
    [
        ("CHARGEBACK_REQUESTED", True),
        ("CHARGEBACK_DISPUTE", True),
        ("AWAITING_CHARGEBACK_REVERSAL", True),
        ("RECEIVED", False),
        ("REFUNDED", False),
    ],
)
def test_a_contested_payment_is_told_as_disputed(told: str, disputed: bool) -> None:
    fake = FakeAsaas()
    fake.add(status=told)
    with asaas(fake) as (gateway, _):
        known = gateway.fetch(ID)
    assert known is not None
    assert known.disputed == disputed


@pytest.mark.parametrize("refunds", ["?", [7], [{}], [{"value": 1}], [{"value": "x", "status": "DONE"}]])
def test_refunds_that_make_no_sense_are_nothing_to_settle_by(refunds: object) -> None:
    fake = _pix_paid(refunds=refunds)
    with asaas(fake) as (gateway, stub):
        for call in (lambda: gateway.fetch(ID), lambda: gateway.refund(ASKED)):
            with pytest.raises(ProviderUnavailable):
                call()
        assert stub.asked("POST") == []


@pytest.mark.parametrize("body", [b"<html>", {}, {"id": ID}])
def test_a_page_of_something_in_between_is_no_refusal(body: object) -> None:
    with asaas(lambda call: Reply(200, body)) as (gateway, _):
        for call in (lambda: gateway.refund(ASKED), lambda: gateway.cancel(ID)):
            with pytest.raises(ProviderUnavailable):
                call()
