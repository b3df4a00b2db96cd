"""A bought session from its order to its end, as its customer lives through it (S1 to S6)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.catalog import store as catalog
from chalicelib.kernel.clock import rfc3339
from tests.functional import advising, steps, ticketing
from tests.functional.advising import ROOM, SPAIN, Advised, soon
from tests.functional.steps import ADVISORY, ERP
from tests.world import World

CHILE = {"country": "CL", "locale": "es", "tax_id": "125319092"}


def _fields(calendar: str) -> dict[str, str]:
    lines = calendar.replace("\r\n ", "").split("\r\n")
    return dict(line.split(":", 1) for line in lines if line)


def _calendars(advised: Advised) -> list[dict[str, str]]:
    """The invitations that were sent, as their sequence orders them."""
    sent = map(_fields, advised.calendars("advisory_scheduled"))
    return sorted(sent, key=lambda fields: int(fields["SEQUENCE"]))


def _again(world: World) -> None:
    """Every event is delivered once more."""
    world.streamed.clear()
    world.settle_down()


def _on_file(world: World) -> Advised:
    """A session that a customer with a card on file has just confirmed."""
    _, token = world.customer("jose@example.com", **SPAIN)
    steps.bought(world, token, ERP, method="card", keep_card=True)
    shown = world.http("POST", "/v1/orders/preview", {"items": [ADVISORY]}, token=token).json["payment"]
    assert (shown["method"], shown["card"]["last4"]) == ("card", "4242")
    return Advised(world, token, world.staff("staff"), steps.charged(world, token, ADVISORY))


def test_the_two_sessions_differ_in_length_and_price_only(world: World) -> None:
    short, long = catalog.get("advisory-1h"), catalog.get("advisory-3h")
    assert (short.minutes, long.minutes) == (60, 180)
    assert short.kind == long.kind == "service"
    assert (short.requires, short.terms) == (long.requires, long.terms)
    pairs = zip(
        sorted(short.prices, key=lambda one: one.currency),
        sorted(long.prices, key=lambda one: one.currency),
        strict=True,
    )
    assert all(one.currency == other.currency and one.minor < other.minor for one, other in pairs)
    assert all("support" in one.description("en") for one in (short, long))


def test_by_boleto_it_waits_for_its_payment_and_then_for_dates(world: World) -> None:
    advised = advising.ordered(world)
    assert advised.order["payment"]["method"] == "boleto"
    assert (advised.stands, advised.shown["minutes"]) == (("open", "payment"), 60)
    assert advised.mails("advisory_slots_wanted") == []
    steps.pay(world, advised.order["payment"])
    assert advised.stands == ("waiting_customer", "slots")
    (told,) = advised.told("advisory_slots_wanted")
    assert (told["product"], told["minutes"]) == ("Assessoria Especializada 1h", 60)
    _again(world)
    assert len(advised.mails("advisory_slots_wanted")) == 1


def test_by_the_card_on_file_it_is_paid_at_once_and_waits_for_dates(world: World) -> None:
    advised = _on_file(world)
    assert advised.order["status"] == "paid"
    assert advised.order["payment"]["paid_at"][:10] == f"{world.now:%Y-%m-%d}"
    assert advised.stands == ("waiting_customer", "slots")
    (told,) = advised.told("advisory_slots_wanted")
    assert told["product"] == "Asesoría Especializada 1h"


def _is_invited(advised: Advised, words: str) -> None:
    """The letter is the customer's own, with all that it takes to get in."""
    letter = steps.letters()[-1]
    assert letter.subject.startswith(f"[{advised.shown['number']}] ")
    assert re.search(words, letter.body)
    assert ROOM in letter.body
    assert "PIN 1234" in letter.body


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (lambda world: advising.paid(world), r"horário de São Paulo"),
        (_on_file, r"hora de Madrid"),
        (lambda world: advising.paid(world, **CHILE), r"hora de Santiago"),
    ],
    ids=["boleto", "card on file", "card"],
)
def test_the_whole_story(world: World, start: Any, words: str) -> None:
    advised = start(world)
    first, second = soon(7), soon(8)
    proposed = advised.propose(second, first)
    assert proposed.status == 200
    assert (proposed.json["slots"], proposed.json["session"]) == ([second, first], None)
    assert advised.stands == ("in_progress", "agreement")
    assert advised.shown["sla"]["status"] == "on_track"

    scheduled = advised.schedule(first, access="PIN 1234")
    assert scheduled.status == 200
    assert advised.stands == ("in_progress", "session")
    assert advised.shown["session"] == {
        "starts_at": first,
        "ends_at": soon(7, 15),
        "minutes": 60,
        "meeting_url": ROOM,
        "access": "PIN 1234",
        "sequence": 0,
    }
    assert advised.shown["sla"]["status"] == "met"
    world.settle_down()
    _again(world)
    (calendar,) = advised.calendars("advisory_scheduled")
    fields = _fields(calendar)
    assert (fields["METHOD"], fields["SEQUENCE"]) == ("PUBLISH", "0")
    assert fields["UID"] == f"{advised.id}@example.com"
    assert fields["DTSTART"] == re.sub(r"[-:]", "", first)
    _is_invited(advised, words)

    advised.begun()
    held = advised.do("held", notes="all clear")
    assert (held.status, held.json["status"], held.json["outcome"]) == (200, "resolved", "held")
    world.settle_down()
    assert len(advised.mails("ticket_resolved")) == 1
    assert advised.trail()[-1] == ("session held", "staff", "all clear")
    assert {action for action, _, _ in advised.trail()} == {
        *("ticket opened", "paid", "slots proposed", "session scheduled", "session held")
    }


