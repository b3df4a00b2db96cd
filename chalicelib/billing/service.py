"""Use cases of billing alone: what providers say is kept before it is understood (B5); cards, documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.billing import store
from chalicelib.billing.cards import Card, removed
from chalicelib.billing.credit_notes import CreditNote
from chalicelib.billing.documents import DocumentDamaged, DocumentNotReady, digest_of, key_of
from chalicelib.billing.gateways import Archive, Gateway, NotAuthentic
from chalicelib.billing.links import renewed
from chalicelib.billing.provider_events import ProviderEvent, settled
from chalicelib.billing.rules import Invoice
from chalicelib.kernel.errors import NotAuthenticated
from chalicelib.kernel.events import Actor, Change, Event
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


def cards_of(customer_id: str) -> list[Card]:
    """A customer's cards on file, the latest first."""
    return [card for card in store.cards.all_of(customer_id) if card.removed_at is None]


def remove_card(card_id: str, actor: Actor, now: datetime) -> Card:
    """Take a card off file for its owner, who is the actor; again is harmless. `CardNotFound`."""

    def attempt() -> Card:
        before = store.cards.get_own(card_id, actor.id)
        after = removed(before, now)
        if after != before:
            writing = Transaction()
            writing.save(store.cards.row(after))
            writing.audit(Change(card_id, actor.id, "card removed", "on file", "removed", actor, now))
            writing.commit()
        return after

    return retrying(attempt)


def _store(event: ProviderEvent) -> None:
    if store.events.find(event.id):
        return
    writing = Transaction()
    writing.save(store.events.row(event))
    if not event.settled_at:
        writing.emit(Event("provider_event.stored", event.id, event.received_at))
    writing.commit()


def renew_link(invoice_id: str, actor: Actor, now: datetime) -> Invoice:
    """Take the online address of the actor's own invoice back and give it another one (V8).

    Raises `InvoiceNotFound`, for somebody else's too.
    """

    def attempt() -> Invoice:
        before = store.invoices.get_own(invoice_id, actor.id)
        after = renewed(before)
        writing = Transaction()
        writing.save(store.invoices.row(after))
        writing.audit(
            Change(after.id, after.customer_id, "link renewed", before.status, after.status, actor, now)
        )
        writing.commit()
        return after

    return retrying(attempt)


def document(record: Invoice | CreditNote, archive: Archive) -> bytes:
    """The PDF of an invoice or a credit note, byte for byte as it was made (V1).

    Raises `DocumentNotReady`, `Unavailable`; `DocumentDamaged` rather than giving out another one.
    """
    return kept(record.document, record.number, key_of(record), archive)


def kept(digest: str | None, number: str, key: str, archive: Archive) -> bytes:
    """What the archive keeps under a key; the digest says which bytes that were, None before there are any.

    Raises as `document` does; the number says whose document is not ready.
    """
    if digest is None:
        raise DocumentNotReady(number=number)
    content = archive.get(key)
    if digest_of(content) != digest:
        raise DocumentDamaged(key)
    return content
