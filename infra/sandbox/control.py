"""The sandbox's own API under /_sandbox: pay a charge, send events again, turn the knobs, look inside."""

import json
from dataclasses import asdict
from typing import Any

from infra.sandbox.delivery import Delivery
from infra.sandbox.desk import Desk, Eventful, Provider, Unable
from infra.sandbox.knobs import FaultyKnobs, read_knobs
from infra.sandbox.state import Charge, Event
from infra.sandbox.wire import Answer, Json, Refused, Request, Routes, json_answer

_LONGEST_WAIT = 15.0  # seconds


class Impossible(Exception):
    """What was asked cannot be done; the message says why, `status` is the HTTP status."""

    def __init__(self, status: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": message, **more}


class Control:
    """Acts as the payer and as the provider's operator. `providers` are found by name."""

    def __init__(self, desk: Desk, providers: dict[str, Provider]) -> None:
        self._desk = desk
        self._providers = providers
        self._routes = Routes(
            ("POST", "/_sandbox/pay", self._pay),
            ("POST", "/_sandbox/redeliver", self._redeliver),
            ("POST", "/_sandbox/act", self._act),
            ("GET", "/_sandbox/charges", lambda request: json_answer(200, {"data": self.charges()})),
            ("GET", "/_sandbox/deliveries", lambda request: json_answer(200, {"data": self._deliveries()})),
            ("GET", "/_sandbox/knobs", lambda request: json_answer(200, asdict(self._desk.knobs))),
            ("PUT", "/_sandbox/knobs", self._turn),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one call to the control API."""
        try:
            return self._routes.answer(request) or json_answer(
                404, {"error": "There is no such address here."}
            )
        except Impossible as refusal:
            return json_answer(refusal.status, refusal.body)

    def pay(self, charge: Charge, seconds: float, by: str = "") -> Json:
        """Pay a charge and wait for its webhooks; a paid one stays as it is. Raises Impossible (409).

        `by` tells how, where a provider takes several ways: `pix` at Asaas; `echeck` at PayPal; at Stripe a
        card that will be declined when it is charged again, `card_declined`, or want its holder,
        `authentication_required`.
        """
        with self._desk.state.change():
            already = charge.status in ("paid", "approved")
            events = [] if already else self._take_money(charge, by)
            self._desk.record(events)
        deliveries = self._deliveries_of(charge) if already else self._desk.deliver(events)
        return self._report(charge, deliveries, seconds)

    def charge(self, charge_id: str) -> Charge:
        """The charge with the provider's own id. Raises Refused (404)."""
        charge = self._desk.state.charges.get(charge_id)
        if charge is None:
            raise Refused(json_answer(404, {"error": f"The sandbox has no charge {charge_id}."}))
        return charge

    def charges(self) -> list[Json]:
        """All charges, newest first, as people want to see them."""
        return [self._summary(charge) for charge in self._desk.state.find_charges(lambda charge: True)]

    def act(self, charge: Charge, act: str, seconds: float) -> Json:
        """Let something happen to a charge, as a dispute, and wait for its webhooks. Raises Impossible."""
        provider = self._providers[charge.provider]
        try:
            with self._desk.state.change():
                if not isinstance(provider, Eventful):
                    raise Unable(f"Nothing but payments happens at {charge.provider}.")
                events = provider.act(charge, act)
                self._desk.record(events)
        except Unable as reason:
            raise Impossible(409, str(reason)) from reason
        return self._report(charge, self._desk.deliver(events), seconds)

    def _take_money(self, charge: Charge, by: str) -> list[Event]:
        now = self._desk.now()
        if not charge.payable(now):
            raise Impossible(
                409, f"Charge {charge.id} can no longer be paid: it was canceled or has expired."
            )
        charge.status, charge.paid_at = "paid", now
        charge.skew = self._desk.knobs.wrong_amount or charge.skew
        charge.details["paid_by"] = by
        return self._providers[charge.provider].paid(charge)

    def _summary(self, charge: Charge) -> Json:
        return {
            "provider": charge.provider,
            "id": charge.id,
            "reference": charge.reference,
            "amount": charge.shown,
            "currency": charge.currency,
            "status": charge.status,
            "payable": charge.payable(self._desk.now()),
            "gone": charge.gone,
            "disputed": "dispute" in charge.details,
            "page": self._providers[charge.provider].page(charge),
        }

    def _pay(self, request: Request) -> Answer:
        reference, seconds = _read(request)
        return json_answer(200, self.pay(self._pick(reference), seconds, _word(request, "by")))

    def _act(self, request: Request) -> Answer:
        """What a bank or a payer does later; the latest charge with that reference is meant."""
        reference, seconds = _read(request)
        return json_answer(200, self.act(self._pick(reference), _word(request, "act"), seconds))

    def _redeliver(self, request: Request) -> Answer:
        reference, seconds = _read(request)
        charge = self._pick(reference)
        events = self._desk.state.events_of(charge)
        if not events:
            raise Impossible(409, f"Charge {charge.id} has had no events yet; pay it first.")
        return json_answer(200, self._report(charge, self._desk.deliver(events), seconds))

    def _turn(self, request: Request) -> Answer:
        try:
            self._desk.turn(read_knobs(_parse(request)))
        except FaultyKnobs as fault:
            errors = [{"knob": name, "detail": detail} for name, detail in fault.errors.items()]
            raise Impossible(400, f"Some knobs cannot be set so: {fault}.", errors=errors) from fault
        return json_answer(200, asdict(self._desk.knobs))

    def _pick(self, reference: str) -> Charge:
        """Of the charges with that reference: one that can be paid, else one that was, else the newest."""
        found = self._desk.state.find_charges(lambda charge: charge.reference == reference)
        if not found:
            hint = "The application may not have created it yet; GET /_sandbox/charges lists those it has."
            raise Impossible(404, f"The sandbox has no charge with the reference {reference!r}. {hint}")
        now = self._desk.now()
        return min(found, key=lambda charge: (not charge.payable(now), charge.status != "paid"))

    def _report(self, charge: Charge, deliveries: list[Delivery], seconds: float) -> Json:
        self._desk.courier.wait(deliveries, seconds)
        return {
            "provider": charge.provider,
            "id": charge.id,
            "reference": charge.reference,
            "status": charge.status,
            "deliveries": [delivery.summary() for delivery in deliveries],
        }

    def _deliveries_of(self, charge: Charge) -> list[Delivery]:
        return [delivery for delivery in self._desk.courier.log() if delivery.event.charge_id == charge.id]

    def _deliveries(self) -> list[Json]:
        return [
            {
                **delivery.summary(),
                "provider": delivery.event.provider,
                "event_id": delivery.event.id,
                "charge_id": delivery.event.charge_id,
                "answers": delivery.answers,
            }
            for delivery in self._desk.courier.log()
        ]


def _parse(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        raise Impossible(400, "The body must be JSON.") from None


def _word(request: Request, name: str) -> str:
    """An optional text of the body."""
    word = _parse(request).get(name, "")
    if not isinstance(word, str):
        raise Impossible(400, f"{name} must be a text.")
    return word


def _read(request: Request) -> tuple[str, float]:
    """The reference, and the seconds to wait for the deliveries (at most, and by default, 15)."""
    body = _parse(request)
    reference = body.get("reference") if isinstance(body, dict) else None
    if not isinstance(reference, str) or not reference:
        raise Impossible(400, 'The body must be {"reference": "<our payment id>"}.')
    seconds = body.get("wait_seconds", _LONGEST_WAIT)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST_WAIT:
        raise Impossible(400, f"wait_seconds must be a number from 0 to {_LONGEST_WAIT:g}.")
    return reference, seconds
