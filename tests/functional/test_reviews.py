"""News of money whose message is lost: they are looked for until they are seen, or a person is asked (B5)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.billing.gateways import ProviderUnavailable
from chalicelib.billing.pauses import ASK_CONTESTED_FOR, REVIEW_EVERY
from chalicelib.flows import reversals
from tests.functional import steps
from tests.functional.paid import SPAIN, Paid, answers, paid, shown
from tests.functional.steps import LICENSE
from tests.world import World

MINUTE = timedelta(minutes=1)


def _settled_and_lost(sale: Paid) -> None:
    """Everything that the provider tells is settled, and the message that asks for a review is lost."""
    world = sale.world
    world.webhooks()
    world.stream()
    while world.work("settlements"):
        pass
    world.stream()
    assert {"payment_id": sale.payment_id} in steps.waiting(world, "settlements")
    while world.work("settlements"):
        raise AssertionError("something was not lost")


def _swept(world: World, after: timedelta = 15 * MINUTE) -> None:
    world.reconcile(after)
    world.settle_down()


def _is_suspended(world: World) -> bool:
    # Not what a tool is told: sweeps here are ahead of the clock that tools go by.
    (order,) = world.rows("order")
    return "suspended_at" in order


def test_a_dispute_is_seen_though_the_message_about_it_was_lost(world: World) -> None:
    sale = paid(world, "card")
    sale.happens("dispute")
    _settled_and_lost(sale)
    assert steps.outstanding(world) == ["payment"]
    _swept(world, 5 * MINUTE)
    assert not _is_suspended(world)
    _swept(world, 6 * MINUTE)
    assert (_is_suspended(world), sale.tasks()) == (True, ["payment_disputed"])
    assert sale.payment.review_from is None


@pytest.mark.parametrize("way", ["card", "pix", "paypal"])
def test_money_gone_is_seen_though_the_message_about_it_was_lost(world: World, way: str) -> None:
    sale = paid(world, way)
    sale.refunded_elsewhere()
    _settled_and_lost(sale)
    assert sale.states == ("paid", "paid", "paid")
    _swept(world)
    assert sale.states == ("refunded", "refunded", "refunded")
    assert (sale.tasks(), steps.outstanding(world)) == (["payment_taken_back"], [])


@pytest.mark.parametrize("act", ["dispute_won", "dispute_lost"])
def test_an_order_accepted_on_hold_does_not_stay_so_because_a_message_was_lost(
    world: World, act: str
) -> None:
    _, token = world.customer("jose@example.com", **SPAIN)
    sale = Paid(world, token, world.staff("finance"), steps.charged(world, token, LICENSE, method="card"))
    world.pay(sale.payment_id)
    sale.happens("dispute")
    _settled_and_lost(sale)
    assert (sale.states[0], _is_suspended(world), world.rows("license")) == ("paid", True, [])
    sale.happens(act)  # of which nobody tells us
    _swept(world)
    if act == "dispute_won":
        assert (sale.states, sale.code) == (("paid", "paid", "paid"), "VALID")
    else:
        assert (sale.states, world.rows("license")) == (("refunded", "refunded", "refunded"), [])
    assert steps.outstanding(world) == []


@pytest.mark.parametrize("refund_is_made", [True, False])
def test_what_hid_behind_a_refund_of_ours_is_seen_though_the_message_was_lost(
    world: World, refund_is_made: bool
) -> None:
    sale = paid(world, "card")
    sale.ask(3000)
    if refund_is_made:
        sale.refunded_elsewhere(2000)
    else:
        sale.happens("dispute")
        sale.happens("dispute_lost")
    _settled_and_lost(sale)
    assert sale.sums[1] == 0
    _swept(world)
    taken = 2000 if refund_is_made else sale.total
    assert sale.sums[1] == taken
    assert steps.outstanding(world) == []


def test_while_the_charge_cannot_be_seen_the_pauses_grow_and_nothing_is_forgotten(world: World) -> None:
    sale = paid(world, "card")
    sale.happens("dispute")
    _settled_and_lost(sale)
    since = sale.payment.review_from
    assert since
    with pytest.raises(ProviderUnavailable):
        reversals.review(sale.payment_id, answers(sale, ProviderUnavailable("silent")), since)
    pauses = []
    for _ in range(12):
        due = sale.payment.due_at
        assert due
        reversals.review(sale.payment_id, answers(sale, None), due)
        pauses.append(due)
    gaps = [later - earlier for earlier, later in zip([since, *pauses], pauses, strict=False)]
    assert gaps == sorted(gaps)
    assert gaps[0] == 10 * MINUTE
    assert gaps[-1] < REVIEW_EVERY
    assert (sale.payment.review_from, steps.outstanding(world)) == (since, ["payment"])
    world.now = pauses[-1]
    _swept(world, REVIEW_EVERY)
    assert _is_suspended(world)


@pytest.mark.parametrize("said", [None, ProviderUnavailable("silent")])
def test_what_cannot_be_seen_for_months_is_for_a_person(
    world: World, said: ProviderUnavailable | None
) -> None:
    sale = paid(world, "card")
    sale.happens("dispute")
    _settled_and_lost(sale)
    since = sale.payment.review_from
    assert since
    for _ in range(2):
        reversals.review(sale.payment_id, answers(sale, None), since + ASK_CONTESTED_FOR - MINUTE)
        assert sale.tasks() == []
    for answer in (said, None):
        reversals.review(sale.payment_id, answers(sale, answer), since + ASK_CONTESTED_FOR)
    assert sale.tasks() == ["payment_not_reviewed"]
    facts = sale.facts("payment_not_reviewed")
    assert (facts["payment_id"], facts["order_id"]) == (sale.payment_id, sale.order["id"])
    assert steps.outstanding(world) == []


def test_news_that_come_during_a_look_are_looked_for_again(world: World) -> None:
    sale = paid(world, "card")
    steps.set_payment(sale.payment_id, review_from=world.now - MINUTE)

    def there_are_news() -> None:
        steps.set_payment(sale.payment_id, review_from=world.now)

    said = (shown(sale, disputed=False), shown(sale, disputed=True))
    reversals.review(sale.payment_id, answers(sale, *said, meanwhile=there_are_news), world.now)
    assert _is_suspended(world)
    assert sale.payment.review_from is None
