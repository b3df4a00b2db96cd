"""The adapter of PayPal, the sandbox provider, and an application that gets the webhooks."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from urllib3 import PoolManager

from chalicelib.billing.gateways import Notice, ProviderPayment
from chalicelib.billing.gateways.paypal import PayPal
from infra.sandbox.paypal import PayPalKeys
from infra.sandbox.server import Sandbox, SandboxConfig
from tests.unit.billing.stub import CARD, Reply, Stub, pooled, serving

NOON = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
KEYS = PayPalKeys("a-client", "a-secret", "8PT597110X687430L")


@dataclass
class World:
    """The adapter, the sandbox's control API, and the application that gets the webhooks."""

    gateway: PayPal
    stranger: PayPal
    application: Stub
    sandbox: Sandbox
    pool: PoolManager
    clock: list[datetime]

    def control(self, method: str, path: str, body: object = None) -> Any:
        """One call to the sandbox's control API."""
        answer = self.pool.request(method, f"{self.sandbox.url}/_sandbox/{path}", json=body, timeout=20)
        assert answer.status == 200, answer.data
        return json.loads(answer.data)

    def turn(self, **knobs: object) -> None:
        """Set these knobs, all others at rest."""
        self.control("PUT", "knobs", knobs)

    def approve(self, reference: str = "pay_1", **more: str) -> None:
        """The payer approves; comes back when the webhooks have been delivered."""
        self.control("POST", "pay", {"reference": reference, **more})

    def act(self, act: str) -> None:
        """Something happens to the money later."""
        self.control("POST", "act", {"reference": "pay_1", "act": act})

    def fetch(self, provider_id: str) -> ProviderPayment:
        """The charge, which is there."""
        known = self.gateway.fetch(provider_id)
        assert known is not None
        return known

    def capture(self, provider_id: str) -> ProviderPayment:
        """The charge, which is there, after its money was taken if its payer has agreed."""
        known = self.gateway.capture(provider_id)
        assert known is not None
        return known

    def settled(self) -> list[Notice]:
        """Every webhook, once all have arrived, proved authentic."""
        for _ in range(400):
            told = self.control("GET", "deliveries")["data"]
            if all(one["status"] != "pending" for one in told):
                break
            threading.Event().wait(0.025)
        return [self.gateway.authenticate(call.headers, call.body, NOON) for call in self.application.calls]

    def paid(self) -> str:
        """A charge that has been paid: its id."""
        charged = self.gateway.charge(CARD)
        self.approve()
        assert self.capture(charged.provider_id).status == "paid"
        return charged.provider_id


@contextmanager
def paypal_world() -> Iterator[World]:
    """All of it, running."""
    clock = [NOON]
    with ExitStack() as stack:
        application = stack.enter_context(serving(lambda call: Reply(200)))
        pool = stack.enter_context(pooled())
        sandbox = Sandbox(
            SandboxConfig(
                port=0,
                webhook_base=application.url,
                asaas_api_key="a-key",
                asaas_webhook_token="a-token",
                stripe_secret_key="sk_test_key",
                stripe_webhook_secret="whsec_test_secret",
                paypal=KEYS,
                clock=lambda: clock[0],
                retry_delays=(0.01,),
            )
        )
        sandbox.start()
        stack.callback(sandbox.stop)
        gateway, stranger = (
            PayPal(
                pool,
                f"{sandbox.url}/paypal",
                KEYS.client_id,
                secret,
                KEYS.webhook_id,
                trusted_roots=sandbox.paypal_root,
            )
            for secret in (KEYS.client_secret, "another-secret")
        )
        yield World(gateway, stranger, application, sandbox, pool, clock)
