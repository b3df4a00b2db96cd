"""Who cancelled renewal in a period: by every door or one, with names and a count per day (A9)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.flows.cancellation_report import Asked, page, table
from chalicelib.reports.periods import ReportTooLarge, period_of
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store
from chalicelib.subscriptions.trace import BY_CUSTOMER, BY_STAFF, TASK, Trace, TraceFilter
from tests.functional import steps
from tests.world import Answer, World

ROUTE = "/v1/staff/reports/renewal_cancellations"
# The vendor's zone is Madrid: this is midnight of the first of October there.
OCTOBER = datetime(2026, 9, 30, 22, tzinfo=UTC)
FIRST, LAST = "2026-10-01", "2026-10-31"
DAY = timedelta(days=1)
TASKS = {"profile": TASK, "task": "Bajas de enero", "other": "Otras bajas", "store": TASK}
NAMES = ("José Ñandú", "Ana Souza", "=Evil")


def _made(number: int, at: datetime) -> Trace:
    door = list(TASKS)[number % 4]
    own = door == "store"
    return Trace(
        id=f"trc_{number:02d}",
        customer_id=f"cus_{number}",
        customer_name=NAMES[number % 3],
        subscription_id=f"sub_{number}",
        channel="store" if own else "staff",
        task=TASKS[door],
        user=f"({NAMES[number % 3]})" if own else "eva@example.com",
        outcome="auto_renewal_canceled",
        outcome_label=BY_CUSTOMER if own else BY_STAFF,
        notes=f"cancelación {number}",
        created_at=at,
    )


# Two a day on nine days, by each door in turn.
MADE = [_made(number, OCTOBER + number // 2 * 3 * DAY) for number in range(18)]
OUTSIDE = (_made(97, OCTOBER - timedelta(microseconds=1)), _made(98, datetime(2026, 10, 31, 23, tzinfo=UTC)))


@pytest.fixture(scope="module")
def staff(shared_world: World) -> str:
    writing = Transaction()
    writing.save(*(store.traces.row(one) for one in (*MADE, *OUTSIDE)))
    writing.commit()
    return shared_world.staff("staff")


def _ask(world: World, token: str, **query: Any) -> Answer:
    return world.http("GET", f"{ROUTE}?{urlencode({'from': FIRST, 'to': LAST, **query})}", token=token)


def _report(world: World, token: str, **query: Any) -> Any:
    answer = _ask(world, token, **{"limit": 100, **query})
    assert answer.status == 200, answer.text
    return answer.json


def _ids(rows: Iterable[Any]) -> list[str]:
    return [row["subscription_id"] for row in rows]


def _newest(traces: Iterable[Trace]) -> list[str]:
    ordered = sorted(traces, key=lambda one: (one.created_at, one.id), reverse=True)
    return [one.subscription_id for one in ordered]


def _csv(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_row_says_who_cancelled_what_by_which_door(shared_world: World, staff: str) -> None:
    (row,) = [one for one in _report(shared_world, staff)["data"] if one["subscription_id"] == "sub_3"]
    assert row == {
        "customer_name": "José Ñandú",
        "user": "(José Ñandú)",
        "task": "renovación automática",
        "outcome": "auto_renewal_canceled",
        "outcome_label": "renovación automática cancelada",
        "notes": "cancelación 3",
        "created_at": "2026-10-03T22:00:00Z",
        "channel": "store",
        "subscription_id": "sub_3",
        "customer_id": "cus_3",
    }


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ({}, lambda one: True),
        ({"outcome": "auto_renewal_canceled"}, lambda one: True),
        ({"task": "Bajas de enero"}, lambda one: one.task == "Bajas de enero"),
        ({"task": TASK}, lambda one: one.task == TASK),
        ({"task": "Nunca"}, lambda one: False),
        ({"channel": "store"}, lambda one: one.channel == "store"),
        ({"channel": "staff"}, lambda one: one.channel == "staff"),
        ({"channel": "staff", "task": TASK}, lambda one: one.channel == "staff" and one.task == TASK),
    ],
)
def test_a_filter_shows_and_counts_what_fits(
    shared_world: World, staff: str, query: dict[str, str], which: Any
) -> None:
    report = _report(shared_world, staff, **query)
    wanted = _newest(filter(which, MADE))
    assert _ids(report["data"]) == wanted
    assert sum(day["count"] for day in report["per_day"]) == len(wanted)
    assert _ids(_csv(_ask(shared_world, staff, format="csv", **query))) == wanted


def test_every_day_of_the_period_is_counted_as_the_vendors_zone_has_it(
    shared_world: World, staff: str
) -> None:
    per_day = _report(shared_world, staff, limit=1)["per_day"]
    assert [day["date"] for day in per_day] == [f"2026-10-{day:02d}" for day in range(1, 32)]
    assert [day["count"] for day in per_day] == [2, 0, 0] * 9 + [0] * 4
    outside = _report(shared_world, staff, **{"from": "2026-09-30", "to": "2026-10-01"})
    assert [(day["date"], day["count"]) for day in outside["per_day"]] == [("2026-09-30", 1), (FIRST, 2)]


@pytest.mark.parametrize("limit", [1, 5, 18])
def test_all_pages_show_every_cancellation_once_with_the_same_counts(
    shared_world: World, staff: str, limit: int
) -> None:
    report = _report(shared_world, staff, limit=limit)
    seen, counted = _ids(report["data"]), report["per_day"]
    while report["next_cursor"]:
        report = _report(shared_world, staff, limit=limit, cursor=report["next_cursor"])
        seen += _ids(report["data"])
        assert report["per_day"] == counted
    assert seen == _newest(MADE)


def test_the_csv_is_a_file_of_the_whole_period(shared_world: World, staff: str) -> None:
    answer = _ask(shared_world, staff, format="csv", limit=1)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    saved_as = f'attachment; filename="renewal_cancellations_{FIRST}_{LAST}.csv"'
    assert answer.headers["Content-Disposition"] == saved_as
    found = _csv(answer)
    assert list(found[0]) == [
        *("customer_name", "user", "task", "outcome", "outcome_label", "notes", "created_at", "channel"),
        *("subscription_id", "customer_id"),
    ]
    assert _ids(found) == _newest(MADE)
    # Nobody's name is a formula.
    assert {row["customer_name"] for row in found} == {"José Ñandú", "Ana Souza", "'=Evil"}


def test_a_period_without_any_is_all_noughts(shared_world: World, staff: str) -> None:
    report = _report(shared_world, staff, **{"from": "2020-01-01", "to": "2020-01-02"})
    assert report == {
        "data": [],
        "per_day": [{"date": "2020-01-01", "count": 0}, {"date": "2020-01-02", "count": 0}],
        "next_cursor": None,
    }
    assert _csv(_ask(shared_world, staff, format="csv", **{"from": "2020-01-01", "to": "2020-01-02"})) == []


def test_every_member_of_staff_may_ask(shared_world: World, staff: str) -> None:
    for group in ("finance", "it"):
        assert _ask(shared_world, shared_world.staff(group), format="csv").status == 200


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"from": "2026-10-02", "to": "2026-10-01"}, {"/query/to": "before_from"}),
        ({"cursor": "eyJwayI6IngifQ"}, {"/query/cursor": "cursor"}),
        (
            {
                "from": "x",
                "to": "y",
                "outcome": "lost",
                "task": "",
                "channel": "phone",
                "format": "x",
                "a": "b",
            },
            {
                "/query/from": "date",
                "/query/to": "date",
                "/query/outcome": "literal_error",
                "/query/task": "string_too_short",
                "/query/channel": "literal_error",
                "/query/format": "literal_error",
                "/query/a": "extra_forbidden",
            },
        ),
    ],
)
def test_a_faulty_question_is_told_all_its_faults(
    shared_world: World, staff: str, query: dict[str, str], named: dict[str, str]
) -> None:
    assert steps.faults(_ask(shared_world, staff, **query)) == named


def test_a_period_with_more_than_can_be_told_is_refused_whatever_is_wanted_of_it(
    shared_world: World, staff: str
) -> None:
    october = period_of(OCTOBER.date() + DAY, None, "Europe/Madrid", OCTOBER)
    assert page(Asked(october, TraceFilter(), most=18), 5, None).page.next_cursor
    too_many = Asked(october, TraceFilter(channel="store"), most=17)
    for refused in (lambda: page(too_many, 5, None), lambda: table(too_many)):
        with pytest.raises(ReportTooLarge):
            refused()
