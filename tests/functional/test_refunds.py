"""Money given back, full and partial, by every provider and by hand, with everything that follows (V8)."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any, cast

import pytest

from chalicelib import wiring
from chalicelib.billing.gateways import Refunded, RefundRequest
from chalicelib.billing.refunds import UNCERTAIN_FOR
from chalicelib.flows import refunds
from chalicelib.flows.quote import LARGEST_ORDER
from chalicelib.kernel.events import Actor
from chalicelib.kernel.money import Money
from tests.functional import steps
from tests.functional.paid import BY_HAND, BY_PROVIDER, REASON, Paid, paid, paid_by
from tests.functional.steps import ADDON_A, ADVISORY, ERP, LICENSE
from tests.world import World

MINUTE = timedelta(minutes=1)


def _trail(world: World, subject: str) -> Counter[tuple[str | None, str]]:
    """The changes of one thing."""
    told = [row for row in world.rows("audit") if row["subject"] == subject]
    return Counter((row.get("before"), row["after"]) for row in told)


@pytest.mark.parametrize("way", BY_PROVIDER)
def test_a_full_refund_gives_all_back_and_ends_what_it_paid_for(world: World, way: str) -> None:
    sale = paid(world, way)
    assert (sale.states, sale.code) == (("paid", "paid", "paid"), "VALID")
    made = sale.refund()
    assert (made["status"], made["amount"], made["reason"]) == ("done", sale.order["total"], REASON)
    assert made["done_at"]
    assert sale.states == ("refunded", "refunded", "refunded")
    assert sale.sums == (sale.total, 0, sale.total)
    assert sale.code == "UNPAID"
    seen = wiring.gateways()[sale.payment.provider].fetch(sale.payment.provider_id or "")
    assert seen
    assert (seen.status, seen.refunded) == ("refunded", sale.payment.amount)
    (letter,) = sale.mails("refund_made")
    assert (letter["whole"], letter["amount"]) == (True, sale.order["total"])
    assert REASON not in str(letter)
    told = "Devolução do pagamento" if way == "pix" else "Devolución del pago"
    assert sale.credited == [(sale.total, told)]
    assert sale.tasks() == []
    assert steps.outstanding(world) == []


@pytest.mark.parametrize("way", BY_PROVIDER)
def test_the_providers_own_word_about_our_refund_changes_nothing_more(world: World, way: str) -> None:
    sale = paid(world, way)
    sale.refund(1000)
    sale.refund(500)
    before = sale.sums
    for _ in range(2):
        sale.told()
        world.reconcile()
        world.settle_down()
    assert sale.sums == before == (1500, 0, 1500)
    assert sale.states == ("paid", "paid", "paid")
    assert (sale.code, sale.tasks()) == ("VALID", [])


@pytest.mark.parametrize("way", BY_PROVIDER)
def test_parts_add_up_and_the_last_one_ends_it(world: World, way: str) -> None:
    sale = paid(world, way)
    first = sale.refund(4000)
    assert (first["status"], sale.states, sale.code) == ("done", ("paid", "paid", "paid"), "VALID")
    shown = steps.payment(world, sale.token, sale.payment_id)
    assert shown["refunded"] == {"amount": 4000, "currency": sale.order["total"]["currency"]}
    rest = sale.refund()
    assert rest["amount"]["amount"] == sale.total - 4000
    assert sale.states == ("refunded", "refunded", "refunded")
    assert sorted(letter["whole"] for letter in sale.mails("refund_made")) == [False, True]
    assert sorted(amount for amount, _ in sale.credited) == sorted([4000, sale.total - 4000])


@pytest.mark.parametrize("way", BY_HAND)
def test_what_no_provider_gives_back_is_sent_by_hand_and_confirmed_once(world: World, way: str) -> None:
    sale = paid(world, way)
    asked = sale.refund(5000)
    assert (asked["status"], asked["done_at"]) == ("by_hand", None)
    assert sale.tasks() == ["refund_by_hand"]
    facts = sale.facts("refund_by_hand")
    assert facts["amount"] == f"50.00 {sale.order['total']['currency']}"
    assert (facts["refund_id"], facts["payment_id"]) == (asked["id"], sale.payment_id)
    assert (facts["reason"], facts["invoice"][:2]) == (REASON, "A-")
    assert (sale.sums, sale.mails("refund_made"), sale.credited) == ((5000, 0, 0), [], [])
    confirmed = [sale.confirm(asked["id"]) for _ in range(2)]
    assert [one.status for one in confirmed] == [200, 200]
    assert confirmed[0].json == confirmed[1].json
    assert (confirmed[0].json["status"], confirmed[0].json["reference"]) == ("done", "OUT1")
    assert (sale.sums, len(sale.mails("refund_made"))) == ((5000, 0, 5000), 1)
    assert [amount for amount, _ in sale.credited] == [5000]
    assert sale.states == ("paid", "paid", "paid")


@pytest.mark.parametrize("way", BY_HAND)
def test_all_of_it_sent_by_hand_ends_what_it_paid_for(world: World, way: str) -> None:
    sale = paid(world, way)
    asked = sale.refund()
    assert sale.states == ("paid", "paid", "paid")
    assert sale.confirm(asked["id"]).status == 200
    assert (sale.states, sale.code) == (("refunded", "refunded", "refunded"), "UNPAID")
    # The day of value in the seller's own zone.
    assert sale.refunds[0]["done_at"] == "2026-11-24T23:00:00Z"
    assert steps.outstanding(world) == []


def test_a_refund_leaves_a_trail_of_who_and_why_on_everything_it_touches(world: World) -> None:
    sale = paid(world, "card")
    made = sale.refund()
    trail = [row for row in world.rows("audit") if row.get("reason") == REASON]
    assert {row["channel"] for row in trail} == {"staff"}
    assert {row["subject"] for row in trail} == {made["id"], sale.payment_id}
    assert _trail(world, made["id"]) == Counter([(None, "requested"), ("requested", "done")])
    assert _trail(world, sale.payment_id) == Counter(
        [
            (None, "requested"),
            ("requested", "pending"),
            ("pending", "paid"),
            ("paid", "paid"),
            ("paid", "refunded"),
        ]
    )
    order = [(None, "pending_payment"), ("pending_payment", "paid"), ("paid", "activated")]
    assert _trail(world, sale.order["id"]) == Counter([*order, ("activated", "refunded")])
    assert _trail(world, sale.order["invoice_id"])["paid", "refunded"] == 1


def test_everything_that_an_order_paid_for_ends(world: World) -> None:
    base = paid(world, "pix", ERP)
    sale = paid_by(world, base.token, "pix", LICENSE, ADDON_A, ADVISORY)
    sale.refund()
    (license,) = steps.licenses(world, sale.token)
    assert (license["code"], [addon["status"] for addon in license["addons"]]) == ("UNPAID", ["unpaid"])
    (ticket_id,) = sale.order["tickets"]
    ticket = sale.read(f"/v1/tickets/{ticket_id}")
    assert (ticket["status"], ticket["closed_for"]) == ("closed", "refunded")
    # Another order's subscription goes on, until its own money goes back.
    (subscription,) = sale.read("/v1/subscriptions")["data"]
    assert subscription["status"] == "active"
    base.refund()
    assert sale.read(f"/v1/subscriptions/{subscription['id']}")["status"] == "ended"
    refused = steps.ask(world, sale.token, ADVISORY)
    assert steps.faults(refused) == {"/items/0/product": "host_product_required"}


def test_a_renewal_that_is_given_back_leaves_the_term_before_it(world: World) -> None:
    first = paid(world, "card")
    (license,) = steps.licenses(world, first.token)
    renewal = {"product": "prestaimport", "license_id": license["id"]}
    second = paid_by(world, first.token, "card", renewal)
    second.refund()
    (after,) = steps.licenses(world, first.token)
    assert (after["expires_at"], after["paid_until"], after["code"]) == (
        license["expires_at"],
        None,
        "VALID",
    )
    assert first.states == ("paid", "paid", "paid")


def test_a_refund_made_before_its_order_is_activated_keeps_it_from_being_so(world: World) -> None:
    _, token = world.customer("jose@example.com", country="ES", locale="es", tax_id="12345678Z")
    order = steps.charged(world, token, LICENSE, method="card")
    world.pay(order["payment"]["id"])
    world.webhooks()
    world.stream()
    world.work("settlements")
    sale = Paid(world, token, world.staff("finance"), order)
    assert (sale.states[0], world.rows("license")) == ("paid", [])
    asked = sale.ask()
    refunds.carry_out(asked.json["id"], wiring.gateways(), world.now)
    world.settle_down()
    assert sale.states == ("refunded", "refunded", "refunded")
    assert world.rows("license") == []


def test_the_largest_order_goes_back_in_one_step_whatever_keys_its_licences_had(world: World) -> None:
    # Paid by slip and sent back by hand: that takes the most rows of all, a line of a bank statement too.
    sale = paid(world, "slip", {"product": "prestaimport", "quantity": LARGEST_ORDER})
    staff = world.staff("staff")
    for license in steps.licenses(world, sale.token):
        for _ in range(2):
            path = f"/v1/staff/licenses/{license['id']}/rotate"
            assert world.http("POST", path, {"reason": "lost"}, token=staff).status == 200
    world.settle_down()
    asked = sale.refund()
    before = {row["pk"] + row["sk"]: row for row in world.rows()}
    actor = Actor("usr_1", "staff")
    refunds.confirm(asked["id"], "OUT1", date(2026, 11, 25), actor, world.now)
    changed = [row for row in world.rows() if before.get(row["pk"] + row["sk"]) != row]
    assert LARGEST_ORDER * 5 < len(changed) <= 100
    assert {one["code"] for one in steps.licenses(world, sale.token)} == {"UNPAID"}


# What the provider may say


class Says:
    """A provider that answers refunds as it is told to, and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[RefundRequest] = []

    def refund(self, request: RefundRequest) -> Refunded:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Refunded("re_1", answer)


