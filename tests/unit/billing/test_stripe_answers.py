"""What Stripe tells of a session, in our words, and what is nothing to settle by."""

from datetime import UTC, datetime

import pytest

from chalicelib.billing.gateways import ProviderUnavailable
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_stripe import SESSION, Json, adapter
from tests.unit.billing.stub import Reply


def _intent(**charge: object) -> Json:
    return {
        "payment_intent": {"id": "pi_1", "latest_charge": {"id": "ch_1", "created": 1795346000, **charge}}
    }


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "pending"),
        ({"status": "complete"}, "pending"),
        ({"status": "expired"}, "canceled"),
        ({"status": "complete", "payment_status": "paid"}, "paid"),
        ({"status": "complete", "payment_status": "paid", **_intent(refunded=False)}, "paid"),
        ({"status": "complete", "payment_status": "paid", **_intent(refunded=True)}, "refunded"),
        ({"status": "complete", "payment_status": "no_payment_required"}, "unknown"),
        ({"status": "complete", "payment_status": "something_new"}, "unknown"),
    ],
)
def test_a_state_of_the_provider_becomes_ours(told: Json, status: str) -> None:
    with adapter(lambda call: Reply(200, {**SESSION, **told})) as (gateway, stub):
        known = gateway.fetch("cs_test_1")
    assert known is not None
    assert (known.provider_id, known.reference, known.amount, known.status) == (
        "cs_test_1",
        "pay_1",
        Money(14990, "BRL"),
        status,
    )
    assert [(call.method, call.path) for call in stub.calls] == [("GET", "/v1/checkout/sessions/cs_test_1")]


@pytest.mark.parametrize(
    ("told", "paid_at"),
    [
        (_intent(), datetime(2026, 11, 22, 11, 13, 20, tzinfo=UTC)),
        ({"payment_intent": "pi_1"}, None),
        ({"payment_intent": {"latest_charge": "ch_1"}}, None),
        ({"payment_intent": None}, None),
    ],
)
def test_a_payment_is_dated_by_its_charge_when_the_provider_shows_it(
    told: Json, paid_at: datetime | None
) -> None:
    session = {**SESSION, "status": "complete", "payment_status": "paid", **told}
    with adapter(lambda call: Reply(200, session)) as (gateway, stub):
        known = gateway.fetch("cs_test_1")
    assert known is not None
    assert known.paid_at == paid_at
    assert stub.calls[0].query == {
        "expand[0]": "payment_intent.latest_charge",
        "expand[1]": "payment_intent.payment_method",
    }


@pytest.mark.parametrize(
    ("told", "reference"),
    [
        ({"metadata": {}}, "pay_1"),
        ({"metadata": None}, "pay_1"),
        ({"client_reference_id": None}, "pay_1"),
        ({"metadata": {}, "client_reference_id": None}, None),
        ({"metadata": {"payment_id": ""}, "client_reference_id": 7}, None),
    ],
)
def test_the_reference_is_ours_or_none(told: Json, reference: str | None) -> None:
    with adapter(lambda call: Reply(200, {**SESSION, **told})) as (gateway, _):
        known = gateway.fetch("cs_test_1")
    assert known is not None
    assert known.reference == reference


@pytest.mark.parametrize("currency", ["mxn", None, 7, "xxx"])
def test_a_session_in_a_currency_we_do_not_sell_in_is_not_ours(currency: object) -> None:
    with adapter(lambda call: Reply(200, {**SESSION, "currency": currency})) as (gateway, _):
        assert gateway.fetch("cs_test_1") is None


@pytest.mark.parametrize(
    "told",
    [
        {"amount_total": None},
        {"amount_total": "14990"},
        {"amount_total": True},
        {"id": ""},
        {"amount_total": 1.5},
    ],
)
def test_a_session_that_makes_no_sense_is_nothing_to_settle_by(told: Json) -> None:
    session = {**SESSION, **told}
    with adapter(lambda call: Reply(200, session)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch("cs_test_1")


def test_a_page_of_something_in_between_is_not_taken_for_no_session() -> None:
    html = Reply(200, b"<html>maintenance</html>")
    with adapter(lambda call: html) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch("cs_test_1")


@pytest.mark.parametrize("lacking", ["id", "payment_status", "status", "amount_total", "currency"])
def test_a_session_that_lacks_a_field_is_nothing_to_settle_by(lacking: str) -> None:
    session = {name: value for name, value in SESSION.items() if name != lacking}
    with adapter(lambda call: Reply(200, session)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch("cs_test_1")


@pytest.mark.parametrize("provider_id", ["cs_unknown", "", "..", "a/expire", "a?b", "cs 1"])
def test_an_id_that_the_provider_does_not_know_is_nothing(provider_id: str) -> None:
    with adapter(lambda call: Reply(404, {"error": {"code": "resource_missing"}})) as (gateway, stub):
        assert gateway.fetch(provider_id) is None
        assert gateway.find("pay_1", provider_id) is None
        assert len(stub.calls) in (0, 2)


def test_a_session_is_found_by_its_id_and_not_by_what_is_no_reference_of_ours() -> None:
    with adapter(lambda call: Reply(200, SESSION)) as (gateway, stub):
        found = gateway.find("pay_1", "cs_test_1")
        assert gateway.find("pay/1", None) is None
        assert len(stub.calls) == 1
    assert found is not None
    assert found.provider_id == "cs_test_1"
