"""What Asaas tells: charges in our words, read exactly, and webhooks that are really its own."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.billing.gateways import (
    NotAuthentic,
    Notice,
    ProviderUnavailable,
)
from chalicelib.billing.gateways.asaas import Asaas
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_asaas import TOKEN, FakeAsaas, Json, asaas
from tests.unit.billing.stub import (
    Reply,
    pooled,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("PENDING", "pending"),
        ("OVERDUE", "pending"),
        ("AWAITING_RISK_ANALYSIS", "pending"),
        ("AUTHORIZED", "pending"),
        ("DUNNING_REQUESTED", "pending"),
        ("CONFIRMED", "paid"),
        ("RECEIVED", "paid"),
        ("RECEIVED_IN_CASH", "paid"),
        ("DUNNING_RECEIVED", "paid"),
        ("REFUND_REQUESTED", "refunded"),
        ("REFUND_IN_PROGRESS", "refunded"),
        ("REFUNDED", "refunded"),
        ("CHARGEBACK_REQUESTED", "paid"),
        ("CHARGEBACK_DISPUTE", "paid"),
        ("AWAITING_CHARGEBACK_REVERSAL", "paid"),
        ("SOMETHING_NEW", "unknown"),
    ],
)
def test_a_status_of_the_provider_becomes_ours(told: str, status: str) -> None:
    fake = FakeAsaas()
    payment = fake.add(status=told, clientPaymentDate="2026-11-25")
    with asaas(fake) as (gateway, _):
        known = gateway.fetch(payment["id"])
    assert known is not None
    assert (known.status, known.reference, known.amount) == (status, "pay_1", Money(14990, "BRL"))
    assert (known.paid_at is not None) == (status == "paid")


@pytest.mark.parametrize(
    ("told", "status"), [("PENDING", "canceled"), ("OVERDUE", "canceled"), ("RECEIVED", "paid")]
)
def test_a_deleted_charge_is_canceled_unless_its_money_came(told: str, status: str) -> None:
    fake = FakeAsaas()
    payment = fake.add(status=told, deleted=True)
    with asaas(fake) as (gateway, _):
        known = gateway.fetch(payment["id"])
    assert known is not None
    assert known.status == status


def test_a_slip_is_paid_on_the_day_of_the_payer_not_of_the_clearing() -> None:
    fake = FakeAsaas()
    payment = fake.add(
        status="RECEIVED",
        clientPaymentDate="2026-11-27",
        confirmedDate="2026-11-30",
        paymentDate="2026-12-01",
    )
    with asaas(fake) as (gateway, _):
        known = gateway.fetch(payment["id"])
    assert known is not None
    assert known.paid_at == datetime(2026, 11, 27, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "minor"),
    [
        (b"0.29", 29),
        (b"149.9", 14990),
        (b"149.90", 14990),
        (b"149", 14900),
        (b"1.10", 110),
        (b"90071992547409.93", 9_007_199_254_740_993),
    ],
)
def test_the_amount_is_read_exactly(raw: bytes, minor: int) -> None:
    body = b'{"id": "pay_9", "status": "PENDING", "value": ' + raw + b"}"
    with asaas(lambda call: Reply(200, body)) as (gateway, _):
        known = gateway.fetch("pay_9")
    assert known is not None
    assert (known.amount.minor, type(known.amount.minor)) == (minor, int)


@pytest.mark.parametrize("raw", [b"149.999", b"NaN", b"Infinity", b"1e999", b"null", b'"x"', b"true", b"-"])
def test_an_amount_that_is_none_is_nothing_to_settle_by(raw: bytes) -> None:
    body = b'{"id": "pay_9", "status": "RECEIVED", "value": ' + raw + b"}"
    with asaas(lambda call: Reply(200, body)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch("pay_9")


@pytest.mark.parametrize(("value", "original"), [(152.9, 149.9), (149.9, None), (149.9, 160)])
def test_interest_is_not_part_of_the_amount_but_a_shortfall_shows(
    value: float, original: float | None
) -> None:
    fake = FakeAsaas()
    payment = fake.add(status="RECEIVED", value=value, originalValue=original)
    with asaas(fake) as (gateway, _):
        known = gateway.fetch(payment["id"])
    assert known is not None
    assert known.amount == Money(14990, "BRL")


def test_a_charge_made_by_hand_at_the_provider_has_no_reference() -> None:
    fake = FakeAsaas()
    ids = [fake.add(externalReference=reference)["id"] for reference in (None, "")]
    with asaas(fake) as (gateway, _):
        found = [gateway.fetch(one) for one in ids]
    assert [one.reference for one in found if one is not None] == [None, None]


@pytest.mark.parametrize("provider_id", ["pay_unknown", "", "..", "a/b", "a?b", "pay 1", "x" * 256, "é"])
def test_an_id_that_the_provider_does_not_know_is_nothing(provider_id: str) -> None:
    with asaas(FakeAsaas()) as (gateway, stub):
        assert gateway.fetch(provider_id) is None
        assert [call.path for call in stub.calls] in ([], [f"/v3/payments/{provider_id}"])


def test_a_charge_is_found_by_its_provider_id_first() -> None:
    fake = FakeAsaas()
    fake.add(status="RECEIVED")
    second = fake.add()
    with asaas(fake) as (gateway, stub):
        known = gateway.find("pay_1", second["id"])
        assert len(stub.calls) == 1
    assert known is not None
    assert known.provider_id == second["id"]


def test_a_charge_is_found_by_our_reference_when_its_id_is_not_known() -> None:
    fake = FakeAsaas()
    fake.add(deleted=True)
    paid = fake.add(status="CONFIRMED")
    fake.add()
    with asaas(fake) as (gateway, _):
        for provider_id in (None, "pay_unknown"):
            known = gateway.find("pay_1", provider_id)
            assert known is not None
            assert (known.provider_id, known.status) == (paid["id"], "paid")
        assert gateway.find("pay_2", None) is None


@pytest.mark.parametrize("status", [400, 401, 422, 500])
def test_no_answer_about_a_charge_is_not_taken_for_no_charge(status: int) -> None:
    with asaas(lambda call: Reply(status, b"")) as (gateway, _):
        with pytest.raises(ProviderUnavailable):
            gateway.fetch("pay_1")
        with pytest.raises(ProviderUnavailable):
            gateway.find("pay_1", None)


def _authenticate(raw: bytes, headers: dict[str, str] | None = None) -> Notice:
    with pooled() as pool:
        adapter = Asaas(pool, "https://api.asaas.example", "a-key", TOKEN)
        return adapter.authenticate({"asaas-access-token": TOKEN} if headers is None else headers, raw, NOW)


def test_a_webhook_with_the_token_names_event_and_charge() -> None:
    raw = json.dumps(
        {
            "id": "evt_05b708f961d739ea7eba7e4db318f621&368604920",
            "event": "PAYMENT_RECEIVED",
            "payment": {"object": "payment", "id": "pay_080225913252"},
        }
    ).encode()
    assert _authenticate(raw) == Notice(
        "evt_05b708f961d739ea7eba7e4db318f621&368604920", "PAYMENT_RECEIVED", "pay_080225913252", True
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"asaas-access-token": ""},
        {"asaas-access-token": TOKEN + "x"},
        {"asaas-access-token": TOKEN[:-1]},
        {"asaas-access-token": TOKEN.upper()},
        {"asaas-access-token": "ção"},
        {"asaas-access-token": "\udcff"},
        {"access_token": TOKEN},
        {"Asaas-Access-Token": TOKEN},
    ],
)
def test_a_webhook_without_exactly_the_token_is_not_authentic(headers: dict[str, str]) -> None:
    with pytest.raises(NotAuthentic):
        _authenticate(b"{}", headers)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"event": "TRANSFER_DONE", "transfer": {"id": "tra_1"}}, "TRANSFER_DONE"),
        ({"event": "PAYMENT_X", "payment": None}, "PAYMENT_X"),
        ({"event": "PAYMENT_X", "payment": {"id": 7}}, "PAYMENT_X"),
        ({"event": "PAYMENT_X", "payment": {"id": "../x"}}, "PAYMENT_X"),
        ({}, "unreadable"),
        ({"event": "a\nb"}, "unreadable"),
    ],
)
def test_an_authentic_webhook_about_nothing_of_ours_is_a_notice_all_the_same(body: Json, name: str) -> None:
    assert _authenticate(json.dumps({"id": "evt_1", **body}).encode()) == Notice("evt_1", name, None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"7",
        b"\xff\xfe",
        b"[" * 99_999,
        b'{"id": 7}',
        b'{"id": ""}',
        b'{"id": "\\ud800"}',
    ],
)
def test_an_authentic_body_that_cannot_be_read_is_told_from_others_by_its_hash(raw: bytes) -> None:
    assert _authenticate(raw) == Notice(f"raw-{hashlib.sha256(raw).hexdigest()}", "unreadable", None)


@pytest.mark.parametrize(
    ("name", "announces"),
    [
        ("PAYMENT_CONFIRMED", True),
        ("PAYMENT_RECEIVED", True),
        ("PAYMENT_CREATED", False),
        ("PAYMENT_OVERDUE", False),
        ("PAYMENT_REFUNDED", False),
        (["PAYMENT_RECEIVED"], False),
    ],
)
def test_only_confirmed_and_received_announce_money(name: object, announces: bool) -> None:
    raw = json.dumps({"id": "evt_1", "event": name, "payment": {"id": "pay_1"}}).encode()
    assert _authenticate(raw).announces_payment == announces


@given(st.binary(max_size=200))
def test_no_authentic_body_raises_anything(raw: bytes) -> None:
    assert _authenticate(raw).provider_id is None
