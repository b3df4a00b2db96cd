"""Routes of the vendor's service levels and of the calendars that they promise by (R7)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.edge.auth import ANY_STAFF, IT
from chalicelib.edge.routes import Call, route
from chalicelib.kernel.events import Actor
from chalicelib.tickets import service_levels
from chalicelib.tickets.levels import LevelsNotValid
from chalicelib.tickets.levels_schemas import CalendarOut, ServiceLevelsIn, ServiceLevelsOut, YearQuery

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/staff/service_levels", roles=ANY_STAFF, out=ServiceLevelsOut)
def read_service_levels(call: Call) -> ServiceLevelsOut:
    """What is promised, by which calendars, and who is told when an answer is at risk (R7)."""
    return ServiceLevelsOut.of(service_levels.current(wiring.vendor().home, call.now))


@route(
    bp,
    "PUT",
    "/v1/staff/service_levels",
    roles=IT,
    body=ServiceLevelsIn,
    out=ServiceLevelsOut,
    refuses=(LevelsNotValid,),
)
def replace_service_levels(call: Call, body: ServiceLevelsIn) -> ServiceLevelsOut:
    """Put all service levels in place of those there are; no promise that was given moves (R7)."""
    actor = Actor(call.staff_id, "staff")
    return ServiceLevelsOut.of(service_levels.change(body.levels(), actor, call.now))


@route(
    bp,
    "GET",
    "/v1/staff/calendars/{calendar_id}",
    roles=ANY_STAFF,
    query=YearQuery,
    out=CalendarOut,
)
def read_calendar(call: Call, query: YearQuery) -> CalendarOut:
    """A calendar in force: holidays, half days and the company's own days of a year (R7)."""
    found = service_levels.calendar(call.path["calendar_id"], wiring.vendor().home, call.now)
    return CalendarOut.of(found, query.year or call.now.year)
