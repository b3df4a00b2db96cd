"""Routes of what ends a contract: a rescission by staff, and a customer's own withdrawal."""

from __future__ import annotations

from chalice import Blueprint

from chalicelib.edge.auth import ANY_STAFF, CUSTOMER
from chalicelib.edge.replies import HTML, Reply
from chalicelib.edge.routes import Call, route
from chalicelib.edge.schema import ListQuery, PreviewQuery
from chalicelib.flows import rescission, withdrawing
from chalicelib.flows.contracts_schemas import (
    RescindIn,
    RescissionOut,
    WithdrawalIn,
    WithdrawalList,
    WithdrawalOut,
)
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.events import Actor
from chalicelib.orders.store import withdrawals
from chalicelib.orders.withdrawals import OrderNotWithdrawable, WithdrawalWindowClosed
from chalicelib.subscriptions.refusals import SubscriptionEnded

bp = Blueprint(__name__)


@route(
    bp,
    "POST",
    "/v1/staff/subscriptions/{subscription_id}/rescind",
    roles=ANY_STAFF,
    body=RescindIn,
    query=PreviewQuery,
    out=RescissionOut,
    repeatable=True,
    refuses=(SubscriptionEnded,),
)
def rescind_subscription(call: Call, body: RescindIn, query: PreviewQuery) -> RescissionOut:
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


@route(
    bp,
    "POST",
    "/v1/withdrawals",
    roles=CUSTOMER,
    body=WithdrawalIn,
    out=WithdrawalOut,
    status=201,
    also=(200,),
    repeatable=True,
    refuses=(NotFound, OrderNotWithdrawable, WithdrawalWindowClosed),
)
def withdraw(call: Call, body: WithdrawalIn) -> Reply | WithdrawalOut:
    """Withdraw from a contract without giving a reason (B7): first see what follows, then confirm.

    Without `confirm` 200 shows what would be withdrawn from, and changes nothing; with it, 201 acknowledges.
    """
    if not body.confirm:
        found = withdrawing.preview(call.customer_id, body.contract(), call.now)
        return Reply(WithdrawalOut.of(found).model_dump_json())
    received = withdrawing.withdraw(
        call.customer_id,
        body.contract(),
        body.statement,
        call.now,
        answer=lambda received: (201, WithdrawalOut.of(received).model_dump_json()),
        repeatable=call.repeatable,
    )
    return WithdrawalOut.of(received)


@route(bp, "GET", "/v1/withdrawals", roles=CUSTOMER, query=ListQuery, out=WithdrawalList)
def list_withdrawals(call: Call, query: ListQuery) -> WithdrawalList:
    """One's own withdrawals, newest first."""
    page = withdrawals.page(call.customer_id, query.limit, query.cursor)
    return WithdrawalList(data=[WithdrawalOut.of(one) for one in page.items], next_cursor=page.next_cursor)


@route(bp, "GET", "/v1/withdrawals/{withdrawal_id}", roles=CUSTOMER, out=WithdrawalOut)
def read_withdrawal(call: Call) -> WithdrawalOut:
    """One of one's own withdrawals, as it was acknowledged."""
    return WithdrawalOut.of(withdrawals.get_own(call.path["withdrawal_id"], call.customer_id))


@route(
    bp,
    "GET",
    "/v1/withdrawals/{withdrawal_id}/document",
    roles=CUSTOMER,
    media_types=("text/html",),
)
def read_acknowledgement(call: Call) -> Reply:
    """The acknowledgement as a document to be kept: the same bytes each time."""
    found = withdrawals.get_own(call.path["withdrawal_id"], call.customer_id)
    headers = {
        "Content-Disposition": f'attachment; filename="{found.id}.html"',
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    return Reply(found.document, headers=headers, media_type=HTML)
