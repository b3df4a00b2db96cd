"""Staff ends a contract early: what is pending falls away, at the providers too (A2)."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from chalicelib import wiring
from chalicelib.flows import renewals, rescission
from chalicelib.kernel.events import Actor
from chalicelib.storage.idempotency import Repeatable
from chalicelib.subscriptions.rescinding import Rescission
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.contracted import Contract, contract
from tests.world import World

DAY = timedelta(days=1)


def _charges(world: World) -> list[str]:
    answer = world.sandbox.answer(Request("GET", "/_sandbox/charges"))
    return sorted(one["status"] for one in json.loads(answer.body)["data"])


def _in_days(held: Contract, days: int) -> str:
    return (held.stored.start + days * DAY).isoformat()


def test_a_preview_says_everything_and_changes_nothing(world: World) -> None:
    held = contract(world, refund_unused=True)
    before = world.rows()
    plan = held.rescind("?preview=true", effective_on=_in_days(held, 45)).json
    assert world.rows() == before
    assert (plan["subscription_id"], plan["effective_on"]) == (held.id, _in_days(held, 45))
    assert [(one["number"], one["of"]) for one in plan["canceled"]] == [(3, 3)]
    assert [(one["number"], one["of"]) for one in plan["still_owed"]] == [(2, 3)]
    assert plan["paid"] == {"amount": 39900, "currency": "BRL"}
    used = 119700 * 45 // (held.stored.end - held.stored.start).days
    assert plan["refund"] == {"amount": 39900 - used, "currency": "BRL"}


def test_it_ends_at_once_and_nothing_more_is_asked_for(world: World) -> None:
    held = contract(world)
    plan = held.rescind().json
    assert plan["refund"] is None
    over = held.stored
    assert (over.status, over.ended_because, held.states) == (
        "ended",
        "rescinded",
        ["paid", "canceled", "canceled"],
    )
    world.settle_down()
    renewals.run(held.id, wiring.vendor(), world.now + 400 * DAY)
    assert len(world.rows("order")) == 1
    assert (steps.tasks(world), steps.outstanding(world)) == ([], [])
    shown = steps.read(world, held.token, f"/v1/subscriptions/{held.id}")
    assert (shown["status"], shown["auto_renew"]) == ("ended", False)


def test_who_did_it_and_why_is_in_the_trail(world: World) -> None:
    held = contract(world)
    held.rescind()
    (row,) = [row for row in world.rows("audit") if row["action"] == "rescinded"]
    assert (row["subject"], row["before"], row["after"]) == (held.id, "active", "ended")
    assert (row["channel"], row["reason"]) == ("staff", "closes his shop")


def test_an_instalment_on_its_way_is_taken_back_at_its_provider_too(world: World) -> None:
    held = contract(world)
    held.moved(45)
    order = held.charged()
    assert _charges(world) == ["open", "paid"]
    plan = held.rescind().json
    assert [one["order_id"] for one in plan["canceled"]] == [order["id"], None]
    world.settle_down()
    assert held.order_status(order["id"]) == "canceled"
    assert steps.invoice(order["invoice_id"]).status == "void"
    assert _charges(world) == ["canceled", "paid"]
    assert (steps.tasks(world), steps.outstanding(world)) == ([], [])


def test_for_a_day_to_come_what_is_due_before_it_is_left_on_its_way(world: World) -> None:
    held = contract(world)
    held.moved(45)
    order = held.charged()
    plan = held.rescind(effective_on=_in_days(held, 50)).json
    assert [one["number"] for one in plan["still_owed"]] == [2]
    assert [one["number"] for one in plan["canceled"]] == [3]
    world.settle_down()
    assert held.order_status(order["id"]) == "pending_payment"
    assert held.states == ["paid", "charged", "canceled"]


def test_what_was_due_before_stays_owed_and_can_be_paid_after_the_end(world: World) -> None:
    held = contract(world)
    held.moved(45)
    order = held.charged(days_ago=2)
    plan = held.rescind().json
    assert [one["order_id"] for one in plan["still_owed"]] == [order["id"]]
    world.settle_down()
    assert held.states == ["paid", "charged", "canceled"]
    steps.pay(world, order["payment"])
    assert held.states == ["paid", "paid", "canceled"]
    assert steps.tasks(world) == []


def test_for_a_day_to_come_the_renewal_is_closed_now_and_the_contract_ends_then(world: World) -> None:
    held = contract(world, installments=1, cutoff_days=15)
    held.moved((held.stored.end - held.stored.start).days - 10)
    asked = held.renewal_asked()
    on = held.stored.end - 2 * DAY
    assert held.rescind(effective_on=on.isoformat()).status == 200
    assert (held.stored.status, held.stored.ends_on, held.stored.auto_renew) == ("active", on, False)
    world.settle_down()
    assert held.order_status(asked["id"]) == "canceled"
    renewals.run(held.id, wiring.vendor(), held.stored.start_of(on))
    assert (held.stored.status, held.stored.ended_because) == ("ended", "rescinded")
    world.settle_down()
    assert (steps.tasks(world), steps.outstanding(world)) == ([], [])


def test_money_for_days_to_come_is_a_case_for_finance(world: World) -> None:
    held = contract(world, refund_unused=True)
    plan = held.rescind().json
    (facts,) = held.facts("rescission_refund")
    assert plan["refund"] == plan["paid"] == {"amount": 39900, "currency": "BRL"}
    assert facts["amount"] == "399.00 BRL"
    assert facts["payment_ids"] == held.order["payment"]["id"]
    assert (facts["subscription_id"], facts["reason"]) == (held.id, "closes his shop")
    path = f"/v1/staff/payments/{facts['payment_ids']}/refund"
    asked = world.http("POST", path, {"reason": "unused"}, token=world.staff("finance"))
    assert asked.status == 201
    world.settle_down()
    assert held.stored.ended_because == "rescinded"


def test_an_earlier_day_takes_the_place_of_the_one_agreed_before(world: World) -> None:
    held = contract(world, refund_unused=True)
    held.rescind(effective_on=_in_days(held, 50))
    (first,) = held.facts("rescission_refund")
    before = world.rows()
    assert held.rescind(effective_on=_in_days(held, 50)).status == 200
    assert world.rows() == before
    held.rescind(effective_on=_in_days(held, 20))
    (second,) = held.facts("rescission_refund")
    assert (first["effective_on"], second["effective_on"]) == (_in_days(held, 50), _in_days(held, 20))
    assert held.stored.ends_on == date.fromisoformat(_in_days(held, 20))
    refused = held.rescind(effective_on=_in_days(held, 50))
    assert steps.faults(refused) == {"/effective_on": "after_end"}


@pytest.mark.parametrize("first", ["paid", "rescinded"])
def test_a_boleto_that_is_paid_at_the_same_time_loses_nothing(world: World, first: str) -> None:
    held = contract(world)
    held.moved(45)
    order = held.charged()
    world.pay(order["payment"]["id"])
    if first == "rescinded":
        # The money is on its way; the bank tells of it after everything was closed.
        held.rescind()
        world.settle_down()
        world.webhooks()
    else:
        world.webhooks()
        world.work("settlements")
        world.stream()
        world.work("settlements")
        held.rescind()
    world.settle_down()
    world.webhooks()
    world.settle_down()
    assert held.stored.status == "ended"
    kinds = [kind for kind, _ in steps.tasks(world)]
    if held.states[1] == "paid":
        # It counted as paid when it was rescinded, and stays so.
        assert kinds == []
    else:
        assert kinds in (["payment_late"], ["paid_for_ended_subscription"])
    assert steps.outstanding(world) == []


def test_one_that_is_paid_and_not_booked_yet_is_given_to_finance(world: World) -> None:
    held = contract(world)
    held.moved(45)
    order = held.charged()
    world.pay(order["payment"]["id"])
    world.webhooks()
    while held.order_status(order["id"]) != "paid":
        world.reconcile()
        world.work("settlements")
    held.rescind()
    assert held.states == ["paid", "canceled", "canceled"]
    world.settle_down()
    (facts,) = held.facts("paid_for_ended_subscription")
    assert (facts["order_id"], facts["subscription_id"]) == (order["id"], held.id)
    assert steps.invoice(order["invoice_id"]).status == "paid"


def test_one_that_is_booked_while_it_is_being_rescinded_counts_as_paid(world: World) -> None:
    held = contract(world)
    held.moved(45)
    order = held.charged()
    world.pay(order["payment"]["id"])
    seen: list[tuple[int, ...]] = []

    def meanwhile(plan: Rescission) -> tuple[int, str]:
        seen.append(tuple(one.number for one in plan.canceled))
        if len(seen) == 1:
            world.webhooks()
            world.settle_down()
        return 200, "{}"

    once = Repeatable("staff", "rescind", "k1", b"{}")
    actor = Actor("usr_1", "staff", "closes his shop")
    plan = rescission.rescind(held.id, None, actor, world.now, answer=meanwhile, repeatable=once)
    assert seen == [(2, 3), (3,)]
    assert plan.paid.minor == 79800
    world.settle_down()
    assert (held.stored.status, held.states) == ("ended", ["paid", "paid", "canceled"])
    assert (steps.tasks(world), steps.outstanding(world)) == ([], [])


def test_a_repeat_gets_the_same_answer_and_another_body_none(world: World) -> None:
    held = contract(world, refund_unused=True)
    first = held.rescind(key="r1")
    world.settle_down()
    before = world.rows()
    again = held.rescind(key="r1")
    assert (again.status, again.text) == (200, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert held.rescind(key="r1", reason="another").json["code"] == "idempotency_key_reused"
    assert world.rows() == before


def test_what_has_ended_is_not_rescinded_again(world: World) -> None:
    held = contract(world)
    held.rescind()
    for query in ("", "?preview=true"):
        refused = held.rescind(query)
        assert (refused.status, refused.json["code"]) == (409, "subscription_ended")


def test_bad_input_names_every_field_and_changes_nothing(world: World) -> None:
    held = contract(world)
    before = world.rows()
    wrong = held.rescind(reason=" ", effective_on="soon", more=1)
    assert steps.faults(wrong).keys() == {"/reason", "/effective_on", "/more"}
    past = held.rescind(effective_on=(held.stored.start - DAY).isoformat())
    assert steps.faults(past) == {"/effective_on": "past"}
    after = held.rescind(effective_on=(held.stored.end + DAY).isoformat())
    assert steps.faults(after) == {"/effective_on": "after_end"}
    assert steps.faults(held.rescind("?preview=perhaps")).keys() == {"/query/preview"}
    unknown = "/v1/staff/subscriptions/sub_unknown/rescind"
    answer = world.http("POST", unknown, {"reason": "x"}, token=world.staff("it"))
    assert (answer.status, answer.json["code"]) == (404, "subscription_not_found")
    assert world.rows() == before
