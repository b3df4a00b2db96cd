"""Routes of bank statements: a file proposes, finance books what it chose (V8)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import FINANCE
from chalicelib.edge.routes import Call, route
from chalicelib.flows import statements
from chalicelib.flows.bank_schemas import EntriesIn, EntriesOut, MatchOut, StatementOut, StatementQuery

bp = Blueprint(__name__)


@route(
    bp,
    "POST",
    "/v1/staff/bank_statements",
    roles=FINANCE,
    raw=True,
    reads="text/csv",
    query=StatementQuery,
    out=StatementOut,
)
def propose_bank_statement(call: Call, query: StatementQuery) -> StatementOut:
    """What each line of a bank's CSV would pay (V8); nothing is booked by it.

    422 names every line that cannot be read with certainty, as `/lines/12/amount`; then nothing is proposed.
    """
    found = statements.propose(call.raw_body, query.currency or wiring.home_currency())
    return StatementOut(lines=[MatchOut.of(one) for one in found])


@route(
    bp,
    "POST",
    "/v1/staff/bank_entries",
    roles=FINANCE,
    body=EntriesIn,
    out=EntriesOut,
    repeatable=True,
)
def book_bank_entries(call: Call, body: EntriesIn) -> EntriesOut:
    """Book lines of a bank statement (V8), each for itself; the same reference again books nothing.

    The answer is kept for a repeat with the same Idempotency-Key once no line is refused.
    """
    results = statements.book(
        [(entry.payment_id, entry.entry()) for entry in body.entries],
        call.staff_id,
        call.now,
        answer=lambda results: (200, EntriesOut.of(results, call.locale).model_dump_json()),
        repeatable=call.repeatable,
    )
    return EntriesOut.of(results, call.locale)
