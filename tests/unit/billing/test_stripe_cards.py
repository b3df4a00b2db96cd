"""Cards that Stripe keeps for us: told once they are paid with, charged once, refused in two words."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import stripe

from chalicelib.billing.gateways import ChargeRefused, ChargeRequest, ProviderUnavailable, StoredCard
from tests.unit.billing.fake_stripe import Json, adapter
from tests.unit.billing.sandboxed import World, world_of
from tests.unit.billing.stub import CARD, Call, Reply

KEEPING = replace(CARD, payment_id="pay_first", keep_card=True)
ON_FILE = replace(CARD, card="cus_1:pm_1")


@pytest.fixture
def world() -> Iterator[World]:
    with world_of("stripe") as world:
        yield world


def kept(world: World, behaviour: str = "") -> StoredCard:
    """A card on file that behaves so when it is charged."""
    charged = world.gateway.charge(KEEPING)
    world.pay("pay_first", by=behaviour)
    card = world.seen(charged.provider_id).card
    assert card is not None
    return card


def with_card(world: World, behaviour: str = "") -> ChargeRequest:
    """The charge of a card on file."""
    return replace(CARD, card=kept(world, behaviour).token)


def test_a_kept_card_is_told_when_it_has_been_paid_with(world: World) -> None:
    charged = world.gateway.charge(KEEPING)
    assert world.seen(charged.provider_id).card is None
    card = kept(world)
    assert (card.brand, card.last4, card.expires) == ("visa", "4242", "2030-12")
    customer, method = card.token.split(":")
    assert (customer[:4], method[:3]) == ("cus_", "pm_")


def test_a_card_that_nobody_asked_to_keep_is_not_told(world: World) -> None:
    assert world.seen(world.paid().provider_id).card is None


def test_keeping_a_card_is_asked_for_as_the_official_client_does() -> None:
    with adapter(lambda call: Reply(200, {"id": "cs_1", "url": "https://x.example"})) as (gateway, stub):
        gateway.charge(KEEPING)
    form = stub.calls[0].form
    assert form["customer_creation"] == "always"
    assert form["payment_intent_data[setup_future_usage]"] == "off_session"


def test_a_card_on_file_is_charged_at_once_and_nothing_is_left_to_do(world: World) -> None:
    charged = world.gateway.charge(with_card(world))
    assert charged.provider_id.startswith("pi_")
    assert (charged.redirect_url, charged.slip, charged.form, charged.pix) == (None, None, None, None)
    known = world.seen(charged.provider_id)
    assert (known.provider_id, known.reference) == (charged.provider_id, "pay_1")
    assert (known.amount, known.status) == (CARD.amount, "paid")
    assert known.paid_at is not None
    assert known.card is None


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_card_on_file_is_charged_once_whatever_gets_lost(world: World, lost: int) -> None:
    request = with_card(world)
    world.turn(lost_answer=lost)
    for _attempt in range(3):
        try:
            charged = world.gateway.charge(request)
        except ProviderUnavailable:
            continue
    assert [one["id"] for one in world.charges() if one["reference"] == "pay_1"] == [charged.provider_id]


def test_a_charge_without_its_holder_is_found_by_our_reference_alone(world: World) -> None:
    charged = world.gateway.charge(with_card(world))
    assert world.gateway.find("pay_1", None) == world.seen(charged.provider_id)
    on_page = world.gateway.find("pay_first", None)
    assert on_page is not None
    assert on_page.provider_id.startswith("cs_")


@pytest.mark.parametrize("code", ["card_declined", "authentication_required"])
def test_a_card_that_fails_is_refused_and_nothing_stays_open(world: World, code: str) -> None:
    request = with_card(world, code)
    for _repeat in range(3):
        with pytest.raises(ChargeRefused) as refusal:
            world.gateway.charge(request)
        assert refusal.value.code == code
    (attempt,) = (one for one in world.charges() if one["reference"] == "pay_1")
    assert (attempt["status"], attempt["payable"]) == ("canceled", False)
    assert world.seen(attempt["id"]).status == "canceled"


def test_another_attempt_after_a_declined_card_is_a_charge_of_its_own(world: World) -> None:
    request = with_card(world, "card_declined")
    with pytest.raises(ChargeRefused):
        world.gateway.charge(request)
    again = replace(CARD, payment_id="pay_2")
    charged = world.gateway.charge(again)
    world.pay("pay_2")
    assert world.seen(charged.provider_id).status == "paid"


@pytest.mark.parametrize("lost", [1, 2])
def test_a_declined_card_whose_answer_is_lost_is_refused_by_the_repeat(world: World, lost: int) -> None:
    request = with_card(world, "card_declined")
    world.turn(lost_answer=lost)
    with pytest.raises(ProviderUnavailable):
        world.gateway.charge(request)
    world.turn()
    with pytest.raises(ChargeRefused, match="card_declined"):
        world.gateway.charge(request)
    assert not any(one["payable"] for one in world.charges())


def test_money_taken_from_a_card_on_file_is_given_back(world: World) -> None:
    charged = world.gateway.charge(with_card(world))
    asked = world.back(charged, 14990)
    assert world.gateway.refund(asked) == world.gateway.refund(asked)
    known = world.gateway.cancel(charged.provider_id)
    assert known is not None
    assert (known.status, known.refunded) == ("refunded", CARD.amount)


def test_the_notice_of_a_charge_on_file_announces_its_money(world: World) -> None:
    charged = world.gateway.charge(with_card(world))
    world.control("POST", "redeliver", {"reference": "pay_1"})  # which waits until it has been delivered
    told = [one for one in world.notices() if one.provider_id == charged.provider_id]
    assert {(one.name, one.announces_payment) for one in told} == {("payment_intent.succeeded", True)}


@pytest.mark.parametrize(
    "token", ["", "cus_1", "cus_1:", ":pm_1", "cus_1:pm/1", "cus 1:pm_1", "cus_1:pm_1:x"]
)
def test_a_token_that_is_none_is_refused_without_asking(token: str) -> None:
    with adapter(lambda call: Reply(200, {"data": []})) as (gateway, stub):
        with pytest.raises(ChargeRefused, match="card_unknown"):
            gateway.charge(replace(CARD, card=token))
        assert stub.calls == []


def test_a_card_that_stripe_does_not_have_is_unknown(world: World) -> None:
    with pytest.raises(ChargeRefused, match="card_unknown"):
        world.gateway.charge(replace(CARD, card="cus_none:pm_none"))


def test_a_customer_that_stripe_does_not_have_is_an_unknown_card() -> None:
    error = {"type": "invalid_request_error", "code": "resource_missing", "message": "No such customer"}
    with adapter(lambda call: Reply(400, {"error": error})) as (gateway, stub):
        with pytest.raises(ChargeRefused, match="card_unknown: No such customer"):
            gateway.charge(ON_FILE)
        assert [call.method for call in stub.calls] == ["GET"]


def _intent(status: str, **more: object) -> Json:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 14990,
        "currency": "brl",
        "status": status,
        "metadata": {"payment_id": "pay_1", "card": "on_file"},
        **more,
    }


def listing(*intents: Json, then: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """Stripe with these attempts of the customer."""
    return lambda call: (
        Reply(200, {"data": list(intents)})
        if (call.method, call.path) == ("GET", "/v1/payment_intents")
        else then(call)
    )


def no_more(call: Call) -> Reply:
    raise AssertionError(f"{call.method} {call.path}")


@pytest.mark.parametrize("status", ["succeeded", "processing"])
def test_an_attempt_is_found_again_also_when_its_key_is_forgotten(status: str) -> None:
    others = _intent("succeeded", id="pi_0", metadata={"payment_id": "pay_0"})
    with adapter(listing(others, _intent(status), then=no_more)) as (gateway, stub):
        assert gateway.charge(ON_FILE).provider_id == "pi_1"
        assert stub.calls[0].query == {"customer": "cus_1", "limit": "100"}


def test_a_failed_attempt_found_again_is_refused_for_its_reason() -> None:
    failed = _intent("canceled", last_payment_error={"code": "authentication_required", "message": "m"})
    closed = listing(failed, then=lambda call: Reply(400 if call.method == "POST" else 200, failed))
    with adapter(closed) as (gateway, _), pytest.raises(ChargeRefused, match="authentication_required: m"):
        gateway.charge(ON_FILE)


@pytest.mark.parametrize("status", ["succeeded", "processing", "requires_action"])
def test_a_declined_attempt_that_does_not_close_is_not_refused_for_good(status: str) -> None:
    def answer(call: Call) -> Reply:
        return Reply(400, {}) if call.path.endswith("/cancel") else Reply(200, _intent(status))

    with (
        adapter(listing(_intent("requires_payment_method"), then=answer)) as (gateway, _),
        pytest.raises(ProviderUnavailable),
    ):
        gateway.charge(ON_FILE)


def test_a_key_used_for_another_form_is_no_refusal_as_that_one_may_have_been_paid() -> None:
    error = {"error": {"type": "idempotency_error", "message": "other parameters"}}
    with (
        adapter(listing(then=lambda call: Reply(400, error))) as (gateway, _),
        pytest.raises(ProviderUnavailable),
    ):
        gateway.charge(ON_FILE)


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": [7]}, b"<html>"])
def test_a_list_that_makes_no_sense_charges_nothing(body: object) -> None:
    def answer(call: Call) -> Reply:
        assert call.method == "GET"
        return Reply(200, body)

    with adapter(answer) as (gateway, _), pytest.raises(ProviderUnavailable):
        gateway.charge(ON_FILE)


def test_the_form_is_the_one_that_the_official_client_sends() -> None:
    with adapter(listing(then=lambda call: Reply(200, _intent("succeeded")))) as (gateway, stub):
        gateway.charge(ON_FILE)
        client = stripe.StripeClient("sk_test_key", base_addresses={"api": stub.url}, max_network_retries=0)
        params: Any = {
            "amount": 14990,
            "currency": "brl",
            "customer": "cus_1",
            "payment_method": "pm_1",
            "payment_method_types": ["card"],
            "off_session": True,
            "confirm": True,
            "description": "Licença ERP",
            "metadata": {"payment_id": "pay_1", "card": "on_file"},
        }
        client.v1.payment_intents.create(params, {"idempotency_key": "pay_1"})
        _, ours, official = stub.calls
    assert (ours.method, ours.path, ours.form) == (official.method, official.path, official.form)
    assert ours.headers["idempotency-key"] == official.headers["idempotency-key"]
