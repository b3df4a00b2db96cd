"""Stripe's webhooks: the proof in their header, and what each event is about."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime

from chalicelib.billing.gateways import NotAuthentic
from chalicelib.billing.gateways.http import Json, dig
from chalicelib.billing.gateways.stripe_reading import is_on_file

TOLERANCE_SECONDS = 300
TIME = re.compile(r"[1-9][0-9]{0,11}")


def prove(header: str, raw: bytes, secret: str, now: datetime) -> None:
    """NotAuthentic unless the body was signed with the secret, at most 300 s from `now`, past or future."""
    told_at, signatures = _signatures(header)
    signed = f"{told_at}.".encode() + raw
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    # Several are sent while the secret is being changed. All are compared, whichever fits.
    fitting = [hmac.compare_digest(expected, one) for one in signatures]
    if not any(fitting):
        raise NotAuthentic("no signature fits")
    if abs(int(now.timestamp()) - told_at) > TOLERANCE_SECONDS:
        raise NotAuthentic("signed too long ago, or in the future")


def subject(event: Json) -> object:
    """The id of the session or intent that an event is about; None for what we do not ask for by itself.

    The intent of a session tells nothing that its session does not; but refunds and disputes know the intent
    alone.
    """
    kind, about = event.get("type"), dig(event, "data", "object")
    if not isinstance(kind, str):
        return None
    if kind.startswith("checkout.session.") or (kind.startswith("payment_intent.") and is_on_file(about)):
        return dig(about, "id")
    if kind.startswith(("charge.refund", "charge.dispute.", "refund.")):
        return dig(about, "payment_intent")
    return None


def announces_payment(event: Json) -> bool:
    """Whether by this event the money is there."""
    about = dig(event, "data", "object")
    if event.get("type") == "payment_intent.succeeded":
        return is_on_file(about)
    kind = event.get("type")
    of_session = isinstance(kind, str) and kind.startswith("checkout.session.")
    return of_session and dig(about, "id") is not None and dig(about, "payment_status") == "paid"


def _signatures(header: str) -> tuple[int, list[bytes]]:
    """The time (Unix seconds) and all v1 signatures of `t=…,v1=…,v1=…`; other schemes are overlooked."""
    pairs = [item.partition("=") for item in header.split(",")]
    times = [value for key, _, value in pairs if key == "t"]
    if not all(equals for _, equals, _ in pairs) or len(times) != 1 or not TIME.fullmatch(times[0]):
        raise NotAuthentic("the signature header is not one")
    return int(times[0]), [value.encode("utf-8", "surrogatepass") for key, _, value in pairs if key == "v1"]
