"""A customer's own data in one file: asked for, made by the worker of documents, downloaded (V5).

The file holds whatever has the customer for its owner, as it stands in our records, less what is not about
him: secrets, what workers note for themselves, and who of the team did something.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from chalicelib.billing import store as billing
from chalicelib.cancellations import store as cancellations
from chalicelib.customers import exports
from chalicelib.customers import store as customers
from chalicelib.customers.exports import Export, ExportNotFound
from chalicelib.flows import timeline
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import Actor, Change, Event
from chalicelib.kernel.ids import derived_id, new_id
from chalicelib.kernel.money import Money
from chalicelib.kernel.paging import Page, all_pages
from chalicelib.licensing import store as licensing
from chalicelib.mail import store as mails
from chalicelib.orders import store as orders
from chalicelib.storage.idempotency import Repeatable
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.subscriptions import store as subscriptions
from chalicelib.tickets import store as tickets
from chalicelib.tickets.gateways import Files

# What the file says of itself.
ABOUT = {
    "en": "All that we keep of you. Of each licence key only its last six characters are here: the whole key"
    " can be read in your client area as long as the licence works.",
    "es": "Todo lo que guardamos de usted. De cada clave de licencia figuran solo los seis últimos"
    " caracteres: la clave entera se puede leer en su área de cliente mientras la licencia esté vigente.",
    "pt-BR": "Tudo o que guardamos de você. De cada chave de licença constam só os seis últimos caracteres:"
    " a chave inteira pode ser lida em sua área do cliente enquanto a licença estiver em vigor.",
}


@dataclass(frozen=True)
class Section:
    """One kind of records in the file: those of a customer, and the fields that are not shown to him."""

    read: Callable[[str], Iterable[Any]]
    hides: frozenset[str] = frozenset()


def _section(read: Callable[[str], Iterable[Any]], hides: str = "") -> Section:
    return Section(read, frozenset({"version", "customer_id", *hides.split()}))


def _pages(page: Callable[[str, int, str | None], Page[Any]], owner: str) -> Iterator[Any]:
    return all_pages(partial(page, owner))


def _refunds(customer_id: str) -> Iterator[Any]:
    for payment in billing.payments.all_of(customer_id):
        yield from _pages(billing.refunds_of, payment.id)


def _messages(customer_id: str) -> Iterator[Any]:
    for ticket in tickets.all_of(customer_id):
        yield from _pages(tickets.conversation, ticket.id)


SECTIONS: Mapping[str, Section] = {
    "profile": _section(lambda customer_id: [customers.get(customer_id)]),
    "orders": _section(orders.all_of),
    "invoices": _section(billing.invoices.all_of, "link_number document"),
    "credit_notes": _section(billing.credit_notes.all_of, "document"),
    "payments": _section(
        billing.payments.all_of, "claimed_until redirect_url form review_from asked_at promised taken"
    ),
    "refunds": _section(_refunds, "claimed_until requested_by"),
    "cards": _section(billing.cards.all_of, "token"),
    "licenses": _section(licensing.all_of, "keys rotation noticed_until"),
    "subscriptions": _section(subscriptions.all_of),
    "withdrawals": _section(orders.withdrawals.all_of),
    "tickets": _section(tickets.all_of, "assignee alerts clock"),
    "messages": _section(_messages, "author_id internal"),
    # The checklist and the notes are what workers note for themselves, and codes are secret.
    "cancellations": _section(
        cancellations.all_of, "opened_by decided_by by notes plan transfers look_at document letters"
    ),
    "notices": _section(cancellations.notices.all_of, "reason sector description created_by closed_by"),
    # What was said stands in the mail itself; its parameters hold addresses that open invoices.
    "e_mails": _section(mails.all_of, "params message_id claimed_at attempts"),
    # The team's own people are not the customer's data.
    "timeline": _section(lambda customer_id: _pages(timeline.page, customer_id), "actor user"),
}


def request(
    customer_id: str,
    now: datetime,
    *,
    answer: Callable[[Export], tuple[int, str]],
    repeatable: Repeatable | None = None,
) -> Export:
    """Ask for one's own data; while a file is being made, that one is given. `Replay`."""
    id = derived_id("exp", repeatable.id) if repeatable else new_id("exp", now)

    def attempt() -> Export:
        if repeatable:
            repeatable.replay()
        writing = Transaction()
        export = _pending(customer_id) or _requested(writing, id, customer_id, now)
        if repeatable:
            writing.save(repeatable.row(*answer(export), now))
        writing.commit()
        return export

    return retrying(attempt)


def _pending(customer_id: str) -> Export | None:
    latest = customers.exports.page(customer_id, 1, None).items
    return next((one for one in latest if one.status == "pending"), None)


def _requested(writing: Transaction, id: str, customer_id: str, now: datetime) -> Export:
    # An answer is kept for 30 days: after that, the same request has the file made once more.
    known = customers.exports.find(id)
    export = Export(id, customer_id, "pending", now, version=known.version if known else None)
    writing.save(customers.exports.row(export))
    writing.emit(Event("export.requested", id, now))
    _audit(writing, export, "data export requested", None, now)
    return export


def find(id: str, customer_id: str, now: datetime) -> Export:
    """One's own export; `ExportNotFound` also when its file is gone."""
    export = customers.exports.get_own(id, customer_id)
    if exports.is_gone(export, now):
        raise ExportNotFound(id=id)
    return export


def link(export: Export, files: Files) -> str | None:
    """Where the file can be downloaded for a while, once it is there."""
    if export.status == "pending":
        return None
    key = exports.file_key(export)
    return files.download(key, exports.MEDIA_TYPE, exports.disposition(export), exports.LINK_LASTS)


def make(export_id: str, files: Files, now: datetime) -> None:
    """Make the file and say that it is there; safe to repeat. `Unavailable`: the message comes again."""
    export = customers.exports.get(export_id)
    if export.status == "ready":
        return
    files.put(exports.file_key(export), content(export.customer_id, now), exports.MEDIA_TYPE)
    retrying(lambda: _note(export_id, now))


def _note(export_id: str, now: datetime) -> None:
    export = customers.exports.get(export_id)
    if export.status == "ready":
        return
    ready = exports.ready(export, now)
    writing = Transaction()
    writing.save(customers.exports.row(ready))
    _audit(writing, ready, "data export made", export.status, now)
    writing.commit()


def _audit(writing: Transaction, export: Export, action: str, before: str | None, now: datetime) -> None:
    actor = Actor(export.customer_id, "store")
    writing.audit(Change(export.id, export.customer_id, action, before, export.status, actor, now))


def content(customer_id: str, now: datetime) -> bytes:
    """The file: JSON with one list of records for each section, newest first."""
    locale = customers.get(customer_id).locale
    shown = {
        name: [_shown(record, section.hides) for record in section.read(customer_id)]
        for name, section in SECTIONS.items()
    }
    document = {"about": ABOUT[locale], "made_at": rfc3339(now), **shown}
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _shown(value: Any, hides: frozenset[str]) -> Any:
    """A record as JSON, in the forms of the API; fields that are hidden are so at any depth."""
    if isinstance(value, Money):
        return {"amount": value.minor, "currency": value.currency}
    if is_dataclass(value):
        named = {one.name: getattr(value, one.name) for one in fields(value)}
        return {name: _shown(part, hides) for name, part in named.items() if name not in hides}
    if isinstance(value, Mapping):
        return {name: _shown(part, hides) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_shown(part, hides) for part in value]
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value
