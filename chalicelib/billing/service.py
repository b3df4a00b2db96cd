"""Use cases of billing alone: keep what a provider says before understanding it (B5), give documents out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.billing import store
from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.documents import DocumentDamaged, DocumentNotReady, digest_of, key_of
from chalicelib.billing.gateways import Archive, Gateway, NotAuthentic
from chalicelib.billing.rules import Invoice, ProviderEvent, settled
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


def document(record: Invoice | CreditNote, archive: Archive) -> bytes:
    """The PDF of an invoice or a credit note, byte for byte as it was made (V1).

    Raises `DocumentNotReady`, `Unavailable`; `DocumentDamaged` rather than giving out another one.
    """
    if record.document is None:
        raise DocumentNotReady(number=record.number)
    content = archive.get(key_of(record))
    if digest_of(content) != record.document:
        raise DocumentDamaged(key_of(record))
    return content
