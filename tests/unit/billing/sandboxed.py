"""An adapter, the sandbox provider that it talks to, and the application that gets the webhooks."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from urllib3 import PoolManager

from chalicelib.billing.gateways import (
    Charged,
    ChargeRequest,
    Gateway,
    Notice,
    ProviderPayment,
    RefundRequest,
)
from chalicelib.billing.gateways.asaas import Asaas
from chalicelib.billing.gateways.stripe import Stripe
from chalicelib.kernel.money import Money
from infra.sandbox.server import Sandbox, SandboxConfig
from tests.unit.billing.stub import CARD, SLIP, Call, Reply, Stub, pooled, serving

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One way to be paid: the adapter for these credentials (None: the right ones), and what it charges.

    `by` is how the sandbox's payer pays it, `refunds` whether the provider can give that back.
    """

    adapter: Callable[[PoolManager, Sandbox, str | None], Gateway]
    request: ChargeRequest
    by: str = ""
    refunds: bool = True


def _asaas(pool: PoolManager, sandbox: Sandbox, key: str | None) -> Gateway:
    return Asaas(pool, f"{sandbox.url}/asaas", key or "a-key", "a-token")


def _stripe(pool: PoolManager, sandbox: Sandbox, key: str | None) -> Gateway:
    secret = key or "sk_test_key"
    return Stripe(pool, f"{sandbox.url}/stripe", secret, "whsec_test_secret", clock=lambda: NOW)


CASES = {
    "asaas": Case(_asaas, SLIP, refunds=False),
    "asaas_pix": Case(_asaas, SLIP, by="pix"),
    "stripe": Case(_stripe, CARD),
    "stripe_boleto": Case(_stripe, SLIP, refunds=False),
}


@dataclass(frozen=True)
class World:
    """One adapter, the sandbox's control API, and the application that gets the webhooks."""

    case: Case
    gateway: Gateway
    stranger: Gateway
    application: Stub
    pool: PoolManager
    url: str

    @property
    def request(self) -> ChargeRequest:
        """What this adapter charges."""
        return self.case.request

    def control(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        """One call to the sandbox's control API."""
        answer = self.pool.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status == status, answer.data
        return json.loads(answer.data)

    def turn(self, **knobs: object) -> None:
        """Set these knobs, all others at rest."""
        self.control("PUT", "knobs", knobs)

    def pay(self, reference: str = "pay_1", status: int = 200, by: str | None = None) -> None:
        """The payer pays; comes back when the webhooks have been delivered."""
        by = self.case.by if by is None else by
        self.control("POST", "pay", {"reference": reference, "by": by}, status)

    def act(self, act: str, reference: str = "pay_1") -> None:
        """Something else happens to a charge; comes back when the webhooks have been delivered."""
        self.control("POST", "act", {"reference": reference, "act": act})

    def charges(self) -> list[Any]:
        """What the sandbox has, newest first."""
        return list(self.control("GET", "charges")["data"])

    def paid(self) -> Charged:
        """A charge that has been paid."""
        charged = self.gateway.charge(self.request)
        self.pay()
        return charged

    def seen(self, provider_id: str) -> ProviderPayment:
        """The charge as the adapter sees it now."""
        known = self.gateway.fetch(provider_id)
        assert known is not None
        return known

    def money(self, minor: int) -> Money:
        """An amount in the currency of this adapter's charges."""
        return Money(minor, self.request.amount.currency)

    def back(self, charged: Charged, minor: int, refund_id: str = "rfd_1") -> RefundRequest:
        """A part of the charge to give back."""
        return RefundRequest(refund_id, charged.provider_id, self.money(minor), "Não serviu")

    def notices(self) -> list[Notice]:
        """All webhooks of the provider so far, proved authentic."""
        return [self.gateway.authenticate(call.headers, call.body, NOW) for call in self.hooks()]

    def hooks(self) -> list[Call]:
        """All webhooks of the provider so far, as they came."""
        path = f"/v1/webhooks/{self.gateway.name}"
        return [call for call in self.application.calls if call.path == path]


@contextmanager
def _sandbox(webhook_base: str) -> Iterator[Sandbox]:
    sandbox = Sandbox(
        SandboxConfig(
            port=0,
            webhook_base=webhook_base,
            asaas_api_key="a-key",
            asaas_webhook_token="a-token",
            stripe_secret_key="sk_test_key",
            stripe_webhook_secret="whsec_test_secret",
            clock=lambda: NOW,
            retry_delays=(0.01,),
        )
    )
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()


@contextmanager
def world_of(name: str) -> Iterator[World]:
    """The world of one case, by its name in CASES."""
    case = CASES[name]
    with ExitStack() as stack:
        application = stack.enter_context(serving(lambda call: Reply(200)))
        sandbox = stack.enter_context(_sandbox(application.url))
        pool = stack.enter_context(pooled())
        gateway, stranger = case.adapter(pool, sandbox, None), case.adapter(pool, sandbox, "sk_test_other")
        yield World(case, gateway, stranger, application, pool, sandbox.url)
