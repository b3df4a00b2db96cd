"""PayPal, by its Orders API v2: the payer says yes on a page of PayPal's, and then we take the money.

Nothing is paid until we capture an order that its payer has approved.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

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
from chalicelib.billing.gateways.http import TIMEOUT, Json, dig, id_of, reading, safe_id
from chalicelib.billing.gateways.paypal_api import PayPalApi, refusal
from chalicelib.billing.gateways.paypal_reading import (
    approval_of,
    capture_of,
    payment_of,
    promised,
    refund_of,
)
from chalicelib.billing.gateways.paypal_webhooks import Verifier, cert_bases_of, notice_of
from chalicelib.billing.gateways.refunds import check_refund
from chalicelib.kernel.money import Money

ORDERS = "/v2/checkout/orders"
CAPTURES = "/v2/payments/captures"
CURRENCIES = ("BRL", "EUR", "USD")  # PayPal has no Chilean pesos
LOCALES = {"es": "es-ES", "pt-BR": "pt-BR", "en": "en-US"}
CLOSED: tuple[PaymentStatus, ...] = ("paid", "refunded", "canceled")
# PayPal has no call that ends an order before it lapses, some hours after it was made. But one whose intent
# is to authorize cannot be captured any more, and to authorize is what we never ask for.
CLOSING = [{"op": "replace", "path": "/intent", "value": "AUTHORIZE"}]


class PayPal:
    """The adapter of PayPal.

    `webhook_id` is what PayPal gave our webhook; `brand` is shown to the payer; for `cert_bases` (empty: what
    belongs to `base_url`) and `trusted_roots` see Verifier; `ticks` gives seconds that only ever grow.
    """

    name = "paypal"

    def __init__(
        self,
        pool: PoolManager,
        base_url: str,
        client_id: str,
        client_secret: str,
        webhook_id: str,
        *,
        brand: str = "",
        cert_bases: tuple[str, ...] = (),
        trusted_roots: str = "",
        timeout: Timeout = TIMEOUT,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (client_id and client_secret and webhook_id):
            raise ValueError("PayPal needs a client id, a client secret and a webhook id")
        self._api = PayPalApi(pool, base_url, client_id, client_secret, timeout, ticks)
        certs = cert_bases or cert_bases_of(base_url)
        self._verifier = Verifier(pool, webhook_id, certs, trusted_roots, timeout)
        self._brand = brand

    def charge(self, request: ChargeRequest) -> Charged:
        """An order over the amount, which the payer is sent to approve (see Gateway.charge).

        PayPal keeps a request id for at least six hours, an order that nobody approved for fewer: a repeat
        that makes a second order finds the first one lapsed, and nobody was told of it.
        """
        if request.amount.currency not in CURRENCIES:
            raise ChargeRefused("currency_not_supported", "PayPal does not take this currency")
        if request.card is not None:
            raise ChargeRefused("card_not_supported", "a card on file is not charged by PayPal")
        answer = self._api.send("POST", ORDERS, _wanted(request, self._brand), request.payment_id)
        if not answer.ok:
            raise refusal(answer)
        known = payment_of(answer.body)
        if known is not None and known.status == "pending" and _as_asked(known, request):
            return Charged(known.provider_id, approval_of(answer.body), None)
        with reading("an order of PayPal"):
            return self._set_aside(id_of(answer.body["id"]))

    def fetch(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.fetch; by the id of an order or of its capture."""
        order = self._order(provider_id)
        return payment_of(order) if order is not None else None

    def capture(self, provider_id: str) -> ProviderPayment | None:
        """See Capturing.capture.

        A capture that PayPal refuses (the payer's card was declined) changes nothing: he may say yes again,
        with another card, until the order lapses.
        """
        order = self._order(provider_id)
        known = payment_of(order) if order is not None else None
        if order is None or known is None or not known.approved:
            return known
        self._capture(order)
        return self.fetch(known.provider_id)

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        """See Gateway.find.

        PayPal cannot look for orders by our reference. Without the id there is nothing to find either: only
        we capture, so an order that nobody here knows of cannot be paid.
        """
        return self.fetch(provider_id) if provider_id else None

    def cancel(self, provider_id: str) -> ProviderPayment | None:
        """See Gateway.cancel; ProviderUnavailable also while money is under way, as by electronic cheque."""
        order = self._order(provider_id)
        known = payment_of(order) if order is not None else None
        if order is None or known is None or known.status in CLOSED:
            return known
        if capture_of(order) is not None:
            raise ProviderUnavailable("a payment of the order is under way")
        answer = self._api.send("PATCH", f"{ORDERS}/{known.provider_id}", CLOSING)
        order = self._order(known.provider_id)
        after = payment_of(order) if order is not None else replace(known, status="canceled")
        if after is None or after.status not in CLOSED:
            raise ProviderUnavailable(f"the order could not be closed: {answer.status}")
        return after

    def refund(self, request: RefundRequest) -> Refunded:
        """See Gateway.refund.

        PayPal keeps a request id for 45 days; ours also stands in the refund, and is looked for before.
        """
        order = self._order(request.provider_id)
        made = refund_of(order, request.refund_id) if order is not None else None
        if made is None:
            check_refund(payment_of(order) if order else None, request, promised(order) if order else 0)
            made = self._give_back(order or {}, request)
        with reading("a refund of PayPal"):
            status = made["status"]
            if status not in ("COMPLETED", "PENDING"):
                raise ChargeRefused("refund_failed", f"the refund is {status}")
            return Refunded(id_of(made["id"]), done=status == "COMPLETED")

    def authenticate(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> Notice:
        """See Gateway.authenticate; the signature may be three days old, for that long PayPal tries."""
        self._verifier.check(headers, raw, now)
        return notice_of(raw)

    def _order(self, provider_id: str) -> Json | None:
        """The order by its own id, or by the id of its capture."""
        if safe_id(provider_id) is None:
            return None
        order = self._api.get(f"{ORDERS}/{provider_id}")
        if order is None:
            capture = self._api.get(f"{CAPTURES}/{provider_id}")
            provider_id = safe_id(dig(capture, "supplementary_data", "related_ids", "order_id")) or ""
            order = self._api.get(f"{ORDERS}/{provider_id}") if provider_id else None
        if order is not None and order.get("id") != provider_id:
            raise ProviderUnavailable("asked for one order, told of another")
        return order

    def _capture(self, order: Json) -> None:
        """Take the money; whatever PayPal answers, the order then tells how it stands."""
        # With the order's last change in it: a yes after a declined one is a new try. That an order is
        # captured once, PayPal sees to by itself.
        changed = hashlib.sha256(str(order.get("update_time")).encode()).hexdigest()[:16]
        order_id = order["id"]
        self._api.send("POST", f"{ORDERS}/{order_id}/capture", {}, f"{order_id}-{changed}")

    def _set_aside(self, order_id: str) -> Charged:
        """An order that is not as asked is closed; one that is not open any more `fetch` tells about."""
        known = self.cancel(order_id)
        if known is not None and known.status != "canceled":
            return Charged(order_id, None, None)
        raise ChargeRefused("order_mismatch", "the order was not as asked, or had been closed")

    def _give_back(self, order: Json, request: RefundRequest) -> Json:
        with reading("an order of PayPal"):
            capture_id = id_of(dig(capture_of(order), "id"))
        wanted = {"amount": _amount(request.amount), "custom_id": request.refund_id}
        answer = self._api.send("POST", f"{CAPTURES}/{capture_id}/refund", wanted, request.refund_id)
        if not answer.ok:
            raise refusal(answer)
        return answer.body


def _wanted(request: ChargeRequest, brand: str) -> Json:
    """A new order; our reference is in it for the vendor's books (custom_id) and the payer's (invoice_id)."""
    experience = {
        "return_url": request.return_url,
        "cancel_url": request.return_url,
        "locale": LOCALES.get(request.payer.locale, "en-US"),
        "shipping_preference": "NO_SHIPPING",
        "user_action": "PAY_NOW",
        **({"brand_name": brand[:127]} if brand else {}),
    }
    part = {
        "custom_id": request.payment_id,
        "invoice_id": request.payment_id,
        "description": request.description[:127],
        "amount": _amount(request.amount),
    }
    return {
        "intent": "CAPTURE",
        "purchase_units": [part],
        "payment_source": {"paypal": {"experience_context": experience}},
    }


def _as_asked(known: ProviderPayment, request: ChargeRequest) -> bool:
    return (known.amount, known.reference) == (request.amount, request.payment_id)


def _amount(amount: Money) -> dict[str, str]:
    return {"currency_code": amount.currency, "value": amount.decimal()}