def test_another_date_updates_the_invitation_and_the_same_one_sends_nothing(world: World) -> None:
    advised = advising.paid(world)
    advised.propose(soon(7), soon(8))
    advised.schedule(soon(7))
    world.settle_down()
    advised.schedule(soon(7))
    world.settle_down()
    assert len(advised.mails("advisory_scheduled")) == 1
    assert advised.schedule(soon(8)).json["session"]["sequence"] == 1
    world.settle_down()
    first, second = _calendars(advised)
    assert (first["UID"], first["SEQUENCE"]) == (second["UID"], "0")
    assert second["SEQUENCE"] == "1"
    assert second["DTSTART"] != first["DTSTART"]
    moved = {one["starts_at"]: one["moved"] for one in advised.told("advisory_scheduled")}
    assert moved == {soon(7): False, soon(8): True}


def test_a_date_that_changes_before_its_letter_leaves_is_told_as_it_is_by_then(world: World) -> None:
    advised = advising.paid(world)
    advised.propose(soon(7), soon(8))
    advised.schedule(soon(7))
    advised.schedule(soon(8))
    world.settle_down()
    (told,) = advised.told("advisory_scheduled")
    assert told["starts_at"] == soon(8)


def test_proposing_again_takes_the_place_of_the_slots_and_leaves_the_promise(world: World) -> None:
    advised = advising.paid(world)
    advised.propose(soon(7))
    before = advised.stored.clock
    assert advised.propose(soon(9), soon(10)).json["slots"] == [soon(9), soon(10)]
    assert advised.stored.clock == before
    assert steps.faults(advised.schedule(soon(7))) == {"/starts_at": "not_proposed"}


def test_other_slots_are_asked_for_and_the_promise_stands_still_until_they_come(world: World) -> None:
    advised = advising.paid(world)
    advised.propose(soon(7))
    declined = advised.do("decline_slots", reason="Our expert is away")
    assert (declined.status, declined.json["slots"]) == (200, [])
    assert advised.stands == ("waiting_customer", "slots")
    assert advised.shown["sla"]["paused_since"]
    world.settle_down()
    (told,) = advised.told("advisory_other_slots_wanted")
    assert (told["reason"], told["starts_at"]) == ("Our expert is away", None)
    assert advised.calendars("advisory_other_slots_wanted") == []
    (said,) = steps.read(world, advised.token, f"/v1/tickets/{advised.id}/messages")["data"]
    assert (said["author"], said["text"]) == ("staff", "Our expert is away")
    advised.propose(soon(9))
    clock = advised.stored.clock
    assert clock
    assert [entry.step for entry in clock.ledger] == ["started", "paused", "resumed"]


def test_a_date_that_is_called_off_leaves_the_calendar_and_another_one_comes_after_it(world: World) -> None:
    advised = advising.paid(world)
    advised.agreed(soon(7))
    advised.do("decline_slots", reason="Our expert is ill")
    world.settle_down()
    assert advised.shown["session"] is None
    (off,) = map(_fields, advised.calendars("advisory_other_slots_wanted"))
    assert (off["METHOD"], off["STATUS"], off["SEQUENCE"]) == ("CANCEL", "CANCELLED", "1")
    advised.agreed(soon(9))
    _, back = _calendars(advised)
    assert (back["UID"], back["SEQUENCE"]) == (off["UID"], "2")


def test_who_does_not_come_is_told_and_gets_no_other_date(world: World) -> None:
    advised = advising.paid(world)
    advised.agreed()
    advised.begun()
    gone = advised.do("no_show", notes="waited 20 minutes")
    assert (gone.json["status"], gone.json["closed_for"], gone.json["outcome"]) == (
        "closed",
        "no_show",
        "no_show",
    )
    world.settle_down()
    _again(world)
    assert len(advised.mails("advisory_missed")) == 1
    assert advised.mails("ticket_closed") == []
    assert advised.trail()[-1] == ("session missed", "staff", "waited 20 minutes")
    for answer in (advised.do("decline_slots", reason="x"), advised.propose(soon())):
        assert (answer.status, answer.json["code"]) == (409, "ticket_closed")


def test_somebody_who_may_come_another_time_is_asked_for_slots_instead(world: World) -> None:
    advised = advising.paid(world)
    advised.agreed()
    advised.begun()
    assert advised.do("decline_slots", reason="You did not come; when would it suit you?").status == 200
    assert advised.propose(soon(9)).status == 200


def test_a_session_that_was_held_is_opened_again_by_its_customer_but_not_scheduled_again(
    world: World,
) -> None:
    advised = advising.paid(world)
    advised.agreed()
    advised.begun()
    advised.do("held")
    assert ticketing.tell(world, advised.token, advised.id, "One more question").status == 201
    assert advised.stands == ("open", None)
    assert advised.propose(soon()).json["code"] == "session_step_not_due"


def test_the_promise_is_on_the_teams_queue_from_the_proposal_on(world: World) -> None:
    advised = advising.paid(world)
    assert advised.shown["sla"] is None
    advised.propose(soon())
    (place,) = steps.read(world, advised.staff, "/v1/staff/tickets?kind=advisory")["data"]
    assert place["slots"] == [soon()]
    assert place["sla"]["due_at"] > rfc3339(world.now + timedelta(hours=24))
