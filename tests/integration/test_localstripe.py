"""The adapter of Stripe against localstripe, a card counterpart that others wrote.

It knows neither Checkout Sessions nor boletos nor idempotency keys, and refuses some of what Stripe takes;
what is left of a card's life is here.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.billing.gateways import ChargeRefused, NotAuthentic, Notice, RefundRequest
from chalicelib.kernel.money import Money
from tests.integration.card_world import CAUTIOUS, DECLINED, World, card_world
from tests.unit.billing.stub import CARD, Call


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with card_world() as made:
        yield made


def test_a_card_on_file_is_charged_at_once(world: World) -> None:
    charged = world.charged("pay_paid")
    known = world.seen(charged)
    assert (known.provider_id, known.reference, known.status) == (charged, "pay_paid", "paid")
    assert (known.amount, known.refunded, known.disputed) == (CARD.amount, None, False)
    assert known.paid_at is not None
    assert abs(datetime.now(UTC) - known.paid_at) < timedelta(minutes=5)


def test_a_repeat_is_the_same_charge_though_no_idempotency_key_is_known(world: World) -> None:
    asked = replace(CARD, payment_id="pay_repeated", card=world.card())
    assert world.gateway.charge(asked) == world.gateway.charge(asked)
    assert len(world.intents("pay_repeated")) == 1


def test_a_declined_card_is_refused_and_nothing_is_paid(world: World) -> None:
    with pytest.raises(ChargeRefused) as refusal:
        world.charged("pay_declined", DECLINED)
    (intent,) = world.intents("pay_declined")
    assert refusal.value.code == "card_declined"
    assert (intent["status"], world.seen(intent["id"]).status) == ("requires_payment_method", "pending")


def test_a_declined_charge_is_closed_by_its_repeat_and_never_made_anew(world: World) -> None:
    asked = replace(CARD, payment_id="pay_closed", card=world.card(DECLINED))
    for _ in range(2):
        with pytest.raises(ChargeRefused, match="card_declined"):
            world.gateway.charge(asked)
    (intent,) = world.intents("pay_closed")
    assert intent["status"] == "canceled"


def test_a_card_whose_holder_must_come_himself_is_refused_and_the_attempt_closed(world: World) -> None:
    with pytest.raises(ChargeRefused):
        world.charged("pay_cautious", CAUTIOUS)
    (intent,) = world.intents("pay_cautious")
    assert (intent["status"], world.seen(intent["id"]).status) == ("canceled", "canceled")


def test_a_card_that_nobody_has_is_refused(world: World) -> None:
    with pytest.raises(ChargeRefused):
        world.gateway.charge(replace(CARD, payment_id="pay_nobody", card="cus_nobody:pm_nothing"))
    assert world.intents("pay_nobody") == []


def test_what_is_not_there_is_nothing(world: World) -> None:
    assert world.gateway.fetch("pi_unknown") is None
    assert world.gateway.cancel("pi_unknown") is None


def test_an_unpaid_charge_is_canceled_once(world: World) -> None:
    intent = world.intent("pay_open")
    assert (world.seen(intent).status, world.seen(intent).reference) == ("pending", "pay_open")
    canceled = world.gateway.cancel(intent)
    assert canceled is not None
    assert (canceled.status, world.intents("pay_open")[0]["status"]) == ("canceled", "canceled")
    assert world.gateway.cancel(intent) == canceled


def test_a_paid_charge_is_not_canceled(world: World) -> None:
    charged = world.charged("pay_stays")
    assert world.gateway.cancel(charged) == world.seen(charged)
    assert world.seen(charged).status == "paid"


def test_money_goes_back_in_parts_once_each_and_never_too_much(world: World) -> None:
    charged = world.charged("pay_back")
    part = RefundRequest("rfd_part", charged, Money(4990, "BRL"), "Não serviu")
    refunded = world.gateway.refund(part)
    assert refunded.done
    assert world.gateway.refund(part) == refunded
    assert (world.seen(charged).status, world.seen(charged).refunded) == ("paid", Money(4990, "BRL"))
    with pytest.raises(ChargeRefused):
        world.gateway.refund(replace(part, refund_id="rfd_more", amount=Money(10001, "BRL")))
    assert world.gateway.refund(replace(part, refund_id="rfd_rest", amount=Money(10000, "BRL"))).done
    assert (world.seen(charged).status, world.seen(charged).refunded) == ("refunded", CARD.amount)
    assert len(world.ask("GET", f"/v1/refunds?payment_intent={charged}")["data"]) == 2


def _read(world: World, call: Call) -> Notice:
    return world.gateway.authenticate(call.headers, call.body, datetime.now(UTC))


def test_the_webhook_of_a_payment_announces_it(world: World) -> None:
    charged = world.charged("pay_told")
    notice = _read(world, world.hook("payment_intent.succeeded", charged))
    assert (notice.name, notice.provider_id) == ("payment_intent.succeeded", charged)
    assert notice.announces_payment
    assert world.seen(charged).status == "paid"


def test_the_webhook_of_a_failure_announces_nothing(world: World) -> None:
    with pytest.raises(ChargeRefused):
        world.charged("pay_failed", DECLINED)
    intent = world.intents("pay_failed")[0]["id"]
    notice = _read(world, world.hook("payment_intent.payment_failed", intent))
    assert (notice.provider_id, notice.announces_payment) == (intent, False)


def test_every_webhook_is_authentic_and_none_is_under_another_secret(world: World) -> None:
    """Also those of the tests before: all that localstripe has sent."""
    world.hook("customer.created", world.card().partition(":")[0])
    calls = list(world.application.calls)
    ours, others = ([call for call in calls if call.path == path] for path in ("/ours", "/others"))
    assert min(len(ours), len(others)) > 0
    assert len(ours) + len(others) == len(calls)
    for call in ours:
        assert _read(world, call).event_id == json.loads(call.body)["id"]
    for call in others:
        with pytest.raises(NotAuthentic):
            _read(world, call)


def test_no_webhook_is_authentic_over_another_body_or_five_minutes_later(world: World) -> None:
    call = world.hook("customer.created", world.card().partition(":")[0])
    with pytest.raises(NotAuthentic):
        world.gateway.authenticate(call.headers, call.body + b" ", datetime.now(UTC))
    with pytest.raises(NotAuthentic):
        world.gateway.authenticate(call.headers, call.body, datetime.now(UTC) + timedelta(seconds=301))
