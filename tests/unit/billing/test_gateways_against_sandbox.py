"""Asaas and Stripe against the sandbox provider, which was written apart from them: the same cases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.billing.gateways import ChargeRefused, NotAuthentic, ProviderUnavailable
from chalicelib.kernel.money import Money
from tests.unit.billing.sandboxed import NOW, World, world_of


@pytest.fixture(params=["asaas", "stripe"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with world_of(request.param) as world:
        yield world


def test_a_charge_offers_the_payer_one_way_to_pay(world: World) -> None:
    charged = world.gateway.charge(world.request)
    assert (charged.slip is None) != (charged.redirect_url is None)


def test_a_repeated_charge_is_the_same_charge(world: World) -> None:
    assert world.gateway.charge(world.request) == world.gateway.charge(world.request)
    assert len(world.control("GET", "charges")["data"]) == 1


def test_two_payments_of_one_customer_are_two_charges(world: World) -> None:
    first = world.gateway.charge(world.request)
    second = world.gateway.charge(replace(world.request, payment_id="pay_2"))
    assert first.provider_id != second.provider_id


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_charge_whose_answers_are_lost_is_made_once(world: World, lost: int) -> None:
    world.turn(lost_answer=lost)
    failures = 0
    for _attempt in range(5):
        try:
            world.gateway.charge(world.request)
            break
        except ProviderUnavailable:
            failures += 1
    assert failures > 0
    world.turn()
    charged = world.gateway.charge(world.request)
    assert [charge["id"] for charge in world.control("GET", "charges")["data"]] == [charged.provider_id]


def test_a_fresh_charge_is_pending_and_ours(world: World) -> None:
    charged = world.gateway.charge(world.request)
    known = world.gateway.fetch(charged.provider_id)
    assert known is not None
    assert (known.provider_id, known.reference, known.amount, known.status, known.paid_at) == (
        charged.provider_id,
        "pay_1",
        Money(14990, "BRL"),
        "pending",
        None,
    )


def test_a_paid_charge_is_paid_and_found(world: World) -> None:
    charged = world.gateway.charge(world.request)
    world.pay()
    known = world.gateway.fetch(charged.provider_id)
    assert known is not None
    assert (known.reference, known.amount, known.status) == ("pay_1", Money(14990, "BRL"), "paid")
    assert known == world.gateway.find("pay_1", charged.provider_id)


@pytest.mark.parametrize("world", ["asaas"], indirect=True)
def test_a_slip_is_found_by_our_reference_alone_and_dated_by_the_day_it_was_paid(world: World) -> None:
    world.gateway.charge(world.request)
    world.pay()
    found = world.gateway.find("pay_1", None)
    assert found is not None
    assert (found.status, found.paid_at) == ("paid", datetime(2026, 11, 22, 3, tzinfo=UTC))


def test_what_the_provider_does_not_know_is_nothing(world: World) -> None:
    for unknown in ("pay_0000000000000000", "cs_test_unknown", "..", "a/b"):
        assert world.gateway.fetch(unknown) is None
    assert world.gateway.find("pay_unknown", None) is None


def test_every_webhook_is_authentic_and_leads_to_the_charge(world: World) -> None:
    charged = world.gateway.charge(world.request)
    world.pay()
    notices = world.notices()
    assert {notice.provider_id for notice in notices} - {None} == {charged.provider_id}
    assert len({notice.event_id for notice in notices}) == len(notices)
    assert all(notice.event_id.startswith("evt_") for notice in notices)


def test_money_is_announced_when_the_payer_has_paid_and_not_before(world: World) -> None:
    world.gateway.charge(world.request)
    assert not any(notice.announces_payment for notice in world.notices())
    world.pay()
    assert any(notice.announces_payment for notice in world.notices())


def test_a_webhook_sent_again_is_the_same_event(world: World) -> None:
    world.turn(duplicate=2)
    world.gateway.charge(world.request)
    world.pay()
    events = [notice.event_id for notice in world.notices()]
    assert len(events) == 3 * len(set(events))


def test_a_forged_webhook_is_not_authentic(world: World) -> None:
    world.turn(bad_signature=True)
    world.gateway.charge(world.request)
    world.pay()
    hooks = world.hooks()
    assert hooks
    for hook in hooks:
        with pytest.raises(NotAuthentic):
            world.gateway.authenticate(hook.headers, hook.body, NOW)


def test_a_wrong_amount_shows_when_the_charge_is_fetched(world: World) -> None:
    charged = world.gateway.charge(world.request)
    world.turn(wrong_amount=-100)
    world.pay()
    known = world.gateway.fetch(charged.provider_id)
    assert known is not None
    assert (known.amount, known.status) == (Money(14890, "BRL"), "paid")


@pytest.mark.parametrize("minor", [500, 501, 529, 1_010, 4_999, 999_999_999])
def test_amounts_are_exact_there_and_back(world: World, minor: int) -> None:
    request = replace(world.request, payment_id=f"pay_{minor}", amount=Money(minor, "BRL"))
    charged = world.gateway.charge(request)
    known = world.gateway.fetch(charged.provider_id)
    assert known is not None
    assert known.amount == Money(minor, "BRL")


def test_a_no_of_the_provider_is_a_refusal(world: World) -> None:
    world.turn(decline=True)
    with pytest.raises(ChargeRefused):
        world.gateway.charge(world.request)
    assert world.control("GET", "charges")["data"] == []


def test_faulty_credentials_do_not_refuse_the_payment_for_good(world: World) -> None:
    with pytest.raises(ProviderUnavailable):
        world.stranger.charge(world.request)
    assert world.gateway.charge(world.request).provider_id


@pytest.mark.parametrize("world", ["asaas"], indirect=True)
def test_a_slip_over_a_wrong_amount_does_not_stay_payable(world: World) -> None:
    world.turn(wrong_amount=1)
    with pytest.raises(ChargeRefused, match="slip_mismatch"):
        world.gateway.charge(world.request)
    assert [charge["payable"] for charge in world.control("GET", "charges")["data"]] == [False]
    world.turn()
    assert world.gateway.charge(world.request).slip is not None


@pytest.mark.parametrize("world", ["asaas"], indirect=True)
def test_a_due_date_in_the_past_is_refused(world: World) -> None:
    with pytest.raises(ChargeRefused, match="invalid_dueDate"):
        world.gateway.charge(replace(world.request, due_date=date(2026, 11, 21)))
