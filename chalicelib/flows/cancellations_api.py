"""Routes of a customer who wants to leave, as staff deals with his case (C1 to C14)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.cancellations import rules, service
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.refusals import (
    CaseDecided,
    StepIsAutomatic,
    StepNotReady,
    StepNotSkippable,
    TooManyOffers,
)
from chalicelib.cancellations.rules import Case
from chalicelib.customers.rules import CustomerNotFound
from chalicelib.edge.auth import ANY_STAFF, IT
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import PreviewQuery, ReasonIn
from chalicelib.flows import leaving, leaving_decisions, leaving_outcomes, leaving_steps, leaving_views
from chalicelib.flows.cancellations_schemas import CaseList, CaseOut
from chalicelib.flows.leaving_offers import make_offer
from chalicelib.flows.leaving_plans import Plan
from chalicelib.flows.leaving_schemas import (
    AttemptIn,
    CaseOutcomeIn,
    CaseQuery,
    InterviewIn,
    OfferIn,
    OpenIn,
    SilentIn,
    StepIn,
)
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.events import Actor

bp = Blueprint(__name__)


@route(
    bp,
    "POST",
    "/v1/staff/cancellations",
    roles=ANY_STAFF,
    body=OpenIn,
    out=CaseOut,
    status=201,
    repeatable=True,
    refuses=(CustomerNotFound,),
)
def open_cancellation(call: Call, body: OpenIn) -> CaseOut:
    """Take down that a customer wants to leave (C1): from that instant on nothing is charged."""
    case = leaving.open_case(
        body.customer_id,
        body.leave(call.now),
        _actor(call),
        call.now,
        answer=lambda one: _answer(call, one, 201),
        repeatable=call.repeatable,
    )
    return _shown(call, case)


@route(bp, "GET", "/v1/staff/cancellations", roles=ANY_STAFF, query=CaseQuery, out=CaseList)
def list_cancellations(call: Call, query: CaseQuery) -> CaseList:
    """Who asked to leave, newest first; without dates, in the last 92 days."""
    period = query.period(wiring.vendor().zone, call.now)
    return CaseList.of(leaving_views.page(period, query.wanted(), query.limit, query.cursor))


@route(bp, "GET", "/v1/staff/cancellations/{cancellation_id}", roles=ANY_STAFF, out=CaseOut)
def read_cancellation(call: Call) -> CaseOut:
    """One case: what to do next, and what it would take to cancel, or how far that has come."""
    return _shown(call, cases.get(_id(call)))


@route(
    bp,
    "POST",
    "/v1/staff/cancellations/{cancellation_id}/attempts",
    roles=ANY_STAFF,
    body=AttemptIn,
    out=CaseOut,
    status=201,
    repeatable=True,
    refuses=(CaseDecided,),
)
def note_attempt(call: Call, body: AttemptIn) -> CaseOut:
    """Note a try to reach the customer (C3, C4).

    Called three times in vain, he is written to and waited for.
    """
    case = leaving_outcomes.attempt(
        _id(call),
        body.attempt(call.staff_id, call.now),
        wiring.vendor(),
        _actor(call),
        answer=lambda one: _answer(call, one, 201),
        repeatable=call.repeatable,
    )
    return _shown(call, case)


@route(
    bp,
    "POST",
    "/v1/staff/cancellations/{cancellation_id}/silent",
    roles=ANY_STAFF,
    body=SilentIn,
    out=CaseOut,
    refuses=(CaseDecided,),
)
def note_silence(call: Call, body: SilentIn) -> CaseOut:
    """He has stopped answering in a chat or a call: he is called at once (C5); again is harmless."""
    case = service.change(
        _id(call), lambda one: rules.fell_silent(one, call.now), "fell silent", _actor(call), call.now
    )
    return _shown(call, case)


@route(
    bp,
    "POST",
    "/v1/staff/cancellations/{cancellation_id}/interview",
    roles=ANY_STAFF,
    body=InterviewIn,
    out=CaseOut,
    refuses=(CaseDecided,),
)
def note_interview(call: Call, body: InterviewIn) -> CaseOut:
    """Note what the customer said (C2), and see which offers suit that; saying it anew takes its place."""
    interview = body.interview()
    case = service.change(
        _id(call), lambda one: rules.interviewed(one, interview), "interviewed", _actor(call), call.now
    )
    return _shown(call, case)


@route(
    bp,
    "POST",
    "/v1/staff/cancellations/{cancellation_id}/offers",
    roles=ANY_STAFF,
    body=OfferIn,
    out=CaseOut,
    status=201,
    repeatable=True,
    refuses=(CaseDecided, TooManyOffers),
)
def note_offer(call: Call, body: OfferIn) -> CaseOut:
    """Note an offer that the customer was made to stay (C2): two at most, and never a condition."""
    case = make_offer(
        _id(call),
        body.offer(),
        _actor(call),
        call.now,
        answer=lambda one: _answer(call, one, 201),
        repeatable=call.repeatable,
    )
    return _shown(call, case)


@route(
    bp,
    "POST",
    "/v1/staff/cancellations/{cancellation_id}/outcome",
    roles=ANY_STAFF,
    query=PreviewQuery,
    body=CaseOutcomeIn,
    out=CaseOut,
    repeatable=True,
    refuses=(CaseDecided,),
)
def decide_cancellation(call: Call, query: PreviewQuery, body: CaseOutcomeIn) -> CaseOut:
    """Say how it ends (C6): canceled, or reverted as agreed; the plan is carried out from then on."""
    verdict = body.verdict()
    if query.preview:
        return _shown(call, *leaving_decisions.preview(_id(call), verdict, call.now))
    case = leaving_decisions.decide(
        _id(call),
        verdict,
        _actor(call),
        call.now,
        answer=lambda one: _answer(call, one, 200),
        repeatable=call.repeatable,
    )
    return _shown(call, case)


@route(
    bp,
    "POST",
    "/v1/staff/cancellations/{cancellation_id}/steps/{step}/complete",
    roles=ANY_STAFF,
    body=StepIn,
    out=CaseOut,
    refuses=(StepNotReady, StepIsAutomatic),
)
def complete_step(call: Call, body: StepIn) -> CaseOut:
    """Say that a step was performed (C14), and what it asks for: never a password. Again is harmless."""
    case = leaving_steps.complete(_id(call), call.path["step"], body.answers(), _actor(call), call.now)
    return _shown(call, case)


@route(
    bp,
    "POST",
    "/v1/staff/cancellations/{cancellation_id}/steps/{step}/skip",
    roles=ANY_STAFF,
    body=ReasonIn,
    out=CaseOut,
    refuses=(StepNotReady, StepNotSkippable),
)
def skip_step(call: Call, body: ReasonIn) -> CaseOut:
    """Leave a step out, for a reason (C14): never the end of a contract, nor the formal e-mail."""
    case = leaving_steps.skip(_id(call), call.path["step"], body.reason, _actor(call), call.now)
    return _shown(call, case)


def _id(call: Call) -> str:
    return call.path["cancellation_id"]


def _actor(call: Call) -> Actor:
    return Actor(call.staff_id, "staff")


def _shown(call: Call, case: Case, plan: Plan | None = None) -> CaseOut:
    vendor = wiring.vendor()
    view = leaving_views.view(case, vendor.name, call.now, plan)
    by_it = call.caller is not None and not IT.isdisjoint(call.caller.roles)
    return CaseOut.of(view, local_date(call.now, vendor.zone), with_codes=by_it)


def _answer(call: Call, case: Case, status: int) -> tuple[int, str]:
    """What a repeat of the request gets again."""
    return status, _shown(call, case).model_dump_json()
