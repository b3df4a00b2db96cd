"""Typed routes over Chalice's own router: validate, call one function, answer (problem+json when refused).

A route declares its body, query and answer as pydantic models; OpenAPI is generated from the same
declarations. The view is called with a `Call` and, where declared, the validated `body` and `query`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from chalice import Blueprint, Response
from chalice.app import Request
from pydantic import BaseModel, ValidationError

from chalicelib import wiring
from chalicelib.edge import cors, log, reading
from chalicelib.edge.auth import Caller, authorize, caller_of
from chalicelib.edge.headers import cors_headers, language_of
from chalicelib.edge.problems import headers_of, problem_of, unexpected
from chalicelib.edge.replies import FORM, JSON, Reply, response
from chalicelib.edge.schema import refusal_of
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import (
    FieldError,
    Forbidden,
    Invalid,
    NotAuthenticated,
    Refusal,
    TooLarge,
    UnsupportedMediaType,
)
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.plain import json_text
from chalicelib.storage.idempotency import Repeatable, Replay

BODY_LIMIT = 64 * 1024
KEY_LIMIT = 255


@dataclass(frozen=True)
class Call:
    """One request as a view sees it."""

    now: datetime
    locale: str
    path: Mapping[str, str]
    headers: Mapping[str, str]
    raw_body: bytes
    address: str = ""
    caller: Caller | None = None
    repeatable: Repeatable | None = None

    @property
    def customer_id(self) -> str:
        """The calling customer, on routes that ask for a sign-in."""
        if self.caller is None:
            raise NotAuthenticated()
        return self.caller.customer_id

    @property
    def token(self) -> str:
        """The access token that the authorizer verified."""
        return self.headers.get("authorization", "").partition(" ")[2]

    @property
    def staff_id(self) -> str:
        """The calling member of staff, as the audit trail names him."""
        if self.caller is None:
            raise NotAuthenticated()
        return self.caller.sub


# Shows a problem, in a language and at a path with these parts, as a page; status and headers are set by us.
ProblemPage = Callable[[Mapping[str, Any], str, Mapping[str, str]], Reply]


@dataclass(frozen=True)
class RouteSpec:
    """What a route declares; OpenAPI and the access matrix are made from these."""

    method: str
    path: str
    view: Callable[..., Any]
    roles: frozenset[str] | None
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    out: type[BaseModel] | None = None
    status: int = 200
    also: tuple[int, ...] = ()
    repeatable: bool = False
    raw: bool = False
    media_types: tuple[str, ...] = ()
    reads: str | None = None
    page: ProblemPage | None = None
    refuses: tuple[type[Refusal], ...] = ()

    @property
    def needs_body(self) -> bool:
        """Whether something must be sent: not where all of a JSON body may be left out."""
        fields = self.body.model_fields.values() if self.body else ()
        return self.raw or self.reads is not None or any(field.is_required() for field in fields)


SPECS: list[RouteSpec] = []


def route(
    bp: Blueprint,
    method: str,
    path: str,
    *,
    roles: frozenset[str] | None = None,
    **declared: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a view for `method path`. `roles=None` is public; otherwise the caller needs one of them.

    `declared`: `body`, `query`, `out` (models), `status`, `repeatable` (honours Idempotency-Key), `raw`
    (the view reads the body's bytes itself, as webhooks must), `reads` (the one media type of a raw body,
    without it any will do; or `FORM` for a `body` that is a form's, not JSON), `page` (for people: the view
    answers with HTML, and problems are shown by this), and for the description `also` (statuses of other
    answers of success), `media_types` (what the answer can be besides the model, or instead of one) and
    `refuses` (refusals that do not follow from the rest).
    """

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        spec = RouteSpec(method, path, view, roles, **declared)
        SPECS.append(spec)

        def handler(**path_parameters: str) -> Response:
            return _respond(spec, bp.current_request, path_parameters)

        handler.__name__ = view.__name__
        guarded = {"authorizer": authorize} if roles is not None else {}
        bp.route(path, methods=[method], content_types=[], name=view.__name__, **guarded)(handler)
        cors.preflight(bp, path)
        return view

    return register


