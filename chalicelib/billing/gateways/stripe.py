"""Stripe, the provider of card payments: Checkout Sessions on pages of its own, and its signed webhooks.

Only cards are asked for: they are paid or not when a session completes, so nothing is undecided for days.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from urllib3 import PoolManager, Timeout

from chalicelib.billing.gateways import (
    Charged,
    ChargeRefused,
    ChargeRequest,
    NotAuthentic,
    Notice,
    PaymentStatus,
    ProviderPayment,
)
from chalicelib.billing.gateways.http import (
    TIMEOUT,
    Answer,
    Endpoint,
    Json,
    dig,
    id_of,
    read_notice,
    reading,
    safe_id,
    text_of,
)
from chalicelib.kernel.money import EXPONENTS, Money

# The answers are read as this version words them; the account's own version may move on.
API_VERSION = "2026-10-28.endive"
SESSIONS = "/v1/checkout/sessions"
TOLERANCE_SECONDS = 300
TIME = re.compile(r"[1-9][0-9]{0,11}")
LOCALES = ("es", "pt-BR", "en")


class Stripe:
    """The adapter of Stripe; `webhook_secret` is the one of our webhook endpoint (`whsec_…`)."""

    name = "stripe"

    def __init__(
        self,
        pool: PoolManager,
        base_url: str,
        secret_key: str,
        webhook_secret: str,
        timeout: Timeout = TIMEOUT,
    ) -> None:
        if not (secret_key and webhook_secret):
            raise ValueError("Stripe needs a secret key and a webhook secret")
        headers = {"Authorization": f"Bearer {secret_key}", "Stripe-Version": API_VERSION}
        self._api = Endpoint(pool, base_url, headers, timeout)
        self._webhook_secret = webhook_secret

    def charge(self, request: ChargeRequest) -> Charged:
        """A Checkout Session over the amount, whose page the payer is sent to (see Gateway.charge).

        Stripe keeps an idempotency key for at least 24 hours and a session for at most 24, so a repeat that
        makes a second session finds the first one closed.
        """
        form = urlencode(_form(request)).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            # With the form in it: what was asked otherwise before (another store address) is asked anew.
            # Nobody was told of the earlier page, so nobody can pay there.
            "Idempotency-Key": f"{request.payment_id}-{hashlib.sha256(form).hexdigest()[:16]}",
        }
        answer = self._api.send("POST", SESSIONS, form, headers)
        if not answer.ok:
            raise _refusal(answer)
        with reading("a session of Stripe"):
            return Charged(id_of(answer.body["id"]), text_of(answer.body["url"]), None)

    def fetch(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.fetch."""
        if safe_id(provider_id) is None:
            return None
        # The session alone tells neither when it was paid nor whether the money went back.
        session = self._api.get(f"{SESSIONS}/{provider_id}", {"expand[0]": "payment_intent.latest_charge"})
        return _payment(session) if session is not None else None

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        """See Gateway.find.

        Stripe cannot look for sessions by our reference. Without the id there is nothing to find either: id
        and address come in one answer, so nobody can have paid on a page that nobody was told of.
        """
        return self.fetch(provider_id) if provider_id else None

    def authenticate(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        """See Gateway.authenticate; refuses what was signed more than 300 s from `now`, past or future."""
        told_at, signatures = _signatures(headers.get("stripe-signature", ""))
        signed = f"{told_at}.".encode() + raw
        expected = hmac.new(self._webhook_secret.encode(), signed, hashlib.sha256).hexdigest().encode()
        # Several are sent while the secret is being changed. All are compared, whichever fits.
        fitting = [hmac.compare_digest(expected, one) for one in signatures]
        if not any(fitting):
            raise NotAuthentic("no signature fits")
        if abs(int(now.timestamp()) - told_at) > TOLERANCE_SECONDS:
            raise NotAuthentic("signed too long ago, or in the future")
        return read_notice(raw, "type", _subject, _announces_payment)


def _form(request: ChargeRequest) -> dict[str, str]:
    """The fields of a new session, nested keys in Stripe's square brackets."""
    locale = request.payer.locale
    return {
        "mode": "payment",
        "payment_method_types[0]": "card",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": request.amount.currency.lower(),
        "line_items[0][price_data][unit_amount]": str(request.amount.minor),
        "line_items[0][price_data][product_data][name]": request.description[:250],
        "client_reference_id": request.payment_id,
        "metadata[payment_id]": request.payment_id,
        "payment_intent_data[metadata][payment_id]": request.payment_id,
        "customer_email": request.payer.email,
        "locale": locale if locale in LOCALES else "auto",
        "success_url": request.return_url,
        "cancel_url": request.return_url,
    }


def _payment(session: Json) -> ProviderPayment | None:
    """None for a session in a currency that we do not sell in: the account may serve others too."""
    with reading("a session of Stripe"):
        currency = str(session["currency"]).upper()
        if currency not in EXPONENTS:
            return None
        charge = dig(session, "payment_intent", "latest_charge")
        status = _status(session, charge)
        paid = dig(charge, "created") if status == "paid" else None
        return ProviderPayment(
            provider_id=id_of(session["id"]),
            reference=_reference(session),
            amount=Money(_whole(session["amount_total"]), currency),
            status=status,
            paid_at=datetime.fromtimestamp(_whole(paid), UTC) if paid is not None else None,
        )


def _status(session: Json, charge: object) -> PaymentStatus:
    if session["payment_status"] == "paid":
        return "refunded" if dig(charge, "refunded") is True else "paid"
    if session["status"] == "expired":
        return "canceled"
    return "pending" if session["payment_status"] == "unpaid" else "unknown"


def _reference(session: Json) -> str | None:
    told = (dig(session, "metadata", "payment_id"), session.get("client_reference_id"))
    return next((one for one in told if isinstance(one, str) and one), None)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("not a whole number")
    return value


def _subject(event: Json) -> object:
    """The session that an event is about; other events are about things we do not ask for by themselves."""
    kind = event.get("type")
    if not (isinstance(kind, str) and kind.startswith("checkout.session.")):
        return None
    return dig(event, "data", "object", "id")


def _announces_payment(event: Json) -> bool:
    return _subject(event) is not None and dig(event, "data", "object", "payment_status") == "paid"


def _signatures(header: str) -> tuple[int, list[bytes]]:
    """The time (Unix seconds) and all v1 signatures of `t=…,v1=…,v1=…`; other schemes are overlooked."""
    pairs = [item.partition("=") for item in header.split(",")]
    times = [value for key, _, value in pairs if key == "t"]
    if not all(equals for _, equals, _ in pairs) or len(times) != 1 or not TIME.fullmatch(times[0]):
        raise NotAuthentic("the signature header is not one")
    return int(times[0]), [value.encode("utf-8", "surrogatepass") for key, _, value in pairs if key == "v1"]


def _refusal(answer: Answer) -> ChargeRefused:
    """Stripe answers 4xx with one `error`: a `type`, often a `code`, a `message`."""
    error = answer.body.get("error")
    code = dig(error, "code") or dig(error, "type") or f"http_{answer.status}"
    return ChargeRefused(str(code), str(dig(error, "message") or "no reason given")[:500])