def test_a_refund_that_is_not_certain_is_asked_about_again_with_the_same_id(world: World) -> None:
    sale = paid(world, "card")
    refund_id = sale.ask(1000).json["id"]
    gateway: Any = Says(False, True)
    world.stream()
    assert steps.waiting(world, "settlements") == [{"refund_id": refund_id}]
    refunds.carry_out(refund_id, {"stripe": gateway}, world.now)
    assert (sale.refunds[0]["status"], sale.sums) == ("requested", (1000, 0, 0))
    assert steps.outstanding(world) == ["refund"]
    refunds.carry_out(refund_id, {"stripe": gateway}, world.now + 20 * MINUTE)
    assert (sale.refunds[0]["status"], sale.sums) == ("done", (1000, 0, 1000))
    assert {one.refund_id for one in gateway.asked} == {refund_id}
    assert [one.amount.minor for one in gateway.asked] == [1000, 1000]
    refunds.carry_out(refund_id, {"stripe": gateway}, world.now + 20 * MINUTE)
    assert len(gateway.asked) == 2


def test_what_stays_uncertain_for_days_is_for_a_person(world: World) -> None:
    sale = paid(world, "card")
    refund_id, gateway = sale.ask(1000).json["id"], cast(Any, Says(False))
    refunds.carry_out(refund_id, {"stripe": gateway}, world.now + UNCERTAIN_FOR + MINUTE)
    world.stream()
    (shown,) = sale.refunds
    assert (shown["status"], shown["failure"]) == ("by_hand", "refund_uncertain")
    assert sale.tasks() == ["refund_by_hand"]
    assert sale.sums == (1000, 0, 0)
    assert sale.confirm(refund_id).json["status"] == "done"


