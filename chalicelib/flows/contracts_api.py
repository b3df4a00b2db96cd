"""Routes of what ends a contract: a rescission by staff, and a customer's own withdrawal."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib.edge.auth import ANY_STAFF
from chalicelib.edge.routes import Call, route
from chalicelib.flows import rescission
from chalicelib.flows.contracts_schemas import RescindIn, RescindQuery, RescissionOut
from chalicelib.kernel.events import Actor
from chalicelib.subscriptions.refusals import SubscriptionEnded

bp = Blueprint(__name__)


@route(
    bp,
    "POST",
    "/v1/staff/subscriptions/{subscription_id}/rescind",
    roles=ANY_STAFF,
    body=RescindIn,
    query=RescindQuery,
    out=RescissionOut,
    repeatable=True,
    refuses=(SubscriptionEnded,),
)
def rescind_subscription(call: Call, body: RescindIn, query: RescindQuery) -> RescissionOut:
    """End a contract now or on a day, with its pending instalments (A2); or show what that would mean."""
    subscription_id = call.path["subscription_id"]
    if query.preview:
        return RescissionOut.of(rescission.preview(subscription_id, body.effective_on, call.now))
    plan = rescission.rescind(
        subscription_id,
        body.effective_on,
        Actor(call.staff_id, "staff", body.reason),
        call.now,
        answer=lambda plan: (200, RescissionOut.of(plan).model_dump_json()),
        repeatable=call.repeatable,
    )
    return RescissionOut.of(plan)
