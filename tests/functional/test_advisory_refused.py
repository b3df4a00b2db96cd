"""What is refused about a bought session, by which nothing changes; repeats; and contested money (S6, S7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel.clock import rfc3339
from tests.functional import advising, steps
from tests.functional.advising import ROOM, Advised, slots, soon
from tests.functional.paid import Paid
from tests.functional.ticketing import SUPPORT, do, opened
from tests.world import Answer, World

ALL: dict[str, Callable[[Advised], Answer]] = {
    "slots": lambda one: one.propose(soon()),
    "schedule": lambda one: one.schedule(soon()),
    "decline_slots": lambda one: one.do("decline_slots", reason="x"),
    "held": lambda one: one.do("held"),
    "no_show": lambda one: one.do("no_show"),
}


def _codes(advised: Advised) -> dict[str, Any]:
    """What each step is refused with; none of them changes anything."""
    before = advised.world.rows()
    codes = {}
    for name, act in ALL.items():
        answer = act(advised)
        codes[name] = answer.json.get("code") if answer.status == 409 else answer.status
    assert advised.world.rows() == before
    return codes


def test_nothing_is_agreed_on_before_it_is_paid(world: World) -> None:
    assert _codes(advising.ordered(world)) == dict.fromkeys(ALL, "ticket_awaits_payment")


def test_an_unpaid_boleto_closes_it_and_its_customer_is_told(world: World) -> None:
    advised = advising.ordered(world)
    steps.set_order(advised.order["id"], expires_at=world.now)
    steps.expiry_sweep(world)
    assert (advised.shown["status"], advised.shown["closed_for"]) == ("closed", "boleto_expired")
    assert len(advised.mails("order_expired")) == 1
    assert _codes(advised) == dict.fromkeys(ALL, "ticket_closed")


def test_money_that_comes_late_opens_it_again_and_asks_for_dates(world: World) -> None:
    advised = advising.ordered(world)
    world.pay(advised.order["payment"]["id"])
    steps.expired(advised.order["id"], world.now)
    assert advised.shown["status"] == "closed"
    assert {answer.status for answer in world.webhooks()} == {200}
    world.settle_down()
    assert advised.stands == ("waiting_customer", "slots")
    assert len(advised.mails("advisory_slots_wanted")) == 1
    assert advised.propose(soon()).status == 200


def test_only_sessions_are_scheduled(world: World) -> None:
    advised = advising.paid(world)
    other = opened(world, advised.token, SUPPORT)
    for what, body in (
        ("schedule", {"starts_at": soon(), "meeting_url": ROOM}),
        ("decline_slots", {"reason": "x"}),
        ("held", {}),
        ("no_show", {}),
    ):
        answer = do(world, advised.staff, other["id"], what, body)
        assert (answer.status, answer.json["code"]) == (409, "ticket_not_advisory")
    path = f"/v1/tickets/{other['id']}/slots"
    answer = world.http("POST", path, slots(soon()), token=advised.token)
    assert (answer.status, answer.json["code"]) == (409, "ticket_not_advisory")


def test_each_step_waits_for_the_one_before(world: World) -> None:
    advised = advising.paid(world)
    others = dict.fromkeys(("schedule", "decline_slots", "held", "no_show"), "session_step_not_due")
    before = advised.world.rows()
    assert {name: ALL[name](advised).json["code"] for name in others} == others
    assert advised.do("held").json["waits_for"] == "slots"
    assert advised.world.rows() == before
    advised.agreed()
    assert ALL["slots"](advised).json["code"] == "session_step_not_due"
    for name in ("held", "no_show"):
        refused = ALL[name](advised)
        assert (refused.status, refused.json["code"]) == (409, "session_not_begun")
        assert refused.json["starts_at"] == soon()


def test_every_faulty_slot_is_named_and_nothing_changes(world: World) -> None:
    advised = advising.paid(world)
    before = world.rows()
    past, far = rfc3339(datetime.now(UTC) - timedelta(days=1)), soon(92)
    odd = soon(7).replace(":00Z", ":07Z")
    answer = advised.propose(soon(), past[:17] + "00Z", far, odd, soon())
    assert steps.faults(answer) == {
        "/slots/1/starts_at": "past",
        "/slots/2/starts_at": "too_far",
        "/slots/3/starts_at": "not_a_minute",
        "/slots/4/starts_at": "repeated",
    }
    assert world.rows() == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"slots": []}, "/slots"),
        (slots(*(soon(7, hour) for hour in range(11))), "/slots"),
        ({}, "/slots"),
        (slots("2027-01-01T10:00:00"), "/slots/0/starts_at"),
        (slots("tomorrow"), "/slots/0/starts_at"),
        ({**slots(soon()), "note": "x"}, "/note"),
    ],
)
def test_what_are_no_slots_is_refused(world: World, body: dict[str, Any], pointer: str) -> None:
    advised = advising.paid(world)
    before = world.rows()
    answer = world.http("POST", f"/v1/tickets/{advised.id}/slots", body, token=advised.token)
    assert list(steps.faults(answer)) == [pointer]
    assert world.rows() == before


def test_every_fault_of_a_date_is_named_and_nothing_changes(world: World) -> None:
    advised = advising.paid(world)
    advised.propose(soon(7), soon(8))
    before = world.rows()
    refused = advised.schedule(soon(9), meeting_url="http://meet.example.com")
    assert steps.faults(refused) == {"/starts_at": "not_proposed", "/meeting_url": "not_https"}
    assert soon(7) in refused.json["errors"][0]["detail"]
    assert list(steps.faults(advised.schedule(soon(7), access=""))) == ["/access"]
    assert list(steps.faults(advised.do("decline_slots"))) == ["/reason"]
    assert world.rows() == before


def test_a_repeat_gets_the_same_answer_and_does_nothing_again(world: World) -> None:
    advised = advising.paid(world)
    first = advised.propose(soon(7), soon(8), key="p")
    steps_taken: list[tuple[str, dict[str, Any]]] = [
        ("schedule", {"starts_at": soon(7), "meeting_url": ROOM}),
        ("decline_slots", {"reason": "ill"}),
    ]
    answers = [advised.do(what, key=what, **body) for what, body in steps_taken]
    world.settle_down()
    before = world.rows()
    again = [advised.propose(soon(7), soon(8), key="p")]
    again += [advised.do(what, key=what, **body) for what, body in steps_taken]
    assert [one.json for one in again] == [first.json, *(one.json for one in answers)]
    assert {one.headers["Idempotent-Replayed"] for one in again} == {"true"}
    assert world.rows() == before
    assert advised.propose(soon(9), key="p").json["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("what", ["held", "no_show"])
def test_an_outcome_is_recorded_once(world: World, what: str) -> None:
    advised = advising.paid(world)
    advised.agreed()
    advised.begun()
    first = advised.do(what, key="o")
    assert first.status == 200
    assert advised.do(what, key="o").json == first.json
    assert advised.do(what).status == 409
    assert sum(action.startswith("session ") for action, _, _ in advised.trail()) == 2


# Contested money


def _contested(advised: Advised, act: str) -> None:
    advised.world.now += timedelta(minutes=1)
    sale = Paid(advised.world, advised.token, "", advised.order)
    sale.happens(act)
    sale.told()


def _advised(world: World) -> Advised:
    """Paid by Pix, which can be contested."""
    advised = advising.ordered(world)
    steps.pay_with(world, advised.order["payment"]["id"], "pix")
    return advised


@pytest.mark.parametrize("step", ["slots", "agreement", "session"])
def test_contested_money_stops_it_and_when_it_is_back_it_is_where_it_was(world: World, step: str) -> None:
    advised = _advised(world)
    if step == "agreement":
        advised.propose(soon())
    elif step == "session":
        advised.agreed()
    before = advised.shown
    asked = len(advised.mails("advisory_slots_wanted"))
    _contested(advised, "dispute")
    assert advised.stands == ("open", "payment")
    assert _codes(advised) == dict.fromkeys(ALL, "ticket_awaits_payment")
    _contested(advised, "dispute_won")
    after = advised.shown
    assert after["waits_for"] == step
    assert {**after, "sla": None} == {**before, "sla": None}
    clock = advised.stored.clock
    if step == "agreement":
        assert clock
        assert [entry.step for entry in clock.ledger] == ["started", "paused", "resumed"]
    # Who is to propose is asked again, and nobody else.
    assert len(advised.mails("advisory_slots_wanted")) - asked == (step == "slots")
    assert len(advised.mails("advisory_scheduled")) == (step == "session")


def test_money_that_is_gone_for_good_closes_it(world: World) -> None:
    advised = _advised(world)
    advised.agreed()
    _contested(advised, "dispute")
    _contested(advised, "dispute_lost")
    assert (advised.shown["status"], advised.shown["closed_for"]) == ("closed", "refunded")
    assert _codes(advised) == dict.fromkeys(ALL, "ticket_closed")


def test_who_withdraws_from_it_has_no_session_any_more(world: World) -> None:
    advised = advising.paid(world)
    advised.agreed()
    body = {"order_id": advised.order["id"], "confirm": True}
    assert world.http("POST", "/v1/withdrawals", body, token=advised.token).status == 201
    assert (advised.shown["status"], advised.shown["closed_for"]) == ("closed", "withdrawn")


def test_a_session_is_its_customers_own(world: World) -> None:
    advised = advising.paid(world)
    _, other = world.customer("other@example.com", tax_id="11144477735")
    answer = world.http("POST", f"/v1/tickets/{advised.id}/slots", slots(soon()), token=other)
    assert (answer.status, answer.json["code"]) == (404, "ticket_not_found")
