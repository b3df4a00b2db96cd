"""The HTTP API of Stripe, as far as Checkout Sessions for cards need it.

As the real one does, a repeated `Idempotency-Key` gets the first answer again, and a refusal is not
remembered.
"""

import hmac
import json
import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from infra.sandbox.desk import Desk
from infra.sandbox.state import Charge, Event, Replay
from infra.sandbox.stripe_forms import Faulty, decode_form, read_session
from infra.sandbox.stripe_objects import (
    API_VERSION,
    charge_from,
    error_object,
    event_of,
    intent_object,
    session_object,
    session_status,
    token,
)
from infra.sandbox.wire import Answer, Json, Refused, Request, Routes, json_answer

_FORM = "application/x-www-form-urlencoded"
_INVALID = "invalid_request_error"


def _refused(status: int, message: str, param: str | None = None, code: str | None = None) -> Refused:
    return Refused(json_answer(status, error_object(message, _INVALID, param, code)))


class Stripe:
    """The provider of card payments; `secret_key` (sk_test_…) is what its callers must show."""

    def __init__(self, desk: Desk, secret_key: str) -> None:
        self._desk = desk
        self._secret_key = secret_key
        self._routes = Routes(
            ("POST", "/v1/checkout/sessions", self._create_session),
            ("GET", "/v1/checkout/sessions/{id}", self._get_session),
            ("POST", "/v1/checkout/sessions/{id}/expire", self._expire_session),
            ("GET", "/v1/payment_intents/{id}", self._get_intent),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one call to the API."""
        version = request.headers.get("stripe-version", API_VERSION)
        try:
            self._admit(request, version)
            answer = self._routes.answer(request)
            if answer is None:
                raise _refused(404, f"Unrecognized request URL ({request.method}: {request.path}).")
        except Refused as refusal:
            answer = refusal.answer
        except Faulty as fault:
            answer = json_answer(400, error_object(fault.message, _INVALID, fault.param, fault.code))
        headers = {**answer.headers, "Request-Id": token("req_", 14), "Stripe-Version": version}
        return Answer(answer.status, answer.body, headers, answer.created)

    def paid(self, charge: Charge) -> list[Event]:
        """The card has been charged, which completes the checkout."""
        charge.details |= {
            "payment_intent": token("pi_", 24),
            "latest_charge": token("ch_", 24),
            "payment_method": token("pm_", 24),
        }
        now = self._desk.now()
        return [
            event_of("payment_intent.succeeded", charge, intent_object(charge), now),
            event_of("checkout.session.completed", charge, self._object(charge), now),
        ]

    def page(self, charge: Charge) -> str:
        """The address of the hosted checkout."""
        return f"{self._desk.url}/stripe/pay/{charge.id}"

    def _admit(self, request: Request, version: str) -> None:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not shown:
            raise _refused(401, "You did not provide an API key.")
        if not hmac.compare_digest(shown.encode(), self._secret_key.encode()):
            raise _refused(401, f"Invalid API Key provided: {shown[:8]}****{shown[-4:]}")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d(\.[a-z]+)?", version):
            raise _refused(400, f"Invalid Stripe API version: {version}")
        if request.body and not request.headers.get("content-type", "").startswith(_FORM):
            raise _refused(400, f"Invalid request (check that your POST content type is {_FORM}).")

    def _create_session(self, request: Request) -> Answer:
        form = decode_form(request.body)
        return self._once(request, lambda: self._open_session(form))

    def _open_session(self, form: Json) -> Answer:
        now, knobs = self._desk.now(), self._desk.knobs
        charge = charge_from(read_session(form, now), now, knobs.wrong_amount)
        if knobs.decline:
            message = "The payment method type provided: card is invalid. Please ensure that it is activated."
            raise _refused(400, message, "payment_method_types")
        self._desk.state.charges[charge.id] = charge
        return json_answer(200, self._object(charge), created=True)

    def _get_session(self, request: Request, session_id: str) -> Answer:
        return json_answer(200, self._object(self._session(session_id)))

    def _expire_session(self, request: Request, session_id: str) -> Answer:
        return self._once(request, lambda: self._cancel(self._session(session_id)))

    def _cancel(self, charge: Charge) -> Answer:
        status = session_status(charge, self._desk.now())
        if status != "open":
            message = (
                f'Only Checkout Sessions with a status in ["open"] can be expired. This one is `{status}`.'
            )
            raise _refused(400, message)
        charge.status = "canceled"
        events = [event_of("checkout.session.expired", charge, self._object(charge), self._desk.now())]
        self._desk.record(events)
        self._desk.deliver(events)
        return json_answer(200, self._object(charge))

    def _get_intent(self, request: Request, intent_id: str) -> Answer:
        found = self._desk.state.find_charges(
            lambda charge: charge.details.get("payment_intent") == intent_id
        )
        if not found:
            raise _refused(404, f"No such payment_intent: '{intent_id}'", "intent", "resource_missing")
        return json_answer(200, intent_object(found[0]))

    def _once(self, request: Request, act: Callable[[], Answer]) -> Answer:
        """Act, unless the request's idempotency key has been answered before."""
        key = request.headers.get("idempotency-key")
        state = self._desk.state
        with state.change():
            if key and key in state.replays:
                return _replayed(key, state.replays[key], request)
            answer = act()
            if key:
                state.replays[key] = Replay(request.path, _parameters(request), answer.body.decode())
                answer = Answer(
                    answer.status, answer.body, {**answer.headers, "Idempotency-Key": key}, answer.created
                )
        return answer

    def _session(self, session_id: str) -> Charge:
        charge = self._desk.state.charges.get(session_id)
        if charge is None or charge.provider != "stripe":
            raise _refused(404, f"No such checkout.session: {session_id}", "session", "resource_missing")
        return charge

    def _object(self, charge: Charge) -> Json:
        return session_object(charge, self._desk.now(), self.page(charge))


def _parameters(request: Request) -> str:
    return json.dumps(sorted(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)))


def _replayed(key: str, first: Replay, request: Request) -> Answer:
    """The first answer again, or Stripe's complaint that something else is asked now."""
    if (first.path, first.parameters) != (request.path, _parameters(request)):
        kind = "same parameters" if first.path == request.path else "same endpoint"
        message = (
            f"Keys for idempotent requests can only be used with the {kind} they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise Refused(json_answer(400, error_object(message, "idempotency_error")))
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, "Idempotent-Replayed": "true"}
    return Answer(200, first.body.encode(), headers, created=request.path == "/v1/checkout/sessions")
