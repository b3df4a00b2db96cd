"""What a payer sees of Redsys: the page that a merchant's form leads to, where he pays or is declined."""

from urllib.parse import parse_qsl

from infra.sandbox import markup
from infra.sandbox.control import Control, Impossible
from infra.sandbox.desk import Desk
from infra.sandbox.redsys import Redsys, Refusal
from infra.sandbox.state import Charge
from infra.sandbox.wire import Answer, Refused, Request, Routes

# A page lets the application take the notification before it sends the payer back.
_PATIENCE = 10.0


class RedsysPages:
    """The pages below /redsys."""

    def __init__(self, desk: Desk, control: Control, redsys: Redsys) -> None:
        self._desk = desk
        self._control = control
        self._redsys = redsys
        self._routes = Routes(
            ("POST", "/sis/realizarPago", self._open),
            ("GET", "/pay/{order}", lambda request, order: self._page(self._charge(order))),
            ("POST", "/pay/{order}", lambda request, order: self._pay(self._charge(order))),
            ("POST", "/decline/{order}", lambda request, order: self._decline(self._charge(order))),
        )

    def answer(self, request: Request) -> Answer:
        """Answer one request of a browser."""
        try:
            return self._routes.answer(request) or _html(
                404, "Not found", "<p>There is no such page here.</p>"
            )
        except Refused:
            return _html(404, "Not found", "<p>Redsys has no such order.</p>")
        except Refusal as refusal:
            return _html(400, "Not possible", markup.note(f"Redsys refuses this form: {refusal.code}"))
        except Impossible as impossible:
            return _html(impossible.status, "Not possible", markup.note(str(impossible)))

    def _charge(self, order: str) -> Charge:
        charge = self._control.charge(order)
        if charge.provider != "redsys":
            raise Refused(Answer(404))
        return charge

    def _open(self, request: Request) -> Answer:
        return self._page(self._redsys.open(dict(parse_qsl(request.body.decode("utf-8", "replace")))))

    def _page(self, charge: Charge) -> Answer:
        facts = {
            "For": charge.details["description"],
            "Amount": markup.money(charge.shown, charge.currency),
            "Order": charge.id,
            "Reference": charge.reference,
            "State": charge.status,
        }
        buttons = markup.note("Paid." if charge.status == "paid" else "This can no longer be paid.")
        if charge.payable(self._desk.now()):
            pay = markup.pay_form(f"/redsys/pay/{charge.id}", "Pay")
            buttons = pay + markup.pay_form(f"/redsys/decline/{charge.id}", "Have the card declined")
        return _html(200, "Redsys", markup.details(facts) + buttons)

    def _pay(self, charge: Charge) -> Answer:
        self._control.pay(charge, _PATIENCE)
        return _go(self._redsys.way_back(charge))

    def _decline(self, charge: Charge) -> Answer:
        self._desk.courier.wait(self._desk.deliver(self._redsys.decline(charge)), _PATIENCE)
        return _go(self._redsys.way_back(charge))


def _html(status: int, title: str, body: str) -> Answer:
    return Answer(status, markup.page(title, body).encode(), {"Content-Type": "text/html; charset=utf-8"})


def _go(address: str) -> Answer:
    return Answer(303, b"", {"Location": address})
