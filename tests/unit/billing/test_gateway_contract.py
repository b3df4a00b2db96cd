"""What every adapter promises, as the same cases against each: no double charge, no double refund, no doubt.

A new adapter joins by a line in `sandboxed.CASES`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest

from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable, RefundRequest
from chalicelib.kernel.money import Money
from tests.unit.billing.sandboxed import CASES, World, world_of

T = TypeVar("T")
REFUNDABLE = [name for name, case in CASES.items() if case.refunds]
UNKNOWN = ("pay_0000000000000000", "cs_test_unknown", "pi_unknown", "unknown", "..", "a/b", "")


@pytest.fixture(params=list(CASES))
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with world_of(request.param) as world:
        yield world


refundable = pytest.mark.parametrize("world", REFUNDABLE, indirect=True)


def until_answered(call: Callable[[], T]) -> T:
    """Repeats the same call as a worker does, until there is an answer."""
    for _attempt in range(5):
        try:
            return call()
        except ProviderUnavailable:
            continue
    return call()


def test_charging_twice_is_one_charge(world: World) -> None:
    assert world.gateway.charge(world.request) == world.gateway.charge(world.request)
    assert len(world.charges()) == 1


@pytest.mark.parametrize("lost", [1, 2])
def test_a_charge_whose_answer_is_lost_is_made_once(world: World, lost: int) -> None:
    world.turn(lost_answer=lost)
    with pytest.raises(ProviderUnavailable):
        world.gateway.charge(world.request)
    charged = until_answered(lambda: world.gateway.charge(world.request))
    assert [charge["id"] for charge in world.charges()] == [charged.provider_id]


def test_a_charge_offers_something_to_the_payer_and_is_pending(world: World) -> None:
    charged = world.gateway.charge(world.request)
    assert charged.slip or charged.redirect_url or charged.form
    known = world.seen(charged.provider_id)
    assert (known.provider_id, known.reference) == (charged.provider_id, "pay_1")
    assert (known.amount, known.status) == (world.request.amount, "pending")
    assert (known.paid_at, known.refunded, known.disputed, known.card) == (None, None, False, None)


def test_a_paid_charge_is_paid_and_found_by_its_id(world: World) -> None:
    charged = world.paid()
    known = world.seen(charged.provider_id)
    assert (known.reference, known.amount, known.status) == ("pay_1", world.request.amount, "paid")
    assert known.refunded is None
    assert world.gateway.find("pay_1", charged.provider_id) == known


def test_a_canceled_charge_can_no_longer_be_paid(world: World) -> None:
    charged = world.gateway.charge(world.request)
    canceled = world.gateway.cancel(charged.provider_id)
    assert canceled is not None
    assert (canceled.provider_id, canceled.reference) == (charged.provider_id, "pay_1")
    assert canceled.status == "canceled"
    assert [charge["payable"] for charge in world.charges()] == [False]
    world.pay(status=409)
    assert world.seen(charged.provider_id).status == "canceled"


def test_canceling_twice_is_canceling_once(world: World) -> None:
    charged = world.gateway.charge(world.request)
    assert world.gateway.cancel(charged.provider_id) == world.gateway.cancel(charged.provider_id)


def test_a_paid_charge_stays_paid_when_it_is_canceled(world: World) -> None:
    charged = world.paid()
    known = world.gateway.cancel(charged.provider_id)
    assert known is not None
    assert known.status == "paid"
    assert known == world.seen(charged.provider_id)


def test_what_the_provider_does_not_know_is_nothing(world: World) -> None:
    for unknown in UNKNOWN:
        assert world.gateway.fetch(unknown) is None
        assert world.gateway.cancel(unknown) is None
        with pytest.raises(ChargeRefused, match="charge_unknown"):
            world.gateway.refund(RefundRequest("rfd_1", unknown, world.request.amount, "?"))
    assert world.gateway.find("pay_unknown", None) is None


def test_faulty_credentials_leave_everything_to_be_repeated(world: World) -> None:
    charged = world.paid()
    for call in (
        lambda: world.stranger.charge(world.request),
        lambda: world.stranger.fetch(charged.provider_id),
        lambda: world.stranger.cancel(charged.provider_id),
        lambda: world.stranger.refund(world.back(charged, 100)),
    ):
        with pytest.raises(ProviderUnavailable):
            call()


@refundable
def test_a_refund_gives_back_what_was_asked(world: World) -> None:
    charged = world.paid()
    refund = world.gateway.refund(world.back(charged, 4990))
    assert refund.provider_id
    assert refund.done
    known = world.seen(charged.provider_id)
    assert (known.status, known.refunded) == ("paid", world.money(4990))


@refundable
def test_refunding_twice_with_one_id_is_one_refund(world: World) -> None:
    charged = world.paid()
    asked = world.back(charged, 4990)
    assert world.gateway.refund(asked) == world.gateway.refund(asked)
    assert world.seen(charged.provider_id).refunded == asked.amount


@refundable
def test_a_refund_whose_answer_is_lost_is_made_once(world: World) -> None:
    charged = world.paid()
    asked = world.back(charged, 14990)
    world.turn(lost_answer=1)
    with pytest.raises(ProviderUnavailable):
        world.gateway.refund(asked)
    assert until_answered(lambda: world.gateway.refund(asked)).done
    known = world.seen(charged.provider_id)
    assert (known.status, known.refunded) == ("refunded", asked.amount)


@refundable
def test_partial_refunds_add_up_and_never_exceed_the_charge(world: World) -> None:
    charged = world.paid()
    world.gateway.refund(world.back(charged, 10000, "rfd_1"))
    world.gateway.refund(world.back(charged, 4000, "rfd_10"))
    with pytest.raises(ChargeRefused):
        world.gateway.refund(world.back(charged, 991, "rfd_2"))
    assert world.seen(charged.provider_id).refunded == world.money(14000)
    assert world.gateway.refund(world.back(charged, 990, "rfd_3")).done
    known = world.seen(charged.provider_id)
    assert (known.status, known.refunded) == ("refunded", world.money(14990))
    with pytest.raises(ChargeRefused):
        world.gateway.refund(world.back(charged, 1, "rfd_4"))
    assert world.seen(charged.provider_id).refunded == world.money(14990)


@refundable
def test_a_repeat_of_a_refund_is_known_also_when_all_has_gone_back(world: World) -> None:
    charged = world.paid()
    first = world.gateway.refund(world.back(charged, 10000, "rfd_1"))
    world.gateway.refund(world.back(charged, 4990, "rfd_2"))
    assert world.gateway.refund(world.back(charged, 10000, "rfd_1")) == first


def test_what_is_not_paid_is_not_given_back(world: World) -> None:
    charged = world.gateway.charge(world.request)
    with pytest.raises(ChargeRefused, match="charge_not_paid"):
        world.gateway.refund(world.back(charged, 100))
    world.gateway.cancel(charged.provider_id)
    with pytest.raises(ChargeRefused, match="charge_not_paid"):
        world.gateway.refund(world.back(charged, 100))


@refundable
@pytest.mark.parametrize("amount", [Money(0, "BRL"), Money(-1, "BRL"), Money(100, "CLP")])
def test_an_amount_that_is_no_part_of_the_charge_is_not_given_back(world: World, amount: Money) -> None:
    charged = world.paid()
    with pytest.raises(ChargeRefused):
        world.gateway.refund(replace(world.back(charged, 100), amount=amount))
    assert world.seen(charged.provider_id).refunded is None


@pytest.mark.parametrize("world", [name for name in CASES if name not in REFUNDABLE], indirect=True)
def test_what_the_provider_cannot_give_back_is_left_to_finance(world: World) -> None:
    charged = world.paid()
    with pytest.raises(ChargeRefused) as refusal:
        world.gateway.refund(world.back(charged, 14990))
    assert refusal.value.code == "refund_not_supported"
    assert world.seen(charged.provider_id).refunded is None


@refundable
def test_a_dispute_is_told_and_over_when_it_is_won(world: World) -> None:
    charged = world.paid()
    world.act("dispute")
    known = world.seen(charged.provider_id)
    assert (known.status, known.disputed, known.refunded) == ("paid", True, None)
    with pytest.raises(ChargeRefused, match="charge_disputed"):
        world.gateway.refund(world.back(charged, 100))
    world.act("dispute_won")
    known = world.seen(charged.provider_id)
    assert (known.status, known.disputed, known.refunded) == ("paid", False, None)


@refundable
def test_a_lost_dispute_takes_the_money_back(world: World) -> None:
    charged = world.paid()
    world.act("dispute")
    world.act("dispute_lost")
    known = world.seen(charged.provider_id)
    assert (known.status, known.disputed, known.refunded) == ("refunded", False, world.request.amount)
    with pytest.raises(ChargeRefused):
        world.gateway.refund(world.back(charged, 100))


@refundable
def test_every_notice_of_refund_and_dispute_leads_to_the_charge(world: World) -> None:
    charged = world.paid()
    world.gateway.refund(world.back(charged, 100))
    world.act("dispute")
    world.act("dispute_won")
    told = {notice.provider_id for notice in world.notices()} - {None}
    assert {world.seen(one).provider_id for one in told if one} == {charged.provider_id}
    later = [one for one in world.notices() if "refund" in one.name.lower() or "disput" in one.name.lower()]
    assert all(one.provider_id and not one.announces_payment for one in later)
