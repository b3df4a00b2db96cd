"""Routes of subscriptions: reading them, and the planned CRM tasks of staff."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib.edge.auth import ANY_STAFF, CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import ListQuery
from chalicelib.kernel.events import Actor
from chalicelib.subscriptions import service, store
from chalicelib.subscriptions.schemas import (
    CrmTaskIn,
    CrmTaskList,
    CrmTaskOut,
    CrmTaskQuery,
    StaffSubscriptionOut,
    SubscriptionList,
    SubscriptionOut,
)

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/subscriptions", roles=CUSTOMER, query=ListQuery, out=SubscriptionList)
def list_subscriptions(call: Call, query: ListQuery) -> SubscriptionList:
    """One's own subscriptions, newest first."""
    page = store.page(call.customer_id, query.limit, query.cursor)
    return SubscriptionList(
        data=[SubscriptionOut.of(one) for one in page.items], next_cursor=page.next_cursor
    )


@route(bp, "GET", "/v1/subscriptions/{subscription_id}", roles=CUSTOMER, out=SubscriptionOut)
def read_subscription(call: Call) -> SubscriptionOut:
    """One of one's own subscriptions."""
    return SubscriptionOut.of(store.get_own(call.path["subscription_id"], call.customer_id))


# Staff


@route(bp, "GET", "/v1/staff/subscriptions/{subscription_id}", roles=ANY_STAFF, out=StaffSubscriptionOut)
def read_subscription_as_staff(call: Call) -> StaffSubscriptionOut:
    """A customer's subscription."""
    return StaffSubscriptionOut.of(store.get(call.path["subscription_id"]))


@route(bp, "GET", "/v1/staff/crm_tasks", roles=ANY_STAFF, query=CrmTaskQuery, out=CrmTaskList)
def list_crm_tasks(call: Call, query: CrmTaskQuery) -> CrmTaskList:
    """The planned tasks of a kind, newest first (A4)."""
    page = store.crm_task_page(query.classification, query.limit, query.cursor)
    return CrmTaskList(data=[CrmTaskOut.of(task) for task in page.items], next_cursor=page.next_cursor)


@route(
    bp,
    "POST",
    "/v1/staff/crm_tasks",
    roles=ANY_STAFF,
    body=CrmTaskIn,
    out=CrmTaskOut,
    status=201,
    repeatable=True,
)
def plan_crm_task(call: Call, body: CrmTaskIn) -> CrmTaskOut:
    """Plan a task by which renewals are cancelled (A4)."""
    task = service.plan_task(
        body.name,
        body.classification,
        Actor(call.staff_id, "staff"),
        call.now,
        answer=lambda planned: (201, CrmTaskOut.of(planned).model_dump_json()),
        repeatable=call.repeatable,
    )
    return CrmTaskOut.of(task)
