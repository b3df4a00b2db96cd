"""Money that goes back from several sides at once, and answers that come late or in any order (B5, V8)."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.flows import reversals, settlement
from chalicelib.kernel.money import Money
from tests.functional import steps
from tests.functional.conftest import opened
from tests.functional.paid import DISPUTABLE, Paid, answers, paid, shown
from tests.functional.steps import ERP, LICENSE
from tests.world import Keys, World


def test_a_refund_that_was_made_just_before_the_chargeback(world: World) -> None:
    sale = paid(world, "card")
    sale.refund(3000)
    sale.happens("dispute")
    sale.told()
    sale.happens("dispute_lost")
    sale.told()
    assert sale.states == ("refunded", "refunded", "refunded")
    assert sale.sums == (3000, sale.total - 3000, sale.total)
    assert sorted(amount for amount, _ in sale.credited) == sorted([3000, sale.total - 3000])


def test_a_refund_that_was_promised_just_before_the_dispute(world: World) -> None:
    sale = paid(world, "card")
    refund_id = sale.ask(3000).json["id"]
    sale.happens("dispute")
    sale.told()
    assert [(one["id"], one["status"]) for one in sale.refunds] == [(refund_id, "refused")]
    assert sale.tasks() == ["payment_disputed", "refund_refused"]
    sale.happens("dispute_lost")
    sale.told()
    assert sale.states == ("refunded", "refunded", "refunded")
    assert sale.sums == (0, sale.total, sale.total)


@pytest.mark.parametrize("elsewhere_first", [True, False])
def test_a_refund_of_ours_on_its_way_while_others_give_money_back(
    world: World, elsewhere_first: bool
) -> None:
    sale = paid(world, "card")
    if elsewhere_first:
        sale.ask(3000)
        sale.refunded_elsewhere(2000)
    else:
        sale.refund(3000)
        sale.refunded_elsewhere(2000)
    sale.told()
    assert sale.sums == (3000, 2000, 5000)
    assert sale.states == ("paid", "paid", "paid")


def _told_before_our_refund_is_made(sale: Paid) -> None:
    """The provider's events are settled while our refund still waits for its worker."""
    assert {answer.status for answer in sale.world.webhooks()} == {200}
    for row in sale.world.rows("provider_event"):
        settlement.settle(row["id"], wiring.gateways(), sale.world.now)


def test_what_hid_behind_a_refund_of_ours_shows_when_that_is_made_though_no_webhook_tells(
    world: World,
) -> None:
    sale = paid(world, "card")
    sale.ask(3000)
    sale.refunded_elsewhere(2000)
    _told_before_our_refund_is_made(sale)
    assert sale.sums == (3000, 0, 0)
    world.settle_down()
    assert (sale.sums, sale.tasks()) == ((3000, 2000, 5000), ["payment_taken_back"])


def test_what_hid_behind_a_refund_of_ours_shows_when_that_is_refused(world: World) -> None:
    sale = paid(world, "card")
    sale.ask(3000)
    sale.happens("dispute")
    sale.happens("dispute_lost")
    _told_before_our_refund_is_made(sale)
    world.settle_down()
    assert sale.sums == (0, sale.total, sale.total)
    assert sale.states == ("refunded", "refunded", "refunded")


def test_an_old_answer_that_comes_late_does_not_undo_what_a_newer_one_has_brought(world: World) -> None:
    sale = paid(world, "card")
    sale.happens("dispute")
    sale.told()
    disputed, over = shown(sale, disputed=True), shown(sale, disputed=False)

    def a_newer_answer_is_booked() -> None:
        newer = answers(sale, replace(disputed, refunded=Money(100, "EUR")))
        reversals.review(sale.payment_id, newer, world.now)

    slow = answers(sale, over, disputed, meanwhile=a_newer_answer_is_booked)
    reversals.review(sale.payment_id, slow, world.now)
    assert (sale.code, sale.sums) == ("UNPAID", (0, 100, 100))
    assert sale.payment.contested_at


