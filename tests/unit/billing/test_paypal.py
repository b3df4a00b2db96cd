"""Charging by PayPal: one order per payment whatever gets lost, its access token, and its refusals."""

import base64
import json
from dataclasses import replace

import pytest
from urllib3 import PoolManager

from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable
from chalicelib.billing.gateways.paypal import PayPal
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_paypal import (
    CAPTURE_ID,
    ORDER_ID,
    ORDER_PATH,
    ORDERS,
    TOKEN,
    adapter,
    capture,
    captured,
    lines,
    no,
    order,
    script,
)
from tests.unit.billing.stub import ANA, CARD, IMPATIENT, Call, LoseAnswer, Reply, StaySilent


def test_a_charge_gives_the_page_where_the_payer_approves() -> None:
    with adapter(script(post=order())) as (gateway, _):
        charged = gateway.charge(CARD)
    assert (charged.provider_id, charged.redirect_url, charged.slip) == (
        ORDER_ID,
        f"https://www.paypal.com/checkoutnow?token={ORDER_ID}",
        None,
    )


def test_a_charge_asks_for_one_order_over_the_whole_amount() -> None:
    with adapter(script(post=order())) as (gateway, stub):
        gateway.charge(CARD)
    call = stub.calls[-1]
    assert (call.method, call.path) == ("POST", ORDERS)
    assert json.loads(call.body) == {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "custom_id": "pay_1",
                "invoice_id": "pay_1",
                "description": "Licença ERP",
                "amount": {"currency_code": "BRL", "value": "149.90"},
            }
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    "return_url": "https://shop.example/orders/1",
                    "cancel_url": "https://shop.example/orders/1",
                    "locale": "pt-BR",
                    "shipping_preference": "NO_SHIPPING",
                    "user_action": "PAY_NOW",
                    "brand_name": "Vega",
                }
            }
        },
    }
    assert call.headers["paypal-request-id"] == "pay_1"
    assert call.headers["prefer"] == "return=representation"
    assert call.headers["authorization"] == "Bearer A21AAtoken"


@pytest.mark.parametrize(
    ("locale", "sent"), [("es", "es-ES"), ("pt-BR", "pt-BR"), ("en", "en-US"), ("x", "en-US")]
)
def test_the_page_speaks_the_payers_language(locale: str, sent: str) -> None:
    with adapter(script(post=order())) as (gateway, stub):
        gateway.charge(replace(CARD, payer=replace(ANA, locale=locale)))
    body = json.loads(stub.calls[-1].body)
    assert body["payment_source"]["paypal"]["experience_context"]["locale"] == sent


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"amount": Money(19900, "CLP")}, "currency_not_supported"), ({"card": "pm_1"}, "card_not_supported")],
)
def test_what_paypal_does_not_do_is_refused_without_asking(changes: dict[str, object], code: str) -> None:
    with adapter(script()) as (gateway, stub), pytest.raises(ChargeRefused) as refusal:
        gateway.charge(replace(CARD, **changes))  # type: ignore[arg-type]
    assert refusal.value.code == code
    assert stub.calls == []


@pytest.mark.parametrize("fault", [LoseAnswer, StaySilent])
def test_a_charge_whose_answer_is_lost_is_asked_for_again_under_the_same_id(fault: type[Exception]) -> None:
    left = [fault()]
    answers = script(post=order())

    def strike(call: Call) -> Reply:
        reply = answers(call)
        if call.path == ORDERS and left:
            raise left.pop()
        return reply

    with adapter(strike, IMPATIENT) as (gateway, stub):
        with pytest.raises(ProviderUnavailable):
            gateway.charge(CARD)
        assert gateway.charge(CARD).provider_id == ORDER_ID
        made = [call for call in stub.calls if call.path == ORDERS]
    assert [call.headers["paypal-request-id"] for call in made] == ["pay_1", "pay_1"]
    assert made[0].body == made[1].body


@pytest.mark.parametrize(
    "found",
    [order(status="APPROVED"), captured(), captured(capture("PENDING")), captured(capture("REFUNDED"))],
)
def test_a_repeat_that_finds_the_payer_ahead_sends_him_nowhere(found: dict[str, object]) -> None:
    with adapter(script(post=found, get=found)) as (gateway, _):
        charged = gateway.charge(CARD)
    assert (charged.provider_id, charged.redirect_url) == (ORDER_ID, None)


@pytest.mark.parametrize(
    "part",
    [
        {"custom_id": "pay_1", "invoice_id": "pay_1", "amount": {"currency_code": "BRL", "value": "149.91"}},
        {"custom_id": "pay_1", "invoice_id": "pay_1", "amount": {"currency_code": "USD", "value": "149.90"}},
        {"custom_id": "pay_2", "invoice_id": "pay_2", "amount": {"currency_code": "BRL", "value": "149.90"}},
    ],
)
def test_an_order_that_is_not_as_asked_is_closed_and_refused(part: dict[str, object]) -> None:
    wrong = order(purchase_units=[part])
    closed = {**wrong, "intent": "AUTHORIZE"}
    with adapter(script(post=wrong, get=[wrong, closed], patch=Reply(204, b""))) as (gateway, stub):
        with pytest.raises(ChargeRefused, match="order_mismatch"):
            gateway.charge(CARD)
        assert f"PATCH {ORDER_PATH}" in lines(stub)