def test_a_refund_whose_message_was_lost_is_swept_up(world: World) -> None:
    sale = paid(world, "card")
    sale.ask(1000)
    world.stream()
    assert steps.waiting(world, "settlements")
    world.reconcile(timedelta(minutes=5))
    assert world.work("settlements") == 0
    world.reconcile(timedelta(minutes=6))
    world.settle_down()
    assert (sale.refunds[0]["status"], sale.sums) == ("done", (1000, 0, 1000))


def test_an_answer_that_was_lost_gives_nothing_back_twice(world: World) -> None:
    sale = paid(world, "card")
    refund_id = sale.ask(1000).json["id"]
    gateway, part = wiring.gateways()["stripe"], Money(1000, sale.payment.amount.currency)
    provider_id = sale.payment.provider_id or ""
    assert gateway.refund(RefundRequest(refund_id, provider_id, part, REASON)).done
    world.settle_down()
    seen = gateway.fetch(provider_id)
    assert seen
    assert seen.refunded == sale.payment.refunded == part


def test_redsys_cannot_tell_two_equal_refunds_apart_so_a_person_does(world: World) -> None:
    sale = paid(world, "redsys")
    sale.refund(2000)
    second = sale.refund(2000)
    assert second["status"] == "requested"
    world.reconcile(UNCERTAIN_FOR + MINUTE)
    world.settle_down()
    assert [one["status"] for one in sale.refunds] == ["by_hand", "done"]
    assert sale.sums == (4000, 0, 2000)
