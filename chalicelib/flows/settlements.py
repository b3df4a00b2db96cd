"""The settlements queue: what takes its time, mostly as a provider is asked, by what its message names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.billing import store as billing
from chalicelib.billing.gateways import Gateway
from chalicelib.flows import closing, expiry, leaving_steps, refunds, renewals, reversals, settlement
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import parse_instant
from chalicelib.orders import store as orders


def work(message: Mapping[str, str], gateways: Mapping[str, Gateway], reach: Reach, now: datetime) -> None:
    """An event to settle, a payment to ask about or close, a refund to make; an order, a subscription or a
    cancellation due.

    The last three come with the time of their sweep, which may have been set ahead of the clock.
    """
    if "event_id" in message:
        settlement.settle(message["event_id"], gateways, now)
    elif "refund_id" in message:
        refunds.carry_out(message["refund_id"], gateways, now)
    elif "order_id" in message:
        expiry.expire(message["order_id"], gateways, max(now, parse_instant(message["at"])))
    elif "subscription_id" in message:
        renewals.run(message["subscription_id"], reach.vendor, max(now, parse_instant(message["at"])))
    elif "cancellation_id" in message:
        at = max(now, parse_instant(message["at"]))
        leaving_steps.run(message["cancellation_id"], gateways, reach, at)
    else:
        _ask(message["payment_id"], gateways, now)


def _ask(payment_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    payment = billing.payments.get(payment_id)
    if payment.came_in:
        reversals.review(payment_id, gateways, now)
    elif payment.is_open and not orders.get(payment.order_id).awaits(payment_id):
        closing.close(payment_id, gateways, now)
    else:
        settlement.ask(payment_id, gateways, now)
