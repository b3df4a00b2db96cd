"""An adapter of PayPal, a signer that it trusts, and where the signer's certificate lies."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from chalicelib.billing.gateways import NotAuthentic
from chalicelib.billing.gateways.paypal import PayPal
from infra.sandbox.paypal_signing import Forgery, Signer
from tests.unit.billing.stub import IMPATIENT, Reply, Stub, pooled, serving

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
WEBHOOK = "8PT597110X687430L"
CERTS = "/v1/notifications/certs/"
BODY = json.dumps(
    {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": {"id": "CAP1"}}
).encode()
Headers = dict[str, str]


def lower(headers: Headers) -> Headers:
    """As the application gets them."""
    return {name.lower(): value for name, value in headers.items()}


@dataclass(frozen=True)
class World:
    """An adapter, a signer that it trusts, and where the signer's certificate lies."""

    gateway: PayPal
    signer: Signer
    certs: Stub
    base: str

    def signed(self, raw: bytes = BODY, webhook_id: str = WEBHOOK, sent: datetime = NOW) -> Headers:
        """The headers of a transmission."""
        return lower(self.signer.headers(raw, webhook_id, self.base + self.signer.name, sent))

    def accepts(self, headers: Headers, raw: bytes = BODY, now: datetime = NOW) -> bool:
        """Whether the adapter takes it for authentic."""
        try:
            self.gateway.authenticate(headers, raw, now)
        except NotAuthentic:
            return False
        return True


@contextmanager
def signed_world(
    forgery: Forgery | None = None,
    trusted: str | None = None,
    served: Reply | None = None,
    alone: bool = False,
    signer: Signer | None = None,
) -> Iterator[World]:
    """All of it, running; the rest tells what is wrong with it."""
    signer = signer or Signer(NOW, forgery)
    reply = served or Reply(200, signer.leaf if alone else signer.chain)
    with serving(lambda call: reply) as certs, pooled() as pool:
        base = f"{certs.url}{CERTS}"
        roots = signer.root if trusted is None else trusted
        gateway = PayPal(
            pool,
            certs.url,
            "client",
            "secret",
            WEBHOOK,
            cert_bases=(base,),
            trusted_roots=roots,
            timeout=IMPATIENT,
        )
        yield World(gateway, signer, certs, base)
