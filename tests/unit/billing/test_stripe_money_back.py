"""Money that goes back at Stripe: refunds by our id, never twice and never too much; disputes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import stripe

from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable, RefundRequest
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_stripe import SESSION, Json, adapter, paid_intent, paid_session
from tests.unit.billing.stub import Call, Reply

ASKED = RefundRequest("rfd_1", "cs_test_1", Money(4990, "BRL"), "Não serviu")
MADE = {"id": "re_1", "status": "succeeded", "metadata": {"refund_id": "rfd_1"}, "payment_intent": "pi_1"}


def told(session: Json, **lists: object) -> Callable[[Call], Reply]:
    """Stripe with this session, and these objects in its lists (`disputes`, `refunds`)."""

    def answer(call: Call) -> Reply:
        kind = call.path.removeprefix("/v1/")
        if kind in lists and call.method == "GET":
            return Reply(200, {"data": lists[kind]})
        if call.path == "/v1/refunds":
            return Reply(200, {"data": []} if call.method == "GET" else MADE)
        return Reply(200, session)

    return answer


def _dispute(status: str, amount: int = 14990, of: str = "pi_1") -> Json:
    return {"id": "du_1", "status": status, "amount": amount, "payment_intent": of}


@pytest.mark.parametrize(
    ("back", "status", "refunded"),
    [
        (0, "paid", None),
        (1, "paid", Money(1, "BRL")),
        (14989, "paid", Money(14989, "BRL")),
        (14990, "refunded", Money(14990, "BRL")),
        (99999, "refunded", Money(14990, "BRL")),
    ],
)
def test_what_went_back_is_told_until_all_is_refunded(back: int, status: str, refunded: Money | None) -> None:
    with adapter(told(paid_session(amount_refunded=back))) as (gateway, stub):
        known = gateway.fetch("cs_test_1")
        assert len(stub.calls) == 1
    assert known is not None
    assert (known.status, known.refunded, known.disputed) == (status, refunded, False)


@pytest.mark.parametrize(
    ("disputes", "back", "status", "refunded", "disputed"),
    [
        ([_dispute("needs_response")], 0, "paid", None, True),
        ([_dispute("under_review")], 0, "paid", None, True),
        ([_dispute("warning_needs_response")], 0, "paid", None, True),
        ([_dispute("something_new")], 0, "paid", None, True),
        ([_dispute("won")], 0, "paid", None, False),
        ([_dispute("warning_closed")], 0, "paid", None, False),
        ([_dispute("prevented")], 0, "paid", None, False),
        ([_dispute("lost")], 0, "refunded", 14990, False),
        ([_dispute("lost", 5000)], 2000, "paid", 7000, False),
        ([_dispute("lost")], 5000, "refunded", 14990, False),
        ([_dispute("lost", 5000), _dispute("needs_response", 5000)], 0, "paid", 5000, True),
        ([_dispute("lost", of="pi_2")], 0, "paid", None, False),
        ([], 0, "paid", None, False),
    ],
)
def test_a_dispute_is_open_or_has_taken_its_amount(
    disputes: list[Json], back: int, status: str, refunded: int | None, disputed: bool
) -> None:
    session = paid_session(disputed=True, amount_refunded=back)
    with adapter(told(session, disputes=disputes)) as (gateway, stub):
        known = gateway.fetch("cs_test_1")
        assert stub.calls[1].query == {"payment_intent": "pi_1", "limit": "100"}
    assert known is not None
    assert (known.status, known.disputed) == (status, disputed)
    assert known.refunded == (Money(refunded, "BRL") if refunded else None)


@pytest.mark.parametrize("disputes", [None, [7], [{}], [{"payment_intent": "pi_1"}]])
def test_disputes_that_make_no_sense_are_nothing_to_settle_by(disputes: object) -> None:
    with (
        adapter(told(paid_session(disputed=True), disputes=disputes)) as (gateway, _),
        pytest.raises(ProviderUnavailable),
    ):
        gateway.fetch("cs_test_1")


def test_a_refund_is_asked_for_as_the_official_client_does() -> None:
    with adapter(told(paid_session())) as (gateway, stub):
        made = gateway.refund(ASKED)
        client = stripe.StripeClient("sk_test_key", base_addresses={"api": stub.url}, max_network_retries=0)
        params: Any = {
            "payment_intent": "pi_1",
            "amount": 4990,
            "metadata": {"refund_id": "rfd_1", "reason": "Não serviu"},
        }
        client.v1.refunds.create(params, {"idempotency_key": "rfd_1"})
        ours, official = stub.asked("POST")
    assert (made.provider_id, made.done) == ("re_1", True)
    assert (ours.method, ours.path, ours.form) == (official.method, official.path, official.form)
    assert ours.headers["idempotency-key"] == official.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("status", "done"), [("pending", False), ("requires_action", False), ("succeeded", True)]
)
def test_a_refund_made_before_is_found_though_its_key_is_forgotten(status: str, done: bool) -> None:
    other = {**MADE, "id": "re_0", "metadata": {"refund_id": "rfd_0"}}
    with adapter(told(paid_session(), refunds=[other, {**MADE, "status": status}])) as (gateway, stub):
        made = gateway.refund(ASKED)
        assert stub.asked("POST") == []
    assert (made.provider_id, made.done) == ("re_1", done)


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_failed_is_not_tried_again_under_its_id(status: str) -> None:
    failed = {**MADE, "status": status, "failure_reason": "expired_or_canceled_card"}
    with adapter(told(paid_session(), refunds=[failed])) as (gateway, stub):
        with pytest.raises(ChargeRefused, match="refund_failed: expired_or_canceled_card"):
            gateway.refund(ASKED)
        assert stub.asked("POST") == []


@pytest.mark.parametrize(
    ("session", "asked", "code"),
    [
        (paid_session(amount_refunded=10001), ASKED, "refund_exceeds_charge"),
        (paid_session(), replace(ASKED, amount=Money(4990, "EUR")), "refund_exceeds_charge"),
        (paid_session(), replace(ASKED, amount=Money(0, "BRL")), "refund_exceeds_charge"),
        (paid_session(), replace(ASKED, amount=Money(-1, "BRL")), "refund_exceeds_charge"),
        (SESSION, ASKED, "charge_not_paid"),
        (
            {**paid_session(), "payment_intent": {**paid_intent(), "payment_method_types": ["boleto"]}},
            ASKED,
            "refund_not_supported",
        ),
        ({**SESSION, "currency": "mxn"}, ASKED, "charge_unknown"),
    ],
)
def test_what_cannot_be_given_back_is_refused_without_asking(
    session: Json, asked: RefundRequest, code: str
) -> None:
    with adapter(told(session)) as (gateway, stub):
        with pytest.raises(ChargeRefused) as refusal:
            gateway.refund(asked)
        assert stub.asked("POST") == []
    assert refusal.value.code == code


def _refusing(status: int, error: Json) -> Callable[[Call], Reply]:
    def answer(call: Call) -> Reply:
        return Reply(status, {"error": error}) if call.method == "POST" else told(paid_session())(call)

    return answer


def test_a_no_of_the_provider_to_a_refund_is_a_refusal() -> None:
    error = {"type": "invalid_request_error", "code": "charge_already_refunded", "message": "already"}
    with (
        adapter(_refusing(400, error)) as (gateway, _),
        pytest.raises(ChargeRefused, match="charge_already_refunded: already"),
    ):
        gateway.refund(ASKED)


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "idempotency_error"), (409, "invalid_request_error"), (500, "api")]
)
def test_a_refund_whose_outcome_is_unknown_is_repeated(status: int, kind: str) -> None:
    with adapter(_refusing(status, {"type": kind})) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.refund(ASKED)


@pytest.mark.parametrize("provider_id", ["cs_test_1", "pi_1"])
@pytest.mark.parametrize("body", [b"<html>", {}])
def test_a_page_of_something_in_between_is_no_refusal(body: object, provider_id: str) -> None:
    with adapter(lambda call: Reply(200, body)) as (gateway, _):
        for call in (
            lambda: gateway.refund(replace(ASKED, provider_id=provider_id)),
            lambda: gateway.cancel(provider_id),
        ):
            with pytest.raises(ProviderUnavailable):
                call()
