"""Why a subscription cannot be changed as somebody wants."""

from __future__ import annotations

from chalicelib.kernel.errors import Conflict


class SubscriptionEnded(Conflict):
    """It has ended: nothing of it can be cancelled any more."""

    code = "subscription_ended"
    text = {
        "en": "Subscription {id} has ended.",
        "es": "La suscripción {id} ha terminado.",
        "pt-BR": "A assinatura {id} terminou.",
    }
