"""Being paid by PayPal against the sandbox provider, which was written apart from the adapter."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.billing.gateways import (
    ChargeRefused,
    NotAuthentic,
    Notice,
    ProviderPayment,
    ProviderUnavailable,
)
from chalicelib.kernel.money import Money
from tests.unit.billing.paypal_world import NOON, World, paypal_world
from tests.unit.billing.stub import CARD


@pytest.fixture
def world() -> Iterator[World]:
    with paypal_world() as made:
        yield made


def test_a_repeated_charge_is_the_same_charge_and_waits_for_its_payer(world: World) -> None:
    charged = world.gateway.charge(CARD)
    assert world.gateway.charge(CARD) == charged
    assert charged.redirect_url == f"{world.sandbox.url}/paypal/checkoutnow/{charged.provider_id}"
    known = world.fetch(charged.provider_id)
    assert (known.reference, known.amount, known.status) == ("pay_1", Money(14990, "BRL"), "pending")
    assert len(world.control("GET", "charges")["data"]) == 1


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_charge_whose_answers_are_lost_is_made_once(world: World, lost: int) -> None:
    world.turn(lost_answer=lost)
    for _ in range(lost):
        with pytest.raises(ProviderUnavailable):
            world.gateway.charge(CARD)
    charged = world.gateway.charge(CARD)
    assert [charge["id"] for charge in world.control("GET", "charges")["data"]] == [charged.provider_id]


def test_an_approval_is_not_money_until_it_is_captured_and_then_it_is_announced(world: World) -> None:
    charged = world.gateway.charge(CARD)
    world.approve()
    (notice,) = world.settled()
    assert (notice.provider_id, notice.announces_payment) == (charged.provider_id, False)
    seen = world.fetch(charged.provider_id)
    assert (seen.status, seen.approved) == ("pending", True)
    assert world.control("GET", "charges")["data"][0]["status"] == "approved"
    known = world.capture(charged.provider_id)
    assert (known.status, known.paid_at, known.amount) == ("paid", NOON, Money(14990, "BRL"))
    assert known == world.gateway.find("pay_1", charged.provider_id)
    assert world.settled()[1:] == [
        Notice(world.settled()[1].event_id, "PAYMENT.CAPTURE.COMPLETED", charged.provider_id, True)
    ]


def test_the_money_is_taken_once_whatever_is_lost_and_however_often_it_is_asked(world: World) -> None:
    charged = world.gateway.charge(CARD)
    world.approve()
    world.turn(lost_answer=1)
    with pytest.raises(ProviderUnavailable):
        world.gateway.capture(charged.provider_id)
    assert [world.capture(charged.provider_id).status for _ in range(3)] == ["paid"] * 3
    announced = [notice for notice in world.settled() if notice.announces_payment]
    assert len(announced) == 1


def test_captures_at_the_same_time_take_the_money_once(world: World) -> None:
    charged = world.gateway.charge(CARD)
    world.approve()
    found: list[ProviderPayment] = []
    crowd = [
        threading.Thread(target=lambda: found.append(world.capture(charged.provider_id))) for _ in range(4)
    ]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert {known.status for known in found} == {"paid"}
    assert sum(notice.announces_payment for notice in world.settled()) == 1


def test_a_declined_card_leaves_the_order_to_be_approved_again(world: World) -> None:
    charged = world.gateway.charge(CARD)
    world.approve()
    world.turn(decline=True)
    known = world.capture(charged.provider_id)
    assert (known.status, known.approved) == ("pending", False)
    world.turn()
    assert world.gateway.charge(CARD) == charged
    world.approve()
    assert world.capture(charged.provider_id).status == "paid"


def test_a_webhook_sent_again_is_the_same_event(world: World) -> None:
    world.turn(duplicate=2)
    world.paid()
    events = [notice.event_id for notice in world.settled()]
    assert len(events) == 6
    assert len(set(events)) == 2
    assert all(event.startswith("WH-") for event in events)


def test_a_forged_webhook_is_not_authentic(world: World) -> None:
    world.turn(bad_signature=True)
    world.gateway.charge(CARD)
    world.approve()
    (hook,) = world.application.calls
    with pytest.raises(NotAuthentic):
        world.gateway.authenticate(hook.headers, hook.body, NOON)


def test_a_wrong_amount_shows_before_the_money_is_taken(world: World) -> None:
    charged = world.gateway.charge(CARD)
    world.turn(wrong_amount=-100)
    world.approve()
    known = world.fetch(charged.provider_id)
    assert (known.amount, known.approved) == (Money(14890, "BRL"), True)


def test_an_order_over_a_wrong_amount_does_not_stay_payable(world: World) -> None:
    world.turn(wrong_amount=1)
    with pytest.raises(ChargeRefused, match="order_mismatch"):
        world.gateway.charge(CARD)
    assert [charge["payable"] for charge in world.control("GET", "charges")["data"]] == [False]


@pytest.mark.parametrize("minor", [1, 10, 100, 500, 529, 1_010, 999_999_999])
@pytest.mark.parametrize("currency", ["BRL", "EUR", "USD"])
def test_amounts_are_exact_there_and_back(world: World, minor: int, currency: str) -> None:
    charged = world.gateway.charge(replace(CARD, amount=Money(minor, currency)))
    assert world.fetch(charged.provider_id).amount == Money(minor, currency)


def test_a_no_of_the_provider_is_a_refusal(world: World) -> None:
    world.turn(decline=True)
    with pytest.raises(ChargeRefused):
        world.gateway.charge(CARD)
    assert world.control("GET", "charges")["data"] == []


def test_faulty_credentials_do_not_refuse_the_payment_for_good(world: World) -> None:
    with pytest.raises(ProviderUnavailable):
        world.stranger.charge(CARD)
    assert world.gateway.charge(CARD).provider_id


def test_what_the_provider_does_not_know_is_nothing(world: World) -> None:
    for unknown in ("5O190127TN364715T", "..", "a/b"):
        assert world.gateway.fetch(unknown) is None
    assert world.gateway.find("pay_unknown", None) is None
