"""Routes of notices ("indicações") on customers' files, for staff (C9)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.cancellations import notices_service
from chalicelib.edge.auth import ANY_STAFF
from chalicelib.edge.routes import Call, route
from chalicelib.flows import notices
from chalicelib.flows.notices_schemas import NoticeIn, NoticeList, NoticeOut, NoticeQuery
from chalicelib.kernel.events import Actor

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/staff/notices", roles=ANY_STAFF, query=NoticeQuery, out=NoticeList)
def list_notices(call: Call, query: NoticeQuery) -> NoticeList:
    """The notices of a period, of one customer or of all, newest first."""
    page = notices.page(query.asked(wiring.vendor().zone, call.now), query.limit, query.cursor)
    return NoticeList(data=[NoticeOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@route(
    bp,
    "POST",
    "/v1/staff/notices",
    roles=ANY_STAFF,
    body=NoticeIn,
    out=NoticeOut,
    status=201,
    repeatable=True,
)
def open_notice(call: Call, body: NoticeIn) -> NoticeOut:
    """Put a notice on a customer's file: what he wants to cancel, and why; also closed, for the record."""
    notice = notices.open_notice(
        body.said(),
        Actor(call.staff_id, "staff"),
        call.now,
        answer=lambda opened: (201, NoticeOut.of(opened).model_dump_json()),
        repeatable=call.repeatable,
    )
    return NoticeOut.of(notice)


@route(bp, "POST", "/v1/staff/notices/{notice_id}/close", roles=ANY_STAFF, out=NoticeOut)
def close_notice(call: Call) -> NoticeOut:
    """Say that nothing is left to be done about a notice; again is harmless."""
    actor = Actor(call.staff_id, "staff")
    return NoticeOut.of(notices_service.close(call.path["notice_id"], actor, call.now))
