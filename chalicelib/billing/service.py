"""Use cases of billing alone: keep what a provider says, before understanding it (B5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.billing import store
from chalicelib.billing.gateways import Gateway, NotAuthentic
from chalicelib.billing.rules import ProviderEvent, settled
from chalicelib.kernel.errors import NotAuthenticated
from chalicelib.kernel.events import Event
from chalicelib.storage.transaction import Transaction, retrying


class WebhookNotAuthentic(NotAuthenticated):
    """The message does not prove that it comes from the provider."""

    code = "webhook_not_authentic"
    text = {
        "en": "The signature or token is missing, wrong or too old.",
        "es": "La firma o el token falta, es incorrecto o es demasiado antiguo.",
        "pt-BR": "A assinatura ou o token falta, está errado ou é antigo demais.",
    }


def receive(gateway: Gateway, headers: Mapping[str, str], raw: bytes, now: datetime) -> str:
    """Verify a webhook over its raw bytes and store it once; returns our event id.

    Raises `WebhookNotAuthentic`. What is authentic but not understood is stored too, and needs nothing
    more: a provider that hears anything but 200 would stop telling us of other payments.
    """
    try:
        notice = gateway.authenticate(headers, raw, now)
    except NotAuthentic:
        raise WebhookNotAuthentic() from None
    event = ProviderEvent(
        id=store.provider_event_id(gateway.name, notice.event_id),
        provider=gateway.name,
        name=notice.name,
        provider_id=notice.provider_id,
        raw=raw.decode("utf-8", "replace"),
        received_at=now,
        announces_payment=notice.announces_payment,
    )
    retrying(lambda: _store(event if event.provider_id else settled(event, "ignored", now)))
    return event.id


def _store(event: ProviderEvent) -> None:
    if store.events.find(event.id):
        return
    writing = Transaction()
    writing.save(store.events.row(event))
    if not event.settled_at:
        writing.emit(Event("provider_event.stored", event.id, event.received_at))
    writing.commit()
