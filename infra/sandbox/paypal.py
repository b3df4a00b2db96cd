"""The HTTP API of PayPal, as far as Orders v2 with intent CAPTURE needs it.

As with the real one, what the payer does moves no money: he approves, and the merchant captures. An order
that is not captured is gone three hours after it was made; a repeated PayPal-Request-Id gets the first object
again.
"""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs

from infra.sandbox.desk import Desk
from infra.sandbox.paypal_acts import give_back, happen, take
from infra.sandbox.paypal_forms import read_amount, read_intent, read_json, read_order, refused
from infra.sandbox.paypal_objects import (
    capture_object,
    event_of,
    given_back,
    order_object,
    refund_objects,
    token,
)
from infra.sandbox.paypal_signing import Signer
from infra.sandbox.state import Charge, Event, Replay
from infra.sandbox.wire import Answer, Json, Refused, Request, Routes, json_answer

_TOKEN_LIFE, _ORDER_LIFE = 32_400, 10_800  # seconds


@dataclass(frozen=True)
class PayPalKeys:
    """What the application is set up with."""

    client_id: str
    client_secret: str = field(repr=False)
    webhook_id: str


LOCAL_KEYS = PayPalKeys("sandbox-paypal-client", "sandbox-paypal-secret", "SANDBOXWEBHOOK01")


