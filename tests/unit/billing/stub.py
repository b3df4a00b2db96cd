"""A loopback HTTP server that answers as a test tells it, or keeps silent, and what these tests charge."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from urllib3 import PoolManager, Timeout

from chalicelib.billing.gateways import ChargeRequest, Payer
from chalicelib.kernel.money import Money

PATIENT = Timeout(connect=10, read=10)
# Only for silent servers; nothing is concluded from how long anything took.
IMPATIENT = Timeout(connect=10, read=0.5)
DUE = date(2026, 11, 30)

ANA = Payer("cus_ana", "Ana Lima", "ana@example.com", "52998224725", "BR", "pt-BR")
SLIP = ChargeRequest("pay_1", Money(14990, "BRL"), DUE, "Licença ERP", ANA, "https://shop.example/orders/1")
CARD = replace(SLIP, due_date=None)


@dataclass(frozen=True)
class Call:
    """One request as the server saw it; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))


@dataclass(frozen=True)
class Reply:
    """An answer; a document becomes JSON, bytes go out as they are."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def raw(self) -> bytes:
        """The body's bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class LoseAnswer(Exception):
    """Close the connection without an answer."""


class StaySilent(Exception):
    """Keep the connection open and say nothing."""


class Stub:
    """The running server: its address and what it was asked."""

    def __init__(self, answer: Callable[[Call], Reply]) -> None:
        self.calls: list[Call] = []
        self.over = threading.Event()
        self.outwaited = False
        self.answer = answer
        handler = type("BoundHandler", (_Handler,), {"stub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        """The base URL, on a free port."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def asked(self, method: str) -> list[Call]:
        """The calls with this method, in order."""
        return [call for call in self.calls if call.method == method]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    stub: Stub

    def _serve(self) -> None:
        address = urlsplit(self.path)
        call = Call(
            self.command,
            address.path,
            dict(parse_qsl(address.query)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length", "0"))),
        )
        self.stub.calls.append(call)
        try:
            reply = self.stub.answer(call)
        except LoseAnswer:
            self.close_connection = True
            return
        except StaySilent:
            self.stub.outwaited = not self.stub.over.wait(30)
            self.close_connection = True
            return
        raw = reply.raw()
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(raw)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: failing tests show the calls."""


@contextmanager
def serving(answer: Callable[[Call], Reply]) -> Iterator[Stub]:
    """A stub that runs inside the block."""
    stub = Stub(answer)
    thread = threading.Thread(target=stub.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.over.set()
        stub.server.shutdown()
        stub.server.server_close()
        thread.join()
    assert not stub.outwaited, "the client waited as long as a silent server would keep it"


@contextmanager
def pooled() -> Iterator[PoolManager]:
    """A connection pool that leaves no open socket behind."""
    pool = PoolManager()
    try:
        yield pool
    finally:
        pool.clear()
