"""Routes of reports: what happened in a period, over all customers, for the vendor's own people."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.customers import service as customers
from chalicelib.edge.auth import ANY_STAFF, FINANCE
from chalicelib.edge.replies import Reply
from chalicelib.edge.routes import Call, route
from chalicelib.flows import cancellation_report, leaving_report, payment_report, sla_report
from chalicelib.flows.cancellation_report_schemas import CancellationReportOut, CancellationReportQuery
from chalicelib.flows.leaving_report_schemas import LeavingReportOut, LeavingReportQuery
from chalicelib.flows.reports_schemas import PaymentReportOut, PaymentReportQuery
from chalicelib.flows.sla_report_schemas import SlaReportOut, SlaReportQuery
from chalicelib.reports.periods import Period

bp = Blueprint(__name__)

CSV = "text/csv"


@route(
    bp,
    "GET",
    "/v1/staff/reports/payments",
    roles=FINANCE,
    query=PaymentReportQuery,
    out=PaymentReportOut,
    media_types=(CSV,),
)
def report_payments(call: Call, query: PaymentReportQuery) -> PaymentReportOut | Reply:
    """The payments of a period over all customers, newest first, with totals per currency (V3).

    A payment stands in the period in which it was paid; as long as it is not, in the one in which it was
    made.
    """
    asked = query.asked(wiring.vendor().zone, call.now)
    if query.format == "csv":
        return _file("payments", asked.period, payment_report.table(asked))
    return PaymentReportOut.of(payment_report.page(asked, query.limit, query.cursor))


@route(
    bp,
    "GET",
    "/v1/staff/reports/renewal_cancellations",
    roles=ANY_STAFF,
    query=CancellationReportQuery,
    out=CancellationReportOut,
    media_types=(CSV,),
)
def report_renewal_cancellations(call: Call, query: CancellationReportQuery) -> CancellationReportOut | Reply:
    """Who cancelled renewal in a period, newest first, with a count for each day (A9)."""
    asked = query.asked(wiring.vendor().zone, call.now)
    if query.format == "csv":
        return _file("renewal_cancellations", asked.period, cancellation_report.table(asked))
    return CancellationReportOut.of(cancellation_report.page(asked, query.limit, query.cursor))


@route(
    bp,
    "GET",
    "/v1/staff/reports/cancellations",
    roles=ANY_STAFF,
    query=LeavingReportQuery,
    out=LeavingReportOut,
    media_types=(CSV,),
)
def report_cancellations(call: Call, query: LeavingReportQuery) -> LeavingReportOut | Reply:
    """Why customers asked to leave in a period, how many stayed, and the revenue kept and lost a year (C2).

    By product, every product of a case counts, as what became of it. By competitor, it is what the customer
    says that he uses instead; by agent, who decided: `system` where silence did, `customer` of who withdrew.
    """
    asked = query.asked(wiring.vendor().zone, _known_as, call.now)
    if query.format == "csv":
        return _file("cancellations", asked.period, leaving_report.table(asked))
    return LeavingReportOut.of(leaving_report.report(asked))


@route(
    bp,
    "GET",
    "/v1/staff/reports/sla",
    roles=ANY_STAFF,
    query=SlaReportQuery,
    out=SlaReportOut,
    media_types=(CSV,),
)
def report_sla(call: Call, query: SlaReportQuery) -> SlaReportOut | Reply:
    """How promises to answer were kept for the requests of a period, newest first (R7).

    A request stands in the month in which it was made. Groups are by month, kind and cause, over all that was
    asked for. Times are business time, by the calendar of each promise.
    """
    asked = query.asked(wiring.vendor().zone, call.now)
    if query.format == "csv":
        return _file("sla", asked.period, sla_report.table(asked))
    return SlaReportOut.of(sla_report.page(asked, query.limit, query.cursor))


def _known_as(sub: str) -> str:
    return customers.readable_name(sub, wiring.directory())


def _file(name: str, period: Period, text: str) -> Reply:
    saved_as = f'attachment; filename="{name}_{period.first}_{period.last}.csv"'
    return Reply(text, headers={"Content-Disposition": saved_as}, media_type=f"{CSV}; charset=utf-8")
