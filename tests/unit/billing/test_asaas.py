"""Charging by Asaas: one charge per payment whatever gets lost, exact amounts, and only slips as asked."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.billing.gateways import Charged, ChargeRefused, ChargeRequest, Gateway, ProviderUnavailable
from chalicelib.kernel.money import Money
from infra.sandbox.boleto import for_reading, make_slip
from tests.unit.billing.fake_asaas import FakeAsaas, asaas
from tests.unit.billing.stub import ANA, CARD, DUE, IMPATIENT, SLIP, Call, LoseAnswer, Reply, StaySilent


def charge_until_answered(gateway: Gateway, request: ChargeRequest) -> Charged:
    """A busy machine may make an impatient call time out once more than the test wants it to."""
    for _attempt in range(5):
        try:
            return gateway.charge(request)
        except ProviderUnavailable:
            continue
    return gateway.charge(request)


def _once(fault: type[Exception], method: str, path: str) -> Callable[[Call], None]:
    """Raises the fault at the first such call, and never again."""
    left = [fault()]

    def strike(call: Call) -> None:
        if left and (call.method, call.path) == (method, path):
            raise left.pop()

    return strike


def test_a_charge_gives_the_slip_of_the_provider() -> None:
    fake = FakeAsaas()
    with asaas(fake) as (gateway, _):
        charged = gateway.charge(SLIP)
    made = make_slip(bank="461", due=DUE, amount=14990, free_field="7" * 25)
    assert charged.provider_id == fake.payments[0]["id"]
    assert charged.redirect_url is None
    assert charged.slip is not None
    assert (charged.slip.line, charged.slip.barcode) == (made.line, made.barcode)
    assert charged.slip.pdf_url == "https://asaas.example/b/1"


def test_a_charge_says_who_pays_what_until_when() -> None:
    fake = FakeAsaas()
    with asaas(fake) as (gateway, stub):
        gateway.charge(SLIP)
    assert fake.customers == [
        {
            "id": "cus_000000000001",
            "deleted": False,
            "name": "Ana Lima",
            "email": "ana@example.com",
            "cpfCnpj": "52998224725",
            "externalReference": "cus_ana",
            "notificationDisabled": True,
        }
    ]
    assert json.loads(stub.asked("POST")[-1].body) == {
        "value": 149.9,
        "customer": "cus_000000000001",
        "billingType": "BOLETO",
        "dueDate": "2026-11-30",
        "description": "Licença ERP",
        "externalReference": "pay_1",
        "daysAfterDueDateToRegistrationCancellation": 1,
    }


def test_every_call_carries_key_and_user_agent_and_reading_sends_no_body() -> None:
    with asaas(FakeAsaas()) as (gateway, stub):
        gateway.charge(SLIP)
    assert {(call.headers["access_token"], call.headers["user-agent"]) for call in stub.calls} == {
        ("a-key", "Vigencia")
    }
    assert all(call.body == b"" for call in stub.asked("GET"))


@pytest.mark.parametrize(
    ("minor", "written"),
    [(29, b"0.29"), (14990, b"149.90"), (100, b"1.00"), (9_007_199_254_740_993, b"90071992547409.93")],
)
def test_the_amount_is_written_exactly(minor: int, written: bytes) -> None:
    with asaas(lambda call: Reply(200, {"data": [], "id": "cus_1"})) as (gateway, stub):
        with pytest.raises(ProviderUnavailable):  # the stub's answer is no payment
            gateway.charge(replace(SLIP, amount=Money(minor, "BRL")))
        body = stub.asked("POST")[-1].body
    assert re.search(rb'"value": ([^,]+),', body)[1] == written  # type: ignore[index]
    json.loads(body)


def test_a_customer_known_to_the_provider_is_used_again() -> None:
    fake = FakeAsaas()
    with asaas(fake) as (gateway, _):
        gateway.charge(SLIP)
        gateway.charge(replace(SLIP, payment_id="pay_2"))
    assert len(fake.customers) == 1
    assert [payment["externalReference"] for payment in fake.payments] == ["pay_1", "pay_2"]


def test_a_customer_with_another_tax_id_now_is_another_customer_for_the_provider() -> None:
    fake = FakeAsaas()
    with asaas(fake) as (gateway, _):
        gateway.charge(SLIP)
        payer = replace(ANA, tax_id="11222333000181")
        gateway.charge(replace(SLIP, payment_id="pay_2", payer=payer))
    assert [one["cpfCnpj"] for one in fake.customers] == ["52998224725", "11222333000181"]


def test_a_customer_deleted_at_the_provider_is_made_anew() -> None:
    fake = FakeAsaas()
    fake.customers.append(
        {"id": "cus_0", "deleted": True, "cpfCnpj": ANA.tax_id, "externalReference": "cus_ana"}
    )
    with asaas(fake) as (gateway, _):
        gateway.charge(SLIP)
    assert fake.payments[0]["customer"] == fake.customers[1]["id"]


def test_a_repeated_charge_is_the_same_charge() -> None:
    fake = FakeAsaas()
    with asaas(fake) as (gateway, _):
        assert gateway.charge(SLIP) == gateway.charge(SLIP)
    assert len(fake.payments) == 1


@pytest.mark.parametrize("fault", [LoseAnswer, StaySilent])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v3/payments"),
        ("GET", "/v3/customers"),
        ("POST", "/v3/customers"),
        ("POST", "/v3/payments"),
        ("GET", "/v3/payments/pay_0000000000000001/identificationField"),
    ],
)
def test_a_charge_whose_answer_is_lost_anywhere_is_made_once(
    fault: type[Exception], method: str, path: str
) -> None:
    fake = FakeAsaas(after=_once(fault, method, path))
    with asaas(fake, IMPATIENT) as (gateway, _):
        with pytest.raises(ProviderUnavailable):
            gateway.charge(SLIP)
        charged = charge_until_answered(gateway, SLIP)
    assert (len(fake.payments), len(fake.customers)) == (1, 1)
    assert charged.provider_id == fake.payments[0]["id"]
    assert charged.slip is not None


def test_a_call_is_never_repeated_by_the_adapter_itself() -> None:
    def overloaded(call: Call) -> Reply:
        return Reply(503, b"busy", {"Retry-After": "0"})

    with asaas(overloaded) as (gateway, stub):
        with pytest.raises(ProviderUnavailable):
            gateway.charge(SLIP)
        assert len(stub.calls) == 1


def test_a_deleted_charge_does_not_stand_in_the_way_of_a_new_one() -> None:
    fake = FakeAsaas()
    fake.add(deleted=True)
    with asaas(fake) as (gateway, _):
        charged = gateway.charge(SLIP)
    assert charged.provider_id == fake.payments[1]["id"]


def test_a_charge_of_another_reference_is_not_adopted_even_if_the_filter_is_overlooked() -> None:
    fake = FakeAsaas()
    other = fake.add(externalReference="pay_other")

    def everything(call: Call) -> Reply | None:
        listing = call.method == "GET" and call.path == "/v3/payments"
        return Reply(200, {"data": fake.payments}) if listing else None

    fake.before = everything
    with asaas(fake) as (gateway, _):
        assert gateway.charge(SLIP).provider_id != other["id"]
        assert gateway.find("pay_unknown", None) is None


def test_a_charge_paid_meanwhile_is_told_without_a_slip() -> None:
    fake = FakeAsaas()
    paid = fake.add(status="RECEIVED")
    with asaas(fake) as (gateway, _):
        charged = gateway.charge(SLIP)
    assert (charged.provider_id, charged.redirect_url, charged.slip) == (paid["id"], None, None)
    assert len(fake.payments) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        FakeAsaas(slip_amount=14991),
        FakeAsaas(slip_due=DUE + timedelta(days=1)),
        FakeAsaas(slip_due=DUE - timedelta(days=9000 // 2)),
    ],
)
def test_a_slip_for_another_amount_or_day_is_refused_and_taken_back(wrong: FakeAsaas) -> None:
    with asaas(wrong) as (gateway, _), pytest.raises(ChargeRefused) as refusal:
        gateway.charge(SLIP)
    assert refusal.value.code == "slip_mismatch"
    assert [payment["deleted"] for payment in wrong.payments] == [True]


def test_a_slip_with_a_wrong_check_digit_is_refused_and_taken_back() -> None:
    fake = FakeAsaas()

    def garbled(call: Call) -> Reply | None:
        if not call.path.endswith("/identificationField"):
            return None
        return Reply(200, {"identificationField": "34191751243456787123041234560005892850000026035"})

    fake.before = garbled
    with asaas(fake) as (gateway, _), pytest.raises(ChargeRefused, match="general check digit"):
        gateway.charge(SLIP)
    assert fake.payments[0]["deleted"] is True


def test_a_charge_over_another_amount_than_its_slip_is_refused_and_taken_back() -> None:
    fake = FakeAsaas(slip_amount=14990)
    fake.add(value=1499.0)
    with asaas(fake) as (gateway, _), pytest.raises(ChargeRefused, match=r"1499\.00"):
        gateway.charge(SLIP)
    assert fake.payments[0]["deleted"] is True


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_wrong_slip_that_cannot_be_taken_back_yet_is_taken_back_by_the_repeat(moment: str) -> None:
    fake = FakeAsaas(slip_amount=1)
    setattr(fake, moment, _once(LoseAnswer, "DELETE", "/v3/payments/pay_0000000000000001"))
    with asaas(fake) as (gateway, _):
        with pytest.raises(ProviderUnavailable):
            gateway.charge(SLIP)
        with pytest.raises(ChargeRefused):
            gateway.charge(SLIP)
    assert {payment["deleted"] for payment in fake.payments} == {True}


def test_a_wrong_slip_paid_before_it_could_be_taken_back_is_not_forgotten() -> None:
    fake = FakeAsaas(slip_amount=1)

    def paid(call: Call) -> Reply | None:
        if call.method != "DELETE":
            return None
        fake.payments[0]["status"] = "RECEIVED"
        return Reply(400, {"errors": [{"code": "invalid_action", "description": "já recebida"}]})

    fake.before = paid
    with asaas(fake) as (gateway, _):
        with pytest.raises(ProviderUnavailable):
            gateway.charge(SLIP)
        assert gateway.charge(SLIP).provider_id == fake.payments[0]["id"]


def test_a_slip_not_made_yet_can_be_asked_for_again() -> None:
    fake = FakeAsaas()
    strike = [Reply(404, b""), Reply(200, {"identificationField": None})]

    def not_yet(call: Call) -> Reply | None:
        return strike.pop() if strike and call.path.endswith("/identificationField") else None

    fake.before = not_yet
    with asaas(fake) as (gateway, _):
        for _attempt in range(2):
            with pytest.raises(ProviderUnavailable):
                gateway.charge(SLIP)
        assert gateway.charge(SLIP).slip is not None
    assert len(fake.payments) == 1


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (replace(SLIP, amount=Money(14990, "EUR")), "currency_not_supported"),
        (CARD, "due_date_missing"),
        (replace(SLIP, payer=replace(ANA, tax_id=None)), "tax_id_missing"),
    ],
)
def test_what_cannot_be_a_slip_is_refused_without_asking(request_: ChargeRequest, code: str) -> None:
    with asaas(FakeAsaas()) as (gateway, stub):
        with pytest.raises(ChargeRefused) as refusal:
            gateway.charge(request_)
        assert stub.calls == []
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (
            {"errors": [{"code": "invalid_value", "description": "muito pouco"}]},
            "invalid_value",
            "muito pouco",
        ),
        ({"errors": [{"code": "a"}, {"code": "b"}]}, "a", "no reason given"),
        ({"errors": []}, "http_400", "no reason given"),
        ({"errors": "?"}, "http_400", "no reason given"),
        ({"errors": [None]}, "http_400", "no reason given"),
        (b"<html>bad request</html>", "http_400", "no reason given"),
        (b"", "http_400", "no reason given"),
        ({"errors": [{"code": "long", "description": "x" * 5000}]}, "long", "x" * 500),
    ],
)
@pytest.mark.parametrize("path", ["/v3/customers", "/v3/payments"])
def test_a_no_of_the_provider_is_a_refusal_with_its_reason(
    path: str, body: object, code: str, detail: str
) -> None:
    def refusing(call: Call) -> Reply | None:
        return Reply(400, body) if (call.method, call.path) == ("POST", path) else None

    with asaas(FakeAsaas(before=refusing)) as (gateway, _), pytest.raises(ChargeRefused) as refusal:
        gateway.charge(SLIP)
    assert (refusal.value.code, refusal.value.detail) == (code, detail)


def test_the_line_that_people_read_is_the_line_that_was_checked() -> None:
    with asaas(FakeAsaas()) as (gateway, _):
        charged = gateway.charge(SLIP)
    assert charged.slip is not None
    assert for_reading(charged.slip.line).endswith("16460000014990")
