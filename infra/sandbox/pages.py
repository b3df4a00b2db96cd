"""The pages for people: the charges with the knobs, the slip of Asaas, the hosted checkout of Stripe."""

from dataclasses import asdict
from urllib.parse import parse_qsl

from infra.sandbox import markup
from infra.sandbox.asaas_objects import slip_of
from infra.sandbox.boleto import for_reading
from infra.sandbox.control import Control, Impossible
from infra.sandbox.desk import Desk
from infra.sandbox.knobs import FaultyKnobs, Knobs, read_knobs
from infra.sandbox.state import Charge
from infra.sandbox.wire import Answer, Refused, Request, Routes

# As Stripe does, a page lets the application take the webhooks before it sends the payer back.
_PATIENCE = 10.0


def _html(status: int, title: str, body: str) -> Answer:
    return Answer(status, markup.page(title, body).encode(), {"Content-Type": "text/html; charset=utf-8"})


def _go(address: str) -> Answer:
    return Answer(303, b"", {"Location": address})


class Pages:
    """Everything that a browser is shown."""

    def __init__(self, desk: Desk, control: Control) -> None:
        self._desk = desk
        self._control = control
        self._routes = Routes(
            ("GET", "/", lambda request: self._front(200, {})),
            ("POST", "/pay/{id}", lambda request, charge_id: self._pay(charge_id, "/")),
            ("POST", "/knobs", self._turn),
            ("GET", "/asaas/b/{id}", lambda request, charge_id: self._slip(self._charge(charge_id, "asaas"))),
            (
                "POST",
                "/asaas/b/{id}",
                lambda request, charge_id: self._pay(charge_id, f"/asaas/b/{charge_id}"),
            ),
            (
                "GET",
                "/stripe/pay/{id}",
                lambda request, charge_id: self._checkout(self._charge(charge_id, "stripe")),
            ),
            (
                "POST",
                "/stripe/pay/{id}",
                lambda request, charge_id: self._complete(self._charge(charge_id, "stripe")),
            ),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one request of a browser."""
        try:
            return self._routes.answer(request) or _html(
                404, "Not found", "<p>There is no such page here.</p>"
            )
        except Refused:
            return _html(404, "Not found", "<p>The sandbox has no such charge.</p>")
        except Impossible as refusal:
            return _html(refusal.status, "Not possible", markup.note(str(refusal)))

    def _charge(self, charge_id: str, provider: str) -> Charge:
        charge = self._control.charge(charge_id)
        if charge.provider != provider:
            raise Refused(Answer(404))
        return charge

    def _front(self, status: int, errors: dict[str, str]) -> Answer:
        body = markup.charges_table(self._control.charges()) + markup.knobs_form(self._desk.knobs, errors)
        return _html(status, "Sandbox payment provider", body)

    def _pay(self, charge_id: str, then: str) -> Answer:
        self._control.pay(self._control.charge(charge_id), _PATIENCE)
        return _go(then)

    def _turn(self, request: Request) -> Answer:
        given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        wanted = {name: _knob_value(given.get(name), rest) for name, rest in asdict(Knobs()).items()}
        try:
            self._desk.turn(read_knobs(wanted))
        except FaultyKnobs as fault:
            return self._front(400, fault.errors)
        return _go("/")

    def _slip(self, charge: Charge) -> Answer:
        facts = {
            "Line": for_reading(slip_of(charge).line),
            "Amount": markup.money(charge.shown, charge.currency),
            "Due": charge.details["due_date"],
            "Reference": charge.reference,
            "State": charge.status,
        }
        return _html(200, "Boleto", markup.details(facts) + self._button(charge, f"/asaas/b/{charge.id}"))

    def _checkout(self, charge: Charge) -> Answer:
        facts = {
            "Amount": markup.money(charge.shown, charge.currency),
            "Reference": charge.reference,
            "State": charge.status,
        }
        return _html(
            200, "Checkout", markup.details(facts) + self._button(charge, f"/stripe/pay/{charge.id}")
        )

    def _complete(self, charge: Charge) -> Answer:
        self._control.pay(charge, _PATIENCE)
        return _go(str(charge.details["success_url"]).replace("{CHECKOUT_SESSION_ID}", charge.id))

    def _button(self, charge: Charge, action: str) -> str:
        if charge.payable(self._desk.now()):
            return markup.pay_form(action, "Pay")
        return markup.note("Paid." if charge.status == "paid" else "This can no longer be paid.")


def _knob_value(text: str | None, rest: float) -> object:
    """What a form field says; a text that is no number is left as it is, to be named as faulty."""
    if isinstance(rest, bool):
        return text is not None
    try:
        return type(rest)(text or 0)
    except ValueError:
        return text
