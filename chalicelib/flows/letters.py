"""A letter, to a customer or to the team: queued once, and how its parameters are written (V1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.customers.rules import Customer
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.money import Money
from chalicelib.mail import service as mail
from chalicelib.mail.rules import Attachment, Mail, compose


def send(
    kind: str,
    subject: str,
    customer: Customer,
    params: dict[str, Any],
    reach: Reach,
    now: datetime,
    *,
    formal: bool = False,
    attachments: tuple[Attachment, ...] = (),
) -> None:
    """Queue the one letter of a kind about a subject, and tell the worker; repeating it changes nothing.

    To the parameters of its kind the names of both sides are added.
    """
    composed = compose(
        kind,
        subject,
        to=customer.email,
        locale=customer.locale,
        params={"name": customer.name, "vendor": reach.vendor.name, **params},
        now=now,
        customer_id=customer.id,
        formal=formal,
        attachments=attachments,
    )
    _queue(composed, reach)


def send_team(kind: str, subject: str, to: str, params: dict[str, Any], reach: Reach, now: datetime) -> None:
    """Queue the one letter of a kind about a subject to somebody of the team, in the vendor's language.

    It stands on no customer's timeline. To the parameters of its kind the vendor's name is added.
    """
    params = {"vendor": reach.vendor.name, **params}
    _queue(compose(kind, subject, to=to, locale=reach.vendor.language, params=params, now=now), reach)


def last_day(end: datetime | None, zone: str) -> str | None:
    """The last whole day before an exclusive end."""
    return local_date(end - timedelta(microseconds=1), zone).isoformat() if end else None


def money(amount: Money) -> dict[str, Any]:
    """An amount, as letters keep it."""
    return {"amount": amount.minor, "currency": amount.currency}


def _queue(composed: Mail, reach: Reach) -> None:
    mail.queue(composed)
    reach.mails({"mail_id": composed.id})
