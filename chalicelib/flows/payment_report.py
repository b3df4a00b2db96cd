"""The payments of a period over all customers, for finance, with totals or as a table (V3).

A payment is reported when it was paid, and as long as it is not, when it was made: paid in another month
than it was made in, it moves into that month's report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice

from chalicelib.billing import store as billing
from chalicelib.billing.history import PaymentFilter, Total, Totals
from chalicelib.billing.rules import Invoice, Payment, PaymentStatus
from chalicelib.kernel.clock import place_in_time
from chalicelib.kernel.methods import Method
from chalicelib.kernel.money import Money
from chalicelib.kernel.paging import Page
from chalicelib.reports.periods import Period
from chalicelib.reports.reading import no_more_than, page_of_all
from chalicelib.reports.sheets import csv_lines

# What can be read well within the API's time limit. As CSV these are about 3 MB; Lambda's answers end at 6.
MOST_PAYMENTS = 10_000
# How many invoices one request looks up.
TOGETHER = 100


@dataclass(frozen=True)
class Asked:
    """The payments that a report is about; `ReportTooLarge` when the period has more than `most`."""

    period: Period
    wanted: PaymentFilter
    most: int = MOST_PAYMENTS


@dataclass(frozen=True)
class Line:
    """A payment with what its invoice says; the customer's name is as it was then."""

    id: str
    created_at: datetime
    paid_at: datetime | None
    customer_id: str
    customer_name: str
    invoice_number: str
    order_id: str
    method: Method
    provider: str
    provider_id: str | None
    status: PaymentStatus
    currency: str
    amount: Money
    received: Money | None
    refunded: Money | None


@dataclass(frozen=True)
class PaymentReport:
    """One page of lines; the totals are those of all that was asked for."""

    page: Page[Line]
    totals: tuple[Total, ...]


def page(asked: Asked, limit: int, cursor: str | None) -> PaymentReport:
    """One page, newest first, with the totals. `NotACursor`, `ReportTooLarge`."""
    totals = Totals()
    found = totals.counting(_found(asked))
    picked = page_of_all(found, lambda one: place_in_time(one.reported_at, one.id), limit, cursor)
    return PaymentReport(Page(tuple(_lines(picked.items)), picked.next_cursor), totals.by_currency())


def table(asked: Asked) -> str:
    """All of it as CSV, newest first. `ReportTooLarge`."""
    columns = [column.name for column in fields(Line)]
    rows = ([getattr(line, column) for column in columns] for line in _lines(_found(asked)))
    return "".join(csv_lines(columns, rows))


def _found(asked: Asked) -> Iterator[Payment]:
    found = billing.payments.reported(asked.period.start, asked.period.end)
    return filter(asked.wanted.admits, no_more_than(asked.most, found))


def _lines(payments: Iterable[Payment]) -> Iterator[Line]:
    left = iter(payments)
    while some := tuple(islice(left, TOGETHER)):
        invoices = billing.invoices.find_all(one.invoice_id for one in some)
        yield from (_line(one, invoices[one.invoice_id]) for one in some)


def _line(payment: Payment, invoice: Invoice) -> Line:
    return Line(
        id=payment.id,
        created_at=payment.created_at,
        paid_at=payment.paid_at,
        customer_id=payment.customer_id,
        customer_name=invoice.buyer.name,
        invoice_number=invoice.number,
        order_id=payment.order_id,
        method=payment.method,
        provider=payment.provider,
        provider_id=payment.provider_id,
        status=payment.status,
        currency=payment.amount.currency,
        amount=payment.amount,
        received=payment.received,
        refunded=payment.refunded,
    )
