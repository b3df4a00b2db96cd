"""Orders paid in every way, and what can happen to their money: refunds, disputes, other people's refunds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import wiring
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import ProviderPayment, Refunded, RefundRequest
from chalicelib.billing.rules import Payment
from chalicelib.kernel.money import Money
from infra.sandbox.wire import Request
from tests.functional import steps
from tests.functional.steps import LICENSE
from tests.world import Answer, World

# How an order is paid, by what gives its money back: `pix` and `slip` are two ways to pay a boleto.
METHOD = {"pix": "boleto", "slip": "boleto"}
BY_PROVIDER = ("card", "pix", "paypal", "redsys")
BY_HAND = ("slip", "transfer")
DISPUTABLE = ("card", "pix", "paypal")
SPAIN = {"country": "ES", "locale": "es", "tax_id": "12345678Z"}
REASON = "ordered by mistake"


@dataclass(frozen=True)
class Paid:
    """One paid order, as its customer, finance and the payer's bank deal with it."""

    world: World
    token: str
    finance: str
    order: Any

    @property
    def payment_id(self) -> str:
        return str(self.order["payment"]["id"])

    @property
    def payment(self) -> Payment:
        return billing.payments.get(self.payment_id)

    @property
    def total(self) -> int:
        return int(self.order["total"]["amount"])

    @property
    def states(self) -> tuple[str, str, str]:
        """Order, payment and invoice."""
        order = self.read(f"/v1/orders/{self.order['id']}")
        invoice = self.read(f"/v1/invoices/{order['invoice_id']}")
        return (
            order["status"],
            steps.payment(self.world, self.token, self.payment_id)["status"],
            invoice["status"],
        )

    @property
    def sums(self) -> tuple[int, int, int]:
        """Promised, taken and refunded, in minor units."""
        sums = (self.payment.promised, self.payment.taken, self.payment.refunded)
        promised, taken, refunded = (one.minor if one else 0 for one in sums)
        return promised, taken, refunded

    @property
    def code(self) -> str:
        """What a tool is told of the licence."""
        (shown, *_) = steps.licenses(self.world, self.token)
        return str(steps.validate(self.world, shown["key"])["code"])

    def read(self, path: str) -> Any:
        return steps.read(self.world, self.token, path)

    def ask(self, minor: int | None = None, *, key: str | None = None, **changed: Any) -> Answer:
        """Finance asks for a refund; nothing has followed yet."""
        body: dict[str, Any] = {"reason": REASON, **changed}
        if minor is not None:
            body["amount"] = {"amount": minor, "currency": self.order["total"]["currency"]}
        path = f"/v1/staff/payments/{self.payment_id}/refund"
        headers = {"idempotency-key": key} if key else {}
        return self.world.http("POST", path, body, token=self.finance, headers=headers)

    def refund(self, minor: int | None = None) -> Any:
        """A refund with everything that follows from it, as finance sees it then."""
        answer = self.ask(minor)
        assert answer.status == 201, answer.text
        self.world.settle_down()
        return next(one for one in self.refunds if one["id"] == answer.json["id"])

    @property
    def refunds(self) -> list[Any]:
        path = f"/v1/staff/payments/{self.payment_id}/refunds"
        found: list[Any] = steps.read(self.world, self.finance, path)["data"]
        return found

    def confirm(self, refund_id: str, reference: str = "OUT1", value_date: str = "2026-11-25") -> Answer:
        """Finance says that a refund was sent by hand."""
        body = {"reference": reference, "value_date": value_date}
        path = f"/v1/staff/refunds/{refund_id}/confirm"
        answer = self.world.http("POST", path, body, token=self.finance)
        self.world.settle_down()
        return answer

    def happens(self, act: str) -> None:
        """The payer's bank, or PayPal, does something; nobody has told us yet."""
        body = json.dumps({"reference": self.payment_id, "act": act, "wait_seconds": 0}).encode()
        answer = self.world.sandbox.answer(Request("POST", "/_sandbox/act", {}, {}, body))
        assert answer.status == 200, answer.body

    def refunded_elsewhere(self, minor: int | None = None) -> None:
        """Somebody gives money back on the provider's own pages; nobody has told us yet."""
        payment = self.payment
        amount = Money(self.total if minor is None else minor, payment.amount.currency)
        wanted = RefundRequest(f"elsewhere-{amount.minor}", payment.provider_id or "", amount, "")
        assert wiring.gateways()[payment.provider].refund(wanted).done

    def told(self) -> None:
        """The provider's webhooks come, and everything follows."""
        assert {answer.status for answer in self.world.webhooks()} == {200}
        self.world.settle_down()

    @property
    def credited(self) -> list[tuple[int, str]]:
        """Amount and reason of every credit note that the customer sees, the smallest first."""
        notes = self.read("/v1/credit_notes")["data"]
        return sorted((note["amount"]["amount"], note["reason"]) for note in notes)

    def tasks(self) -> list[str]:
        """The kinds of finance's tasks."""
        return [kind for kind, sector in steps.tasks(self.world) if sector == "finance"]

    def facts(self, kind: str) -> Any:
        (row,) = [row for row in self.world.rows("task") if row["task_kind"] == kind]
        return json.loads(row["facts"])

    def mails(self, kind: str) -> list[Any]:
        """The parameters of the e-mails of a kind to this customer."""
        rows = [row for row in self.world.rows("mail") if row["mail_kind"] == kind]
        return [json.loads(row["params"]) for row in rows]


