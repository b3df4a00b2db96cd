"""One HTTP call with a time-out and a size limit; everything that can go wrong with it is a `Failure`.

No redirect is followed: the address in the settings is the one that was meant.
"""

from __future__ import annotations

import http.client
import ipaddress
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from vigencia_client import strict
from vigencia_client.version import VERSION

MAX_ANSWER = 262_144
CHUNK = 16_384
SHOWN = 200


@dataclass(frozen=True)
class Request:
    """What is sent; a body is JSON; `timeout` in seconds, for each wait and for the whole answer."""

    method: str
    url: str
    body: bytes | None
    timeout: float


@dataclass(frozen=True)
class Response:
    """What came back, whatever its status; header names in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


# Raises OSError, http.client.HTTPException or ValueError when there is no answer.
Transport = Callable[[Request], Response]


class Failure(Exception):
    """A technical failure, which says nothing about the licence; `retry_after` in seconds if asked for."""

    def __init__(self, reason: str, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.retry_after = reason, detail, retry_after


def base_of(url: str) -> str:
    """An address without the slash at its end; ValueError unless https, or http on this very machine."""
    parts = urlsplit(url)
    strange = parts.username is not None or parts.query or parts.fragment or parts.port == 0
    if not parts.hostname or strange or url.split() != [url]:
        raise ValueError(f"not the address of a server: {url}")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError(f"the address of a licence server begins with https://, not: {url}")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def transport(request: Request) -> Response:
    """Over the network with the standard library, through the proxies that the environment names."""
    headers = {"Accept": "application/json", "User-Agent": f"vigencia-client-python/{VERSION}"}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    asked = urllib.request.Request(request.url, request.body, headers, method=request.method)
    deadline = time.monotonic() + request.timeout
    with _opener(request.url).open(asked, timeout=request.timeout) as answer:
        body = bytearray()
        while len(body) <= MAX_ANSWER and (chunk := answer.read1(CHUNK)):
            body += chunk
            if time.monotonic() > deadline:
                raise TimeoutError("the answer came too slowly")
        return Response(answer.status, bytes(body), {k.lower(): v for k, v in answer.headers.items()})


def call(send: Transport, request: Request) -> dict[str, Any]:
    """The JSON object of a 200 answer; `Failure` for everything else."""
    try:
        response = send(request)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failure(error) from error
    if response.status != 200:
        raise _refusal(response)
    if len(response.body) > MAX_ANSWER:
        raise Failure("too_large", "The server's answer is too large.")
    try:
        return strict.parse_object(response.body)
    except ValueError:
        raise Failure("unreadable", "The server's answer cannot be read.") from None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Without the handlers that follow redirects, open files or make exceptions of statuses."""
    opener = urllib.request.OpenerDirector()
    parts = urlsplit(url)
    if parts.scheme == "https":
        opener.add_handler(urllib.request.HTTPSHandler(context=ssl.create_default_context()))
    else:
        opener.add_handler(urllib.request.HTTPHandler())
    if not is_loopback(parts.hostname or ""):
        opener.add_handler(urllib.request.ProxyHandler())
    return opener


def _failure(error: Exception) -> Failure:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return Failure("timeout", "The server did not answer in time.")
    if isinstance(cause, ssl.SSLError):
        return Failure("tls", f"No safe connection to the server: {cause}")
    if isinstance(cause, OSError):
        return Failure("unreachable", f"The server cannot be reached: {cause}")
    return Failure("unreadable", "The server's answer is not HTTP.")


def _refusal(response: Response) -> Failure:
    asked = response.headers.get("retry-after", "").strip()
    retry_after = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    if response.status == 429:
        return Failure("rate_limited", "The server asks to come back later.", retry_after)
    if 400 <= response.status < 500:
        return Failure("request_refused", _problem(response), retry_after)
    return Failure("server_error", f"The server answers with status {response.status}.", retry_after)


def _problem(response: Response) -> str:
    """What a problem document says, cut to what may stand in a message."""
    try:
        said = str(strict.parse_object(response.body[:MAX_ANSWER]).get("detail", ""))
    except ValueError:
        said = ""
    shown = "".join(filter(str.isprintable, said))[:SHOWN]
    return f"The server refuses the request (status {response.status}). {shown}".rstrip()
