"""Why customers wanted to leave in a period and who stayed: by six groupings, as JSON and as a table (C2)."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.cancellations import store
from chalicelib.cancellations.retention import Offer
from chalicelib.flows.leaving_report import COLUMNS, Asked, report, table
from chalicelib.kernel.money import Money
from chalicelib.reports.periods import Period, ReportTooLarge
from chalicelib.storage.transaction import Transaction
from tests.functional import steps
from tests.unit.cancellations.decided import asked_why, canceled, case, item, reverted
from tests.world import Answer, World

ROUTE = "/v1/staff/reports/cancellations"
PERIOD = {"from": "2025-10-01", "to": "2025-10-31"}
# The vendor's zone is Madrid: these are the first and the last instants of the month there.
FIRST = datetime(2025, 9, 30, 22, tzinfo=UTC)
AFTER = datetime(2025, 10, 31, 23, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SMALL = Offer("plan_change", "The small one", ("sub_3",), Money(2900, "EUR"))

MADE = (
    canceled(asked_why(case(1, item("sub_1"), item("sub_9", "site")), "Asana")),
    canceled(
        case(2, item("sub_2", price=Money(9900, "BRL")), reason_code="price", channel="card"), by="system"
    ),
    reverted(asked_why(case(3), "=ASANA"), SMALL),
    case(4, item("sub_4", "domain"), reason_code="price", channel="chat"),
)
WHEN = (FIRST, FIRST + timedelta(days=3), AFTER - timedelta(days=1), AFTER - TICK)


@pytest.fixture(scope="module")
def staff(shared_world: World) -> str:
    writing = Transaction()
    writing.save(*(store.row(replace(one, requested_at=at)) for one, at in zip(MADE, WHEN, strict=True)))
    writing.save(*(store.row(case(at.day, requested_at=at)) for at in (FIRST - TICK, AFTER)))
    writing.commit()
    return shared_world.staff("finance")


def _ask(world: World, token: str, **query: Any) -> Answer:
    return world.http("GET", f"{ROUTE}?{urlencode({**PERIOD, **query})}", token=token)


def _report(world: World, token: str, **query: Any) -> Any:
    answer = _ask(world, token, **query)
    assert answer.status == 200, answer.text
    return answer.json


def _table(world: World, token: str, **query: Any) -> list[dict[str, str]]:
    answer = _ask(world, token, format="csv", **query)
    assert answer.status == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def _revenue(currency: str, kept: int, lost: int) -> dict[str, Any]:
    amounts = {"kept": kept, "lost": lost}
    return {
        "currency": currency,
        **{name: {"amount": amount, "currency": currency} for name, amount in amounts.items()},
    }


TOTALS = {
    "requested": 4,
    "canceled": 2,
    "reverted": 1,
    "undecided": 1,
    "retention_rate": "0.3333",
    "revenue_a_year": [
        _revenue("BRL", 0, 9900 * 12),
        _revenue("EUR", 2900 * 12, (4900 + 2900 + 2000) * 12),
    ],
}


def test_the_figures_are_of_those_who_asked_in_the_period(shared_world: World, staff: str) -> None:
    assert _report(shared_world, staff)["totals"] == TOTALS


def test_by_reason_is_how_it_is_told_if_nothing_else_is_asked_for(shared_world: World, staff: str) -> None:
    found = _report(shared_world, staff)
    assert found == _report(shared_world, staff, by="reason")
    assert (found["by"], [one["value"] for one in found["data"]]) == ("reason", ["other_product", "price"])
    assert found["data"][1] == {
        "value": "price",
        "name": "price",
        "requested": 2,
        "canceled": 1,
        "reverted": 0,
        "undecided": 1,
        "retention_rate": "0.0000",
        "revenue_a_year": [_revenue("BRL", 0, 9900 * 12)],
    }


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("competitor", [(None, "none", 2), ("=asana", "=ASANA", 1), ("asana", "Asana", 1)]),
        ("product", [("erp", "ERP", 3), ("domain", "DOMAIN", 1), ("site", "SITE", 1)]),
        ("agent", [("eva", "eva", 2), ("system", "system", 1), (None, "none", 1)]),
        ("channel", [("phone", "phone", 2), ("card", "card", 1), ("chat", "chat", 1)]),
        (
            "outcome",
            [
                ("canceled", "canceled", 2),
                ("reverted", "reverted", 1),
                ("undecided", "undecided", 1),
            ],
        ),
    ],
)
def test_every_grouping_has_the_same_totals_and_its_own_groups(
    shared_world: World, staff: str, by: str, groups: list[tuple[str | None, str, int]]
) -> None:
    found = _report(shared_world, staff, by=by)
    assert [(one["value"], one["name"], one["requested"]) for one in found["data"]] == groups
    assert found["totals"] == TOTALS
    rows = _table(shared_world, staff, by=by)
    assert [row["requested"] for row in rows] == [*(str(count) for _, _, count in groups), "4"]


def test_the_csv_is_a_file_with_the_totals_last(shared_world: World, staff: str) -> None:
    answer = _ask(shared_world, staff, format="csv", by="competitor")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    saved_as = 'attachment; filename="cancellations_2025-10-01_2025-10-31.csv"'
    assert answer.headers["Content-Disposition"] == saved_as
    rows = _table(shared_world, staff, by="competitor")
    assert tuple(rows[0]) == COLUMNS
    # What somebody types is no formula.
    assert [(row["row"], row["value"], row["name"]) for row in rows] == [
        ("group", "", "none"),
        ("group", "'=asana", "'=ASANA"),
        ("group", "asana", "Asana"),
        ("total", "", ""),
    ]
    assert rows[-1] == {
        "row": "total",
        "value": "",
        "name": "",
        "requested": "4",
        "canceled": "2",
        "reverted": "1",
        "undecided": "1",
        "retention_rate": "0.3333",
        "revenue_kept_BRL": "0.00",
        "revenue_lost_BRL": "1188.00",
        "revenue_kept_CLP": "0",
        "revenue_lost_CLP": "0",
        "revenue_kept_EUR": "348.00",
        "revenue_lost_EUR": "1176.00",
        "revenue_kept_USD": "0.00",
        "revenue_lost_USD": "0.00",
    }


def test_a_period_in_which_nobody_asked_is_all_noughts(shared_world: World, staff: str) -> None:
    nothing = {"from": "2020-01-01", "to": "2020-01-02"}
    found = _report(shared_world, staff, **nothing)
    assert found["data"] == []
    assert found["totals"] == {
        **dict.fromkeys(("requested", "canceled", "reverted", "undecided"), 0),
        "retention_rate": None,
        "revenue_a_year": [],
    }
    (row,) = _table(shared_world, staff, **nothing)
    assert (row["row"], row["requested"], row["retention_rate"]) == ("total", "0", "")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"from": "2026-10-02", "to": "2026-10-01"}, {"/query/to": "before_from"}),
        (
            {"from": "x", "to": "y", "by": "colour", "format": "xml", "limit": "5"},
            {
                "/query/from": "date",
                "/query/to": "date",
                "/query/by": "literal_error",
                "/query/format": "literal_error",
                "/query/limit": "extra_forbidden",
            },
        ),
    ],
)
def test_a_faulty_question_is_told_all_its_faults(
    shared_world: World, staff: str, query: dict[str, str], named: dict[str, str]
) -> None:
    assert steps.faults(_ask(shared_world, staff, **query)) == named


def test_a_period_with_more_than_can_be_counted_is_refused(shared_world: World, staff: str) -> None:
    october = Period(FIRST.date() + timedelta(days=1), AFTER.date(), "Europe/Madrid")
    assert report(Asked(october, "reason", str, most=4)).totals.requested == 4
    for refused in (report, table):
        with pytest.raises(ReportTooLarge):
            refused(Asked(october, "reason", str, most=3))
