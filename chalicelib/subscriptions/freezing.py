"""What a customer's request to leave stops at once, and what goes on again if he stays (C1). Pure.

The instant of the request counts, however long it takes to decide: if the renewal could be cancelled then, it
is, and nothing is charged until the case is decided, as the terms say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from chalicelib.subscriptions.rules import Subscription


def frozen(subscription: Subscription, case_id: str, at: datetime) -> Subscription:
    """The subscription whose customer has asked to leave, at an instant; an earlier request stands."""
    if subscription.status == "ended" or subscription.case_id:
        return subscription
    asked = replace(subscription, case_id=case_id)
    return stopped(asked, at) if subscription.terms.freeze_on_request else asked


def stopped(subscription: Subscription, at: datetime) -> Subscription:
    """The subscription of which nothing is charged from an instant on; what is stopped already stays so."""
    if subscription.status == "ended" or subscription.frozen_at:
        return subscription
    in_time = subscription.auto_renew and not subscription.renewal and at < subscription.cancel_renewal_until
    calm = replace(subscription, auto_renew=False, renewal_canceled_at=at) if in_time else subscription
    return replace(calm, frozen_at=at)


def thawed(subscription: Subscription, today: date) -> Subscription:
    """The subscription whose customer stays: what was stopped by his request goes on; what is due is charged.

    A renewal that was cancelled before he asked stays so. A notice that has not left is made anew. Days after
    the end of its period, for which nothing was charged, are his: the next period is counted from today.
    """
    going_on = replace(subscription, case_id=None, frozen_at=None)
    if subscription.status == "ended" or subscription.frozen_at is None:
        return going_on
    if subscription.is_stopped:
        notice = subscription.notice if subscription.notice and subscription.notice.sent_at else None
        going_on = replace(going_on, auto_renew=True, renewal_canceled_at=None, notice=notice)
    overdue = going_on.auto_renew and not going_on.renewal and going_on.end < today
    return replace(going_on, end=today, anchor=today, number=0, notice=None) if overdue else going_on
