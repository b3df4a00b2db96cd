"""The sandbox as one loopback HTTP server: `Sandbox(SandboxConfig(...)).start()`.

Addresses: /asaas stands for https://api.asaas.com, /stripe for https://api.stripe.com and /paypal for
https://api-m.paypal.com, and /redsys for https://sis.redsys.es; /_sandbox is the control API; / and the
payment pages are for people; /health answers while it runs.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from infra.sandbox import signing
from infra.sandbox.asaas import Asaas
from infra.sandbox.control import Control
from infra.sandbox.delivery import RETRY_DELAYS, Courier
from infra.sandbox.desk import Desk, Provider
from infra.sandbox.knobs import Board
from infra.sandbox.pages import Pages
from infra.sandbox.paypal import LOCAL_KEYS, PayPal, PayPalKeys
from infra.sandbox.redsys import Redsys
from infra.sandbox.redsys_objects import TRIAL, Terminal
from infra.sandbox.redsys_pages import RedsysPages
from infra.sandbox.state import Event, Records, State
from infra.sandbox.stripe import Stripe
from infra.sandbox.wire import Answer, Request, json_answer

_LARGEST_BODY = 1_000_000


def _wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class SandboxConfig:
    """What a sandbox needs to know.

    `port` 0 takes a free one. `webhook_base` is the application's base URL without /v1; while it is empty,
    webhooks wait. The four secrets are those that the application is set up with. `state_file` keeps the
    state between runs (knobs always start at rest). `clock` and `retry_delays` (seconds) are for tests.
    """

    port: int
    webhook_base: str
    asaas_api_key: str = field(repr=False)
    asaas_webhook_token: str = field(repr=False)
    stripe_secret_key: str = field(repr=False)
    stripe_webhook_secret: str = field(repr=False)
    state_file: Path | None = None
    paypal: PayPalKeys = LOCAL_KEYS
    redsys: Terminal = TRIAL
    host: str = "127.0.0.1"
    clock: Callable[[], datetime] = _wall_clock
    retry_delays: tuple[float, ...] = RETRY_DELAYS


class PortInUse(Exception):
    """The port asked for is taken."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} on {host} is in use; stop what runs there or choose another port")


class Sandbox:
    """The payment provider of a developer's machine. Raises UnreadableState for a broken state file."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._board = Board()
        self._state = State(config.state_file)
        self._courier = Courier(
            config.webhook_base, self._sign, self._settle, config.retry_delays, self._body
        )
        self._desk = Desk(self._state, self._board, self._courier, config.clock)
        self._asaas = Asaas(self._desk, config.asaas_api_key)
        self._stripe = Stripe(self._desk, config.stripe_secret_key)
        self._paypal = PayPal(self._desk, config.paypal)
        self._redsys = Redsys(self._desk, config.redsys)
        providers: dict[str, Provider] = {
            "asaas": self._asaas,
            "stripe": self._stripe,
            "paypal": self._paypal,
            "redsys": self._redsys,
        }
        self._control = Control(self._desk, providers)
        self._pages = Pages(self._desk, self._control)
        self._redsys_pages = RedsysPages(self._desk, self._control, self._redsys)
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Listen and deliver, in threads of its own. Raises PortInUse."""
        try:
            self._server = _Server((self._config.host, self._config.port), self._handler())
        except OSError as error:
            raise PortInUse(self._config.host, self._config.port) from error
        self._desk.url = self.url
        self._desk.resume()
        self._courier.start()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="sandbox", daemon=True).start()

    @property
    def url(self) -> str:
        """The sandbox's address, without a slash at the end; known once it is started."""
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        return f"http://{self._config.host}:{self._server.server_address[1]}"

    @property
    def paypal_root(self) -> str:
        """The root (PEM) of the certificate that signs PayPal's webhooks; another one at every start."""
        return self._paypal.signer.root

    def stop(self) -> None:
        """Stop listening and delivering. A stopped sandbox is not started again: make another one."""
        self._courier.stop()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def set_webhook_base(self, url: str) -> None:
        """Deliver webhooks to the application at `url` from now on."""
        self._courier.aim(url)

    def signed_events(self) -> list[tuple[Event, dict[str, str]]]:
        """Every event so far with what is signed now, for tests that carry the webhooks themselves."""
        return [
            (replace(event, body=self._body(event).decode()), self._sign(event))
            for event in list(self._state.events.values())
        ]

    @property
    def records(self) -> Records:
        """A copy of everything that is remembered, for tests that come back to it."""
        return self._state.records

    def recall(self, records: Records) -> None:
        """Remember what was copied, and nothing else."""
        self._state.recall(records)

    def answer(self, request: Request) -> Answer:
        """Answer any request."""
        path = request.path
        if path == "/health":
            return json_answer(200, {"status": "ok"})
        if path.startswith("/asaas/v3/"):
            return self._asaas.answer(request.below("/asaas"))
        if path.startswith("/stripe/v1/"):
            return self._stripe.answer(request.below("/stripe"))
        if path.startswith(("/paypal/v1/", "/paypal/v2/")):
            return self._paypal.answer(request.below("/paypal"))
        if path.startswith(("/redsys/sis/rest/", "/redsys/apl02/")):
            return self._redsys.answer(request.below("/redsys"))
        if path.startswith("/redsys/"):
            return self._redsys_pages.answer(request.below("/redsys"))
        return self._control.answer(request) if path.startswith("/_sandbox/") else self._pages.answer(request)

    def _handler(self) -> type["_Handler"]:
        return type("BoundHandler", (_Handler,), {"sandbox": self, "board": self._board})

    def _sign(self, event: Event) -> dict[str, str]:
        # At each attempt anew, as the real ones do: once the secret is right again, a retry is accepted.
        forged = "-forged" if self._board.knobs.bad_signature else ""
        if event.provider == "asaas":
            return signing.asaas_headers(self._config.asaas_webhook_token + forged)
        if event.provider == "paypal":
            return self._paypal.headers(event, forged)
        if event.provider == "redsys":
            return {"Content-Type": "application/x-www-form-urlencoded"}  # it signs within the body
        secret = self._config.stripe_webhook_secret + forged
        return signing.stripe_headers(secret, self._desk.now(), event.body.encode())

    def _body(self, event: Event) -> bytes:
        return self._redsys.body(event) if event.provider == "redsys" else event.body.encode()

    def _settle(self, event: Event) -> None:
        with self._state.change():
            event.settled = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a burst of concurrent orders must not be refused

    def handle_error(self, request: object, client_address: object) -> None:
        """Say what went wrong here, but not that a client lost patience."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    """Reads one request from a connection, answers it and closes."""

    protocol_version = "HTTP/1.1"
    sandbox: Sandbox
    board: Board

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self._write(
                json_answer(413, {"error": f"A body has a Content-Length of at most {_LARGEST_BODY}."})
            )
            return
        address = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=address.path,
            query=dict(parse_qsl(address.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )
        answer = self.sandbox.answer(request)
        if answer.created and self.board.take_lost_answer():
            self.close_connection = True
            return
        self._write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {**answer.headers, "Content-Length": str(len(answer.body)), "Connection": "close"}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: /_sandbox/deliveries and the pages tell what happened."""
