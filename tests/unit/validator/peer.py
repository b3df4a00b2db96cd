"""An AWS endpoint on loopback that says, byte by byte, what a test wants it to say."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


def http(status: int, body: bytes, *fields: str) -> bytes:
    """One answer of HTTP/1.1."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def refusal(status: int, kind: str) -> bytes:
    """An error of the JSON protocol."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{kind}", "message": "no"}
    return http(status, json.dumps(body).encode(), "Content-Type: application/x-amz-json-1.0")


GOOD = http(200, b'{"Item": {"x": {"S": "y"}}}')


@dataclass(frozen=True)
class Says:
    """What is sent in answer to one request, and whether the connection is closed after it."""

    bytes: bytes = GOOD
    closes: bool = False


SILENCE = Says(b"")
HANGS_UP = Says(b"", closes=True)


@dataclass
class Peer:
    """What a test tells it to say, request by request (the last one again and again), and what it heard."""

    script: list[Says]
    url: str = ""
    # One list for each connection, of the requests that came over it.
    heard: list[list[tuple[dict[str, str], bytes]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def requests(self) -> list[tuple[dict[str, str], bytes]]:
        return [request for connection in self.heard for request in connection]

    def next(self) -> Says:
        with self.lock:
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class _Handler(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Server

    def handle(self) -> None:
        requests: list[tuple[dict[str, str], bytes]] = []
        self.server.peer.heard.append(requests)
        while request := self._request():
            requests.append(request)
            says = self.server.peer.next()
            self.wfile.write(says.bytes)
            if says.closes:
                # At once, although others still hold the socket.
                self.connection.shutdown(socket.SHUT_RDWR)
                return

    def _request(self) -> tuple[dict[str, str], bytes] | None:
        first = self.rfile.readline()
        if not first:
            return None
        lines = list(iter(self.rfile.readline, b"\r\n"))
        headers = dict(line.decode().strip().split(": ", 1) for line in lines)
        return {"": first.decode().strip(), **headers}, self.rfile.read(int(headers["content-length"]))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    # A client may keep its connection for as long as it lives.
    block_on_close = False
    request_queue_size = 32

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up early is part of the game."""


@contextmanager
def peer(*script: Says) -> Iterator[Peer]:
    """A peer that speaks from here on; without a script it only says good things."""
    speaking = Peer(list(script) or [Says()])
    with _Server(speaking) as server:
        speaking.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield speaking
        finally:
            server.shutdown()
            thread.join()
