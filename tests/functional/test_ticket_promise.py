"""A promise explains itself: what was counted adds up to the budget, and pauses are shown (R7, B9)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.flows.requesting import Request, open_ticket
from chalicelib.kernel.events import Actor
from chalicelib.kernel.walls import shown
from chalicelib.tickets import service
from tests.functional import steps
from tests.functional.ticketing import done, opened
from tests.world import World

BUDGET = timedelta(hours=48)
DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?")


def _span(text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    assert match
    hours, minutes, seconds = match.groups()
    return timedelta(hours=int(hours or 0), minutes=int(minutes or 0), seconds=float(seconds or 0))


def _sum(segments: list[Any]) -> timedelta:
    return sum((_span(one["counted"]) for one in segments), timedelta(0))


def _opened_at(at: datetime, customer_id: str) -> str:
    actor = Actor(customer_id, "store")
    request = Request("support", "Help", "Help")
    return open_ticket(customer_id, request, wiring.vendor(), actor, at, answer=lambda one: (201, "")).id


@pytest.mark.parametrize("own", [True, False])
def test_the_segments_counted_add_up_to_the_budget(world: World, own: bool) -> None:
    _, token = world.customer()
    ticket = opened(world, token)["id"]
    reader, path = (token, "/v1/tickets") if own else (world.staff("staff"), "/v1/staff/tickets")
    told = steps.read(world, reader, f"{path}/{ticket}/sla")
    assert _span(told["budget"]) == _sum(told["segments"]) == BUDGET
    assert told["segments"][-1]["to"] == told["due_at"]
    assert timedelta(0) <= _span(told["left"]) <= BUDGET
    assert (told["mode"], told["calendar"], told["zone"]) == ("business_days", "br", "America/Sao_Paulo")
    assert told["version"] == told["ledger"][0]["version"]
    assert (told["status"], told["pauses"]) == ("on_track", [])
    assert told["at_risk_at"] < told["due_at"]


def test_a_person_can_check_a_promise_over_a_weekend_and_a_holiday(world: World) -> None:
    customer, token = world.customer()
    # Thursday before a Friday that is a holiday in Brazil.
    at = datetime.fromisoformat("2026-11-19T10:00:30.500000-03:00")
    told = steps.read(world, token, f"/v1/tickets/{_opened_at(at, customer.id)}/sla")
    assert told["due_at"] == "2026-11-24T13:00:30Z"
    assert [(one["from"], one["to"], one["counted"]) for one in told["segments"]] == [
        ("2026-11-19T13:00:30Z", "2026-11-20T03:00:00Z", "PT13H59M29.5S"),
        ("2026-11-23T03:00:00Z", "2026-11-24T03:00:00Z", "PT24H"),
        ("2026-11-24T03:00:00Z", "2026-11-24T13:00:30Z", "PT10H30.5S"),
    ]
    assert _sum(told["segments"]) == BUDGET


def test_a_pause_is_shown_and_what_is_left_is_counted_anew(world: World) -> None:
    customer, token = world.customer()
    at = datetime.fromisoformat("2026-11-03T10:00:00-03:00")
    ticket, staff = _opened_at(at, customer.id), Actor("staff-1", "staff")
    asked, home = at + timedelta(hours=5), wiring.vendor().home
    said = service.message(ticket, "staff", staff, "Which?", asked)
    service.write(ticket, said, staff, asks=True, answer=lambda one: (201, ""))
    paused = steps.read(world, token, f"/v1/tickets/{ticket}/sla")
    assert paused["pauses"] == [{"from": "2026-11-03T18:00:00Z", "to": None}]
    assert (paused["left"], _sum(paused["segments"])) == ("PT43H", timedelta(hours=5))
    back = asked + timedelta(days=1)
    service.reply(
        ticket, customer.id, "That", home, Actor(customer.id, "store"), back, answer=lambda one: (201, "")
    )
    told = steps.read(world, token, f"/v1/tickets/{ticket}/sla")
    assert told["pauses"] == [{"from": "2026-11-03T18:00:00Z", "to": "2026-11-04T18:00:00Z"}]
    assert _sum(told["segments"]) == BUDGET
    assert [(one["step"], one["left"]) for one in told["ledger"]] == [
        ("started", "PT48H"),
        ("paused", "PT43H"),
        ("resumed", "PT43H"),
    ]
    # 43 hours after Wednesday afternoon: Friday morning.
    assert told["due_at"] == "2026-11-06T13:00:00Z"
    assert shown(datetime.fromisoformat(told["due_at"]), told["zone"]).hour == 10


def test_the_customer_sees_that_his_answer_came_late(world: World) -> None:
    customer, token = world.customer()
    ticket = _opened_at(datetime.fromisoformat("2026-11-03T10:00:00-03:00"), customer.id)
    done(world, world.staff("staff"), ticket, "messages", text="At last.")
    told = steps.read(world, token, f"/v1/tickets/{ticket}/sla")
    assert (told["status"], told["left"]) == ("breached", "PT0S")


def test_what_promises_nothing_yet_explains_nothing(world: World) -> None:
    _, token = world.customer()
    steps.bought(world, token, steps.ERP)
    (ticket,) = steps.place(world, token, steps.ADVISORY)["tickets"]
    told = steps.read(world, token, f"/v1/tickets/{ticket}/sla")
    assert {name: value for name, value in told.items() if value} == {}
    assert steps.read(world, token, f"/v1/tickets/{ticket}")["sla"] is None
