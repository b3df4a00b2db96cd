"""A kept connection to one AWS endpoint: as much of HTTP/1.1 as its JSON protocols use.

`http.client` spends more on reading the headers of an answer than the whole decision costs, and as much on
being imported as everything else here together. Of an answer only status, length and body matter; one that
has no length is not understood, and its connection not used again.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from functools import cache

# For each wait of one attempt: a connection, its handshake, an answer.
SECONDS = 1
LONGEST = 1024 * 1024


class Line:
    """One connection, opened with the first request; not to be shared between threads."""

    def __init__(self, endpoint: str) -> None:
        scheme, _, authority = endpoint.partition("://")
        self.host = authority.partition("/")[0]
        self._secure = scheme == "https"
        self._socket: socket.socket | None = None

    @property
    def kept(self) -> bool:
        """Whether a connection is open; the other end may have closed it by now."""
        return self._socket is not None

    def post(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to a POST to `/`; OSError for everything that goes wrong."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
        connected = self._socket or self._connect()
        connected.sendall(head.encode("latin-1") + body)
        return self._answer(connected, time.monotonic() + SECONDS)

    def hang_up(self) -> None:
        """Close it; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __del__(self) -> None:
        self.hang_up()

    def _connect(self) -> socket.socket:
        name, _, port = self.host.partition(":")
        address = (name, int(port or (443 if self._secure else 80)))
        connected = socket.create_connection(address, SECONDS)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._secure:
            connected = _trust().wrap_socket(connected, server_hostname=name)
        self._socket = connected
        return connected

    def _answer(self, connected: socket.socket, give_up_at: float) -> tuple[int, bytes]:
        got = _more(connected, b"", give_up_at)
        while b"\r\n\r\n" not in got:
            got = _more(connected, got, give_up_at)
        head, _, body = got.partition(b"\r\n\r\n")
        head = head.lower()
        length = _length(head)
        while len(body) < length:
            body = _more(connected, body, give_up_at)
        if len(body) > length:
            raise OSError("more than one answer")
        if b"\r\nconnection: close" in head:
            self.hang_up()
        return _status(head), body


def _more(connected: socket.socket, got: bytes, give_up_at: float) -> bytes:
    # What drips in must not take longer than what does not come at all.
    if got and time.monotonic() > give_up_at:
        raise TimeoutError("the answer came too slowly")
    part = connected.recv(65536)
    if not part or len(got) > LONGEST:
        raise OSError("the connection was closed amid an answer")
    return got + part


def _status(head: bytes) -> int:
    protocol, _, rest = head.partition(b" ")
    if not protocol.startswith(b"http/1.") or not rest[:3].isdigit():
        raise OSError("not an answer in HTTP/1.1")
    return int(rest[:3])


def _length(head: bytes) -> int:
    text = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0].strip()
    if not text.isdigit() or int(text) > LONGEST:
        raise OSError("an answer without a length")
    return int(text)


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
