"""The front changes nothing on the way: not the path, not a repeated header, not a byte of a body."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra.emulator import free_port
from infra.front import Front


class Gateway(BaseHTTPRequestHandler):
    """Answers with what it was asked, and with two cookies."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(299, "As asked")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("X-Asked", json.dumps([self.command, self.path, self.headers.items()]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = answer

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def front(gateway: ThreadingHTTPServer) -> Iterator[Front]:
    made = Front(free_port(), f"http://127.0.0.1:{gateway.server_port}/_aws/execute-api/abc/api")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def connection(front: Front) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection(front.url.removeprefix("http://"), timeout=20)
    yield opened
    opened.close()


def asked(answer: http.client.HTTPResponse) -> tuple[str, str, list[tuple[str, str]]]:
    command, path, headers = json.loads(answer.headers["X-Asked"])
    return command, path, [(name, value) for name, value in headers]


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE", "OPTIONS"])
def test_bodies_pass_unchanged_in_both_directions(
    connection: http.client.HTTPConnection, method: str
) -> None:
    body = bytes(range(256)) * 300
    connection.request(method, "/v1/things", body)
    answer = connection.getresponse()
    assert (answer.status, answer.reason, answer.read()) == (299, "As asked", body)
    assert asked(answer)[0] == method


def test_path_and_query_stay_encoded_as_they_were(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/v1/a%20b%2Fc?q=%C3%A5&q=+&empty=")
    answer = connection.getresponse()
    assert asked(answer)[1] == "/_aws/execute-api/abc/api/v1/a%20b%2Fc?q=%C3%A5&q=+&empty="


def test_headers_pass_with_their_repetitions(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("GET", "/")
    for value in ("one", "two"):
        connection.putheader("X-Many", value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    assert [value for name, value in asked(answer)[2] if name == "X-Many"] == ["one", "two"]
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize(("accepts", "told"), [(None, ["*/*"]), ("text/html", ["text/html"])])
def test_who_does_not_say_what_he_accepts_accepts_anything(
    connection: http.client.HTTPConnection, accepts: str | None, told: list[str]
) -> None:
    connection.request("GET", "/", headers={"Accept": accepts} if accepts else {})
    answer = connection.getresponse()
    answer.read()
    assert [value for name, value in asked(answer)[2] if name == "Accept"] == told


def test_one_connection_serves_many_requests_and_a_head_has_no_body(
    connection: http.client.HTTPConnection,
) -> None:
    connection.connect()
    opened = connection.sock
    for method in ("HEAD", "GET", "HEAD", "POST"):
        connection.request(method, "/", b"12345" if method == "POST" else None)
        answer = connection.getresponse()
        assert answer.read() == (b"12345" if method == "POST" else b"")
    assert connection.sock is opened


def test_a_gateway_that_is_away_is_a_502_problem() -> None:
    front = Front(free_port(), f"http://127.0.0.1:{free_port()}/api")
    front.start()
    try:
        connection = http.client.HTTPConnection(front.url.removeprefix("http://"), timeout=20)
        connection.request("GET", "/v1/me")
        answer = connection.getresponse()
        problem: dict[str, Any] = json.loads(answer.read())
    finally:
        front.stop()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, problem["status"], problem["code"]) == (502, 502, "unavailable")


def test_a_body_of_unknown_length_is_refused(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", iter([b"a", b"b"]))
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (411, "length_required")
