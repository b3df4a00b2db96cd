"""What Stripe tells of intents and of the card that was kept; finding and closing a charge there."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from chalicelib.billing.gateways import ProviderUnavailable, StoredCard
from chalicelib.kernel.money import Money
from tests.unit.billing.fake_stripe import SESSION, Json, adapter, paid_intent, paid_session
from tests.unit.billing.stub import Call, LoseAnswer, Reply


def _by_intent(intent: Json, *sessions: Json) -> Callable[[Call], Reply]:
    def answer(call: Call) -> Reply:
        return Reply(200, {"data": list(sessions)} if call.path == "/v1/checkout/sessions" else intent)

    return answer


def test_the_intent_of_a_session_leads_to_the_session() -> None:
    session = {**SESSION, "status": "complete", "payment_status": "paid", "payment_intent": "pi_1"}
    with adapter(_by_intent(paid_intent(amount_refunded=90), session)) as (gateway, stub):
        known = gateway.fetch("pi_1")
        assert [(call.path, call.query) for call in stub.calls] == [
            ("/v1/payment_intents/pi_1", {"expand[0]": "latest_charge", "expand[1]": "payment_method"}),
            ("/v1/checkout/sessions", {"payment_intent": "pi_1", "limit": "100"}),
        ]
    assert known is not None
    assert (known.provider_id, known.status, known.refunded) == ("cs_test_1", "paid", Money(90, "BRL"))


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("succeeded", "paid"),
        ("canceled", "canceled"),
        ("processing", "pending"),
        ("requires_payment_method", "pending"),
        ("requires_action", "pending"),
        ("something_new", "unknown"),
    ],
)
def test_an_intent_without_a_session_is_told_by_itself(status: str, ours: str) -> None:
    with adapter(_by_intent({**paid_intent(), "status": status})) as (gateway, _):
        known = gateway.fetch("pi_1")
    assert known is not None
    assert (known.provider_id, known.reference, known.amount, known.status) == (
        "pi_1",
        "pay_1",
        Money(14990, "BRL"),
        ours,
    )
    assert known.paid_at == (datetime(2026, 11, 22, 11, 13, 20, tzinfo=UTC) if ours == "paid" else None)


@pytest.mark.parametrize("body", [b"<html>", {}, {"id": "pi_1"}])
def test_an_intent_that_makes_no_sense_is_nothing_to_settle_by(body: object) -> None:
    with adapter(lambda call: Reply(200, body)) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.fetch("pi_1")


def test_an_intent_that_stripe_does_not_have_is_nothing() -> None:
    with adapter(lambda call: Reply(404, {})) as (gateway, _):
        assert gateway.fetch("pi_1") is None


CARD = {
    "id": "pm_1",
    "card": {"brand": "visa", "last4": "4242", "exp_month": 3, "exp_year": 2030, "fingerprint": "x"},
}


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, StoredCard("cus_1:pm_1", "visa", "4242", "2030-03")),
        ({"setup_future_usage": None}, None),
        ({"customer": None}, None),
        ({"payment_method": "pm_1"}, None),
        ({"payment_method": {"id": "pm_1", "type": "boleto"}}, None),
        ({"payment_method": {**CARD, "card": {**CARD["card"], "last4": "4242424242424242"}}}, None),  # type: ignore[dict-item]
    ],
)
def test_a_card_is_told_only_if_it_was_kept_and_never_by_its_number(
    changes: Json, known: StoredCard | None
) -> None:
    intent = {
        **paid_intent(),
        "setup_future_usage": "off_session",
        "customer": "cus_1",
        "payment_method": CARD,
        **changes,
    }
    with adapter(lambda call: Reply(200, {**paid_session(), "payment_intent": intent})) as (gateway, _):
        found = gateway.fetch("cs_test_1")
    assert found is not None
    assert found.card == known


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_word_for_closing_is_repeated(moment: str) -> None:
    session = dict(SESSION)
    lost = [LoseAnswer()]

    def answer(call: Call) -> Reply:
        if call.method == "POST" and moment == "before" and lost:
            raise lost.pop()
        if call.method == "POST":
            session["status"] = "expired"
            if lost:
                raise lost.pop()
        return Reply(200, session)

    with adapter(answer) as (gateway, _):
        with pytest.raises(ProviderUnavailable):
            gateway.cancel("cs_test_1")
        known = gateway.cancel("cs_test_1")
    assert known is not None
    assert known.status == "canceled"


def test_a_session_paid_while_it_is_being_closed_is_paid() -> None:
    session = dict(SESSION)

    def answer(call: Call) -> Reply:
        if call.method == "POST":
            session.update(paid_session())
            return Reply(400, {"error": {"message": "complete"}})
        return Reply(200, session)

    with adapter(answer) as (gateway, _):
        known = gateway.cancel("cs_test_1")
    assert known is not None
    assert known.status == "paid"


def test_a_charge_that_does_not_close_may_still_be_paid() -> None:
    with (
        adapter(lambda call: Reply(400 if call.method == "POST" else 200, SESSION)) as (gateway, _),
        pytest.raises(ProviderUnavailable),
    ):
        gateway.cancel("cs_test_1")


def test_an_intent_of_a_card_on_file_is_closed_by_itself() -> None:
    intent = {
        **paid_intent(),
        "status": "requires_action",
        "metadata": {"payment_id": "pay_1", "card": "on_file"},
    }

    def answer(call: Call) -> Reply:
        if call.method == "POST":
            intent["status"] = "canceled"
        return Reply(200, intent)

    with adapter(answer) as (gateway, stub):
        known = gateway.cancel("pi_1")
        assert [call.path for call in stub.asked("POST")] == ["/v1/payment_intents/pi_1/cancel"]
    assert known is not None
    assert known.status == "canceled"


@pytest.mark.parametrize(
    ("found", "best"),
    [
        ([], None),
        ([{"id": "pi_1", "status": "canceled"}], "pi_1"),
        ([{"id": "pi_1", "status": "canceled"}, {"id": "pi_2", "status": "succeeded"}], "pi_2"),
    ],
)
def test_of_several_attempts_the_paid_one_is_found(found: list[Json], best: str | None) -> None:
    ours = [{**one, "metadata": {"payment_id": "pay_1"}} for one in found]
    others = [{"id": "pi_9", "status": "succeeded", "metadata": {"payment_id": "pay_9"}}]

    def answer(call: Call) -> Reply:
        if call.path == "/v1/payment_intents/search":
            assert call.query["query"] == "metadata['payment_id']:'pay_1'"
            return Reply(200, {"data": others + ours})
        metadata = {"payment_id": "pay_1", "card": "on_file"}
        return Reply(200, {**paid_intent(), "id": call.path.rpartition("/")[2], "metadata": metadata})

    with adapter(answer) as (gateway, _):
        known = gateway.find("pay_1", None)
    assert (known.provider_id if known else None) == best


def test_where_stripe_has_no_search_nothing_is_found() -> None:
    with adapter(lambda call: Reply(400, {"error": {"message": "not in your country"}})) as (gateway, _):
        assert gateway.find("pay_1", None) is None


def test_an_open_page_is_closed_as_a_whole_also_when_a_card_failed_there() -> None:
    session = {**SESSION, "payment_intent": {"id": "pi_1", "status": "requires_payment_method"}}

    def answer(call: Call) -> Reply:
        if call.method == "POST":
            session["status"] = "expired"
        return Reply(200, session)

    with adapter(answer) as (gateway, stub):
        known = gateway.cancel("cs_test_1")
        assert [call.path for call in stub.asked("POST")] == ["/v1/checkout/sessions/cs_test_1/expire"]
    assert known is not None
    assert known.status == "canceled"
