"""Charging by Stripe: one session per payment whatever gets lost, and asked for as its own client does."""

from dataclasses import replace
from typing import Any

import pytest
import stripe
from urllib3 import PoolManager

from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable
from chalicelib.billing.gateways.stripe import API_VERSION, Stripe
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_stripe import SECRET, SESSION, FakeStripe, Json, adapter
from tests.unit.billing.stub import ANA, CARD, IMPATIENT, LoseAnswer, Reply, StaySilent


def test_a_charge_gives_the_page_to_send_the_payer_to() -> None:
    with adapter(FakeStripe()) as (gateway, _):
        charged = gateway.charge(CARD)
    assert (charged.provider_id, charged.redirect_url, charged.slip) == ("cs_test_1", SESSION["url"], None)


def test_a_charge_asks_for_one_card_payment_of_the_whole_amount() -> None:
    with adapter(FakeStripe()) as (gateway, stub):
        gateway.charge(CARD)
    (call,) = stub.calls
    assert (call.method, call.path) == ("POST", "/v1/checkout/sessions")
    assert call.form == {
        "mode": "payment",
        "payment_method_types[0]": "card",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "brl",
        "line_items[0][price_data][unit_amount]": "14990",
        "line_items[0][price_data][product_data][name]": "Licença ERP",
        "client_reference_id": "pay_1",
        "metadata[payment_id]": "pay_1",
        "payment_intent_data[metadata][payment_id]": "pay_1",
        "customer_email": "ana@example.com",
        "locale": "pt-BR",
        "success_url": "https://shop.example/orders/1",
        "cancel_url": "https://shop.example/orders/1",
    }
    assert call.headers["idempotency-key"].startswith("pay_1-")
    assert call.headers["stripe-version"] == API_VERSION
    assert call.headers["authorization"] == "Bearer sk_test_key"


def test_the_form_is_the_one_that_the_official_client_sends() -> None:
    with adapter(FakeStripe()) as (gateway, stub):
        gateway.charge(CARD)
        client = stripe.StripeClient("sk_test_key", base_addresses={"api": stub.url}, max_network_retries=0)
        params: Any = {
            "mode": "payment",
            "payment_method_types": ["card"],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "brl",
                        "unit_amount": 14990,
                        "product_data": {"name": "Licença ERP"},
                    },
                }
            ],
            "client_reference_id": "pay_1",
            "metadata": {"payment_id": "pay_1"},
            "payment_intent_data": {"metadata": {"payment_id": "pay_1"}},
            "customer_email": "ana@example.com",
            "locale": "pt-BR",
            "success_url": "https://shop.example/orders/1",
            "cancel_url": "https://shop.example/orders/1",
        }
        client.v1.checkout.sessions.create(params, {"idempotency_key": "pay_official"})
        ours, official = stub.calls
    assert (ours.method, ours.path, ours.form) == (official.method, official.path, official.form)


@pytest.mark.parametrize(
    ("amount", "currency", "unit_amount"),
    [
        (Money(990, "CLP"), "clp", "990"),
        (Money(29, "EUR"), "eur", "29"),
        (Money(99_999_999, "USD"), "usd", "99999999"),
    ],
)
def test_the_amount_goes_in_minor_units_of_its_currency(
    amount: Money, currency: str, unit_amount: str
) -> None:
    with adapter(FakeStripe()) as (gateway, stub):
        gateway.charge(replace(CARD, amount=amount))
    form = stub.calls[0].form
    assert form["line_items[0][price_data][currency]"] == currency
    assert form["line_items[0][price_data][unit_amount]"] == unit_amount


@pytest.mark.parametrize(("locale", "sent"), [("es", "es"), ("pt-BR", "pt-BR"), ("en", "en"), ("xx", "auto")])
def test_the_page_speaks_the_payers_language(locale: str, sent: str) -> None:
    with adapter(FakeStripe()) as (gateway, stub):
        gateway.charge(replace(CARD, payer=replace(ANA, locale=locale)))
    assert stub.calls[0].form["locale"] == sent


@pytest.mark.parametrize("fault", [LoseAnswer, StaySilent])
def test_a_charge_whose_answer_is_lost_is_made_once(fault: type[Exception]) -> None:
    left = [fault()]

    def strike() -> None:
        if left:
            raise left.pop()

    fake = FakeStripe(after=strike)
    with adapter(fake, IMPATIENT) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.charge(CARD)
    with adapter(fake) as (gateway, _):
        charged = gateway.charge(CARD)
    assert [session["id"] for session in fake.sessions] == [charged.provider_id]


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        (
            {
                "error": {
                    "type": "invalid_request_error",
                    "code": "email_invalid",
                    "message": "no such e-mail",
                }
            },
            "email_invalid",
            "no such e-mail",
        ),
        (
            {"error": {"type": "invalid_request_error", "message": "no"}},
            "invalid_request_error",
            "no",
        ),
        ({"error": {}}, "http_400", "no reason given"),
        ({"error": "no"}, "http_400", "no reason given"),
        (b"<html>", "http_400", "no reason given"),
        ({"error": {"code": "long", "message": "x" * 5000}}, "long", "x" * 500),
    ],
)
def test_a_no_of_the_provider_is_a_refusal_with_its_reason(body: object, code: str, detail: str) -> None:
    with adapter(lambda call: Reply(400, body)) as (gateway, _), pytest.raises(ChargeRefused) as refusal:
        gateway.charge(CARD)
    assert (refusal.value.code, refusal.value.detail) == (code, detail)


def test_a_charge_asked_for_otherwise_is_asked_for_anew_and_not_refused() -> None:
    fake = FakeStripe()
    with adapter(fake) as (gateway, _):
        first = gateway.charge(CARD)
        again = gateway.charge(replace(CARD, return_url="https://new-store.example.com"))
    assert again.provider_id != first.provider_id
    assert len(fake.sessions) == 2


@pytest.mark.parametrize("status", [302, 401, 403, 409, 429, 500, 503])
def test_trouble_that_may_pass_leaves_the_charge_to_be_repeated(status: int) -> None:
    with adapter(lambda call: Reply(status, {"error": {}})) as (gateway, stub):
        with pytest.raises(ProviderUnavailable):
            gateway.charge(CARD)
        assert len(stub.calls) == 1


@pytest.mark.parametrize("missing", [{"id": None}, {"id": "../x"}, {"url": None}, {"url": ""}])
def test_a_session_without_id_or_page_is_no_charge_yet(missing: Json) -> None:
    session = {**SESSION, **missing}
    with adapter(lambda call: Reply(200, session)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.charge(CARD)


@pytest.mark.parametrize(("key", "secret"), [("", SECRET), ("sk_test_key", "")])
def test_an_adapter_without_its_secrets_is_not_made(key: str, secret: str) -> None:
    # Everybody can sign with an empty secret.
    with pytest.raises(ValueError, match="needs"):
        Stripe(PoolManager(), "https://api.stripe.com", key, secret)