def described(method: str, path: str, **declared: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Describe a public route that another function answers, past Chalice; `declared` as for `route`."""

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        SPECS.append(RouteSpec(method, path, view, None, **declared))
        return view

    return register


def _respond(spec: RouteSpec, request: Request, path_parameters: Mapping[str, str]) -> Response:
    started = time.monotonic()
    request_id = str(request.context.get("requestId", ""))
    asked = request.headers.get("accept-language", "")
    locale = language_of(asked)
    path = {name: unquote(value) for name, value in path_parameters.items()}
    try:
        reply = _answer(spec, request, path, locale)
    except Refusal as refusal:
        locale = locale if asked else _own_language(request) or locale
        problem = problem_of(refusal, locale, request_id)
        reply = _refused(spec, locale, path, problem, headers_of(refusal))
    except Exception:
        log.failure("request failed", request_id=request_id, route=spec.path)
        reply = _refused(spec, locale, path, unexpected(locale, request_id), {})
    log.line(
        "request",
        request_id=request_id,
        method=spec.method,
        route=spec.path,
        status=reply.status,
        milliseconds=round((time.monotonic() - started) * 1000),
    )
    headers: dict[str, str | list[str]] = {
        "Content-Type": reply.media_type,
        "Cache-Control": "no-store",
        **reply.headers,
        **cors_headers(request.headers.get("origin"), wiring.allowed_origins()),
    }
    return response(reply, headers)


def _own_language(request: Request) -> str | None:
    """The language that a customer has chosen for himself; looked up only to refuse him something."""
    caller = caller_of(request.context)
    if caller is None:
        return None
    try:
        return wiring.locale_of(caller.customer_id)
    except Exception:
        # Whatever keeps it from being read, he is told what was refused.
        log.failure("language not read", customer_id=caller.customer_id)
        return None


def _answer(spec: RouteSpec, request: Request, path: Mapping[str, str], locale: str) -> Reply:
    caller = caller_of(request.context)
    _require(spec.roles, caller)
    given, raw = _validated(spec, request)
    call = Call(
        now=utc_now(),
        locale=locale,
        path=path,
        headers={name.lower(): value for name, value in request.headers.items()},
        raw_body=raw,
        address=str(request.context.get("identity", {}).get("sourceIp", "")),
        caller=caller,
        repeatable=_repeatable(spec, request, caller, given.get("body")),
    )
    wiring.connect()
    try:
        result = spec.view(call, **given)
    except Replay as replay:
        return Reply(replay.answer.body, replay.answer.status, {"Idempotent-Replayed": "true"})
    if isinstance(result, Reply):
        return result
    return Reply(result.model_dump_json(), spec.status)


def _require(roles: frozenset[str] | None, caller: Caller | None) -> None:
    if roles is None:
        return
    if caller is None:
        raise NotAuthenticated()
    if not roles & caller.roles:
        raise Forbidden(roles=", ".join(sorted(roles)))


def _validated(spec: RouteSpec, request: Request) -> tuple[dict[str, BaseModel], bytes]:
    received = request.raw_body
    raw = received.encode() if isinstance(received, str) else received
    if len(raw) > BODY_LIMIT:
        raise TooLarge(limit=BODY_LIMIT)
    expected = spec.reads or (JSON if spec.body else None)
    if expected and reading.media_type(request, expected) != expected:
        raise UnsupportedMediaType(expected=expected)
    given: dict[str, BaseModel] = {}
    faults: list[FieldError] = []
    if spec.query is not None:
        _collect(given, faults, "query", lambda m: m.model_validate(reading.query(request)), spec.query)
    if spec.body is not None:
        parse = reading.read_form if expected == FORM else reading.read_json
        sent = raw if raw or spec.needs_body else b"{}"
        _collect(given, faults, "body", lambda m: parse(m, sent), spec.body)
    if faults:
        raise Invalid(errors=faults)
    return given, raw


def _collect(
    given: dict[str, BaseModel],
    faults: list[FieldError],
    name: str,
    parse: Callable[[type[BaseModel]], BaseModel],
    model: type[BaseModel],
) -> None:
    try:
        given[name] = parse(model)
    except ValidationError as error:
        refusal = refusal_of(error, root="" if name == "body" else "/query")
        if not isinstance(refusal, Invalid):
            raise refusal from None
        faults.extend(refusal.errors)


def _repeatable(
    spec: RouteSpec, request: Request, caller: Caller | None, body: BaseModel | None
) -> Repeatable | None:
    client_key = request.headers.get("idempotency-key")
    if not spec.repeatable or client_key is None:
        return None
    if not 1 <= len(client_key) <= KEY_LIMIT:
        raise Invalid(errors=[FieldError("/headers/Idempotency-Key", Fault("length", most=KEY_LIMIT))])
    # The validated model, not the raw bytes: white space does not matter, and secrets are masked in it.
    canonical = body.model_dump_json() if body else json.dumps(None)
    # The route, not the address: the same request may come again through another domain or stage.
    operation = f"{spec.method} {spec.path} {sorted((request.uri_params or {}).items())}"
    return Repeatable(caller.sub if caller else "public", operation, client_key, canonical.encode())


def _refused(
    spec: RouteSpec,
    locale: str,
    path: Mapping[str, str],
    problem: Mapping[str, Any],
    headers: Mapping[str, str],
) -> Reply:
    if spec.page is None:
        return Reply(json_text(problem), problem["status"], headers, "application/problem+json")
    shown = spec.page(problem, locale, path)
    return replace(shown, status=problem["status"], headers={**shown.headers, **headers})
