"""Routes of cancelling and resuming renewals, by every door, and of a customer's profile (A1 to A8, B6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.customers import service as customers
from chalicelib.edge.auth import ANY_STAFF, CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import ListQuery, PreviewQuery
from chalicelib.flows import renewal_cancellation, timeline
from chalicelib.flows.renewal_cancellation import Door, own_door, profile_door, task_door
from chalicelib.flows.subscriptions_schemas import (
    CancellationOut,
    CancelRenewalsIn,
    NotesIn,
    ResultsOut,
    TimelineOut,
)
from chalicelib.kernel.events import Actor
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.cancelling import NotRenewable, PastCutoff
from chalicelib.subscriptions.refusals import SubscriptionEnded
from chalicelib.subscriptions.schemas import StaffSubscriptionList, StaffSubscriptionOut, SubscriptionOut

bp = Blueprint(__name__)

REFUSES = (PastCutoff, SubscriptionEnded)


@route(
    bp,
    "POST",
    "/v1/subscriptions/{subscription_id}/cancel_renewal",
    roles=CUSTOMER,
    query=PreviewQuery,
    body=NotesIn,
    out=CancellationOut,
    refuses=REFUSES,
)
def cancel_own_renewal(call: Call, query: PreviewQuery, body: NotesIn) -> CancellationOut:
    """Cancel the renewal of one's own subscription, where its terms allow it (A5); again is harmless.

    It stays active to the end of its period, and what is owed of it stays owed (A2).
    """
    return _cancel(call, query, own_door(call.customer_id, body.notes or None))


@route(
    bp,
    "POST",
    "/v1/subscriptions/{subscription_id}/resume_renewal",
    roles=CUSTOMER,
    body=NotesIn,
    out=SubscriptionOut,
    refuses=(*REFUSES, NotRenewable),
)
def resume_own_renewal(call: Call, body: NotesIn) -> SubscriptionOut:
    """Let one's own subscription renew after all; again is harmless."""
    door = own_door(call.customer_id, body.notes or None)
    return SubscriptionOut.of(renewal_cancellation.resume(call.path["subscription_id"], door, call.now))


# Staff


@route(
    bp,
    "POST",
    "/v1/staff/subscriptions/{subscription_id}/cancel_renewal",
    roles=ANY_STAFF,
    query=PreviewQuery,
    body=NotesIn,
    out=CancellationOut,
    refuses=REFUSES,
)
def cancel_renewal_as_staff(call: Call, query: PreviewQuery, body: NotesIn) -> CancellationOut:
    """Cancel the renewal of one subscription, from its customer's profile (A3); again is harmless."""
    return _cancel(call, query, profile_door(_actor(call, body), _user(call)))


@route(
    bp,
    "POST",
    "/v1/staff/subscriptions/{subscription_id}/resume_renewal",
    roles=ANY_STAFF,
    body=NotesIn,
    out=StaffSubscriptionOut,
    refuses=(*REFUSES, NotRenewable),
)
def resume_renewal_as_staff(call: Call, body: NotesIn) -> StaffSubscriptionOut:
    """Let a subscription renew after all; again is harmless."""
    door = profile_door(_actor(call, body), _user(call))
    return StaffSubscriptionOut.of(renewal_cancellation.resume(call.path["subscription_id"], door, call.now))


@route(
    bp,
    "POST",
    "/v1/staff/crm_tasks/{task_id}/cancel_renewals",
    roles=ANY_STAFF,
    query=PreviewQuery,
    body=CancelRenewalsIn,
    out=ResultsOut,
    repeatable=True,
)
def cancel_renewals_by_task(call: Call, query: PreviewQuery, body: CancelRenewalsIn) -> ResultsOut:
    """Cancel the renewal of several subscriptions of a customer by a planned task, each for itself (A4)."""
    results = renewal_cancellation.cancel_each(
        body.subscription_ids,
        task_door(call.path["task_id"], _actor(call, body), _user(call)),
        call.now,
        preview=query.preview,
        answer=lambda done: (200, ResultsOut.of(done, call.locale, preview=False).model_dump_json()),
        repeatable=None if query.preview else call.repeatable,
    )
    return ResultsOut.of(results, call.locale, preview=query.preview)


@route(
    bp,
    "GET",
    "/v1/staff/customers/{customer_id}/subscriptions",
    roles=ANY_STAFF,
    query=ListQuery,
    out=StaffSubscriptionList,
)
def list_subscriptions_of_customer(call: Call, query: ListQuery) -> StaffSubscriptionList:
    """A customer's subscriptions, newest first (A3)."""
    customer = customers.get(call.path["customer_id"])
    page = subscriptions.page(customer.id, query.limit, query.cursor)
    shown = [StaffSubscriptionOut.of(one) for one in page.items]
    return StaffSubscriptionList(data=shown, next_cursor=page.next_cursor)


@route(
    bp,
    "GET",
    "/v1/staff/customers/{customer_id}/timeline",
    roles=ANY_STAFF,
    query=ListQuery,
    out=TimelineOut,
)
def read_timeline(call: Call, query: ListQuery) -> TimelineOut:
    """What happened with a customer, newest first: every change, and the traces of the CRM (A6, B11)."""
    return TimelineOut.of(timeline.page(call.path["customer_id"], query.limit, query.cursor))


def _cancel(call: Call, query: PreviewQuery, door: Door) -> CancellationOut:
    subscription_id = call.path["subscription_id"]
    done = renewal_cancellation.cancel(subscription_id, door, call.now, preview=query.preview)
    return CancellationOut.of(done, preview=query.preview)


def _actor(call: Call, body: NotesIn) -> Actor:
    return Actor(call.staff_id, "staff", body.notes or None)


def _user(call: Call) -> Callable[[], str]:
    """By which name the member of staff is known; asked for once, and only if it is needed."""
    return cache(lambda: customers.readable_name(call.staff_id, wiring.directory()))
