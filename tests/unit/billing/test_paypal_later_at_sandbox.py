"""What becomes of a charge at PayPal later, against the sandbox provider: cheques, closing, money back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.billing.gateways import ChargeRefused, ProviderUnavailable, RefundRequest
from chalicelib.kernel.money import Money
from tests.unit.billing.paypal_world import NOON, World, paypal_world
from tests.unit.billing.stub import CARD


@pytest.fixture
def world() -> Iterator[World]:
    with paypal_world() as made:
        yield made


def test_an_electronic_cheque_is_pending_until_it_clears(world: World) -> None:
    charged = world.gateway.charge(CARD)
    world.approve(by="echeck")
    known = world.capture(charged.provider_id)
    assert (known.status, known.approved) == ("pending", False)
    with pytest.raises(ProviderUnavailable):
        world.gateway.cancel(charged.provider_id)
    world.act("clear")
    assert world.fetch(charged.provider_id).status == "paid"
    kinds = [notice.name for notice in world.settled()]
    assert kinds == ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.COMPLETED"]


def test_an_electronic_cheque_that_bounces_is_no_payment(world: World) -> None:
    charged = world.gateway.charge(CARD)
    world.approve(by="echeck")
    world.capture(charged.provider_id)
    world.act("deny")
    assert world.fetch(charged.provider_id).status == "canceled"


def test_a_canceled_order_is_never_captured_approved_or_not(world: World) -> None:
    for number, approved in enumerate((False, True)):
        charged = world.gateway.charge(replace(CARD, payment_id=f"pay_{number}"))
        if approved:
            world.approve(f"pay_{number}")
        for _ in range(2):
            known = world.gateway.cancel(charged.provider_id)
            assert known is not None
            assert known.status == "canceled"
        assert world.capture(charged.provider_id).status == "canceled"
    assert {charge["payable"] for charge in world.control("GET", "charges")["data"]} == {False}
    assert not any(notice.announces_payment for notice in world.settled())


def test_a_paid_order_is_not_canceled(world: World) -> None:
    known = world.gateway.cancel(world.paid())
    assert known is not None
    assert known.status == "paid"


def test_an_order_that_nobody_approved_lapses(world: World) -> None:
    charged = world.gateway.charge(CARD)
    world.clock[0] = NOON + timedelta(hours=3)
    assert world.gateway.fetch(charged.provider_id) is None
    assert world.gateway.cancel(charged.provider_id) is None


def test_a_token_that_has_ended_is_replaced(world: World) -> None:
    provider_id = world.paid()
    world.clock[0] = NOON + timedelta(hours=10)
    assert world.fetch(provider_id).status == "paid"


def test_a_refund_is_made_once_and_told_by_the_capture(world: World) -> None:
    provider_id = world.paid()
    part = RefundRequest("rfd_1", provider_id, Money(5000, "BRL"), "withdrawal")
    world.turn(lost_answer=1)
    with pytest.raises(ProviderUnavailable):
        world.gateway.refund(part)
    assert world.gateway.refund(part) == world.gateway.refund(part)
    known = world.fetch(provider_id)
    assert (known.status, known.refunded) == ("paid", Money(5000, "BRL"))
    with pytest.raises(ChargeRefused, match="refund_exceeds_charge"):
        world.gateway.refund(replace(part, refund_id="rfd_2", amount=Money(10000, "BRL")))
    assert world.gateway.refund(replace(part, refund_id="rfd_3", amount=Money(9990, "BRL"))).done
    known = world.fetch(provider_id)
    assert (known.status, known.refunded) == ("refunded", Money(14990, "BRL"))
    refunded = [notice for notice in world.settled() if notice.name == "PAYMENT.CAPTURE.REFUNDED"]
    assert [world.fetch(str(notice.provider_id)).provider_id for notice in refunded] == [provider_id] * 2


def test_a_dispute_is_told_and_its_end_too(world: World) -> None:
    provider_id = world.paid()
    seen = []
    for act in ("dispute", "dispute_won", "dispute", "dispute_lost"):
        world.act(act)
        known = world.fetch(provider_id)
        seen.append((known.status, known.disputed))
    assert seen == [("paid", True), ("paid", False), ("paid", True), ("refunded", False)]
    disputes = [notice for notice in world.settled() if notice.name.startswith("CUSTOMER.DISPUTE.")]
    assert len(disputes) == 4
    assert {world.fetch(str(notice.provider_id)).provider_id for notice in disputes} == {provider_id}
