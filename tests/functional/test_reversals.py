"""Money taken back without us: suspended while it is contested, and gone for good when it is gone (V8)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.billing.gateways import ProviderUnavailable
from chalicelib.billing.pauses import ASK_CONTESTED_EVERY, ASK_CONTESTED_FOR
from chalicelib.flows import reversals
from tests.functional import steps
from tests.functional.paid import BY_PROVIDER, DISPUTABLE, SPAIN, Paid, answers, paid, paid_by, shown
from tests.functional.steps import ADDON_A, ADVISORY, ERP, LICENSE
from tests.world import World

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("way", DISPUTABLE)
def test_a_contested_payment_suspends_what_it_paid_for_once(world: World, way: str) -> None:
    sale = paid(world, way)
    sale.happens("dispute")
    for _ in range(2):
        sale.told()
    assert (sale.states, sale.code) == (("paid", "paid", "paid"), "UNPAID")
    assert (sale.tasks(), sale.sums) == (["payment_disputed"], (0, 0, 0))
    (letter,) = sale.mails("payment_contested")
    assert letter["amount"] == sale.order["total"]
    facts = sale.facts("payment_disputed")
    assert (facts["payment_id"], facts["order_id"]) == (sale.payment_id, sale.order["id"])
    assert steps.outstanding(world) == ["payment"]


@pytest.mark.parametrize("way", DISPUTABLE)
def test_a_dispute_that_is_won_puts_everything_back_as_it_was(world: World, way: str) -> None:
    sale = paid(world, way, LICENSE, ADDON_A)
    (before,) = steps.licenses(world, sale.token)
    sale.happens("dispute")
    sale.told()
    sale.happens("dispute_won")
    sale.told()
    assert (sale.states, sale.code) == (("paid", "paid", "paid"), "VALID")
    assert steps.licenses(world, sale.token) == [before]
    assert sale.tasks() == ["dispute_won", "payment_disputed"]
    assert "not_restored" not in sale.facts("dispute_won")
    assert steps.outstanding(world) == []
    assert sale.refund()["status"] == "done"


@pytest.mark.parametrize("way", DISPUTABLE)
def test_a_dispute_that_is_lost_ends_what_was_paid_for(world: World, way: str) -> None:
    sale = paid(world, way)
    sale.happens("dispute")
    sale.told()
    sale.happens("dispute_lost")
    for _ in range(2):
        sale.told()
    assert sale.states == ("refunded", "refunded", "refunded")
    assert (sale.code, sale.sums) == ("UNPAID", (0, sale.total, sale.total))
    assert sale.tasks() == ["payment_disputed", "payment_taken_back"]
    taken = sale.facts("payment_taken_back")
    assert taken["taken"] == taken["gone_at_provider"] == taken["amount"]
    assert sale.mails("refund_made") == []
    assert [amount for amount, _ in sale.credited] == [sale.total]
    assert steps.outstanding(world) == []
    assert sale.ask().json["code"] == "payment_not_refundable"


def test_all_kinds_of_things_are_suspended_and_put_back(world: World) -> None:
    base = paid(world, "pix", ERP)
    sale = paid_by(world, base.token, "pix", ADVISORY)
    (ticket_id,) = sale.order["tickets"]

    def shown() -> tuple[str, str, str]:
        (subscription,) = sale.read("/v1/subscriptions")["data"]
        ticket = sale.read(f"/v1/tickets/{ticket_id}")
        return subscription["status"], ticket["status"], ticket["waits_for"]

    for one in (base, sale):
        one.happens("dispute")
    sale.told()
    assert shown() == ("suspended", "open", "payment")
    for one in (base, sale):
        one.happens("dispute_won")
    sale.told()
    assert shown() == ("active", "waiting_customer", "slots")


def test_of_two_orders_for_one_licence_each_dispute_takes_its_own_part(world: World) -> None:
    first = paid(world, "card")
    (license,) = steps.licenses(world, first.token)
    renewal = {"product": "prestaimport", "license_id": license["id"]}
    second = paid_by(world, first.token, "card", renewal)
    before = steps.licenses(world, first.token)
    second.happens("dispute")
    first.told()
    assert (first.code, steps.licenses(world, first.token)[0]["paid_until"]) == (
        "VALID",
        license["expires_at"],
    )
    first.happens("dispute")
    first.told()
    assert first.code == "UNPAID"
    for one in (second, first):
        one.happens("dispute_won")
        one.told()
    assert steps.licenses(world, first.token) == before


def test_what_was_paid_anew_during_a_dispute_is_told_to_finance_when_it_is_won(world: World) -> None:
    first = paid(world, "card")
    (license,) = steps.licenses(world, first.token)
    first.happens("dispute")
    first.told()
    paid_by(world, first.token, "card", {"product": "prestaimport", "license_id": license["id"]})
    (renewed,) = steps.licenses(world, first.token)
    first.happens("dispute_won")
    first.told()
    assert steps.licenses(world, first.token) == [renewed]
    assert first.facts("dispute_won")["not_restored"] == license["id"]


# Nothing depends on a webhook


def test_the_end_of_a_dispute_is_found_by_asking_every_day(world: World) -> None:
    sale = paid(world, "card")
    sale.happens("dispute")
    sale.told()
    for _ in range(2):
        world.reconcile(ASK_CONTESTED_EVERY + MINUTE)
        world.settle_down()
        assert (sale.code, sale.tasks()) == ("UNPAID", ["payment_disputed"])
    sale.happens("dispute_won")
    world.reconcile(ASK_CONTESTED_EVERY + MINUTE)
    world.settle_down()
    assert (sale.code, sale.tasks()) == ("VALID", ["dispute_won", "payment_disputed"])


def test_a_dispute_that_never_ends_is_not_asked_about_for_ever(world: World) -> None:
    sale = paid(world, "card")
    sale.happens("dispute")
    sale.told()
    world.reconcile(ASK_CONTESTED_FOR + MINUTE)
    world.settle_down()
    assert (steps.outstanding(world), sale.code) == ([], "UNPAID")


def test_while_the_provider_is_silent_a_contested_payment_stays_due(world: World) -> None:
    sale = paid(world, "card")
    sale.happens("dispute")
    sale.told()
    with pytest.raises(ProviderUnavailable):
        reversals.review(sale.payment_id, answers(sale, ProviderUnavailable("silent")), world.now)
    reversals.review(sale.payment_id, answers(sale, None), world.now + MINUTE)
    assert sale.payment.asked_at == world.now + MINUTE
    assert steps.outstanding(world) == ["payment"]


# Given back by other hands


@pytest.mark.parametrize("way", ["card", "pix", "paypal"])
def test_a_part_given_back_elsewhere_is_counted_and_told_to_finance(world: World, way: str) -> None:
    sale = paid(world, way)
    sale.refunded_elsewhere(4000)
    for _ in range(2):
        sale.told()
    assert (sale.states, sale.code) == (("paid", "paid", "paid"), "VALID")
    assert (sale.sums, sale.tasks()) == ((0, 4000, 4000), ["payment_taken_back"])
    assert sale.facts("payment_taken_back")["taken"].startswith("40.00 ")
    assert steps.faults(sale.ask(sale.total - 3999)) == {"/amount": "more_than_left"}
    # A part that was taken is on no credit note until it is clear that all is gone: then all of it is.
    assert sale.credited == []
    assert sale.refund()["amount"]["amount"] == sale.total - 4000
    assert sale.states == ("refunded", "refunded", "refunded")
    assert [amount for amount, _ in sale.credited] == [sale.total]
    assert sale.sums == (sale.total - 4000, 4000, sale.total)


@pytest.mark.parametrize("way", BY_PROVIDER)
def test_all_given_back_elsewhere_ends_what_was_paid_for(world: World, way: str) -> None:
    sale = paid(world, way)
    sale.refunded_elsewhere()
    sale.told()
    if way == "redsys":
        # Redsys tells of payments alone.
        assert sale.code == "VALID"
        reversals.review(sale.payment_id, wiring.gateways(), world.now)
        world.settle_down()
    assert (sale.states, sale.code) == (("refunded", "refunded", "refunded"), "UNPAID")
    assert sale.tasks() == ["payment_taken_back"]


def test_a_slip_that_finance_gives_back_at_the_provider_is_explained_by_its_refund(world: World) -> None:
    sale = paid(world, "slip")
    asked = sale.refund()
    gone = shown(sale, refunded=sale.payment.amount, status="refunded")
    reversals.review(sale.payment_id, answers(sale, gone), world.now)
    assert (sale.states, sale.sums) == (("paid", "paid", "paid"), (sale.total, 0, 0))
    sale.confirm(asked["id"])
    assert (sale.states, sale.sums) == (("refunded", "refunded", "refunded"), (sale.total, 0, sale.total))


def test_money_that_comes_back_after_it_was_gone_is_a_case_for_finance(world: World) -> None:
    sale = paid(world, "card")
    sale.refunded_elsewhere()
    sale.told()
    back = answers(sale, shown(sale, refunded=None, status="paid"))
    for _ in range(2):
        reversals.review(sale.payment_id, back, world.now)
    assert sale.tasks() == ["payment_came_back", "payment_taken_back"]
    assert sale.states == ("refunded", "refunded", "refunded")


# First seen when it was contested or gone already


def _unseen(world: World, way: str = "card") -> Paid:
    """Paid at the provider, and we have not heard of it."""
    _, token = world.customer("jose@example.com", **SPAIN)
    order = steps.charged(world, token, LICENSE, method=way)
    world.pay(order["payment"]["id"])
    return Paid(world, token, world.staff("finance"), order)


def test_money_that_is_contested_when_it_is_first_seen_activates_nothing_until_that_is_over(
    world: World,
) -> None:
    sale = _unseen(world)
    sale.happens("dispute")
    sale.told()
    assert (sale.states, world.rows("license")) == (("paid", "paid", "paid"), [])
    assert sale.tasks() == ["payment_disputed"]
    sale.happens("dispute_won")
    sale.told()
    assert (sale.states, sale.code) == (("paid", "paid", "paid"), "VALID")
    assert len(sale.mails("license_active")) == 1
    assert steps.outstanding(world) == []


def test_money_that_is_gone_when_it_is_first_seen_is_booked_as_come_and_gone(world: World) -> None:
    sale = _unseen(world)
    seen = wiring.gateways()["stripe"].fetch(sale.payment.provider_id or "")
    assert seen
    sale.refunded_elsewhere()
    sale.told()
    assert sale.states == ("refunded", "refunded", "refunded")
    assert (world.rows("license"), sale.tasks()) == ([], ["payment_taken_back"])
    assert steps.outstanding(world) == []


def test_money_of_which_a_part_is_gone_when_it_is_first_seen_pays_all_the_same(world: World) -> None:
    sale = _unseen(world)
    sale.refunded_elsewhere(1)
    sale.told()
    assert (sale.states, sale.code) == (("paid", "paid", "paid"), "VALID")
    assert (sale.sums, sale.tasks()) == ((0, 1, 1), ["payment_taken_back"])