def test_another_charge_under_the_same_reference_tells_nothing_about_this_one(world: World) -> None:
    sale = paid(world, "card")
    other = answers(sale, shown(sale, provider_id="cs_other", disputed=True))
    before = world.rows()
    reversals.review(sale.payment_id, other, world.now)
    assert world.rows() == before


def test_what_was_never_paid_is_not_reviewed(world: World) -> None:
    _, token = world.customer()
    order = steps.charged(world, token, LICENSE)
    before = world.rows()
    reversals.review(order["payment"]["id"], {}, world.now)
    assert world.rows() == before


def test_a_transfer_has_nobody_to_be_asked(world: World) -> None:
    sale = paid(world, "transfer")
    before = world.rows()
    reversals.review(sale.payment_id, wiring.gateways(), world.now)
    assert world.rows() == before


# Every order of what happens, of what we are told and of when


PART = 1000
ACTS = ("dispute", "dispute_won", "dispute_lost", "a part elsewhere", "all elsewhere", "a part by us")


def _possible(act: str, done: list[str]) -> bool:
    """Whether that can happen now; what is lost or given back whole is over."""
    if {"dispute_lost", "all elsewhere"} & set(done):
        return False
    open_now = bool(done) and [one for one in done if one.startswith("dispute")][-1:] == ["dispute"]
    if act.startswith("dispute"):
        # One dispute at a time, and at Stripe one for good.
        return "dispute" not in done if act == "dispute" else open_now
    return not open_now and act not in done


def _happens(sale: Paid, act: str) -> None:
    if act == "a part by us":
        assert sale.ask(PART).status == 201
    elif act.endswith("elsewhere"):
        gone = sum(one.minor for one in [shown(sale).refunded] if one)
        sale.refunded_elsewhere(PART + 1 if act.startswith("a part") else sale.total - gone)
    else:
        sale.happens(act)


def _tells(sale: Paid, rng: random.Random) -> None:
    """The provider tells of everything so far, in any order, some of it twice."""
    events = sale.world.sandbox.signed_events()
    for event, headers in rng.sample(events * 2, rng.randint(0, len(events) * 2)):
        path = f"/v1/webhooks/{event.provider}"
        assert sale.world.http("POST", path, raw=event.body.encode(), headers=headers).status == 200
        if rng.random() < 0.5:
            sale.world.settle_down()


def _end(sale: Paid) -> dict[str, Any]:
    subscription = sale.read("/v1/subscriptions")["data"][0]
    license = steps.licenses(sale.world, sale.token)[0]
    return {
        "states": sale.states,
        "code": license["code"],
        "contested": sale.payment.contested_at is not None,
        "subscription": subscription["status"],
        "gone": sale.sums[2],
        "credited": sum(amount for amount, _ in sale.credited),
    }


def _expected(sale: Paid) -> dict[str, Any]:
    """What follows from how the charge stands at its provider, whatever happened before."""
    seen = shown(sale)
    gone = seen.refunded.minor if seen.refunded else 0
    whole = gone == sale.total
    stopped = whole or seen.disputed
    return {
        "states": ("refunded",) * 3 if whole else ("paid",) * 3,
        "code": "UNPAID" if stopped else "VALID",
        "contested": seen.disputed,
        "subscription": "ended" if whole else "suspended" if seen.disputed else "active",
        "gone": gone,
        "credited": gone if whole else sale.sums[2] - sale.sums[1],
    }


@pytest.mark.parametrize("way", DISPUTABLE)
@settings(max_examples=6, deadline=None)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=5), rng=st.randoms(use_true_random=False))
def test_whatever_happens_and_is_told_in_whatever_order_ends_in_the_state_of_the_charge(
    keys: Keys, jwks_url: str, way: str, acts: list[str], rng: random.Random
) -> None:
    with opened(keys, jwks_url) as world:
        sale, done = paid(world, way, ERP, LICENSE), list[str]()
        for act in acts:
            if _possible(act, done):
                _happens(sale, act)
                done.append(act)
                _tells(sale, rng)
        # Twice: of what we did because of the first telling, the provider tells too.
        for _ in range(2):
            sale.told()
            world.reconcile()
            world.settle_down()
        assert _end(sale) == _expected(sale), done
        before = world.rows()
        sale.told()
        assert world.rows() == before
