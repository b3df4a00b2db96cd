"""What the API shows of a subscription."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from chalicelib.edge.schema import TRIMMED, Instant, ListQuery, MoneyOut, Schema
from chalicelib.subscriptions.cancelling import Renewal, renewal_of
from chalicelib.subscriptions.crm_tasks import Classification, CrmTask
from chalicelib.subscriptions.installments import Installment, InstallmentStatus
from chalicelib.subscriptions.rules import Status, Subscription, Why


class PeriodOut(Schema):
    """Dates in the market's zone; `end` is exclusive."""

    start: date
    end: date


class InstallmentOut(Schema):
    """One instalment: part `number` of `of` of the price of a period."""

    number: int
    of: int
    period_start: date = Field(description="the first day of the period that it pays for a part of")
    due_on: date
    amount: MoneyOut
    status: InstallmentStatus
    order_id: str | None = Field(description="the order that asks for it, once it is asked for")

    @classmethod
    def showing(cls, one: Installment) -> InstallmentOut:
        return cls(
            number=one.number,
            of=one.of,
            period_start=one.start,
            due_on=one.due_on,
            amount=MoneyOut.of(one.amount),
            status=one.status,
            order_id=one.order_id,
        )


class SubscriptionShown(Schema):
    """What everybody sees of a subscription."""

    id: str
    product: str
    name: str
    status: Status
    current_period: PeriodOut
    auto_renew: bool
    renewal: Renewal = Field(description="whether it renews by itself; `canceled`: it did, and will not")
    renewal_canceled_at: Instant | None
    renewed: bool = Field(description="whether the next period is charged already")
    cancel_renewal_until: Instant = Field(description="the instant from which its renewal is certain")
    can_self_cancel: bool
    pending_installments: list[InstallmentOut] = Field(description="what is still owed of it")
    ends_on: date | None = Field(description="the day on which it was agreed to end before its time")
    ended_because: Why | None
    order_id: str | None

    @classmethod
    def facts(cls, subscription: Subscription) -> dict[str, Any]:
        """The values of these fields."""
        said = {name: getattr(subscription, name) for name in cls.model_fields if hasattr(subscription, name)}
        return said | {
            "current_period": PeriodOut(start=subscription.start, end=subscription.end),
            "renewal": renewal_of(subscription),
            "renewed": subscription.renewal is not None,
            "can_self_cancel": subscription.terms.self_cancel,
            "pending_installments": [InstallmentOut.showing(one) for one in subscription.pending],
        }


class SubscriptionOut(SubscriptionShown):
    """One subscription as its owner sees it."""

    @classmethod
    def of(cls, subscription: Subscription) -> SubscriptionOut:
        return cls(**cls.facts(subscription))


class StaffSubscriptionOut(SubscriptionShown):
    """One subscription as staff sees it."""

    customer_id: str

    @classmethod
    def of(cls, subscription: Subscription) -> StaffSubscriptionOut:
        return cls(**cls.facts(subscription))


class SubscriptionList(Schema):
    """One page of a customer's subscriptions."""

    data: list[SubscriptionOut]
    next_cursor: str | None


class StaffSubscriptionList(Schema):
    """One page of a customer's subscriptions, for staff."""

    data: list[StaffSubscriptionOut]
    next_cursor: str | None


class CrmTaskIn(Schema):
    """A planned task to add; its name stands in the traces of what is done by it."""

    name: Annotated[str, TRIMMED, Field(min_length=1, max_length=100)]
    classification: Classification


class CrmTaskQuery(ListQuery):
    """`?classification=&limit=&cursor=`."""

    classification: Classification = "auto_renewal_cancellation"


class CrmTaskOut(Schema):
    """One planned task."""

    id: str
    name: str
    classification: Classification
    created_at: Instant

    @classmethod
    def of(cls, task: CrmTask) -> CrmTaskOut:
        return cls(**{name: getattr(task, name) for name in cls.model_fields})


class CrmTaskList(Schema):
    """One page of planned tasks."""

    data: list[CrmTaskOut]
    next_cursor: str | None