def paid(world: World, way: str, *items: dict[str, Any], email: str = "ana@example.com") -> Paid:
    """An order paid in that way, with everything that follows."""
    _, token = world.customer(email, **({} if way in METHOD else SPAIN))
    return paid_by(world, token, way, *items)


def paid_by(world: World, token: str, way: str, *items: dict[str, Any]) -> Paid:
    """The same for a customer who is there already."""
    order = steps.charged(world, token, *(items or (LICENSE,)), method=METHOD.get(way, way))
    finance = world.staff("finance")
    if way == "transfer":
        body = {"reference": order["id"], "value_date": "2026-11-24", "amount": order["total"]}
        path = f"/v1/staff/payments/{order['payment']['id']}/confirm"
        assert world.http("POST", path, body, token=finance).status == 200
        world.settle_down()
    elif way == "pix":
        steps.pay_with(world, order["payment"]["id"], "pix")
    else:
        steps.pay(world, order["payment"])
    return Paid(world, token, finance, order)


class Says:
    """A provider that shows a charge as it is told to, one answer after the other, the last one for ever.

    `meanwhile` happens while it is asked for the first time.
    """

    def __init__(self, *shown: ProviderPayment | Exception | None, meanwhile: Any = None) -> None:
        self.shown = list(shown)
        self.meanwhile = meanwhile

    def find(self, reference: str, provider_id: str | None) -> ProviderPayment | None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        answer = self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def shown(sale: Paid, **changed: Any) -> ProviderPayment:
    seen = wiring.gateways()[sale.payment.provider].fetch(sale.payment.provider_id or "")
    assert seen
    return replace(seen, **changed)


def answers(sale: Paid, *said: ProviderPayment | Exception | None, meanwhile: Any = None) -> Any:
    """The providers, of which that of a sale says this."""
    return {sale.payment.provider: Says(*said, meanwhile=meanwhile)}


class Acts:
    """A provider that does something while it is asked for a refund, and then says that it is done."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = act

    def refund(self, request: RefundRequest) -> Refunded:
        self.act()
        return Refunded("re_1", True)


def failing(error: BaseException) -> Any:
    """The providers, of which Stripe fails so when it is asked for a refund."""

    def fail() -> None:
        raise error

    return {"stripe": Acts(fail)}
