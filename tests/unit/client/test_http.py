"""The network as it is: refused, silent, slow, huge, redirecting, unsafe; over loopback."""

from __future__ import annotations

import datetime
import ipaddress
import json
import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from vigencia_client import LicenseClient
from vigencia_client.http import MAX_ANSWER, Failure, Request, call, is_loopback, transport

from tests.unit.client.kit import JWKS, KEY, NOW, Clock, Server

Talk = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def _listening(*talks: Talk, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server on a free port that has one conversation after the other; the address without a scheme."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            for talk in talks:
                with listener.accept()[0] as connection:
                    connection.settimeout(10)
                    try:
                        talk(context.wrap_socket(connection, server_side=True) if context else connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def _answering(data: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(data)

    return talk


def _body(data: bytes, more: bytes = b"") -> bytes:
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(data) + data


def _silent(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def _asked(address: str, timeout: float = 5, scheme: str = "http") -> dict[str, Any]:
    return call(transport, Request("POST", f"{scheme}://{address}/v1/x", b"{}", timeout))


def _reason(*talks: Talk, timeout: float = 5, scheme: str = "http") -> str:
    with _listening(*talks) as address, pytest.raises(Failure) as failure:
        _asked(address, timeout, scheme)
    return failure.value.reason


def test_an_object_in_json_comes_back() -> None:
    with _listening(_answering(_body(b'{"token": "x"}'))) as address:
        assert _asked(address) == {"token": "x"}


def test_an_answer_in_pieces_comes_back() -> None:
    pieces = HEAD + b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n'
    with _listening(_answering(pieces)) as address:
        assert _asked(address) == {"a": 1}


def test_a_question_is_json_and_says_who_asks() -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        heard.append(connection.recv(65_536))
        connection.sendall(_body(b"{}"))

    with _listening(talk) as address:
        _asked(address)
    head = heard[0].lower()
    assert b"post /v1/x http/1.1" in head
    assert b"content-type: application/json" in head
    assert b"user-agent: vigencia-client-python/1.0.0" in head


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Failure) as failure:
        _asked(address)
    assert failure.value.reason == "unreachable"


def test_silence_is_a_timeout() -> None:
    assert _reason(_silent, timeout=0.1) == "timeout"


def test_dripping_for_ever_is_a_timeout() -> None:
    def drips(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(HEAD + b"Content-Length: 200000\r\n\r\n")
        # Each piece comes in time; the whole does not. The client hangs up long before the last one.
        for _ in range(200):
            connection.sendall(b" ")
            connection.settimeout(0.05)
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    assert _reason(drips, timeout=0.3) == "timeout"


@pytest.mark.parametrize("location", [b"/v1/y", b"http://127.0.0.1:1/", b"file:///etc/passwd"])
@pytest.mark.parametrize("status", [b"301", b"302", b"303", b"307", b"308"])
def test_no_redirect_is_followed(status: bytes, location: bytes) -> None:
    answer = b"HTTP/1.1 %s Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location)
    assert _reason(_answering(answer)) == "server_error"


def test_a_huge_answer_is_not_read_to_its_end() -> None:
    def begins(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(HEAD + b"Content-Length: 9999999999\r\n\r\n" + b" " * (MAX_ANSWER + 65_536))
        _silent(connection)

    assert _reason(begins) == "too_large"


def test_this_machine_is_not_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    with _listening(_answering(_body(b"{}"))) as address:
        assert _asked(address) == {}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (b"400 A", "request_refused"),
        (b"429 B", "rate_limited"),
        (b"500 C", "server_error"),
        (b"204 D", "server_error"),
    ],
)
def test_every_other_status_is_a_failure(status: bytes, reason: str) -> None:
    assert _reason(_answering(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}")) == reason


def test_a_wait_that_is_asked_for_is_passed_on() -> None:
    answer = b"HTTP/1.1 429 Slow\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n"
    with _listening(_answering(answer)) as address, pytest.raises(Failure) as failure:
        _asked(address)
    assert failure.value.retry_after == 17


def test_a_problem_is_told_to_people_without_its_tricks() -> None:
    problem = json.dumps({"detail": "The fingerprint\x1b[2J is too long. " + "x" * 500}).encode()
    answer = b"HTTP/1.1 422 No\r\nContent-Length: %d\r\n\r\n" % len(problem) + problem
    with _listening(_answering(answer)) as address, pytest.raises(Failure) as failure:
        _asked(address)
    assert "fingerprint[2J is too long" in failure.value.detail
    assert len(failure.value.detail) < 300


def test_a_server_that_does_not_speak_tls_is_not_spoken_to() -> None:
    assert _reason(_answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"), scheme="https") == "tls"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with _listening(_answering(_body(b"{}")), context=_self_signed(tmp_path)) as address:
        with pytest.raises(Failure) as failure:
            _asked(address, scheme="https")
        assert failure.value.reason == "tls"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        HEAD + b"Content-Length: 50\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n{}",
    ],
)
def test_what_is_not_http_is_a_failure(answer: bytes) -> None:
    assert _reason(_answering(answer)) in ("unreadable", "unreachable")


def test_random_bytes_from_a_server_are_never_invalid() -> None:
    dice = random.Random(7)
    noise = [dice.randbytes(dice.randrange(200)) for _ in range(20)]
    noise += [b"HTTP/1.1 200 OK\r\n" + data for data in noise] + [_body(data) for data in noise]
    with _listening(*map(_answering, noise)) as address:
        client = LicenseClient(f"http://{address}", cache_path=None, public_keys=JWKS)
        assert {client.validate(KEY, force=True).state for _ in noise} == {"unknown"}


def test_a_whole_validation_over_loopback(tmp_path: Path) -> None:
    server = Server(Clock())

    def talk(connection: socket.socket) -> None:
        head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
        body = body or connection.recv(65_536)
        server.says["iss"] = f"http://{address}"
        request = Request("POST", head.split(b" ")[1].decode(), body, 5)
        connection.sendall(_body(server(request).body))

    def keys(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(_body(json.dumps(JWKS).encode()))

    with _listening(talk, keys) as address:
        client = LicenseClient(f"http://{address}", cache_path=tmp_path / "a.json", clock=lambda: NOW)
        assert client.validate(KEY).source == "server"
        assert client.validate(KEY).source == "cache"


@pytest.mark.parametrize(
    ("host", "here"), [("127.8.8.8", True), ("::1", True), ("localhost", True), ("10.0.0.1", False)]
)
def test_this_machine_is_known_by_its_loopback_addresses(host: str, here: bool) -> None:
    assert is_loopback(host) == here


def _self_signed(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate it made itself."""
    private, day = Ed25519PrivateKey.generate(), datetime.timedelta(days=1)
    now, name = datetime.datetime.now(datetime.UTC), x509.Name([])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, private.public_key(), 1, now - day, now + day)
    certificate = builder.add_extension(address, critical=True).sign(private, None)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
