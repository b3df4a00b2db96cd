"""How promises were kept: by month, kind and cause, with times of first answers, and as a table (R7)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib import wiring
from chalicelib.flows import sla_report
from chalicelib.flows.sla_report import Asked
from chalicelib.kernel.events import SYSTEM
from chalicelib.reports.periods import Period, ReportTooLarge
from chalicelib.storage.transaction import Transaction
from chalicelib.tickets import service
from chalicelib.tickets import store as tickets
from chalicelib.tickets.rules import Ticket, closed
from tests.functional import steps
from tests.functional.alerted import answered, opened, replied
from tests.world import Answer, World

ROUTE = "/v1/staff/reports/sla"
PERIOD = {"from": "2025-10-01", "to": "2025-11-30"}
ZONE = "Europe/Madrid"


def _at(text: str) -> datetime:
    """An instant of 2025, as clocks in Madrid show it; winter time is UTC+1."""
    return datetime.fromisoformat(f"2025-{text}+01:00").astimezone(UTC)


@pytest.fixture(scope="module")
def made(shared_world: World) -> dict[str, Ticket]:
    """Requests of a customer in Spain, all over by now but for one that is late."""
    ana, _ = shared_world.customer("sla@example.com", country="ES", locale="es", tax_id="12345678Z")

    def ask(at: str, **more: Any) -> Ticket:
        return opened(shared_world, ana.id, _at(at), **more)

    price: dict[str, Any] = {"kind": "cancel_contract", "reason": "too_expensive"}
    found = {
        # The last moment of October in Madrid, and the first of November.
        "october": ask("10-31T23:59:59", **price),
        "quick": ask("11-03T10:00", **price),
        "late": ask("11-03T12:00", **price),
        "asked": ask("11-10T10:00"),
        "spam": ask("11-11T10:00"),
        "open": ask("11-12T10:00"),
    }
    answered(found["october"].id, _at("11-03T01:00"))
    answered(found["quick"].id, _at("11-03T11:30"))
    # Due on Wednesday at noon; answered on Monday.
    answered(found["late"].id, _at("11-10T10:00"))
    answered(found["asked"].id, _at("11-10T12:00"), asks=True)
    replied(found["asked"], _at("11-17T09:00"))
    answered(found["asked"].id, _at("11-17T10:00"))
    at = _at("11-11T11:00")
    service.change(found["spam"].id, lambda one: closed(one, "spam", at), "closed", SYSTEM, at)
    writing = Transaction()
    # A service that is not paid promises nothing.
    writing.save(*tickets.rows(Ticket("tkt_x", "T-999999", "advisory", "open", "normal", "x", ana.id, at)))
    writing.commit()
    return found


def _ask(world: World, **query: Any) -> Answer:
    return world.http("GET", f"{ROUTE}?{urlencode({**PERIOD, **query})}", token=world.staff("staff"))


def _report(world: World, **query: Any) -> Any:
    answer = _ask(world, **query)
    assert answer.status == 200, answer.text
    return answer.json


def test_a_line_says_when_it_was_asked_due_and_answered_and_how_much_time_that_took(
    shared_world: World, made: dict[str, Ticket]
) -> None:
    lines = {line["ticket_id"]: line for line in _report(shared_world)["data"]}
    assert lines[made["quick"].id] == {
        "number": made["quick"].number,
        "kind": "cancel_contract",
        "cause": "too_expensive",
        "opened_at": "2025-11-03T09:00:00Z",
        "due_at": "2025-11-05T09:00:00Z",
        "answered_at": "2025-11-03T10:30:00Z",
        "status": "in_progress",
        "promise": "met",
        "business_minutes": 90,
        "ticket_id": made["quick"].id,
    }
    told = {name: (lines[one.id]["promise"], lines[one.id]["business_minutes"]) for name, one in made.items()}
    assert told.pop("open")[0] == "breached"
    assert told == {
        # From Friday, a second before midnight: the weekend is none.
        "october": ("met", 60),
        "quick": ("met", 90),
        # Four business days and 22 hours.
        "late": ("breached", (4 * 24 + 22) * 60),
        # The week in which the customer was waited for does not count.
        "asked": ("met", 180),
        "spam": ("unanswered", 60),
    }


def test_groups_count_how_promises_stand_and_how_long_first_answers_took(
    shared_world: World, made: dict[str, Ticket]
) -> None:
    report = _report(shared_world, limit=1)
    cancelled, reviewed = "cancel_contract", "review_contract"
    assert [(one["month"], one["kind"], one["cause"]) for one in report["groups"]] == [
        ("2025-10", cancelled, "too_expensive"),
        ("2025-11", cancelled, "too_expensive"),
        ("2025-11", reviewed, "plan"),
    ]
    _, november, reviews = report["groups"]
    assert november == {
        "month": "2025-11",
        "kind": cancelled,
        "cause": "too_expensive",
        "met": 1,
        "breached": 1,
        "running": 0,
        "unanswered": 0,
        "first_answers": {
            "count": 2,
            "mean_minutes": (90 + 7080) // 2,
            "median_minutes": (90 + 7080) // 2,
            "p90_minutes": 7080,
        },
    }
    assert [reviews[name] for name in ("met", "breached", "running", "unanswered")] == [1, 1, 0, 1]
    assert reviews["first_answers"]["count"] == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["open", "spam", "asked", "late", "quick", "october"]),
        ({"kind": "cancel_contract"}, ["late", "quick", "october"]),
        ({"kind": "support"}, []),
        ({"to": "2025-10-31"}, ["october"]),
        ({"from": "2025-11-01"}, ["open", "spam", "asked", "late", "quick"]),
        ({"from": "2020-01-01", "to": "2020-12-31"}, []),
    ],
)
def test_a_request_stands_where_it_was_made_newest_first_on_pages_and_in_the_table(
    shared_world: World, made: dict[str, Ticket], query: dict[str, str], names: list[str]
) -> None:
    wanted = [made[name].id for name in names]
    seen, cursor = [], None
    while True:
        page = _report(shared_world, limit=2, **query, **({"cursor": cursor} if cursor else {}))
        seen += [one["ticket_id"] for one in page["data"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == wanted
    answer = _ask(shared_world, format="csv", **query)
    assert [row["ticket_id"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))] == wanted
    counted = (one[name] for one in page["groups"] for name in ("met", "breached", "running", "unanswered"))
    assert sum(counted) == len(wanted)


def test_the_table_is_a_file_of_the_whole_period(shared_world: World, made: dict[str, Ticket]) -> None:
    answer = _ask(shared_world, format="csv", limit=1)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sla_2025-10-01_2025-11-30.csv"'
    (row,) = [
        one
        for one in csv.DictReader(io.StringIO(answer.text, newline=""))
        if one["ticket_id"] == made["spam"].id
    ]
    assert row == {
        "number": made["spam"].number,
        "kind": "review_contract",
        "cause": "plan",
        "opened_at": "2025-11-11T09:00:00Z",
        "due_at": "2025-11-13T09:00:00Z",
        "answered_at": "",
        "status": "closed",
        "promise": "unanswered",
        "business_minutes": "60",
        "ticket_id": made["spam"].id,
    }


def test_a_faulty_question_is_told_all_its_faults(shared_world: World) -> None:
    query = {"from": "x", "to": "2025-13-01", "kind": "party", "format": "xml", "a": "b"}
    assert steps.faults(_ask(shared_world, **query)) == {
        "/query/from": "date",
        "/query/to": "date_from_datetime_parsing",
        "/query/kind": "literal_error",
        "/query/format": "literal_error",
        "/query/a": "extra_forbidden",
    }


def test_more_requests_than_can_be_told_are_refused(shared_world: World, made: dict[str, Ticket]) -> None:
    day = _at("11-03T00:00").date()
    period = Period(day.replace(day=1), day + timedelta(days=27), wiring.vendor().zone)
    # Read are also those that promise nothing.
    assert len(sla_report.page(Asked(period, shared_world.now, most=6), 9, None).page.items) == 5
    for refused in (sla_report.table, lambda asked: sla_report.page(asked, 1, None)):
        with pytest.raises(ReportTooLarge):
            refused(Asked(period, shared_world.now, most=5))