class PayPal:
    """The provider of wallets."""

    def __init__(self, desk: Desk, keys: PayPalKeys) -> None:
        self._desk = desk
        self._keys = keys
        self._tokens: dict[str, int] = {}
        self.signer = Signer(datetime.fromtimestamp(desk.now(), UTC))
        self._open = Routes(
            ("POST", "/v1/oauth2/token", self._give_token),
            ("GET", "/v1/notifications/certs/{name}", self._show_cert),
        )
        self._routes = Routes(
            ("POST", "/v2/checkout/orders", self._create_order),
            ("GET", "/v2/checkout/orders/{id}", self._get_order),
            ("PATCH", "/v2/checkout/orders/{id}", self._patch_order),
            ("POST", "/v2/checkout/orders/{id}/capture", self._capture_order),
            ("GET", "/v2/payments/captures/{id}", self._get_capture),
            ("POST", "/v2/payments/captures/{id}/refund", self._refund_capture),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one call to the API."""
        try:
            answer = self._open.answer(request)
            if answer is None:
                self._admit(request)
                answer = self._routes.answer(request)
            return answer or refused(404).answer
        except Refused as refusal:
            return refusal.answer

    def paid(self, charge: Charge) -> list[Event]:
        """The payer has approved; the money is the application's to take."""
        now = self._desk.now()
        charge.status, charge.paid_at = "approved", None
        charge.details |= {"payer": token(13), "changed": now}
        return [event_of("CHECKOUT.ORDER.APPROVED", charge, self._object(charge), now)]

    def act(self, charge: Charge, act: str) -> list[Event]:
        """A cheque clears or bounces, or the payer complains and wins or loses: see ACTS. Raises Unable."""
        return happen(charge, act, self._api, self._desk.now())

    def page(self, charge: Charge) -> str:
        """The address where the payer approves."""
        return f"{self._desk.url}/paypal/checkoutnow/{charge.id}"

    def headers(self, event: Event, forged: str) -> dict[str, str]:
        """The headers of one transmission of the event, signed now; `forged` spoils what is signed."""
        url = f"{self._api}/v1/notifications/certs/{self.signer.name}"
        sent = datetime.fromtimestamp(self._desk.now(), UTC)
        return self.signer.headers(event.body.encode(), self._keys.webhook_id + forged, url, sent)

    @property
    def _api(self) -> str:
        return f"{self._desk.url}/paypal"

    def _give_token(self, request: Request) -> Answer:
        shown = request.headers.get("authorization", "").removeprefix("Basic ").strip()
        pair = f"{self._keys.client_id}:{self._keys.client_secret}"
        if not hmac.compare_digest(shown.encode(), base64.b64encode(pair.encode())):
            text = "Client Authentication failed"
            return json_answer(401, {"error": "invalid_client", "error_description": text})
        if parse_qs(request.body.decode("utf-8", "replace")).get("grant_type") != ["client_credentials"]:
            text = "Grant type is not supported"
            return json_answer(400, {"error": "unsupported_grant_type", "error_description": text})
        made = f"A21AA{token(60)}"
        self._tokens[made] = self._desk.now() + _TOKEN_LIFE
        return json_answer(200, {"access_token": made, "token_type": "Bearer", "expires_in": _TOKEN_LIFE})

    def _show_cert(self, request: Request, name: str) -> Answer:
        if name != self.signer.name:
            raise refused(404)
        return Answer(200, self.signer.chain, {"Content-Type": "application/x-pem-file"})

    def _admit(self, request: Request) -> None:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if self._tokens.get(shown, 0) <= self._desk.now():
            text = "Token signature verification failed"
            raise Refused(json_answer(401, {"error": "invalid_token", "error_description": text}))

    def _create_order(self, request: Request) -> Answer:
        form = read_order(read_json(request))
        if not request.headers.get("paypal-request-id"):
            raise refused(400, "PAYPAL_REQUEST_ID_REQUIRED", "A PayPal-Request-Id is required.")
        if self._desk.knobs.decline:
            raise refused(422, "PAYEE_ACCOUNT_RESTRICTED", "The merchant account is restricted.")

        def open_one() -> str:
            now = self._desk.now()
            charge = Charge(
                id=token(),
                provider="paypal",
                reference=form.details["custom_id"] or "",
                amount=form.amount,
                currency=form.currency,
                created=now,
                skew=self._desk.knobs.wrong_amount,
                expires_at=now + _ORDER_LIFE,
                details={**form.details, "changed": now, "payer": None, "capture": None, "refunds": []},
            )
            self._desk.state.charges[charge.id] = charge
            return charge.id

        return self._once(request, open_one, lambda order_id: self._object(self._order(order_id)))

    def _get_order(self, request: Request, order_id: str) -> Answer:
        return json_answer(200, self._object(self._order(order_id)))

    def _patch_order(self, request: Request, order_id: str) -> Answer:
        intent = read_intent(read_json(request))
        with self._desk.state.change():
            charge = self._order(order_id)
            if charge.details["capture"]:
                raise refused(422, "ORDER_ALREADY_COMPLETED", "The order cannot be patched after completion.")
            charge.details |= {"intent": intent, "changed": self._desk.now()}
            # Whatever its payer does now, nobody can take the money.
            if intent == "AUTHORIZE":
                charge.status = "canceled"
        return Answer(204)

    def _capture_order(self, request: Request, order_id: str) -> Answer:
        events: list[Event] = []

        def capture() -> str:
            charge = self._order(order_id)
            self._check_capture(charge)
            events.append(take(charge, self._api, self._desk.now()))
            self._desk.record(events)
            return order_id

        answer = self._once(request, capture, lambda known: self._object(self._order(known)))
        self._desk.deliver(events)
        return answer

    def _check_capture(self, charge: Charge) -> None:
        if charge.details["intent"] != "CAPTURE":
            raise refused(422, "ACTION_DOES_NOT_MATCH_INTENT", "The order was created with another intent.")
        if charge.details["capture"]:
            raise refused(422, "ORDER_ALREADY_CAPTURED", "Order already captured.")
        if charge.status != "approved":
            raise refused(422, "ORDER_NOT_APPROVED", "Payer has not yet approved the order for payment.")
        if self._desk.knobs.decline:
            # The payer may come back and choose another way to pay.
            charge.status = "open"
            charge.details |= {"payer": None, "changed": self._desk.now()}
            raise refused(422, "INSTRUMENT_DECLINED", "The instrument presented was either declined.")

    def _get_capture(self, request: Request, capture_id: str) -> Answer:
        return json_answer(200, capture_object(self._captured(capture_id), self._api))

    def _refund_capture(self, request: Request, capture_id: str) -> Answer:
        body = read_json(request)
        wanted = body if isinstance(body, dict) else {}
        events: list[Event] = []

        def refund() -> str:
            charge = self._captured(capture_id)
            left = charge.shown - given_back(charge)
            told = wanted.get("amount")
            minor, currency = read_amount(told) if told else (left, charge.currency)
            if currency != charge.currency:
                raise refused(422, "REFUND_CAPTURE_CURRENCY_MISMATCH", "Refund in the capture's currency.")
            if charge.details["waits"] or charge.status != "paid":
                raise refused(422, "PENDING_CAPTURE", "Cannot initiate a refund: the capture is pending.")
            if left == 0:
                raise refused(422, "CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded.")
            if minor > left:
                raise refused(422, "REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than is left.")
            now = self._desk.now()
            refund_id = give_back(charge, minor, wanted.get("custom_id"), now)
            made = refund_objects(charge, self._api)[-1]
            events.append(event_of("PAYMENT.CAPTURE.REFUNDED", charge, made, now))
            self._desk.record(events)
            return refund_id

        answer = self._once(request, refund, lambda refund_id: self._refund(capture_id, refund_id))
        self._desk.deliver(events)
        return answer

    def _once(self, request: Request, act: Callable[[], str], show: Callable[[str], Json]) -> Answer:
        """Act, unless the request's id was answered before; either way show what it made, as it is now."""
        key, state = request.headers.get("paypal-request-id"), self._desk.state
        kept = f"paypal {request.path} {key}"
        with state.change():
            if key and kept in state.replays:
                return json_answer(200, show(state.replays[kept].body), created=True)
            made = act()
            if key:
                state.replays[kept] = Replay(request.path, "", made)
            return json_answer(201, show(made), created=True)

    def _order(self, order_id: str) -> Charge:
        charge = self._desk.state.charges.get(order_id)
        gone = charge is not None and not charge.details.get("capture") and self._lapsed(charge)
        if charge is None or charge.provider != "paypal" or gone:
            raise refused(404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist.")
        return charge

    def _lapsed(self, charge: Charge) -> bool:
        return charge.expires_at is not None and charge.expires_at <= self._desk.now()

    def _captured(self, capture_id: str) -> Charge:
        found = self._desk.state.find_charges(lambda charge: charge.details.get("capture") == capture_id)
        if not found:
            raise refused(404, "INVALID_RESOURCE_ID", "Specified resource ID does not exist.")
        return found[0]

    def _refund(self, capture_id: str, refund_id: str) -> Json:
        made = refund_objects(self._captured(capture_id), self._api)
        return next(refund for refund in made if refund["id"] == refund_id)

    def _object(self, charge: Charge) -> Json:
        return order_object(charge, self._api, self.page(charge))
