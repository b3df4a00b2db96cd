"""The payments of a period: pages with totals, a table, and what both cost (V3)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.billing import store
from chalicelib.billing.history import PaymentFilter
from chalicelib.billing.rules import Payment
from chalicelib.flows.payment_report import Asked, Line, PaymentReport, page, table
from chalicelib.kernel.money import Money
from chalicelib.kernel.paging import NotACursor, encode_cursor
from chalicelib.reports.periods import Period, ReportTooLarge
from chalicelib.storage.transaction import Transaction
from tests.asked import heard
from tests.payments import a_payment, paid, store_payments
from tests.unit.storage.conftest import Rows

HOUR = timedelta(hours=1)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), "UTC")
IN_MADRID = Period(NOVEMBER.first, NOVEMBER.last, "Europe/Madrid")
AUTUMN = Period(date(2026, 9, 1), date(2026, 11, 30), "Europe/Madrid")


def _asked(period: Period = NOVEMBER, most: int = 1000, **wanted: Any) -> Asked:
    return Asked(period, PaymentFilter(**wanted), most)


def _pages(asked: Asked, limit: int) -> Iterator[PaymentReport]:
    cursor = None
    while True:
        report = page(asked, limit, cursor)
        yield report
        cursor = report.page.next_cursor
        if cursor is None:
            return


def _ids(report: PaymentReport) -> list[str]:
    return [line.id for line in report.page.items]


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _every_six_hours(count: int, **changed: Any) -> list[Payment]:
    """Payments from the beginning of September on."""
    first = datetime(2026, 9, 1, tzinfo=UTC)
    return [paid(number, first + number * 6 * HOUR, **changed) for number in range(count)]


def test_a_line_says_what_payment_and_invoice_say(rows: Rows) -> None:
    arrived, returned = Money(1200, "EUR"), Money(200, "EUR")
    payment = paid(7, method="transfer", provider="manual", received=arrived, refunded=returned)
    store_payments(payment)
    (line,) = page(_asked(), 20, None).page.items
    assert line == Line(
        id="pay_0007",
        created_at=payment.created_at,
        paid_at=payment.paid_at,
        customer_id="cus_1",
        customer_name="José Ñandú",
        invoice_number="A-2026-000007",
        order_id="ord_0007",
        method="transfer",
        provider="manual",
        provider_id="cs_7",
        status="paid",
        currency="EUR",
        amount=Money(1000, "EUR"),
        received=arrived,
        refunded=returned,
    )


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
def test_pages_over_many_months_are_all_payments_once_and_each_has_the_totals_of_all(
    rows: Rows, limit: int
) -> None:
    made = _every_six_hours(364)[::53]
    store_payments(*made)
    pages = list(_pages(_asked(AUTUMN), limit))
    assert [id for report in pages for id in _ids(report)] == [one.id for one in made[::-1]]
    assert {report.totals[0].count for report in pages} == {len(made)}
    assert {report.totals[0].paid for report in pages} == {Money(1000 * len(made), "EUR")}


def test_a_filter_holds_for_lines_and_totals_and_pages_are_full(rows: Rows) -> None:
    made = [
        a_payment(number, customer_id=f"cus_{number % 3}", created_at=NOVEMBER.start + number * HOUR)
        for number in range(30)
    ]
    store_payments(*made)
    pages = list(_pages(_asked(customer_id="cus_1"), 4))
    assert [len(report.page.items) for report in pages] == [4, 4, 2]
    assert [id for report in pages for id in _ids(report)] == [one.id for one in made[::-1]][1::3]
    assert {report.totals[0].count for report in pages} == {10}


def test_a_payment_made_between_two_pages_shifts_neither(rows: Rows) -> None:
    made = [a_payment(number, created_at=NOVEMBER.start + number * HOUR) for number in range(6)]
    store_payments(*made)
    first = page(_asked(), 3, None)
    store_payments(a_payment(99, created_at=NOVEMBER.start + 99 * HOUR))
    second = page(_asked(), 3, first.page.next_cursor)
    assert _ids(first) + _ids(second) == [one.id for one in made[::-1]]
    assert second.totals[0].count == 7


def test_a_payment_that_is_paid_in_another_month_is_reported_there_alone(rows: Rows) -> None:
    payment = a_payment(1, created_at=datetime(2026, 10, 30, tzinfo=UTC))
    store_payments(payment)
    october = Period(date(2026, 10, 1), date(2026, 10, 31), "UTC")
    assert _ids(page(_asked(october), 20, None)) == ["pay_0001"]
    store_payments(paid(2, NOVEMBER.start, created_at=payment.created_at))
    assert _ids(page(_asked(october), 20, None)) == ["pay_0001"]
    assert _ids(page(_asked(), 20, None)) == ["pay_0002"]


def test_a_foreign_cursor_is_refused_before_anything_is_read(rows: Rows) -> None:
    with heard() as asked, pytest.raises(NotACursor):
        page(_asked(), 20, encode_cursor({"pk": "PAY#x", "sk": "PAY", "gsi1sk": "PAY#x"}))
    assert asked.requests == []


# The table


def test_the_table_has_a_column_for_each_fact_and_is_not_cut_into_pages(rows: Rows) -> None:
    made = _every_six_hours(364)[::3]
    store_payments(*made, buyer="=Evil, S.L.")
    found = _rows(table(_asked(AUTUMN)))
    assert [row["id"] for row in found] == [one.id for one in made[::-1]]
    assert list(found[0]) == [
        *("id", "created_at", "paid_at", "customer_id", "customer_name", "invoice_number", "order_id"),
        *("method", "provider", "provider_id", "status", "currency", "amount", "received", "refunded"),
    ]
    assert {row["customer_name"] for row in found} == {"'=Evil, S.L."}
    assert (found[0]["currency"], found[0]["amount"], found[0]["received"]) == ("EUR", "10.00", "")


def test_the_table_of_nothing_is_its_header(rows: Rows) -> None:
    assert table(_asked()).startswith("id,created_at,")
    assert _rows(table(_asked())) == []


# What it costs


def test_a_month_is_one_query_and_its_invoices_are_one_request(rows: Rows) -> None:
    store_payments(*_every_six_hours(364)[::7])
    with heard() as asked:
        assert len(page(_asked(), 100, None).page.items) == 17
    assert asked.periods == ["PAY#2026-11"]
    assert asked.counts == {"Query": 1, "BatchGetItem": 1}


def test_the_month_of_another_zone_reads_but_the_hours_that_reach_into_a_neighbour(rows: Rows) -> None:
    store_payments(*_every_six_hours(364)[::7])
    with heard() as asked:
        page(_asked(IN_MADRID), 100, None)
    assert asked.periods == ["PAY#2026-11", "PAY#2026-10"]
    starts = {params["ExpressionAttributeValues"][":1"]["S"] for name, params in asked.requests[:2]}
    assert starts == {"2026-10-31T23:00:00.000000Z"}


def test_attempts_for_one_invoice_look_it_up_once(rows: Rows) -> None:
    store_payments(a_payment(1, status="failed"), a_payment(2))
    writing = Transaction()
    writing.save(store.payments.row(a_payment(3, invoice_id="inv_0001")))
    writing.commit()
    with heard() as asked:
        assert _ids(page(_asked(), 20, None)) == ["pay_0003", "pay_0002", "pay_0001"]
    (looked_up,) = [params for name, params in asked.requests if name == "BatchGetItem"]
    (keys,) = [one["Keys"] for one in looked_up["RequestItems"].values()]
    assert sorted(one["pk"]["S"] for one in keys) == ["INV#inv_0001", "INV#inv_0002"]


def test_a_table_looks_its_invoices_up_a_hundred_at_a_time(rows: Rows) -> None:
    store_payments(*_every_six_hours(210))
    with heard() as asked:
        assert len(_rows(table(_asked(AUTUMN)))) == 210
    assert asked.counts == {"Query": 4, "BatchGetItem": 3}


@pytest.mark.parametrize("wanted", [{}, {"status": "failed"}])
def test_a_period_with_more_than_can_be_read_is_refused_whatever_is_wanted_of_it(
    rows: Rows, wanted: dict[str, Any]
) -> None:
    store_payments(*(a_payment(number) for number in range(5)))
    assert page(_asked(most=5, **wanted), 2, None).totals or wanted
    assert table(_asked(most=5, **wanted))
    for refused in (lambda asked: page(asked, 2, None), table):
        with pytest.raises(ReportTooLarge) as told:
            refused(_asked(most=4, **wanted))
        assert [(error.pointer, error.code) for error in told.value.errors] == [("/query/to", "too_many")]
