"""Faults on the wire: any call that the application makes can be lost, repeated, refused, or its last.

Everything leaves through urllib3: botocore's clients, PynamoDB's own client and the calls to payment
providers. So that one method is hooked, below every retry of an SDK: "before" means that the request has not
left, "after" that its effect is there and its answer was not seen. Calls are intercepted only in the context
of an `intercepted` block: the tests' own clients and the sandbox's threads are never touched.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import botocore.endpoint
from botocore.useragent import UserAgentString
from urllib3 import HTTPResponse
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ProtocolError
from urllib3.response import BaseHTTPResponse

READS = frozenset({"BatchGetItem", "GetItem", "GetObject", "GetParameter", "Query"})
SEND_EMAIL = "POST /v2/email/outbound-emails"


class Crash(BaseException):
    """The process is gone. No `except Exception` of the application may notice."""


class Hang(Crash):
    """The process did not come back in its time and was ended."""


@dataclass(frozen=True)
class Call:
    """One request on its way: to DynamoDB, S3, SQS, SSM, SES or a provider."""

    service: str
    operation: str
    headers: Mapping[str, str]
    body: bytes

    def __str__(self) -> str:
        return f"{self.service} {self.operation}"

    @property
    def is_aws(self) -> bool:
        """Whether an AWS SDK makes it."""
        return self.service in ("DynamoDB", "S3", "SQS", "SSM", "SES")

    @property
    def reads(self) -> bool:
        """Whether it has no effect."""
        return self.operation in READS or self.operation.startswith("GET ")

    @cached_property
    def rows(self) -> frozenset[str]:
        """The keys of the rows that it reads or writes; empty when that cannot be told from the request."""
        if self.operation not in ("GetItem", "UpdateItem", "TransactWriteItems"):
            return frozenset()
        asked = json.loads(self.body)
        keys = [asked["Key"]] if "Key" in asked else [put["Put"]["Item"] for put in asked["TransactItems"]]
        return frozenset(f"{key['pk']['S']} {key['sk']['S']}" for key in keys)

    @property
    def is_about_mail(self) -> bool:
        """Whether it changes nothing but one e-mail, or sends it."""
        return self.service == "SES" or (
            bool(self.rows) and all(row.startswith(("MAIL#", "AUD#mail_")) for row in self.rows)
        )

    @property
    def repeatable(self) -> bool:
        """Whether a second arrival of the very same request can be told from a new one.

        SES and Asaas offer no means to: that is why the application sends those without retries, and no
        HTTP stack repeats such a request by itself.
        """
        return self.service != "SES" and str(self) != "asaas POST /v3/payments"


Send = Callable[[], BaseHTTPResponse]
Interceptor = Callable[[Call, Send], BaseHTTPResponse]

_interceptor: ContextVar[Interceptor | None] = ContextVar("interceptor", default=None)
_urlopen = HTTPConnectionPool.urlopen


class _NoPause:
    """The clock of botocore's endpoints: between an SDK's attempts no time is lost."""

    @staticmethod
    def sleep(seconds: float) -> None:
        """Return at once."""


@contextmanager
def hooked() -> Iterator[None]:
    """Install the hook in urllib3, and take the pauses out of botocore's retries.

    Botocore tells nobody which SDK it is, as it would find that out anew for each call, which takes long.
    """
    pool: Any = HTTPConnectionPool
    endpoint: Any = botocore.endpoint
    agent: Any = UserAgentString
    named = agent.to_string
    pool.urlopen, clock, endpoint.time = _hooked_urlopen, endpoint.time, _NoPause
    agent.to_string = lambda self: "botocore"
    try:
        yield
    finally:
        pool.urlopen, endpoint.time, agent.to_string = _urlopen, clock, named


@contextmanager
def intercepted(interceptor: Interceptor) -> Iterator[None]:
    """What runs in this block, in this thread, is the application: its calls go through `interceptor`."""
    token = _interceptor.set(interceptor)
    try:
        yield
    finally:
        _interceptor.reset(token)


def _hooked_urlopen(
    pool: HTTPConnectionPool, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
) -> BaseHTTPResponse:
    def send() -> BaseHTTPResponse:
        answer = _urlopen(pool, method, url, body, headers, **options)
        return answer if options.get("preload_content", True) else _held(answer)

    interceptor = _interceptor.get()
    if interceptor is None:
        return _urlopen(pool, method, url, body, headers, **options)
    return interceptor(_call(method, url, body, headers), send)


def _held(answer: BaseHTTPResponse) -> BaseHTTPResponse:
    """The same answer with its body in memory: read, and its connection free, whatever becomes of it."""
    body = answer.read(decode_content=False)
    answer.release_conn()
    return _answer(answer.status, body, dict(answer.headers))


def _answer(status: int, body: bytes, headers: Mapping[str, str]) -> HTTPResponse:
    return HTTPResponse(io.BytesIO(body), headers, status, preload_content=False)


def _call(method: str, url: str, body: Any, headers: Any) -> Call:
    told = {name.lower(): _text(value) for name, value in (headers or {}).items()}
    path = url.partition("?")[0]
    sent = body if isinstance(body, bytes) else str(body or "").encode()
    if target := told.get("x-amz-target"):
        # "DynamoDB_20120810.GetItem", "AmazonSQS.SendMessage", "AmazonSSM.GetParameter"
        service, _, operation = target.partition(".")
        return Call(service.removeprefix("Amazon").partition("_")[0], operation, told, sent)
    if "x-amz-content-sha256" in told:
        return Call("S3", f"{method.capitalize()}Object", told, sent)
    if path.startswith("/v2/email/"):
        return Call("SES", f"{method} {path}", told, sent)
    service, _, rest = path.lstrip("/").partition("/")
    return Call(service, f"{method} /{rest}", told, sent)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


# Modes


def _crash_before(call: Call, send: Send) -> BaseHTTPResponse:
    raise Crash(str(call))


def _crash_after(call: Call, send: Send) -> BaseHTTPResponse:
    send()
    raise Crash(str(call))


def _hang_after(call: Call, send: Send) -> BaseHTTPResponse:
    send()
    raise Hang(str(call))


def _lost_before(call: Call, send: Send) -> BaseHTTPResponse:
    raise ProtocolError("the request was lost")


def _lost_after(call: Call, send: Send) -> BaseHTTPResponse:
    send()
    raise ProtocolError("the answer was lost")


def _duplicate(call: Call, send: Send) -> BaseHTTPResponse:
    send()
    return send()


def _throttle(call: Call, send: Send) -> BaseHTTPResponse:
    if call.service == "S3":
        return _answer(503, b"<Error><Code>SlowDown</Code></Error>", {})
    codes = {"DynamoDB": "ProvisionedThroughputExceededException", "SES": "TooManyRequestsException"}
    code = codes.get(call.service, "ThrottlingException")
    status = 400 if "x-amz-target" in call.headers else 429
    return _refusal(status, code, {"message": "slow down"})


def _conflict(call: Call, send: Send) -> BaseHTTPResponse:
    reasons = [{"Code": "TransactionConflict", "Message": "somebody else is writing"}]
    told = {"Message": "Transaction cancelled: [TransactionConflict]", "CancellationReasons": reasons}
    return _refusal(400, "TransactionCanceledException", told)


def _refusal(status: int, code: str, told: Mapping[str, Any]) -> BaseHTTPResponse:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return _answer(status, json.dumps({"__type": code, **told}).encode(), headers)


MODES: Mapping[str, Interceptor] = {
    "crash_before": _crash_before,
    "crash_after": _crash_after,
    "hang_after": _hang_after,
    "lost_before": _lost_before,
    "lost_after": _lost_after,
    "throttle": _throttle,
    "conflict": _conflict,
    "duplicate": _duplicate,
    "unanswered": _lost_after,
}

# For `Wire.at`: each call; or each call once, when it is repeated at once.
EACH, EACH_ONCE = range(1, 10_000), range(1, 10_000, 2)


def from_call(number: int, mode: str) -> range:
    """For `Wire.at`: where a mode goes that begins with a call; "unanswered" outlasts all tries of an SDK."""
    return range(number, number + (4 if mode == "unanswered" else 1))


def applies(mode: str, call: Call) -> bool:
    """Whether this can happen to this call, and is not the same as another mode.

    What has no effect has no "after": whether a read was carried out before everything was lost, or twice,
    makes no difference to anybody. And AWS's SDKs repeat a read that was lost or refused, all alike.
    """
    if call.reads:
        return mode == "crash_before" or (mode in ("lost_before", "throttle") and not call.is_aws)
    if mode == "conflict":
        return call.operation == "TransactWriteItems"
    return mode != "duplicate" or call.repeatable


class Wire:
    """Carries the application's calls; while `armed`, `mode` happens to some of those that `hurts` picks.

    `at` holds their numbers, starting at 1. The wire also knows what took effect, whether or not the
    application was told: what the table's stream brings, what is on the queues, and what SES will report.
    """

    def __init__(
        self,
        mode: str = "",
        at: Container[int] = (),
        hurts: Callable[[Call], bool] = lambda call: True,
    ) -> None:
        self.mode = mode
        self.at = at
        self.hurts = hurts
        self.armed = True
        self.calls: list[Call] = []
        self.hit: Call | None = None
        self.written: list[dict[str, Any]] = []
        self.messages: list[tuple[str, dict[str, str]]] = []
        self.mails: list[tuple[str, str]] = []

    def __call__(self, call: Call, send: Send) -> BaseHTTPResponse:
        """Intercept one call."""

        def watched() -> BaseHTTPResponse:
            return self._noted(call, send())

        if not (self.armed and self.hurts(call)):
            return watched()
        self.calls.append(call)
        if len(self.calls) not in self.at:
            return watched()
        self.hit = call
        return MODES[self.mode](call, watched)

    def _noted(self, call: Call, answer: BaseHTTPResponse) -> BaseHTTPResponse:
        """Remember the effect of a call that succeeded."""
        if answer.status != 200:
            return answer
        if call.operation in ("TransactWriteItems", "PutItem"):
            asked = json.loads(call.body)
            self.written += [put["Put"]["Item"] for put in asked.get("TransactItems", [{"Put": asked}])]
        elif call.operation == "SendMessage":
            asked = json.loads(call.body)
            self.messages.append((asked["QueueUrl"], json.loads(asked["MessageBody"])))
        elif call.operation == SEND_EMAIL:
            tags = {tag["Name"]: tag["Value"] for tag in json.loads(call.body)["EmailTags"]}
            body = answer.read()
            self.mails.append((tags["mail_id"], json.loads(body)["MessageId"]))
            return _answer(answer.status, body, dict(answer.headers))
        return answer
