"""What a customer's request to leave stops at once, and what goes on again if he stays (C1). Pure.

The instant of the request counts, however long it takes to decide: if the renewal could be cancelled then, it
is, and nothing is charged until the case is decided, as the terms say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.subscriptions.rules import Subscription


def frozen(subscription: Subscription, case_id: str, at: datetime) -> Subscription:
    """The subscription whose customer has asked to leave, at an instant; an earlier request stands."""
    if subscription.status == "ended" or subscription.case_id:
        return subscription
    asked = replace(subscription, case_id=case_id)
    if not subscription.terms.freeze_on_request:
        return asked
    in_time = subscription.auto_renew and not subscription.renewal and at < subscription.cancel_renewal_until
    stopped = replace(asked, auto_renew=False, renewal_canceled_at=at) if in_time else asked
    return replace(stopped, frozen_at=at)


def thawed(subscription: Subscription) -> Subscription:
    """The subscription whose customer stays: what was stopped by his request goes on; what is due is charged.

    A renewal that was cancelled before he asked stays so. A notice that has not left is made anew.
    """
    going_on = replace(subscription, case_id=None, frozen_at=None)
    if subscription.status == "ended" or subscription.frozen_at is None:
        return going_on
    if subscription.renewal_canceled_at != subscription.frozen_at:
        return going_on
    notice = subscription.notice if subscription.notice and subscription.notice.sent_at else None
    return replace(going_on, auto_renew=True, renewal_canceled_at=None, notice=notice)
