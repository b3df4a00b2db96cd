"""Cancelling the renewal of a subscription, and resuming it, before the cut-off (A1, A2). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.errors import Conflict, Forbidden
from chalicelib.subscriptions.refusals import SubscriptionEnded
from chalicelib.subscriptions.rules import Subscription

Renewal = Literal["automatic", "canceled", "none"]


class PastCutoff(Conflict):
    """The renewal is certain by now; `cancel_renewal_until` is when it could last be changed (A1)."""

    code = "past_cutoff"
    shows = ("cancel_renewal_until",)
    text = {
        "en": "Its renewal could be cancelled or resumed until {cancel_renewal_until}, not any more.",
        "es": "Su renovación se podía cancelar o reanudar hasta {cancel_renewal_until}, ya no.",
        "pt-BR": "A renovação podia ser cancelada ou retomada até {cancel_renewal_until}, não mais.",
    }

    def __init__(self, until: datetime) -> None:
        super().__init__(cancel_renewal_until=rfc3339(until))
        self.until = until


class NotRenewable(Conflict):
    """It never renews by itself, or it was agreed that it ends."""

    code = "not_renewable"
    text = {
        "en": "The subscription {id} does not renew by itself.",
        "es": "La suscripción {id} no se renueva automáticamente.",
        "pt-BR": "A assinatura {id} não se renova automaticamente.",
    }


class SelfServiceNotAllowed(Forbidden):
    """Its terms leave it to the vendor's staff to cancel its renewal (A5)."""

    code = "self_service_not_allowed"
    text = {
        "en": "The terms of this subscription do not let you do this yourself; please contact us.",
        "es": "Las condiciones de esta suscripción no le permiten hacerlo usted mismo; póngase en contacto.",
        "pt-BR": "As condições desta assinatura não permitem que você mesmo o faça; fale conosco.",
    }


def renewal_of(subscription: Subscription) -> Renewal:
    """Whether it renews by itself, does not any more, or never did or will."""
    if subscription.auto_renew and not subscription.ends_on:
        return "automatic"
    return "canceled" if subscription.renewal_canceled_at else "none"


def check_self_service(subscription: Subscription) -> None:
    """`SelfServiceNotAllowed` unless the terms let the customer do it himself."""
    if not subscription.terms.self_cancel:
        raise SelfServiceNotAllowed()


def renewal_canceled(subscription: Subscription, now: datetime) -> Subscription:
    """The subscription that ends with its period; its instalments stay owed (A2).

    One that does not renew anyway stays as it is. `SubscriptionEnded`, `PastCutoff`.
    """
    if subscription.status == "ended":
        raise SubscriptionEnded(id=subscription.id)
    if not subscription.auto_renew:
        return subscription
    _check_cutoff(subscription, now)
    return replace(subscription, auto_renew=False, renewal_canceled_at=now)


def renewal_resumed(subscription: Subscription, now: datetime) -> Subscription:
    """The subscription that renews after all; one that does anyway stays as it is.

    A notice that has not left is made anew: whoever was to send it may have seen that it was not needed.
    `SubscriptionEnded`, `NotRenewable`, `PastCutoff`.
    """
    if subscription.status == "ended":
        raise SubscriptionEnded(id=subscription.id)
    if subscription.ends_on or not (subscription.auto_renew or subscription.renewal_canceled_at):
        raise NotRenewable(id=subscription.id)
    if subscription.auto_renew:
        return subscription
    _check_cutoff(subscription, now)
    notice = subscription.notice if subscription.notice and subscription.notice.sent_at else None
    return replace(subscription, auto_renew=True, renewal_canceled_at=None, notice=notice)


def _check_cutoff(subscription: Subscription, now: datetime) -> None:
    until = subscription.cancel_renewal_until
    if now >= until or subscription.renewal:
        raise PastCutoff(until)
