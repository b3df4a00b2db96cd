"""Asking the validator as Lambda does: a validator of one's own, and events of its Function URL."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib import wiring
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.limits import Allowance, Limits
from chalicelib.validator.validator import Call, Validator
from tests.world import Answer, World

AMPLE = 10**6


@dataclass
class Recording:
    """AWS, which remembers what it was asked."""

    aws: Call
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def __call__(self, service: str, target: str, version: str, asked: Mapping[str, Any]) -> Any:
        self.asked.append((target, asked))
        return self.aws(service, target, version, asked)


def validator(
    world: World,
    aws: Call | None = None,
    *,
    keys: int = AMPLE,
    addresses: int = AMPLE,
    clock: Callable[[], int] = lambda: 0,
) -> Validator:
    """A validator of this world that lets each key and each address ask so often a minute."""
    limits = Limits(Allowance(keys, clock), Allowance(addresses, clock))
    return Validator(aws or world.aws, world.table_name, wiring.signer, limits, wiring.allowed_origins())


def url_event(
    body: Any = None,
    *,
    method: str = "POST",
    path: str = "/",
    headers: Mapping[str, str] | None = None,
    address: str = "203.0.113.7",
    packed: bool = False,
) -> dict[str, Any]:
    """What a Function URL sends (payload format 2.0); a text as body is sent as it is."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **(headers or {})},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "url-id",
            "domainName": "url-id.lambda-url.us-east-1.on.aws",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": address,
                "userAgent": "tool/1",
            },
            "requestId": "req-1",
            "routeKey": "$default",
            "stage": "$default",
        },
        "isBase64Encoded": packed,
    }
    if text is not None:
        event["body"] = base64.b64encode(text.encode()).decode() if packed else text
    return event


def answered(asked: Validator, event: Mapping[str, Any]) -> Answer:
    """The validator's answer to one event."""
    told = asked(event, utc_now())
    return Answer(told["statusCode"], told["headers"], told["body"].encode())
