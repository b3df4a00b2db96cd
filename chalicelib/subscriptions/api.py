"""Routes of subscriptions: reading one's own."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib.edge.auth import CUSTOMER
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import ListQuery
from chalicelib.subscriptions import store
from chalicelib.subscriptions.schemas import SubscriptionList, SubscriptionOut

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
