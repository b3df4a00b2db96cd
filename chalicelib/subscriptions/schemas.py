"""What the API shows of a subscription."""

from __future__ import annotations

from datetime import date

from chalicelib.edge.schema import Instant, Schema
from chalicelib.subscriptions.rules import Subscription


class PeriodOut(Schema):
    """Dates in the market's zone; `end` is exclusive."""

    start: date
    end: date


class SubscriptionOut(Schema):
    """One subscription as its owner sees it."""

    id: str
    product: str
    name: str
    status: str
    current_period: PeriodOut
    auto_renew: bool
    cancel_renewal_until: Instant
    can_self_cancel: bool
    order_id: str | None

    @classmethod
    def of(cls, subscription: Subscription) -> SubscriptionOut:
        return cls(
            id=subscription.id,
            product=subscription.product,
            name=subscription.name,
            status=subscription.status,
            current_period=PeriodOut(start=subscription.start, end=subscription.end),
            auto_renew=subscription.auto_renew,
            cancel_renewal_until=subscription.cancel_renewal_until,
            can_self_cancel=subscription.terms.self_cancel,
            order_id=subscription.order_id,
        )


class SubscriptionList(Schema):
    """One page of a customer's subscriptions."""

    data: list[SubscriptionOut]
    next_cursor: str | None
