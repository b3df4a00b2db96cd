"""What the sandbox's tests share: a running sandbox, an application for its webhooks, and a small client."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urlsplit

from infra.sandbox.server import Sandbox, SandboxConfig

ASAAS_KEY, ASAAS_TOKEN = "$aact_hmlg_key", "a-webhook-token"
STRIPE_KEY, STRIPE_SECRET = "sk_test_key", "whsec_test_secret"
NOON = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # 12:00 in São Paulo
CPF = "529.982.247-25"


@dataclass(frozen=True)
class Reply:
    """An answer as the client sees it; header names in lower case."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def call(method: str, url: str, body: str | None = None, headers: dict[str, str] | None = None) -> Reply:
    """One HTTP call."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    path = address.path + (f"?{address.query}" if address.query else "")
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, found, answer.read().decode())
    finally:
        connection.close()


@dataclass(frozen=True)
class Webhook:
    """One webhook as the application received it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        return str(self.json.get("event") or self.json["type"])


@dataclass
class Application:
    """Takes webhooks; answers with the statuses of `script` first, and then as `judge` decides."""

    url: str = ""
    received: list[Webhook] = field(default_factory=list)
    script: list[int] = field(default_factory=list)
    judge: Callable[[Webhook], int] = lambda webhook: 200

    def kinds(self) -> list[str]:
        return [webhook.kind for webhook in self.received]

    def take(self, webhook: Webhook) -> int:
        self.received.append(webhook)
        return self.script.pop(0) if self.script else self.judge(webhook)


@contextmanager
def application() -> Iterator[Application]:
    """An application on a free port."""
    app = Application()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(app.take(Webhook(self.path, headers, body)))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    app.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield app
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def configuration(**changes: Any) -> SandboxConfig:
    """A sandbox on a free port, at noon of 2026-11-22 in São Paulo, that tries again quickly."""
    settings: dict[str, Any] = {
        "port": 0,
        "webhook_base": "",
        "asaas_api_key": ASAAS_KEY,
        "asaas_webhook_token": ASAAS_TOKEN,
        "stripe_secret_key": STRIPE_KEY,
        "stripe_webhook_secret": STRIPE_SECRET,
        "clock": lambda: NOON,
        "retry_delays": (0.001,) * 14,
    }
    return SandboxConfig(**{**settings, **changes})


@contextmanager
def running_sandbox(webhook_base: str = "", **changes: Any) -> Iterator[Sandbox]:
    """A running sandbox."""
    sandbox = Sandbox(configuration(webhook_base=webhook_base, **changes))
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()


def asaas(sandbox: Sandbox, method: str, path: str, body: object = None, key: str = ASAAS_KEY) -> Reply:
    """A call to Asaas."""
    raw = None if body is None else json.dumps(body)
    return call(method, f"{sandbox.url}/asaas{path}", raw, {"access_token": key})


def stripe(
    sandbox: Sandbox, method: str, path: str, form: dict[str, str] | None = None, **headers: str
) -> Reply:
    """A call to Stripe; `idempotency_key="k"` becomes the header Idempotency-Key."""
    sent = {"Authorization": f"Bearer {STRIPE_KEY}", "Content-Type": "application/x-www-form-urlencoded"}
    sent |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    return call(method, f"{sandbox.url}/stripe{path}", None if form is None else urlencode(form), sent)


def control(sandbox: Sandbox, method: str, path: str, body: object = None) -> Reply:
    """A call to the sandbox's own API."""
    return call(method, f"{sandbox.url}/_sandbox{path}", None if body is None else json.dumps(body))


def turn(sandbox: Sandbox, **knobs: object) -> None:
    """Set the knobs; those not named go to rest."""
    assert control(sandbox, "PUT", "/knobs", knobs).status == 200


def pay(sandbox: Sandbox, reference: str = "pay_1") -> Any:
    """Pay the charge with our reference: the sandbox's report."""
    return control(sandbox, "POST", "/pay", {"reference": reference}).json


def new_customer(sandbox: Sandbox, **changes: object) -> Any:
    """A customer at Asaas."""
    body = {
        "name": "Ana",
        "cpfCnpj": CPF,
        "email": "ana@example.com",
        "externalReference": "cus_1",
        **changes,
    }
    return asaas(sandbox, "POST", "/v3/customers", body).json


def slip_order(customer: str, **changes: object) -> dict[str, object]:
    """What a client sends to create a slip of R$ 149,90."""
    return {
        "customer": customer,
        "billingType": "BOLETO",
        "value": 149.9,
        "dueDate": "2026-11-27",
        "externalReference": "pay_1",
        "description": "Order ord_1",
        **changes,
    }


def new_slip(sandbox: Sandbox, **changes: object) -> Any:
    """A slip at Asaas for a new customer."""
    order = slip_order(new_customer(sandbox)["id"], **changes)
    return asaas(sandbox, "POST", "/v3/payments", order).json


def session_order(**changes: str) -> dict[str, str]:
    """What a client sends to create a Checkout Session of EUR 199.00."""
    return {
        "mode": "payment",
        "success_url": "https://shop.example.com/done?session={CHECKOUT_SESSION_ID}",
        "client_reference_id": "pay_1",
        "customer_email": "jose@example.com",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "EUR",
        "line_items[0][price_data][unit_amount]": "14900",
        "line_items[0][price_data][product_data][name]": "PrestaImport",
        "line_items[1][quantity]": "2",
        "line_items[1][price_data][currency]": "eur",
        "line_items[1][price_data][unit_amount]": "2500",
        "line_items[1][price_data][product_data][name]": "Supplier",
        "metadata[order]": "ord_1",
        **changes,
    }


def new_session(sandbox: Sandbox, **changes: str) -> Any:
    """A Checkout Session at Stripe."""
    return stripe(sandbox, "POST", "/v1/checkout/sessions", session_order(**changes)).json
