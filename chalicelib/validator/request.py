"""The request behind an event of Lambda, and what its body asks; every faulty field is named.

The checks are those of `ValidateIn` in `licensing/schemas.py`, under the same codes: a test compares the two.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, get_args

from chalicelib.kernel.errors import (
    FieldError,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
)
from chalicelib.kernel.faults import Fault
from chalicelib.licensing.standing import Environment

ROUTE = "/v1/licenses/validate"
BODY_LIMIT = 64 * 1024
MOST_ADDONS = 50

# The faults of a field, each with the pointer below it.
Found = Iterator[tuple[str, Fault]]
Check = Callable[[Any], Found]


@dataclass(frozen=True)
class Request:
    """One HTTP request; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    address: str
    id: str


@dataclass(frozen=True)
class Body:
    """What a tool asks."""

    key: str
    fingerprint: str | None = None
    environment: Environment | None = None
    addons: tuple[str, ...] = ()
    nonce: str | None = None


class NothingHere(NotFound):
    """Neither the route nor the root of the Function URL, or not a POST."""

    thing = {"en": "operation", "es": "la operación", "pt-BR": "a operação"}


def request_of(event: Mapping[str, Any]) -> Request:
    """The request in an event of API Gateway (REST) or of a Function URL."""
    context = event["requestContext"]
    # A Function URL describes the request here; it serves any path, while the gateway has one route for us.
    http = context.get("http")
    caller = http or context.get("identity", {})
    body = event.get("body") or ""
    return Request(
        method=http["method"] if http else event["httpMethod"],
        path=event["rawPath"] if http else ROUTE,
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        address=caller.get("sourceIp", ""),
        id=context.get("requestId", ""),
    )


def asked_of(request: Request) -> Body:
    """What the body asks; `TooLarge`, `UnsupportedMediaType`, `Malformed`, `Invalid`, `NothingHere`."""
    if request.method != "POST" or request.path not in ("/", ROUTE):
        raise NothingHere(id=f"{request.method} {request.path}")
    if len(request.body) > BODY_LIMIT:
        raise TooLarge(limit=BODY_LIMIT)
    media_type = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType(expected="application/json")
    given = _json(request.body)
    if faults := list(_faults(given)):
        raise Invalid(errors=[FieldError(*fault) for fault in faults])
    known = {name: value for name, value in given.items() if name != "client_version" and value is not None}
    return Body(**{**known, "addons": tuple(known.get("addons", ()))})


def _json(raw: bytes) -> Any:
    try:
        text = raw.decode()
        given = json.loads(text, parse_constant=_refuse)
        if "\\u" in text:
            # A lone surrogate is no text, although it can be escaped.
            json.dumps(given, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise Malformed(why=Fault("json_invalid", line=error.lineno, column=error.colno)) from None
    except (ValueError, RecursionError):
        raise Malformed(why=Fault("json_invalid.text")) from None
    return given


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _faults(given: Any) -> Found:
    if not isinstance(given, dict):
        yield "", Fault("model_type")
        return
    for name, check in FIELDS.items():
        if name in given:
            if given[name] is not None or name == "key":
                yield from ((f"/{name}{below}", fault) for below, fault in check(given[name]))
        elif name == "key":
            yield "/key", Fault("missing")
    for name in given.keys() - FIELDS.keys():
        escaped = name.replace("~", "~0").replace("/", "~1")
        yield f"/{escaped}", Fault("extra_forbidden")


def _text(longest: int, shortest: int = 1) -> Check:
    def check(value: Any) -> Found:
        if not isinstance(value, str):
            yield "", Fault("string_type")
        elif len(value) < shortest:
            yield "", Fault("string_too_short", min_length=shortest)
        elif len(value) > longest:
            yield "", Fault("string_too_long", max_length=longest)

    return check


def _fingerprint(value: Any) -> Found:
    yield from FINGERPRINT(value)
    if isinstance(value, str) and 0 < len(value) <= 200 and not value.strip():
        yield "", Fault("blank")


def _environment(value: Any) -> Found:
    if value not in get_args(Environment):
        yield "", Fault("literal_error", expected=", ".join(get_args(Environment)))


def _addons(value: Any) -> Found:
    if not isinstance(value, list):
        yield "", Fault("list_type")
    elif len(value) > MOST_ADDONS:
        yield "", Fault("too_long", max_length=MOST_ADDONS)
    else:
        for at, code in enumerate(value):
            yield from ((f"/{at}{below}", fault) for below, fault in ADDON(code))


ADDON, FINGERPRINT = _text(64), _text(200)
FIELDS: Mapping[str, Check] = {
    "key": _text(100),
    "fingerprint": _fingerprint,
    "environment": _environment,
    "addons": _addons,
    "nonce": _text(100),
    "client_version": _text(50, shortest=0),
}
