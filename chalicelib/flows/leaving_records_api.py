"""Routes of what confirms a cancellation: its PDF of record, and the formal e-mail (C14)."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.billing import documents
from chalicelib.billing.documents import DocumentNotReady
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.refusals import FormalEmailNotFailed
from chalicelib.edge.auth import ANY_STAFF
from chalicelib.edge.replies import Reply
from chalicelib.edge.routes import Call, route
from chalicelib.flows import leaving_records
from chalicelib.flows.leaving_records_schemas import FormalEmailOut
from chalicelib.kernel.errors import Unavailable
from chalicelib.kernel.events import Actor

bp = Blueprint(__name__)


@route(
    bp,
    "GET",
    "/v1/staff/cancellations/{cancellation_id}/document",
    roles=ANY_STAFF,
    media_types=(documents.MEDIA_TYPE,),
    refuses=(DocumentNotReady, Unavailable),
)
def read_cancellation_document(call: Call) -> Reply:
    """The record of a cancellation as a PDF: the same bytes each time, as its customer has them."""
    case = cases.get(call.path["cancellation_id"])
    content = leaving_records.document(case, wiring.archive())
    named = {"Content-Disposition": documents.disposition(case.number)}
    return Reply(content, headers=named, media_type=documents.MEDIA_TYPE)


@route(
    bp,
    "POST",
    "/v1/staff/cancellations/{cancellation_id}/formal_email",
    roles=ANY_STAFF,
    out=FormalEmailOut,
    status=202,
    refuses=(FormalEmailNotFailed,),
)
def write_formal_email_anew(call: Call) -> FormalEmailOut:
    """Write the formal e-mail anew, to the customer's present address; only if it failed or came back."""
    case = leaving_records.write_anew(call.path["cancellation_id"], Actor(call.staff_id, "staff"), call.now)
    return FormalEmailOut.of(case)
