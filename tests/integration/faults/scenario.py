"""One purchase in a world that behaves as the world does.

The client repeats his request until he has an answer, and once more late. The provider repeats each webhook
until it hears 2xx, all of them once more late and in reverse, and may tell of money before it is there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chalicelib.catalog import store as catalog
from chalicelib.customers.rules import Customer
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.events import Actor, Change
from chalicelib.orders import store as orders
from chalicelib.storage.transaction import Transaction
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.changes import started
from infra.sandbox import signing
from infra.sandbox.wire import Request as SandboxRequest
from tests.integration.faults.cloud import Cloud
from tests.integration.faults.hooks import Wire
from tests.integration.faults.plans import Plan
from tests.integration.faults.seen import Seen
from tests.world import SECRETS, Answer, World

REQUESTS = 5
ZONE = "America/Sao_Paulo"


@dataclass(frozen=True)
class Notice:
    """One webhook as the provider sends it."""

    provider: str
    body: str
    headers: Mapping[str, str]


class Run(Cloud):
    """One purchase by a new customer.

    `inspect` is called wherever an invocation just died, and before the customer pays.
    """

    def __init__(self, world: World, plan: Plan, wire: Wire, inspect: Callable[[Run], None]) -> None:
        super().__init__(world, wire, plan.streaming, idling=plan.hurts_reads)
        self.plan = plan
        self.inspect = inspect
        self.email = f"{uuid.uuid4().hex}@example.com"
        self.key = str(uuid.uuid4())
        self.answers: list[Answer] = []
        self.acknowledged: set[str] = set()
        self.events_before = len(world.sandbox.signed_events())
        self.customer, self.token = self.enter()

    def enter(self) -> tuple[Customer, str]:
        """Who buys, and his access token."""
        self.customer, token = self.world.customer(self.email, **self.plan.profile)
        for product in self.plan.holds:
            self.grant(product)
        return self.customer, token

    def died(self) -> None:
        """What is left behind by a dead invocation must be in order at once."""
        super().died()
        self.inspect(self)

    # The story

    def buy(self) -> None:
        """The whole purchase."""
        self.wire.armed = not self.plan.late
        self.place()
        self.rest()
        if not self.plan.hasty:
            self.wait_for(self.is_charged)
        if self.plan.canceled:
            self.cancel()
        self.wire.armed = True
        self.provider_tells()
        if self.plan.misled:
            self.provider_misleads()
        self.rest()
        self.inspect(self)
        self.finish()

    def finish(self) -> None:
        """The customer pays, and time passes until nothing is outstanding any more."""
        self.wait_for(lambda: bool(self.charges()))
        self.world.pay(self.payment_id)
        self.wire.armed = self.wire.armed and not self.plan.hasty
        if not self.plan.silent:
            self.provider_tells()
        self.rest()
        self.wait_for(self.quiet)
        self.wire.armed = False

    def aftermath(self) -> None:
        """Everybody who can repeat himself does so once more, late."""
        self.place()
        self.provider_tells(again=True)
        self.repeat()

    # The client

    def place(self) -> None:
        """The client sends his order until he has an answer."""
        self.until_answered(self.order)

    def order(self) -> Answer:
        """The client's request, once."""
        body, headers = json.dumps(self.wanted()).encode(), {"Idempotency-Key": self.key}
        answer = self.world.http("POST", "/v1/orders", raw=body, headers=headers, token=self.token)
        if answer.status < 500:
            self.answers.append(answer)
        return answer

    def wanted(self) -> Mapping[str, Any]:
        """The body of his order."""
        return self.plan.order

    def until_answered(self, send: Callable[[], Answer], gone: bool = False) -> None:
        """Send a request until an answer below 500 comes back, which must be a good one.

        `gone`: what is to be removed may not be there any more when the request is repeated.
        """
        got: list[Answer] = []
        for _ in range(REQUESTS):
            if self.invoke(lambda: got.append(send())) and got[-1].status < 500:
                assert got[-1].status < 300 or (gone and got[-1].status == 404), got[-1].text
                return
        raise AssertionError(f"no answer: {got}")

    @property
    def order_id(self) -> str:
        return str(self.answers[0].json["id"])

    @property
    def payment_id(self) -> str:
        return str(self.answers[0].json["payment"]["id"])

    def is_charged(self) -> bool:
        """Whether the customer can see how to pay."""
        return any(row["status"] == "pending" for row in self.world.rows("payment"))

    # What an outsider knows

    def seen(self, taken: Sequence[str]) -> Seen:
        """The world as it is now; `taken` are the ids of all messages that SES took."""
        mail_ids = {message_id: mail_id for mail_id, message_id in self.wire.mails}
        return Seen(
            rows=self.world.rows(),
            mails=[mail_ids[message_id] for message_id in taken],
            charges=self.charges(),
            acknowledged=frozenset(self.acknowledged),
            orders=self.orders_wanted(),
            notices=[],
            documents=self.world.documents(),
        )

    def orders_wanted(self) -> int:
        """How many orders he has asked for."""
        return 1

    # The provider

    def charges(self) -> list[dict[str, Any]]:
        """The charges that the provider has for this purchase."""
        return self.charges_of({self.payment_id} if self.answers else ())

    def charges_of(self, payment_ids: Container[str]) -> list[dict[str, Any]]:
        """The charges that the provider has for some payments."""
        asked = self.world.sandbox.answer(SandboxRequest("GET", "/_sandbox/charges"))
        found: list[dict[str, Any]] = json.loads(asked.body)["data"]
        return [charge for charge in found if charge["reference"] in payment_ids]

    def provider_tells(self, again: bool = False) -> None:
        """The provider's webhooks, each until 2xx; `again`: all of them once more, the latest first."""
        told = self.notices()
        for notice in reversed(told) if again else told:
            if again or notice.body not in self.acknowledged:
                self.until_answered(partial(self.tell, notice))

    def notices(self) -> list[Notice]:
        """What the provider has to tell of this purchase, signed now."""
        events = self.world.sandbox.signed_events()[self.events_before :]
        return [Notice(event.provider, event.body, headers) for event, headers in events]

    def tell(self, notice: Notice) -> Answer:
        """One webhook, once."""
        path, raw = f"/v1/webhooks/{notice.provider}", notice.body.encode()
        answer = self.world.http("POST", path, raw=raw, headers=notice.headers)
        if answer.status == 200:
            self.acknowledged.add(notice.body)
        return answer

    def provider_misleads(self) -> None:
        """An authentic message says that the money is there, before it is."""
        charge, *_ = self.charges()
        paid = {"id": charge["id"], "status": "RECEIVED", "externalReference": self.payment_id}
        told = {"id": f"evt_{uuid.uuid4().hex}", "event": "PAYMENT_RECEIVED", "payment": paid}
        headers = signing.asaas_headers(SECRETS["asaas"]["webhook_token"])
        self.until_answered(lambda: self.tell(Notice("asaas", json.dumps(told), headers)))

    # Staff

    def grant(self, product_code: str) -> None:
        """The customer gets a subscription, for a reason."""
        product, now = catalog.get(product_code), self.world.now
        start = local_date(now, ZONE)
        terms, price = product.terms, product.price("BRL")
        assert terms
        assert price
        # What subscriptions do by themselves has plans of its own.
        terms = replace(terms, period="P9Y", auto_renew=False)
        held = started(
            id=f"sub_{uuid.uuid4().hex}",
            customer_id=self.customer.id,
            order_id=None,
            product=product.code,
            name=product.name("pt-BR"),
            price=price,
            terms=terms,
            start=start,
            zone=ZONE,
            now=now,
        )
        by = Actor("staff", "staff", "bought on paper")
        writing = Transaction()
        writing.save(subscriptions.row(held))
        writing.audit(Change(held.id, self.customer.id, "granted", None, "active", by, now))
        writing.commit()

    def cancel(self) -> None:
        """The order is cancelled before it is paid; there is no request for that yet."""
        before, now = orders.get(self.order_id), self.world.now
        after = replace(before, status="canceled")
        by = Actor("staff", "staff", "the customer called")
        writing = Transaction()
        writing.save(orders.row(after))
        writing.audit(Change(after.id, self.customer.id, "canceled", before.status, after.status, by, now))
        writing.commit()
