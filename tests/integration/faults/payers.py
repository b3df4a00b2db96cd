"""Purchases in which something else than a boleto is paid: each way to pay, a change of mind, and silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
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
        # What the provider tells after that may follow from what we answer to its first message.
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
    """He sends the money in two parts; finance confirms each until it hears that it is booked."""

    def finish(self) -> None:
        """Part by part."""
        self.wait_for(self.is_charged)
        self.staff = self.world.staff("finance")
        for reference, minor in (("N1", 10_000), ("N2", 49_900)):
            self.until_answered(partial(self.confirm, reference, minor))
            self.rest()
        self.wait_for(self.quiet)
        self.wire.armed = False

    def confirm(self, reference: str, minor: int) -> Answer:
        """Finance confirms a line of the bank's statement, once."""
        amount = {"amount": minor, "currency": "BRL"}
        body = {"reference": reference, "value_date": "2026-11-20", "amount": amount}
        path = f"/v1/staff/payments/{self.payment_id}/confirm"
        return self.world.http("POST", path, body, token=self.staff)

    def aftermath(self) -> None:
        """Finance tells of both lines once more."""
        super().aftermath()
        self.confirm("N1", 10_000)
        self.confirm("N2", 49_900)


class Switching(Payer):
    """He has a boleto and then wants to pay by card after all."""

    def finish(self) -> None:
        """The other attempt is asked for until it is answered."""
        self.wait_for(self.is_charged)
        self.until_answered(self.switch)
        self.rest()
        self.wait_for(lambda: self.shown()["payment"]["redirect_url"] is not None)
        self.inspect(self)
        super().finish()

    def switch(self) -> Answer:
        """Another attempt, once."""
        path = f"/v1/invoices/{self.answers[0].json['invoice_id']}/payments"
        key = {"Idempotency-Key": f"{self.key}-again"}
        return self.world.http("POST", path, {"method": "card"}, token=self.token, headers=key)

    def aftermath(self) -> None:
        """And once more, late."""
        assert self.switch().status == 201
        super().aftermath()


class Keeping(Payer):
    """He pays by card and keeps it: the order after that is charged without him."""

    asks_again = False

    def wanted(self) -> Mapping[str, Any]:
        """The second time, nothing is said of the card."""
        return {**self.plan.order, "keep_card": not self.asks_again}

    def finish(self) -> None:
        """Two orders, of which only the first needs a page."""
        super().finish()
        self.wire.armed = True
        self.asks_again, self.answers, self.key = True, [], f"{self.key}-second"
        self.place()
        self.rest()
        self.wait_for(lambda: self.shown()["status"] == "paid")
        self.provider_tells()
        self.rest()
        self.wait_for(self.quiet)
        self.wire.armed = False

    def orders_wanted(self) -> int:
        """How many he asked for."""
        return 2


class Silent(Payer):
    """He never pays his boleto: the order is given up, and nothing stays payable."""

    def finish(self) -> None:
        """Time comes to the end of what banks need."""
        self.wait_for(self.is_charged)
        self.come_to_the_end()
        self.wait_for(lambda: self.shown()["status"] == "expired")
        self.wait_for(self.quiet)
        self.wire.armed = False

    def come_to_the_end(self) -> None:
        """The sweep finds the order overdue the next time."""
        (order,) = self.world.rows("order")
        self.world.now = datetime.fromisoformat(order["expires_at"]) - STEP
        self.pass_time()

    def pay_meanwhile(self) -> None:
        """He pays after all, on the wire, so that it can happen between any two calls."""
        body = {"reference": self.payment_id, "wait_seconds": 0}
        # Whether it is still possible is for the provider to say.
        PoolManager().request("POST", f"{self.world.sandbox.url}/_sandbox/pay", json=body)


PAYERS: Mapping[str, type[Run]] = {
    "": Run,
    "payer": Payer,
    "transfer": ByTransfer,
    "switching": Switching,
    "keeping": Keeping,
    "silent": Silent,
}
