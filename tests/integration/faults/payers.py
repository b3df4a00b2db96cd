"""Purchases in which something else than a boleto is paid: each way to pay, a change of mind, and silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from urllib3 import PoolManager

from infra.sandbox.wire import Request as SandboxRequest
from tests.integration.faults.cloud import STEP
from tests.integration.faults.scenario import Run
from tests.world import Answer


class Payer(Run):
    """A customer who pays by what his order names."""

    def shown(self) -> Any:
        """His order as the API shows it."""
        return self.world.http("GET", f"/v1/orders/{self.order_id}", token=self.token).json

    @property
    def payment_id(self) -> str:
        """The present attempt, or the one that has paid."""
        return str(self.shown()["payment"]["id"]) if self.answers else ""

    def charges(self) -> list[dict[str, Any]]:
        """The charges of all his attempts."""
        return self.charges_of({row["id"] for row in self.world.rows("payment")})

    def finish(self) -> None:
        """He pays as soon as he can."""
        self.wait_for(self.is_charged)
        self.enter_page()
        self.world.pay(self.payment_id)
        self.settle_down()

    def act_meanwhile(self, what: str, payment_id: str, **more: str) -> None:
        """He pays, or his bank acts, on the wire: between any two calls, if his provider lets him."""
        body = {"reference": payment_id, "wait_seconds": 0, **more}
        with PoolManager() as pool:
            pool.request("POST", f"{self.world.sandbox.url}/_sandbox/{what}", json=body)

    def settle_down(self) -> None:
        """The provider tells what it has to tell, and time passes until nothing is outstanding any more."""
        # What it tells after the first time may follow from what we answered to that.
        for _ in range(2):
            self.provider_tells()
            self.rest()
        self.wait_for(self.quiet)
        self.wire.armed = False

    def enter_page(self) -> None:
        """He opens the provider's page, which for Redsys means to post a form."""
        if form := self.shown()["payment"]["form"]:
            path, body = urlsplit(form["url"]).path, urlencode(form["fields"]).encode()
            assert self.world.sandbox.answer(SandboxRequest("POST", path, {}, {}, body)).status == 200


class ByTransfer(Payer):
    """He sends the money in parts; finance confirms each until it hears that it is booked."""

    # By the bank's references.
    parts: Mapping[str, int] = {"N1": 10_000, "N2": 49_900}

    def finish(self) -> None:
        """Part by part."""
        self.wait_for(lambda: any("transfer" in row for row in self.world.rows("payment")))
        for reference, minor in self.parts.items():
            self.until_answered(partial(self.confirm, reference, minor))
            self.rest()
        self.settle_down()

    def confirm(self, reference: str, minor: int) -> Answer:
        """Finance confirms a line of the bank's statement, once."""
        amount = {"amount": minor, "currency": "BRL"}
        body = {"reference": reference, "value_date": "2026-11-20", "amount": amount}
        path = f"/v1/staff/payments/{self.payment_id}/confirm"
        return self.world.http("POST", path, body, token=self.finance)

    @cached_property
    def finance(self) -> str:
        """Somebody in finance."""
        return self.world.staff("finance")

    def aftermath(self) -> None:
        """Finance tells of all lines once more."""
        super().aftermath()
        for reference, minor in self.parts.items():
            assert self.confirm(reference, minor).status == 200


class Switching(Payer):
    """He has a boleto and then wants to pay by card after all."""

    def finish(self) -> None:
        """The other attempt is asked for until it is answered, unless the former has been paid by then."""
        self.wait_for(lambda: self.is_charged() or self.has_paid())
        if not self.has_paid():
            self.until_answered(self.switch)
        self.rest()
        self.wait_for(lambda: self.shown()["payment"]["redirect_url"] or self.has_paid())
        self.inspect(self)
        if self.has_paid():
            self.settle_down()
        else:
            super().finish()

    def has_paid(self) -> bool:
        """Whether one of his attempts was paid."""
        return bool(self.shown()["status"] == "paid")

    def switch(self) -> Answer:
        """Another attempt, once."""
        path = f"/v1/invoices/{self.answers[0].json['invoice_id']}/payments"
        key = {"Idempotency-Key": f"{self.key}-again"}
        return self.world.http("POST", path, {"method": "card"}, token=self.token, headers=key)

    def aftermath(self) -> None:
        """And once more, late."""
        assert self.switch().status in (201, 409)
        super().aftermath()


class Keeping(Payer):
    """He pays by card and keeps it: the order after that is charged without him."""

    asks_again = False

    def wanted(self) -> Mapping[str, Any]:
        """The second time, nothing is said of the card."""
        return {**self.plan.order, "keep_card": not self.asks_again}

    def finish(self) -> None:
        """Two orders, of which only the first needs a page; faults begin with the second."""
        self.wire.armed = False
        super().finish()
        self.wire.armed = True
        self.asks_again, self.answers, self.key = True, [], f"{self.key}-second"
        self.place()
        self.rest()
        self.wait_for(lambda: self.shown()["status"] == "paid")
        self.settle_down()

    def orders_wanted(self) -> int:
        """How many he asked for."""
        return 2


class Returning(Payer):
    """He wants his money back: finance asks until it hears that it is under way."""

    def finish(self) -> None:
        """He has paid, faults begin, and he asks; unless he has done so already."""
        if not self.world.rows("refund"):
            self.pay_first()
            self.until_answered(self.give_back)
            self.rest()
        self.settle_down()
        if any("contested_at" in row for row in self.world.rows("payment")):
            self.act_meanwhile("act", self.payment_id, act="dispute_lost")
            self.settle_down()

    def pay_first(self) -> None:
        """He pays, which is swept elsewhere."""
        self.wire.armed = False
        super().finish()
        self.wire.armed = True

    def give_back(self, who: str = "") -> Answer:
        """Finance asks for all of it, once."""
        path = f"/v1/staff/payments/{self.payment_id}/refund"
        key = {"Idempotency-Key": f"{self.key}-{who}"}
        body = {"reason": "he changed his mind"}
        return self.world.http("POST", path, body, token=self.finance, headers=key)

    @cached_property
    def finance(self) -> str:
        """Somebody in finance."""
        return self.world.staff("finance")

    def aftermath(self) -> None:
        """Finance asks once more, late."""
        assert self.give_back().status in (201, 409, 422)
        super().aftermath()


class Contesting(Payer):
    """His bank takes the money back, and what he bought stops."""

    def finish(self) -> None:
        """He has paid, and faults begin."""
        self.wire.armed = False
        super().finish()
        self.wire.armed = True
        for act in ("dispute", "dispute_lost"):
            self.act_meanwhile("act", self.payment_id, act=act)
            self.settle_down()
            self.wire.armed = act == "dispute"


class Silent(Payer):
    """He does not pay his boleto in time: the order is given up, and nothing stays payable."""

    def finish(self) -> None:
        """Time comes to the end of what banks need."""
        self.wait_for(lambda: self.is_charged() or self.is_over())
        (order,) = self.world.rows("order")
        self.world.now = max(self.world.now, datetime.fromisoformat(order["expires_at"]) - STEP)
        self.pass_time()
        self.wait_for(self.is_over)
        self.settle_down()

    def is_over(self) -> bool:
        """Whether the order was given up, or paid after all."""
        return self.shown()["status"] in ("expired", "paid")


PAYERS: Mapping[str, type[Run]] = {
    "": Run,
    "payer": Payer,
    "transfer": ByTransfer,
    "switching": Switching,
    "keeping": Keeping,
    "silent": Silent,
    "returning": Returning,
    "contesting": Contesting,
}
