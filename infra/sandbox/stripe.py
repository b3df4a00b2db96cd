"""The HTTP API of Stripe, as far as Checkout Sessions, cards on file, refunds and disputes need it.

As the real one does, a repeated `Idempotency-Key` gets the first answer again, also that a card was declined;
what was not even tried, as the form was faulty, is not remembered.
"""

import hmac
import json
import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from infra.sandbox.desk import Desk
from infra.sandbox.state import Charge, Event, Replay
from infra.sandbox.stripe_actions import (
    cancel_intent,
    charge_with_card,
    contest,
    give_back,
    issue_voucher,
    keep_card,
)
from infra.sandbox.stripe_forms import Faulty, decode_form, read_intent, read_refund, read_session
from infra.sandbox.stripe_lists import expanded, page_of
from infra.sandbox.stripe_objects import (
    API_VERSION,
    charge_from,
    dispute_object,
    error_object,
    event_of,
    intent_object,
    refund_object,
    session_object,
    session_status,
    token,
)
from infra.sandbox.wire import Answer, Json, Refused, Request, Routes, json_answer

_FORM = "application/x-www-form-urlencoded"
_INVALID = "invalid_request_error"
# What a repeat must find to have been done, and what the knob `lost_answer` may swallow the answer to.
_CREATING = ("/v1/checkout/sessions", "/v1/payment_intents", "/v1/refunds")


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
            ("GET", "/v1/checkout/sessions", self._list_sessions),
            ("POST", "/v1/payment_intents", self._create_intent),
            ("GET", "/v1/payment_intents", self._list_intents),
            ("GET", "/v1/payment_intents/search", self._search_intents),
            ("GET", "/v1/payment_intents/{id}", self._get_intent),
            ("POST", "/v1/payment_intents/{id}/cancel", self._cancel_intent),
            ("POST", "/v1/refunds", self._create_refund),
            ("GET", "/v1/refunds", self._list_refunds),
            ("GET", "/v1/disputes", self._list_disputes),
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
        """The money is there: by card, which completes the checkout, or for the voucher, which did before."""
        now, events = self._desk.now(), []
        if charge.details["methods"] == ["boleto"] and not charge.details.get("voucher"):
            charge.status = "open"
            events = self.act(charge, "voucher")
            charge.status = "paid"
        keep_card(charge)
        done = "async_payment_succeeded" if charge.details.get("voucher") else "completed"
        return [
            *events,
            event_of("payment_intent.succeeded", charge, intent_object(charge, now), now),
            event_of(f"checkout.session.{done}", charge, self._object(charge), now),
        ]

    def act(self, charge: Charge, act: str) -> list[Event]:
        """What else happens: `voucher`, `dispute`, `dispute_won`, `dispute_lost`. Raises Unable."""
        now = self._desk.now()
        if act != "voucher":
            return contest(charge, act, now)
        issue_voucher(charge, now, self.page(charge))
        return [
            event_of("payment_intent.requires_action", charge, intent_object(charge, now), now),
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
        return self._told(request, self._object(self._session(session_id)))

    def _list_sessions(self, request: Request) -> Answer:
        found = self._charges(lambda one: one.id.startswith("cs_"))
        return self._told(request, page_of(map(self._object, found), request, ("payment_intent", "customer")))

    def _create_intent(self, request: Request) -> Answer:
        form = decode_form(request.body)
        return self._once(request, lambda: self._charge_card(form))

    def _charge_card(self, form: Json) -> Answer:
        now, knobs = self._desk.now(), self._desk.knobs
        charge = charge_with_card(self._desk.state, read_intent(form), now, knobs.wrong_amount, knobs.decline)
        self._desk.state.charges[charge.id] = charge
        intent, error = intent_object(charge, now), charge.details["error"]
        kind = "payment_intent.payment_failed" if error else "payment_intent.succeeded"
        events = [event_of(kind, charge, intent, now)]
        self._desk.record(events)
        self._desk.deliver(events)
        if error:
            body = {"error": {**error, "type": "card_error", "payment_intent": intent}}
            return json_answer(402, body, created=True)
        return json_answer(200, intent, created=True)

    def _list_intents(self, request: Request) -> Answer:
        return self._told(request, page_of(self._intents(), request, ("customer",)))

    def _search_intents(self, request: Request) -> Answer:
        query = re.fullmatch(r"metadata\['(\w+)'\]:'([^']*)'", request.query.get("query", ""))
        if not query:
            raise _refused(400, "We were unable to parse your search query.", "query")
        found = (one for one in self._intents() if one["metadata"].get(query[1]) == query[2])
        return json_answer(200, page_of(found, request, ()) | {"object": "search_result"})

    def _intents(self) -> list[Json]:
        now = self._desk.now()
        return [
            intent_object(one, now) for one in self._charges(lambda one: bool(one.details["payment_intent"]))
        ]

    def _cancel_intent(self, request: Request, intent_id: str) -> Answer:
        return self._once(request, lambda: self._close_intent(self._by_intent(intent_id)))

    def _close_intent(self, charge: Charge) -> Answer:
        now = self._desk.now()
        events = cancel_intent(charge, now)
        self._desk.record(events)
        self._desk.deliver(events)
        return json_answer(200, intent_object(charge, now))

    def _create_refund(self, request: Request) -> Answer:
        form = decode_form(request.body)
        return self._once(request, lambda: self._give_back(form))

    def _give_back(self, form: Json) -> Answer:
        wanted = read_refund(form)
        refund, events = give_back(self._by_intent(wanted.payment_intent), wanted, self._desk.now())
        self._desk.record(events)
        self._desk.deliver(events)
        return json_answer(200, refund, created=True)

    def _list_refunds(self, request: Request) -> Answer:
        paid = self._charges(lambda one: one.status == "paid")
        found = (refund_object(one, refund) for one in paid for refund in one.details["refunds"][::-1])
        return json_answer(200, page_of(found, request, ("payment_intent", "charge")))

    def _list_disputes(self, request: Request) -> Answer:
        found = map(dispute_object, self._charges(lambda one: "dispute" in one.details))
        return json_answer(200, page_of(found, request, ("payment_intent", "charge")))

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
        return self._told(request, intent_object(self._by_intent(intent_id), self._desk.now()))

    def _once(self, request: Request, act: Callable[[], Answer]) -> Answer:
        """Act, unless the request's idempotency key has been answered before."""
        key = request.headers.get("idempotency-key")
        state = self._desk.state
        with state.change():
            if key and key in state.replays:
                return _replayed(key, state.replays[key], request)
            answer = act()
            if key:
                state.replays[key] = Replay(
                    request.path, _parameters(request), answer.body.decode(), answer.status
                )
                answer = Answer(
                    answer.status, answer.body, {**answer.headers, "Idempotency-Key": key}, answer.created
                )
        return answer

    def _session(self, session_id: str) -> Charge:
        charge = self._desk.state.charges.get(session_id)
        if charge is None or charge.provider != "stripe" or not session_id.startswith("cs_"):
            raise _refused(404, f"No such checkout.session: {session_id}", "session", "resource_missing")
        return charge

    def _by_intent(self, intent_id: str) -> Charge:
        found = self._charges(lambda one: one.details["payment_intent"] == intent_id)
        if not found:
            raise _refused(404, f"No such payment_intent: '{intent_id}'", "intent", "resource_missing")
        return found[0]

    def _charges(self, wanted: Callable[[Charge], bool]) -> list[Charge]:
        return self._desk.state.find_charges(lambda one: one.provider == "stripe" and wanted(one))

    def _told(self, request: Request, body: Json) -> Answer:
        """The answer with what the query wants expanded."""
        paths = [path for name, path in request.query.items() if name.startswith("expand")]
        known = self._charges(lambda one: bool(one.details["payment_intent"]))
        return json_answer(200, expanded(body, paths, known, self._desk.now()))

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
    return Answer(first.status, first.body.encode(), headers, created=request.path in _CREATING)
