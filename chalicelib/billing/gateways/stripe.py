"""Stripe, the provider of card payments: pages of its own, cards on file, vouchers (boletos) in Brazil.

A charge on a page of Stripe's goes by the id of its Checkout Session, `cs_…`; one with a card on file by that
of its PaymentIntent, `pi_…`. Both can be fetched, and the intent of a session leads to its session.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlencode

from urllib3 import PoolManager, Timeout

from chalicelib.billing.gateways import (
    Charged,
    ChargeRefused,
    ChargeRequest,
    Notice,
    PaymentStatus,
    ProviderPayment,
    ProviderUnavailable,
    Refunded,
    RefundRequest,
)
from chalicelib.billing.gateways.http import (
    TIMEOUT,
    Endpoint,
    Json,
    dig,
    id_of,
    read_notice,
    reading,
    safe_id,
    text_of,
)
from chalicelib.billing.gateways.refunds import check_refund
from chalicelib.billing.gateways.stripe_cards import FORM, INTENTS, cancel_intent, charge_on_file
from chalicelib.billing.gateways.stripe_events import announces_payment, prove, subject
from chalicelib.billing.gateways.stripe_forms import refund_form, refusal, session_form
from chalicelib.billing.gateways.stripe_reading import (
    ZONE,
    charged_of_voucher,
    is_boleto,
    is_on_file,
    payment_of_intent,
    payment_of_session,
)
from chalicelib.kernel.banking import next_banking_day
from chalicelib.kernel.clock import local_date

# The answers are read as this version words them; the account's own version may move on.
API_VERSION = "2026-10-28.endive"
SESSIONS = "/v1/checkout/sessions"
LONGEST_VOUCHER_DAYS = 60
CLOSED: tuple[PaymentStatus, ...] = ("paid", "refunded", "canceled")
# The session alone tells neither when it was paid, nor by which card, nor whether the money went back.
OF_SESSION = {"expand[0]": "payment_intent.latest_charge", "expand[1]": "payment_intent.payment_method"}
OF_INTENT = {"expand[0]": "latest_charge", "expand[1]": "payment_method"}


class Stripe:
    """The adapter of Stripe; `webhook_secret` is the one of our webhook endpoint (`whsec_…`).

    Boletos are for accounts in Brazil, so they are offered only where `clock` tells which day it is.
    """

    name = "stripe"

    def __init__(
        self,
        pool: PoolManager,
        base_url: str,
        secret_key: str,
        webhook_secret: str,
        timeout: Timeout = TIMEOUT,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        if not (secret_key and webhook_secret):
            raise ValueError("Stripe needs a secret key and a webhook secret")
        headers = {"Authorization": f"Bearer {secret_key}", "Stripe-Version": API_VERSION}
        self._api = Endpoint(pool, base_url, headers, timeout)
        self._webhook_secret = webhook_secret
        self._clock = clock

    def charge(self, request: ChargeRequest) -> Charged:
        """By the card on file, else on a page of Stripe's (see Gateway.charge).

        With a due date that page issues a voucher; once it has, a repeat gives its slip. Stripe keeps an
        idempotency key for at least 24 hours and an open session for at most 24, so a repeat that makes a
        second session finds the first one closed.
        """
        if request.card is not None:
            return charge_on_file(self._api, request, request.card)
        form = urlencode(session_form(request, self._boleto_days(request))).encode()
        # With the form in the key: what was asked otherwise before (another store address) is asked anew.
        # Nobody was told of the earlier page, so nobody can pay there.
        key = f"{request.payment_id}-{hashlib.sha256(form).hexdigest()[:16]}"
        session = self._post(SESSIONS, form, key)
        with reading("a session of Stripe"):
            made = Charged(id_of(session["id"]), text_of(session["url"]), None)
        return (self._voucher(made.provider_id) if request.due_date else None) or made

    def fetch(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.fetch."""
        return self._see(provider_id)[0]

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        """See Gateway.find.

        Without the id, Stripe can look for intents only: it finds what was paid, or tried with a card on
        file, a minute or so before. An unpaid session is not found, but nobody was told of its page.
        """
        if provider_id is not None:
            return self.fetch(provider_id)
        if safe_id(reference) is None:
            return None
        query = urlencode({"query": f"metadata['payment_id']:'{reference}'", "limit": "100"})
        answer = self._api.send("GET", f"{INTENTS}/search?{query}")
        with reading("a search of Stripe"):
            found: list[Json] = answer.body["data"] if answer.ok else []
            ours = [one for one in found if dig(one, "metadata", "payment_id") == reference]
            best = min(ours, key=lambda one: one["status"] != "succeeded", default=None)
        return self.fetch(best["id"]) if best else None

    def cancel(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.cancel: an open session expires, a voucher or an undecided payment is canceled."""
        known, intent = self._see(provider_id)
        if known is None or known.status in CLOSED:
            return known
        on_page = known.provider_id != intent.get("id")
        expired = on_page and self._api.send("POST", f"{SESSIONS}/{known.provider_id}/expire", b"", FORM).ok
        if not expired and safe_id(intent.get("id")):
            cancel_intent(self._api, intent["id"])
        known = self.fetch(provider_id)
        if known is None or known.status not in CLOSED:
            raise ProviderUnavailable("the charge could not be closed")
        return known

    def refund(self, request: RefundRequest) -> Refunded:
        """See Gateway.refund. Stripe cannot give a boleto back: ChargeRefused `refund_not_supported`."""
        known, intent = self._see(request.provider_id)
        made = self._refund_of(request, intent) or self._give_back(request, known, intent)
        with reading("a refund of Stripe"):
            refund_id, status = id_of(made["id"]), made["status"]
        if status in ("failed", "canceled"):
            raise ChargeRefused("refund_failed", str(made.get("failure_reason") or status))
        return Refunded(refund_id, done=status == "succeeded")

    def authenticate(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        """See Gateway.authenticate; refuses what was signed more than 300 s from `now`, past or future."""
        prove(headers.get("stripe-signature", ""), raw, self._webhook_secret, now)
        return read_notice(raw, "type", subject, announces_payment)

    def _boleto_days(self, request: ChargeRequest) -> int | None:
        """For how many days a voucher can be paid: until the last day on which banks take it in time."""
        if request.due_date is None:
            return None
        if request.amount.currency != "BRL":
            raise ChargeRefused("currency_not_supported", "a boleto is paid in reais")
        if self._clock is None:
            raise ChargeRefused("boleto_not_offered", "the account is not one in Brazil")
        days = (next_banking_day(request.due_date) - local_date(self._clock(), ZONE)).days
        if not 0 <= days <= LONGEST_VOUCHER_DAYS:
            raise ChargeRefused(
                "due_date_not_supported", f"a boleto is due today or within {LONGEST_VOUCHER_DAYS} days"
            )
        return days

    def _voucher(self, session_id: str) -> Charged | None:
        session = self._api.get(f"{SESSIONS}/{session_id}", OF_SESSION)
        return charged_of_voucher(session) if session is not None else None

    def _see(self, provider_id: str) -> tuple[ProviderPayment | None, Json]:
        """The charge by its id or by that of its intent; and the intent, empty where there is none."""
        if safe_id(provider_id) is None:
            return None, {}
        if provider_id.startswith("pi_"):
            return self._see_intent(provider_id)
        session = self._api.get(f"{SESSIONS}/{provider_id}", OF_SESSION)
        found = dig(session, "payment_intent")
        intent = found if isinstance(found, dict) else {}
        known = None if session is None else payment_of_session(session, self._disputes(intent))
        return known, intent

    def _see_intent(self, intent_id: str) -> tuple[ProviderPayment | None, Json]:
        intent = self._api.get(f"{INTENTS}/{intent_id}", OF_INTENT)
        if intent is None:
            return None, {}
        session = None if is_on_file(intent) else self._session_of(intent)
        disputes = self._disputes(intent)
        if session is None:
            return payment_of_intent(intent, disputes), intent
        return payment_of_session({**session, "payment_intent": intent}, disputes), intent

    def _session_of(self, intent: Json) -> Json | None:
        found = self._list(SESSIONS, intent)
        return found[0] if found else None

    def _disputes(self, intent: Json) -> list[Json]:
        """The disputes of a charge; that there is or was one stands in the charge itself."""
        return self._list("/v1/disputes", intent) if dig(intent, "latest_charge", "disputed") is True else []

    def _refund_of(self, request: RefundRequest, intent: Json) -> Json | None:
        """The refund that an earlier call of the same request made: Stripe forgets its key after a day."""
        found = self._list("/v1/refunds", intent) if intent else []
        return next((one for one in found if dig(one, "metadata", "refund_id") == request.refund_id), None)

    def _give_back(self, request: RefundRequest, known: ProviderPayment | None, intent: Json) -> Json:
        given = known.refunded.minor if known and known.refunded else 0
        check_refund(known, request, given)
        if is_boleto(intent):
            raise ChargeRefused("refund_not_supported", "a paid boleto is given back by transfer")
        form = urlencode(refund_form(request, id_of(intent.get("id")))).encode()
        return self._post("/v1/refunds", form, request.refund_id)

    def _list(self, path: str, intent: Json) -> list[Json]:
        """What belongs to an intent; a filter that a server overlooks must not hand us others'."""
        with reading("a list of Stripe"):
            page = self._api.get(path, {"payment_intent": id_of(intent["id"]), "limit": "100"})
            found: list[Json] = page["data"] if page else []
            return [one for one in found if one["payment_intent"] == intent["id"]]

    def _post(self, path: str, form: bytes, key: str) -> Json:
        answer = self._api.send("POST", path, form, {**FORM, "Idempotency-Key": key})
        if not answer.ok:
            raise refusal(answer)
        return answer.body
