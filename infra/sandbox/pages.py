"""The pages for people: the charges with the knobs, the slip of Asaas, the checkout of Stripe, PayPal's."""

from dataclasses import asdict
from urllib.parse import parse_qsl, urlencode

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


# Cards to keep that make trouble when they are charged again.
_CARDS = {
    "card_declined": "a card that is declined later",
    "authentication_required": "a card that wants its holder later",
}


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
                lambda request, charge_id: self._pay(charge_id, f"/asaas/b/{charge_id}", _by(request)),
            ),
            (
                "GET",
                "/stripe/pay/{id}",
                lambda request, charge_id: self._checkout(self._charge(charge_id, "stripe")),
            ),
            (
                "POST",
                "/stripe/pay/{id}",
                lambda request, charge_id: self._complete(self._charge(charge_id, "stripe"), _by(request)),
            ),
            (
                "GET",
                "/paypal/checkoutnow/{id}",
                lambda request, charge_id: self._approval(self._charge(charge_id, "paypal")),
            ),
            (
                "POST",
                "/paypal/checkoutnow/{id}",
                lambda request, charge_id: self._approve(self._charge(charge_id, "paypal")),
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

    def _pay(self, charge_id: str, then: str, by: str = "") -> Answer:
        self._control.pay(self._control.charge(charge_id), _PATIENCE, by)
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
        address = f"/asaas/b/{charge.id}"
        by_pix = (
            markup.pay_form(f"{address}?by=pix", "Pay by Pix") if charge.payable(self._desk.now()) else ""
        )
        return _html(200, "Boleto", markup.details(facts) + self._button(charge, address) + by_pix)

    def _checkout(self, charge: Charge) -> Answer:
        facts = {
            "Amount": markup.money(charge.shown, charge.currency),
            "Reference": charge.reference,
            "State": charge.status,
        }
        address = f"/stripe/pay/{charge.id}"
        kept = charge.details["keep"] and charge.payable(self._desk.now())
        others = "".join(
            markup.pay_form(f"{address}?by={by}", f"Pay with {label}") for by, label in _CARDS.items() if kept
        )
        return _html(200, "Checkout", markup.details(facts) + self._button(charge, address) + others)

    def _complete(self, charge: Charge, by: str) -> Answer:
        self._control.pay(charge, _PATIENCE, by)
        return _go(str(charge.details["success_url"]).replace("{CHECKOUT_SESSION_ID}", charge.id))

    def _approval(self, charge: Charge) -> Answer:
        facts = {
            "Seller": charge.details["brand"] or "",
            "Amount": markup.money(charge.shown, charge.currency),
            "For": charge.details["description"] or "",
            "Reference": charge.reference,
            "State": charge.status,
        }
        button = self._button(charge, f"/paypal/checkoutnow/{charge.id}")
        return _html(200, "PayPal", markup.details(facts) + button)

    def _approve(self, charge: Charge) -> Answer:
        self._control.pay(charge, _PATIENCE)
        address = str(charge.details["return_url"])
        told = urlencode({"token": charge.id, "PayerID": charge.details["payer"] or ""})
        return _go(f"{address}{'&' if '?' in address else '?'}{told}")

    def _button(self, charge: Charge, action: str) -> str:
        if charge.payable(self._desk.now()):
            return markup.pay_form(action, "Pay")
        known = {"paid": "Paid.", "approved": "Approved; the seller has not taken the money yet."}
        return markup.note(known.get(charge.status, "This can no longer be paid."))


def _by(request: Request) -> str:
    return request.query.get("by", "")


def _knob_value(text: str | None, rest: float) -> object:
    """What a form field says; a text that is no number is left as it is, to be named as faulty."""
    if isinstance(rest, bool):
        return text is not None
    try:
        return type(rest)(text or 0)
    except ValueError:
        return text
