"""An address on this machine: a small HTTP server that passes everything on to the embedded AWS.

The emulator gives the API a new id whenever its definition changes, and serves it, as function URLs, below a
long path; on AWS both have stable addresses of their own. This stands in for that, and says `Accept: */*`
for who says nothing, which means the same: without it, the emulator would leave a PDF in base64.
"""

from __future__ import annotations

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# They describe one connection, not the message (RFC 9110, section 7.6.1); we set our own.
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
# API Gateway's own limit for an integration is 29 seconds.
ANSWER_SECONDS = 60
# The emulator starts a process for every concurrent call of a function. More than these wait their turn, as a
# burst of cold starts would bring a small machine to its knees.
CONCURRENT = 16


class Front:
    """Serves on `port` from `start` to `stop`; 502 while `target`, the base address behind it, is away."""

    def __init__(self, port: int, target: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.target = target.rstrip("/")
        self.turns = threading.BoundedSemaphore(CONCURRENT)
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="front", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], front: Front) -> None:
        self.front = front
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        """Read a request line and pass the request on, whatever its method."""
        self.raw_requestline = self.rfile.readline(65537)
        self.close_connection = True
        if self.raw_requestline and self.parse_request():
            self._pass_on()
            self.wfile.flush()

    def _pass_on(self) -> None:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal():
            self._problem(411, "Length required", "length_required", "Send the body with its length.")
            return
        body = self.rfile.read(int(length))
        try:
            with self.server.front.turns:
                answer, content = self._ask(body)
        except (OSError, ValueError, http.client.HTTPException):
            self._problem(502, "Bad gateway", "unavailable", "The embedded AWS does not answer.")
            return
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self._finish(content, answer.status)

    def _ask(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        target = urlsplit(self.server.front.target)
        connection = http.client.HTTPConnection(target.netloc, timeout=ANSWER_SECONDS)
        try:
            path = target.path + self.path
            connection.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            if "accept" not in self.headers:
                connection.putheader("Accept", "*/*")
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def _problem(self, status: int, title: str, code: str, detail: str) -> None:
        problem = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
        self.close_connection = True
        self.send_response_only(status, title)
        self.send_header("Content-Type", "application/problem+json")
        self._finish(json.dumps({**problem, "request_id": "", "errors": []}).encode(), status)

    def _finish(self, content: bytes, status: int) -> None:
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
