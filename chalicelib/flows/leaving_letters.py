"""What a customer who wants to leave is written: that we know, that we call, what he owes, how it ended."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chalicelib.billing import store as billing
from chalicelib.cancellations import store as cases
from chalicelib.cancellations.checklist import Item
from chalicelib.cancellations.records import Unpaid, unpaid
from chalicelib.cancellations.retention import Offer
from chalicelib.cancellations.rules import Case
from chalicelib.customers import store as customers
from chalicelib.flows.leaving_plans import still_owed
from chalicelib.flows.letters import money, send
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import Event
from chalicelib.kernel.markets import market_of
from chalicelib.mail import store as mails
from chalicelib.mail.rules import KINDS, Attachment, mail_id
from chalicelib.orders import store as orders
from chalicelib.subscriptions import store as subscriptions

FORMAL_KIND = "cancellation_confirmed"


def received(event: Event, reach: Reach, now: datetime) -> None:
    """Acknowledge a request that staff took down: what it is about, and since when it counts.

    A form and a withdrawal have acknowledgements of their own.
    """
    case = cases.get(event.subject)
    if case.channel not in ("form", "withdrawal"):
        params = {
            "requested_at": rfc3339(case.requested_at),
            "products": _named(case.items),
            "frozen": _are_frozen(case.items),
        }
        _send("cancellation_received", case.id, case, params, reach, now)


def unheard(event: Event, reach: Reach, now: datetime) -> None:
    """Ask a customer for an answer who was not reached, or to confirm what he asked for (C3, C4)."""
    case = cases.get(event.subject)
    until = rfc3339(case.silence_at) if case.silence_at else None
    params = {"products": _named(case.items), "until_at": until}
    _send(event.data["letter"], f"{case.id}:{event.data['number']}", case, params, reach, now)


def owed(case: Case, reach: Reach, now: datetime) -> str:
    """Tell a customer what he still has to pay although he leaves (C8); the id of the e-mail."""
    return _send("cancellation_owed", case.id, case, {"slips": _owed(case, reach)}, reach, now)


def agreed(case: Case, reach: Reach, now: datetime) -> str:
    """Tell a customer who stays what was agreed with him; the id of the e-mail."""
    params = {
        "agreed": case.agreed,
        "offers": [_offer(offer) for offer in case.accepted],
        "dropped": _named(case.left),
        "kept": _named(case.kept),
    }
    return _send("cancellation_reverted", case.id, case, params, reach, now)


def formal(case: Case, record: bytes, reach: Reach, now: datetime) -> None:
    """Confirm the end of contracts formally, with the PDF of record (C14)."""
    text = base64.b64encode(record).decode()
    attached = Attachment(f"{case.number}.pdf", "application/pdf", text, base64=True)
    subject, params = formal_subject(case), formal_params(case, reach)
    _send(FORMAL_KIND, subject, case, params, reach, now, formal=True, attachments=(attached,))


def formal_params(case: Case, reach: Reach) -> dict[str, Any]:
    """What the formal e-mail says, and the PDF of record with it."""
    return {
        "requested_at": rfc3339(case.requested_at),
        "ended": [_ended(item) for item in case.left],
        "kept": _named(case.kept),
        "slips": _owed(case, reach),
        "voided": [_slip(one, None) for one in unpaid(case, owed=False)],
    }


def formal_subject(case: Case) -> str:
    """What the formal e-mail is about: the case, and how often it was written anew."""
    return f"{case.id}:{case.letters}" if case.letters else case.id


def formal_id(case: Case) -> str:
    """The id of the formal e-mail of a case."""
    return mail_id(FORMAL_KIND, formal_subject(case))


def is_undeliverable(case: Case) -> bool:
    """Whether the formal e-mail was given up or came back, so that a person has to see to it."""
    mail = mails.find(formal_id(case))
    return mail is not None and mail.is_undelivered


def case_facts(event: Event) -> dict[str, str]:
    """The case that an e-mail is about which was not delivered, if it is about one."""
    case = cases.find(event.data["subject"].partition(":")[0])
    return {"cancellation_id": case.id, "number": case.number} if case else {}


def _send(
    kind: str, subject: str, case: Case, params: dict[str, Any], reach: Reach, now: datetime, **options: Any
) -> str:
    customer = customers.get(case.customer_id)
    told = {"number": case.number, "store_url": reach.vendor.store_url, **params}
    if "zone" in KINDS[kind]:
        told["zone"] = market_of(customer.country).zone
    send(kind, subject, customer, told, reach, now, **options)
    return mail_id(kind, subject)


def _are_frozen(items: Iterable[Item]) -> bool:
    """Whether nothing more is charged for any of the contracts, as their terms say."""
    found = subscriptions.find_all(item.contract_id for item in items)
    return all(one.frozen_at for one in found.values())


def _named(items: Iterable[Item]) -> list[dict[str, Any]]:
    return [{"name": item.name, "detail": item.detail, "domain": item.domain} for item in items]


def _ended(item: Item) -> dict[str, Any]:
    (named,) = _named([item])
    ended_at = rfc3339(item.ended_at) if item.ended_at else None
    return {**named, "ended_at": ended_at, "refund": money(item.refund) if item.refund else None}


def owed_of(case: Case) -> tuple[Unpaid, ...]:
    """What is still owed of what has ended, also what was due and has not been asked for yet."""
    ids = {slip.order_id for slip in still_owed(case)}
    found = subscriptions.find_all(item.contract_id for item in case.left)
    later = (one for id in sorted(found) for one in found[id].pending if one.order_id is None)
    return (
        *(one for one in unpaid(case, owed=True) if one.order_id in ids),
        *(Unpaid(None, one.amount, one.due_on, None) for one in later),
    )


def _owed(case: Case, reach: Reach) -> list[dict[str, Any]]:
    return [_slip(one, _pay_url(one, reach)) for one in owed_of(case)]


def _slip(one: Unpaid, pay_url: str | None) -> dict[str, Any]:
    due_date = one.due_date.isoformat()
    return {"number": one.number, "amount": money(one.amount), "due_date": due_date, "pay_url": pay_url}


def _pay_url(one: Unpaid, reach: Reach) -> str | None:
    """Where it can be paid online."""
    order = orders.get(one.order_id) if one.order_id else None
    return reach.links.online(billing.invoices.get(order.invoice_id)) if order and order.due_at else None


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "kind": offer.kind,
        "detail": offer.detail,
        "amount": money(offer.amount) if offer.amount else None,
        "until_day": offer.until.isoformat() if offer.until else None,
    }
