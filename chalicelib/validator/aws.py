"""One signed call to AWS's JSON protocol, with the standard library alone.

botocore does this too, and takes longer to import than this whole function to answer. Only what validation
needs is here: POST, Signature Version 4, a connection that is kept open, and a repeat where one helps. All
calls are reads, so that repeating them is harmless.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from chalicelib.kernel.errors import Unavailable
from chalicelib.settings import AwsAccess
from chalicelib.validator.line import Line

# No repeat begins later: two calls, at a cold start, end within the function's own time limit.
SECONDS = 2
ATTEMPTS = 3
# Errors of the JSON protocol that pass by themselves; those with status 5xx do anyway.
PASSING = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "InternalServerError",
    }
)


class Passing(Exception):
    """AWS is overloaded or in trouble; it may do the same call a moment later."""


class AwsRefused(Exception):
    """AWS says that the call itself is wrong: rights, names or parameters."""


class Aws:
    """AWS as one function may reach it; safe to share between threads, each has its own connections."""

    def __init__(
        self, access: AwsAccess, clock: Callable[[], datetime], pause: Callable[[int], None]
    ) -> None:
        self._access = access
        self._clock = clock
        self._pause = pause
        self._local = threading.local()

    def call(self, service: str, target: str, version: str, asked: Mapping[str, Any]) -> Any:
        """The answer of `target` (`DynamoDB_20120810.GetItem`) in JSON protocol `version` (`1.0`).

        `Unavailable` when AWS does not answer; `AwsRefused` when it does not do this.
        """
        body = json.dumps(asked).encode()
        line = self._line(service)
        give_up_at = time.monotonic() + SECONDS
        failures = 0
        while failures < ATTEMPTS and time.monotonic() < give_up_at:
            kept = line.kept
            try:
                return _understood(target, *self._send(line, service, target, version, body))
            except Passing:
                kept = False
            except (OSError, ValueError):
                line.hang_up()
            # A kept connection may have been closed at the other end meanwhile: that is no failure yet.
            if not kept:
                failures += 1
                if failures < ATTEMPTS:
                    self._pause(failures)
        raise Unavailable()

    def _send(self, line: Line, service: str, target: str, version: str, body: bytes) -> tuple[int, bytes]:
        headers = {
            "content-type": f"application/x-amz-json-{version}",
            "host": line.host,
            "x-amz-date": self._clock().strftime("%Y%m%dT%H%M%SZ"),
            "x-amz-target": target,
        }
        if self._access.session_token:
            headers["x-amz-security-token"] = self._access.session_token
        headers["authorization"] = authorization(self._access, service, headers, body)
        return line.post(headers, body)

    def _line(self, service: str) -> Line:
        lines: dict[str, Line] = self._local.__dict__
        if service not in lines:
            lines[service] = Line(self._access.endpoint(service))
        return lines[service]


def _understood(target: str, status: int, answer: bytes) -> Any:
    """The answer's content; ValueError for what is no JSON, `Passing` for what passes, `AwsRefused`."""
    if status == 200:
        return json.loads(answer)
    error = _error_type(answer)
    if status >= 500 or error in PASSING:
        raise Passing(error)
    raise AwsRefused(f"{target}: {status} {error}")


def authorization(access: AwsAccess, service: str, headers: Mapping[str, str], body: bytes) -> str:
    """The `Authorization` header of a POST to `/` (Signature Version 4); every given header is signed."""
    at = headers["x-amz-date"]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{at[:8]}/{access.region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = _day_key(access.secret_key, at[:8], access.region, service)
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    signed_by = f"Credential={access.access_key}/{scope}, SignedHeaders={names}"
    return f"AWS4-HMAC-SHA256 {signed_by}, Signature={signature}"


@lru_cache(maxsize=8)
def _day_key(secret_key: str, *steps: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for step in (*steps, "aws4_request"):
        key = hmac.digest(key, step.encode(), "sha256")
    return key


def _error_type(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["__type"]).rpartition("#")[2]
    except (ValueError, KeyError, TypeError):
        return "no reason given"
