"""The schedule alerts the team of answers that are at risk and overdue, each alert once (R7)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.edge.workers import SomeFailed
from chalicelib.flows import alerting
from chalicelib.flows.events import sla_alerts
from chalicelib.kernel.events import SYSTEM
from chalicelib.storage.transaction import Transaction
from chalicelib.tickets import service
from chalicelib.tickets import store as tickets
from chalicelib.tickets.rules import closed
from tests.functional import steps
from tests.functional.alerted import (
    CONTACTS,
    alerts_of,
    answered,
    clock_of,
    mails_to,
    opened,
    replied,
    tick,
    ticks,
    with_contacts,
)
from tests.world import World

TEAM = "team@example.com"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def _at(text: str) -> datetime:
    """A day of November and a time in São Paulo."""
    return datetime.fromisoformat(f"2026-11-{text}-03:00").astimezone(UTC)


# Friday; at risk on Tuesday at 3:00, told when the office opens; due on Tuesday at 15:00; again on Thursday.
ASKED, OPENS, DUE, AGAIN = _at("06T15:00"), _at("10T09:00"), _at("10T15:00"), _at("12T15:00")


@pytest.fixture
def ana(world: World) -> str:
    world.now = ASKED
    return world.customer()[0].id


def _counted(text: str) -> list[str]:
    """The metrics in a log."""
    told = [json.loads(line) for line in text.splitlines() if '"_aws"' in line]
    assert all(
        (one["stage"], one["_aws"]["CloudWatchMetrics"][0]["Namespace"]) == ("test", "Vigencia")
        for one in told
    )
    return [metric["Name"] for one in told for metric in one["_aws"]["CloudWatchMetrics"][0]["Metrics"]]


def test_the_team_is_told_when_an_answer_is_at_risk_and_when_it_is_overdue(
    world: World, ana: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ticket = opened(world, ana, ASKED)
    tick(world, OPENS - MINUTE)
    assert mails_to(TEAM) == []
    tick(world, OPENS)
    assert alerts_of(world) == [("at_risk", TEAM)]
    tick(world, DUE - MINUTE)
    tick(world, DUE)
    tick(world, DUE + 90 * DAY)
    assert alerts_of(world) == [("at_risk", TEAM), ("breached", TEAM)]
    assert _counted(capsys.readouterr().out) == ["TicketsAtRisk", "TicketsBreached"]
    first, second = mails_to(TEAM)
    assert first.subject == "En riesgo: T-000001, My plan"
    assert second.subject == "Vencido: T-000001, My plan"
    for line in ("Caso: T-000001", "Solicitud: revisión del contrato", "Cliente: Ana Souza", ticket.id):
        assert line in second.body
    assert "10 de noviembre de 2026, 19:00 (hora de Madrid)" in second.body


def test_an_alert_leaves_its_trace_on_the_ticket_and_none_on_the_customers_timeline(
    world: World, ana: str
) -> None:
    ticket = opened(world, ana, ASKED)
    tick(world, DUE)
    traces = [row for row in world.rows("audit") if row["action"].startswith("alerted")]
    assert [(row["subject"], row["action"], row["before"], row["after"]) for row in traces] == [
        (ticket.id, "alerted: breached", "open", "open")
    ]
    (mail,) = [row for row in world.rows("mail") if row["mail_kind"] == "sla_alert"]
    assert "customer_id" not in mail
    shown = steps.read(world, world.staff("staff"), f"/v1/staff/customers/{ana}/timeline?limit=100")["data"]
    assert {one["action"] for one in shown if one["subject"] == ticket.id} == {"ticket opened"}
    assert mail["id"] not in {one["subject"] for one in shown}


@pytest.mark.parametrize(
    ("back", "levels"),
    [
        (OPENS + 5 * HOUR, ["at_risk", "breached", "escalated", "escalated"]),
        (DUE + HOUR, ["breached", "escalated", "escalated"]),
        (AGAIN + 30 * DAY, ["breached", "escalated", "escalated"]),
    ],
)
def test_after_an_outage_one_alert_tells_how_it_is_by_then_and_the_rest_comes_in_its_time(
    world: World, ana: str, back: datetime, levels: list[str]
) -> None:
    with_contacts(world, *CONTACTS)
    opened(world, ana, ASKED)
    tick(world, back)
    assert [level for level, _ in alerts_of(world)] == levels[:1]
    ticks(world, back, back + 30 * DAY, HOUR)
    assert [level for level, _ in alerts_of(world)] == levels


def test_each_further_budget_of_business_time_is_told_to_the_next_person(
    world: World, ana: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with_contacts(world, *CONTACTS)
    opened(world, ana, ASKED)
    tick(world, DUE)
    tick(world, AGAIN - MINUTE)
    assert alerts_of(world) == [("breached", CONTACTS[0])]
    tick(world, AGAIN)
    # From Thursday 15:00 on; the weekend is none.
    tick(world, _at("16T14:59"))
    tick(world, _at("16T15:00"))
    tick(world, _at("30T15:00"))
    assert alerts_of(world) == [
        ("breached", CONTACTS[0]),
        ("escalated", CONTACTS[1]),
        ("escalated", CONTACTS[2]),
    ]
    assert [one.destinations["ToAddresses"] for one in mails_to(*CONTACTS)] == [[one] for one in CONTACTS]
    assert _counted(capsys.readouterr().out) == ["TicketsBreached", "TicketsEscalated", "TicketsEscalated"]


def test_who_is_told_follows_the_service_levels_as_they_are_by_then(world: World, ana: str) -> None:
    with_contacts(world, *CONTACTS)
    opened(world, ana, ASKED)
    tick(world, DUE)
    with_contacts(world, "only@example.com")
    tick(world, AGAIN)
    tick(world, AGAIN + 30 * DAY)
    assert alerts_of(world) == [("breached", CONTACTS[0]), ("escalated", "only@example.com")]


def _closed(ticket_id: str, at: datetime) -> None:
    service.change(ticket_id, lambda one: closed(one, "spam", at), "closed", SYSTEM, at)


@pytest.mark.parametrize("stop", [answered, _closed])
def test_an_answer_or_the_end_of_a_ticket_stops_its_alerts(world: World, ana: str, stop: Any) -> None:
    with_contacts(world, *CONTACTS)
    stopped = [opened(world, ana, ASKED) for _ in range(3)]
    for ticket, at in zip(stopped, (OPENS - HOUR, DUE - HOUR, DUE + HOUR), strict=True):
        tick(world, at - MINUTE)
        stop(ticket.id, at)
    tick(world, AGAIN + 30 * DAY)
    told = [
        (row["subject"], json.loads(row["data"])["level"])
        for row in world.rows("outbox")
        if row["name"] == "ticket.alerted"
    ]
    assert sorted(told) == sorted(
        [(stopped[1].id, "at_risk"), (stopped[2].id, "at_risk"), (stopped[2].id, "breached")]
    )
    assert not [row for row in world.rows("ticket") if "gsi2pk" in row]


def test_while_the_customer_is_waited_for_nobody_is_alerted_and_then_by_what_is_promised_anew(
    world: World, ana: str
) -> None:
    ticket = opened(world, ana, ASKED)
    answered(ticket.id, ASKED + HOUR, asks=True)
    tick(world, DUE + 9 * DAY)
    assert alerts_of(world) == []
    replied(ticket, _at("23T10:00"))
    due_at = clock_of(ticket.id).due_at
    assert due_at == _at("25T09:00")
    tick(world, due_at)
    assert alerts_of(world) == [("breached", TEAM)]


def test_a_sweep_that_runs_twice_or_late_gives_no_alert_twice(
    world: World, ana: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ticket = opened(world, ana, ASKED)
    # Two runs have found the same ticket in the index; one comes after the other.
    found = [*alerting.due(OPENS), *alerting.due(OPENS)]
    assert found == [ticket.id] * 2
    for ticket_id in found:
        alerting.alert(ticket_id, wiring.reach(), OPENS)
    tick(world, OPENS)
    tick(world, OPENS - HOUR)
    assert len(mails_to(TEAM)) == 1
    assert _counted(capsys.readouterr().out) == ["TicketsAtRisk"]


def test_a_ticket_that_cannot_be_alerted_keeps_no_other_from_its_alert(world: World, ana: str) -> None:
    with_contacts(world, *CONTACTS)
    broken, whole = opened(world, ana, ASKED), opened(world, ana, ASKED)
    # Nobody can tell by which calendar its escalation would be counted.
    clock = clock_of(broken.id)
    ledger = (replace(clock.last, calendar="lost"),)
    lost = replace(tickets.get(broken.id), clock=replace(clock, ledger=ledger))
    writing = Transaction()
    writing.save(*tickets.rows(lost))
    writing.commit()
    with pytest.raises(SomeFailed, match=broken.id):
        sla_alerts(steps.tick(DUE), None)
    assert tickets.get(whole.id).alerts.breached_at == DUE