def test_an_order_that_is_not_as_asked_and_cannot_be_closed_is_not_refused_yet() -> None:
    wrong = order(purchase_units=[{"amount": {"currency_code": "BRL", "value": "1.00"}}])
    with (
        adapter(script(post=wrong, get=wrong, patch=no("NOT_PATCHABLE"))) as (gateway, _),
        pytest.raises(ProviderUnavailable),
    ):
        gateway.charge(CARD)


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (no("CURRENCY_NOT_SUPPORTED").body, "CURRENCY_NOT_SUPPORTED", "because"),
        ({"name": "INVALID_REQUEST", "message": "no"}, "INVALID_REQUEST", "no"),
        ({"details": []}, "http_422", "no reason given"),
        ({"details": "x", "message": "x" * 5000}, "http_422", "x" * 500),
        (b"<html>", "http_422", "no reason given"),
    ],
)
def test_a_no_of_the_provider_is_a_refusal_with_its_reason(body: object, code: str, detail: str) -> None:
    with adapter(script(post=Reply(422, body))) as (gateway, _), pytest.raises(ChargeRefused) as refusal:
        gateway.charge(CARD)
    assert (refusal.value.code, refusal.value.detail) == (code, detail)


@pytest.mark.parametrize("issue", ["PREVIOUS_REQUEST_IN_PROGRESS", "DUPLICATE_REQUEST_ID"])
def test_a_first_try_that_is_still_at_work_is_no_refusal(issue: str) -> None:
    with adapter(script(post=no(issue))) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.charge(CARD)


@pytest.mark.parametrize("status", [302, 403, 409, 429, 500, 503])
def test_trouble_that_may_pass_leaves_the_charge_to_be_repeated(status: int) -> None:
    with adapter(script(post=Reply(status, {}))) as (gateway, stub):
        with pytest.raises(ProviderUnavailable):
            gateway.charge(CARD)
        assert lines(stub) == [f"POST {ORDERS}"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": "../x"},
        {"links": []},
        {"links": None},
        {"links": [{"rel": "payer-action", "href": "javascript:alert(1)"}]},
        {"purchase_units": []},
        {"purchase_units": [7]},
    ],
)
def test_an_order_without_id_or_page_is_no_charge_yet(changes: dict[str, object]) -> None:
    with adapter(script(post=order(**changes))) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.charge(CARD)


def test_the_access_token_is_asked_for_once_while_it_lasts() -> None:
    now = [0.0]
    with adapter(script(get=order()), ticks=lambda: now[0]) as (gateway, stub):
        for now[0] in (0.0, 32339.0, 32341.0, 32342.0):
            gateway.fetch(ORDER_ID)
    asked = [call for call in stub.calls if call.path == "/v1/oauth2/token"]
    assert len(asked) == 2
    assert asked[0].form == {"grant_type": "client_credentials"}
    assert asked[0].headers["authorization"] == f"Basic {base64.b64encode(b'client:secret').decode()}"


def test_a_token_that_paypal_ended_early_is_replaced_once_and_the_call_made_again() -> None:
    refused = Reply(401, {"error": "invalid_token"})
    with adapter(script(post=[order(), refused, order()])) as (gateway, stub):
        gateway.charge(CARD)
        assert gateway.charge(CARD).provider_id == ORDER_ID
        assert [call.path for call in stub.calls].count("/v1/oauth2/token") == 2


def test_faulty_credentials_do_not_refuse_the_payment_for_good() -> None:
    refused = Reply(401, {"error": "invalid_client"})
    for answers, calls in ((script(token=refused), 1), (script(post=refused), 4)):
        with adapter(answers) as (gateway, stub):
            with pytest.raises(ProviderUnavailable) as failure:
                gateway.charge(CARD)
            assert len(stub.calls) == calls
        assert "secret" not in str(failure.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "a\r\nX: y"},
        {"access_token": "a b"},
        {"expires_in": "9"},
        {"expires_in": None},
        {"expires_in": 10**400},
    ],
)
def test_a_token_that_is_none_is_not_used(changes: dict[str, object]) -> None:
    assert isinstance(TOKEN.body, dict)
    token = Reply(200, {**TOKEN.body, **changes})
    with adapter(script(token=token, get=order())) as (gateway, stub):
        with pytest.raises(ProviderUnavailable):
            gateway.fetch(ORDER_ID)
        assert lines(stub) == []


def test_a_refusal_to_give_a_token_can_be_repeated() -> None:
    with adapter(script(token=Reply(400, {}))) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch(CAPTURE_ID)


@pytest.mark.parametrize("lacking", [0, 1, 2])
def test_an_adapter_without_its_secrets_is_not_made(lacking: int) -> None:
    secrets = ["client", "secret", "webhook"]
    secrets[lacking] = ""
    with pytest.raises(ValueError, match="needs"):
        PayPal(PoolManager(), "https://api-m.paypal.com", *secrets)


@pytest.mark.parametrize(
    "base", ["http://api.paypal.com/certs/", "https://api.paypal.com/certs", "https:///certs/", "certs/"]
)
def test_certificates_are_fetched_over_https_from_below_a_path(base: str) -> None:
    with pytest.raises(ValueError, match="certificate"):
        PayPal(PoolManager(), "https://api-m.paypal.com", "client", "secret", "webhook", cert_bases=(base,))
