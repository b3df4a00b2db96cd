"""Asaas beside the slip: its Pix code, how long the slip can be paid, and closing a charge."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.billing.gateways import ProviderUnavailable
from infra.sandbox.pix import make_pix
from tests.unit.billing.fake_asaas import FakeAsaas, Json, asaas
from tests.unit.billing.stub import SLIP, Call, LoseAnswer, Reply

ID = "pay_0000000000000001"
CODE = make_pix("pix.asaas.example/qr/1", "149.90")


def test_a_slip_comes_with_the_pix_code_of_the_same_charge() -> None:
    with asaas(FakeAsaas(pix=Reply(200, {"payload": CODE, "encodedImage": ""}))) as (gateway, stub):
        charged = gateway.charge(SLIP)
        assert stub.calls[-1].path == f"/v3/payments/{ID}/pixQrCode"
    assert charged.pix == CODE
    assert charged.slip is not None


@pytest.mark.parametrize(
    "answer",
    [
        Reply(400, {"errors": [{"code": "invalid_action", "description": "sem chave Pix"}]}),
        Reply(403),
        Reply(404),
        Reply(500),
        Reply(200, b"<html>"),
        Reply(200, {"payload": None}),
        Reply(200, {"payload": CODE[:-1]}),
        Reply(200, {"payload": make_pix("pix.asaas.example/qr/1", "1.00")}),
    ],
)
def test_a_slip_does_not_wait_for_a_pix_code_that_is_not_there(answer: Reply) -> None:
    with asaas(FakeAsaas(pix=answer)) as (gateway, _):
        charged = gateway.charge(SLIP)
    assert charged.pix is None
    assert charged.slip is not None


@pytest.mark.parametrize(
    ("due", "days"),
    [
        (date(2026, 11, 30), 1),  # a Monday
        (date(2026, 11, 28), 3),  # a Saturday: payable on Monday
        (date(2026, 12, 31), 5),  # no clearing until Monday, 4 January
        (date(2027, 2, 6), 5),  # the Saturday of Carnival: Ash Wednesday
    ],
)
def test_banks_take_a_slip_through_its_last_payable_day(due: date, days: int) -> None:
    with asaas(FakeAsaas()) as (gateway, stub):
        gateway.charge(replace(SLIP, due_date=due))
    sent = json.loads(stub.asked("POST")[-1].body)
    assert sent["daysAfterDueDateToRegistrationCancellation"] == days


@pytest.mark.parametrize("status", ["PENDING", "OVERDUE", "SOMETHING_NEW"])
def test_a_charge_that_is_not_paid_is_removed(status: str) -> None:
    fake = FakeAsaas()
    fake.add(status=status)
    with asaas(fake) as (gateway, _):
        known = gateway.cancel(ID)
    assert known is not None
    assert known.status == "canceled"
    assert fake.payments[0]["deleted"] is True


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "RECEIVED"}, "paid"),
        ({"status": "REFUNDED"}, "refunded"),
        ({"status": "CHARGEBACK_REQUESTED"}, "paid"),
        ({"deleted": True}, "canceled"),
    ],
)
def test_what_is_closed_or_paid_is_left_alone(fields: Json, status: str) -> None:
    fake = FakeAsaas()
    fake.add(**fields)
    with asaas(fake) as (gateway, stub):
        known = gateway.cancel(ID)
        assert stub.asked("DELETE") == []
    assert known is not None
    assert known.status == status


def _on_delete(reply: Reply, then: Callable[[], object]) -> Callable[[Call], Reply | None]:
    def strike(call: Call) -> Reply | None:
        if call.method != "DELETE":
            return None
        then()
        return reply

    return strike


def test_a_charge_paid_while_it_is_being_removed_is_paid() -> None:
    fake = FakeAsaas()
    payment = fake.add()
    refused = Reply(400, {"errors": [{"code": "invalid_action"}]})
    fake.before = _on_delete(refused, lambda: payment.update(status="RECEIVED"))
    with asaas(fake) as (gateway, _):
        known = gateway.cancel(ID)
    assert known is not None
    assert known.status == "paid"


def test_a_charge_removed_by_somebody_else_meanwhile_is_canceled() -> None:
    fake = FakeAsaas()
    fake.add()
    fake.before = _on_delete(Reply(404), fake.payments.clear)
    with asaas(fake) as (gateway, _):
        known = gateway.cancel(ID)
    assert known is not None
    assert (known.provider_id, known.reference, known.status) == (ID, "pay_1", "canceled")


def test_a_charge_that_asaas_does_not_remove_may_still_be_paid() -> None:
    fake = FakeAsaas()
    fake.add(status="AWAITING_RISK_ANALYSIS")
    fake.before = _on_delete(Reply(400, {}), lambda: None)
    with asaas(fake) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.cancel(ID)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_word_for_removing_is_repeated(moment: str) -> None:
    fake, lost = FakeAsaas(), [LoseAnswer()]
    fake.add()

    def strike(call: Call) -> None:
        if call.method == "DELETE" and lost:
            raise lost.pop()

    setattr(fake, moment, strike)
    with asaas(fake) as (gateway, _):
        with pytest.raises(ProviderUnavailable):
            gateway.cancel(ID)
        known = gateway.cancel(ID)
    assert known is not None
    assert known.status == "canceled"
