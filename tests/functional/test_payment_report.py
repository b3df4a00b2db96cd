"""What finance is told of a period's payments over HTTP: pages, filters, totals, CSV, faults (V3)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from urllib.parse import urlencode

import pytest

from chalicelib.billing.rules import PROVIDER_OF_METHOD, Payment, PaymentStatus
from chalicelib.kernel.methods import METHODS
from chalicelib.kernel.money import Money
from tests.functional import steps
from tests.payments import a_payment, paid, store_payments
from tests.world import Answer, World

ROUTE = "/v1/staff/reports/payments"
HOUR = timedelta(hours=1)
# The vendor's zone is Madrid: this is midnight of the first of October there.
OCTOBER = datetime(2026, 9, 30, 22, tzinfo=UTC)
STATUSES = get_args(PaymentStatus)
FIRST, LAST = "2026-10-01", "2026-11-30"


def _made(number: int) -> Payment:
    """One every two days from the beginning of October on; all methods, statuses and currencies in turn."""
    method, status = METHODS[number % len(METHODS)], STATUSES[number % len(STATUSES)]
    at = OCTOBER + number * 48 * HOUR
    amount = Money(100 + number, ("EUR", "BRL", "CLP")[number // len(STATUSES) % 3])
    was_paid = status in ("paid", "refunded")
    return a_payment(
        number,
        method=method,
        provider=PROVIDER_OF_METHOD[method],
        status=status,
        customer_id=f"cus_{number % 4}",
        amount=amount,
        # What was paid, was paid a day late.
        created_at=at - 24 * HOUR if was_paid else at,
        paid_at=at if was_paid else None,
        refunded=amount if status == "refunded" else None,
    )


MADE = [_made(number) for number in range(30)]
OUTSIDE = (
    paid(97, OCTOBER - timedelta(microseconds=1)),
    a_payment(98, created_at=datetime(2026, 11, 30, 23, tzinfo=UTC)),
)


@pytest.fixture(scope="module")
def finance(shared_world: World) -> str:
    store_payments(*MADE, *OUTSIDE)
    return shared_world.staff("finance")


def _ask(world: World, token: str, **query: Any) -> Answer:
    return world.http("GET", f"{ROUTE}?{urlencode({'from': FIRST, 'to': LAST, **query})}", token=token)


def _report(world: World, token: str, **query: Any) -> Any:
    answer = _ask(world, token, **query)
    assert answer.status == 200, answer.text
    return answer.json


def _ids(found: Iterable[Any]) -> list[str]:
    return [one["id"] for one in found]


def _sum(payments: list[Payment], *statuses: str) -> dict[str, Any]:
    minor = sum(one.amount.minor for one in payments if one.status in statuses)
    return {"amount": minor, "currency": payments[0].amount.currency}


def _csv(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_row_shows_the_payment_and_its_invoice(shared_world: World, finance: str) -> None:
    payment = MADE[2]
    (row,) = [one for one in _report(shared_world, finance, limit=100)["data"] if one["id"] == payment.id]
    assert row == {
        "id": "pay_0002",
        "created_at": "2026-10-03T22:00:00Z",
        "paid_at": "2026-10-04T22:00:00Z",
        "customer_id": "cus_2",
        "customer_name": "José Ñandú",
        "invoice_number": "A-2026-000002",
        "order_id": "ord_0002",
        "method": payment.method,
        "provider": payment.provider,
        "provider_id": None,
        "status": "paid",
        "amount": {"amount": 102, "currency": "EUR"},
        "received": None,
        "refunded": None,
    }


@pytest.mark.parametrize("limit", [7, 100])
def test_all_pages_show_every_payment_of_the_period_once_newest_first(
    shared_world: World, finance: str, limit: int
) -> None:
    report = _report(shared_world, finance, limit=limit)
    seen, totals = _ids(report["data"]), report["totals"]
    while report["next_cursor"]:
        report = _report(shared_world, finance, limit=limit, cursor=report["next_cursor"])
        seen += _ids(report["data"])
        assert report["totals"] == totals
    assert seen == [one.id for one in reversed(MADE)]


def test_the_totals_are_those_of_the_whole_period_per_currency_and_status(
    shared_world: World, finance: str
) -> None:
    report = _report(shared_world, finance, limit=1)
    assert len(report["data"]) == 1
    assert [total["currency"] for total in report["totals"]] == ["BRL", "CLP", "EUR"]
    for total in report["totals"]:
        currency = total.pop("currency")
        mine = [one for one in MADE if one.amount.currency == currency]
        assert total == {
            "count": len(mine),
            "amount": _sum(mine, *STATUSES),
            "paid": _sum(mine, "paid", "refunded"),
            "refunded": _sum(mine, "refunded"),
            "open": _sum(mine, "requested", "pending"),
            "statuses": [
                {"status": status, "count": len(mine) // len(STATUSES), "amount": _sum(mine, status)}
                for status in STATUSES
            ],
        }


@pytest.mark.parametrize(
    ("name", "value", "of"),
    [
        *(("status", status, lambda one: one.status) for status in STATUSES),
        *(("method", method, lambda one: one.method) for method in METHODS),
        *(("provider", name, lambda one: one.provider) for name in sorted(set(PROVIDER_OF_METHOD.values()))),
        ("currency", "CLP", lambda one: one.amount.currency),
        ("currency", "USD", lambda one: one.amount.currency),
        ("customer_id", "cus_3", lambda one: one.customer_id),
        ("customer_id", "cus_x", lambda one: one.customer_id),
    ],
)
def test_a_filter_shows_and_adds_up_what_fits(
    shared_world: World, finance: str, name: str, value: str, of: Any
) -> None:
    report = _report(shared_world, finance, limit=100, **{name: value})
    wanted = [one.id for one in reversed(MADE) if of(one) == value]
    assert _ids(report["data"]) == wanted
    assert sum(total["count"] for total in report["totals"]) == len(wanted)
    assert _ids(_csv(_ask(shared_world, finance, format="csv", **{name: value}))) == wanted


def test_filters_hold_together(shared_world: World, finance: str) -> None:
    report = _report(shared_world, finance, status="paid", currency="EUR")
    assert _ids(report["data"]) == [
        one.id for one in reversed(MADE) if (one.status, one.amount.currency) == ("paid", "EUR")
    ]
    (total,) = report["totals"]
    assert (total["amount"], total["open"]["amount"]) == (total["paid"], 0)


def test_both_days_are_included_as_the_vendors_zone_has_them(shared_world: World, finance: str) -> None:
    one_day = {"from": "2026-10-03", "to": "2026-10-03"}
    assert _ids(_report(shared_world, finance, **one_day)["data"]) == ["pay_0001"]
    before = {"from": "2026-09-30", "to": "2026-09-30"}
    assert _ids(_report(shared_world, finance, **before)["data"]) == ["pay_0097"]
    after = {"from": "2026-12-01", "to": "2026-12-01"}
    assert _ids(_report(shared_world, finance, **after)["data"]) == ["pay_0098"]


def test_a_period_without_payments_is_an_empty_report(shared_world: World, finance: str) -> None:
    report = _report(shared_world, finance, **{"from": "2020-01-01", "to": "2020-12-31"})
    assert report == {"data": [], "totals": [], "next_cursor": None}


# CSV


def test_the_csv_is_a_file_of_the_whole_period(shared_world: World, finance: str) -> None:
    answer = _ask(shared_world, finance, format="csv", limit=1)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    saved_as = f'attachment; filename="payments_{FIRST}_{LAST}.csv"'
    assert answer.headers["Content-Disposition"] == saved_as
    found = _csv(answer)
    assert _ids(found) == [one.id for one in reversed(MADE)]
    shown = {row["id"]: row for row in found}
    told = {id: tuple(row[name] for name in ("currency", "amount", "refunded")) for id, row in shown.items()}
    assert [told[id] for id in ("pay_0001", "pay_0011", "pay_0017")] == [
        ("EUR", "1.01", ""),
        ("BRL", "1.11", "1.11"),
        ("CLP", "117", "117"),
    ]
    assert (shown["pay_0002"]["paid_at"], shown["pay_0001"]["paid_at"]) == ("2026-10-04T22:00:00Z", "")
    assert {row["customer_name"] for row in found} == {"José Ñandú"}


def test_a_web_page_of_ours_may_read_the_files_name(shared_world: World, finance: str) -> None:
    origin = {"origin": "https://admin.example.com"}
    answer = shared_world.http("GET", f"{ROUTE}?format=csv", token=finance, headers=origin)
    assert "Content-Disposition" in answer.headers["Access-Control-Expose-Headers"]


# Who, and with what


@pytest.mark.parametrize("format", ["json", "csv"])
def test_it_is_for_finance_alone(shared_world: World, finance: str, format: str) -> None:
    _, customer = shared_world.customer("ana@example.com")
    for token in (customer, shared_world.staff("staff"), shared_world.staff("it")):
        assert _ask(shared_world, token, format=format).status == 403
    assert shared_world.http("GET", ROUTE).status == 401


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"from": "2026-11-30", "to": "2026-11-29"}, {"/query/to": "before_from"}),
        ({"from": "2025-11-30", "to": "2026-12-01"}, {"/query/to": "period_too_long"}),
        ({"from": "1999-12-31"}, {"/query/from": "greater_than_equal"}),
        ({"from": "2100-01-01", "to": "2200-01-01"}, {"/query/to": "less_than_equal"}),
        ({"to": "2026-02-29"}, {"/query/to": "date_from_datetime_parsing"}),
        *(
            ({"from": text}, {"/query/from": "date"})
            for text in ("", "today", "1764547200", "2026-11-30T00:00:00Z", "20261130", "２０２６-11-30")
        ),
        ({"format": "xlsx"}, {"/query/format": "literal_error"}),
        ({"cursor": "eyJwayI6IngifQ"}, {"/query/cursor": "cursor"}),
        (
            {
                **{"from": "x", "to": "y", "status": "done", "method": "cash", "provider": "visa"},
                **{"currency": "eur", "customer_id": "", "limit": "101", "page": "2"},
            },
            {
                "/query/from": "date",
                "/query/to": "date",
                "/query/status": "literal_error",
                "/query/method": "literal_error",
                "/query/provider": "string_pattern_mismatch",
                "/query/currency": "literal_error",
                "/query/customer_id": "string_too_short",
                "/query/limit": "less_than_equal",
                "/query/page": "extra_forbidden",
            },
        ),
    ],
)
def test_a_faulty_question_is_told_all_its_faults(
    shared_world: World, finance: str, query: dict[str, str], named: dict[str, str]
) -> None:
    assert steps.faults(_ask(shared_world, finance, **query)) == named


def test_366_days_are_a_period(shared_world: World, finance: str) -> None:
    year = {"from": "2025-11-30", "to": "2026-11-30"}
    assert _ids(_report(shared_world, finance, limit=100, **year)["data"])[-1] == "pay_0097"
