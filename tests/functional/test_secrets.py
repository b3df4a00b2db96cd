"""No key, password, token or personal data in logs, audit rows or outbox; no key or password in the table."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest

from chalicelib.edge import auth, log
from tests.functional import steps
from tests.functional.conftest import Pool
from tests.functional.steps import ADDON_A, LICENSE
from tests.world import SECRETS, World

PASSWORD = "correct horse battery"
BODY = {
    "email": "eva.nunez@example.com",
    "password": PASSWORD,
    "name": "Eva Núñez",
    "country": "BR",
    "locale": "pt-BR",
    "tax_id": "52998224725",
}
# These stand in what every payer's browser sends.
NO_SECRETS = ("client_id", "merchant_code", "terminal", "version", "webhook_id")
PERSONAL = (BODY["email"], BODY["name"], BODY["tax_id"])


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged or printed, as it is written for CloudWatch."""
    text = io.StringIO()
    copy, root = logging.StreamHandler(text), logging.getLogger()
    copy.setFormatter(log.logger().registered_formatter)
    root.addHandler(copy)
    try:
        with redirect_stdout(text), redirect_stderr(text):
            yield text
    finally:
        root.removeHandler(copy)


def _purchase(world: World) -> tuple[str, str]:
    """Registering, signing in, buying, paying and validating; the token and the key."""
    headers = {"idempotency-key": "r-1"}
    assert world.http("POST", "/v1/customers", BODY, headers=headers).status == 201
    credentials = {"email": BODY["email"], "password": PASSWORD}
    assert world.http("POST", "/v1/sessions", {**credentials, "password": f"{PASSWORD}!"}).status == 401
    token = str(world.http("POST", "/v1/sessions", credentials).json["access_token"])
    steps.bought(world, token, LICENSE, ADDON_A)
    steps.bought(world, token, LICENSE, method="card")
    key = str(steps.licenses(world, token)[0]["key"])
    steps.validate(world, key, addons=["supplier-a"])
    steps.ask(world, token, {"product": key})
    with pytest.raises(auth.Unauthorized):
        world.http("GET", "/v1/me", token=f"{token}x")
    return token, key


def _forms(key: str) -> tuple[str, ...]:
    bare = key.replace("-", "")
    return key, bare, bare.removeprefix("VIG")


def test_a_whole_purchase_leaves_no_secret_and_nothing_personal_in_the_logs(world: World, pool: Pool) -> None:
    with logged() as text:
        token, key = _purchase(world)
    written = text.getvalue()
    assert written.count('"message":"request"') > 10
    provider = [
        secret for keys in SECRETS.values() for name, secret in keys.items() if name not in NO_SECRETS
    ]
    for secret in (*_forms(key), PASSWORD, token, token.split(".")[2], *provider, *PERSONAL):
        assert secret not in written


def test_a_whole_purchase_leaves_no_secret_in_the_table(world: World, pool: Pool) -> None:
    token, key = _purchase(world)
    rows = world.rows()
    traces = [row for row in rows if row["kind"] in ("audit", "outbox")]
    assert len(traces) > 20
    for secret in (*_forms(key), PASSWORD, token):
        assert not [row["kind"] for row in rows if secret in str(row)]
    for private in PERSONAL:
        assert not [row for row in traces if private in str(row)]


def test_a_failure_is_logged_with_its_trace_and_without_what_was_sent(world: World) -> None:
    _, token = world.customer()
    order = steps.place(world, token, LICENSE)
    (row,) = world.rows("payment")
    steps.put(world, {**row, "amount": "not money"})
    with logged() as text:
        answer = world.http("GET", f"/v1/orders/{order['id']}", token=token)
    assert answer.status == 500
    (failure,) = [json.loads(line) for line in text.getvalue().splitlines() if '"ERROR"' in line]
    assert failure["request_id"] == answer.json["request_id"]
    assert "ValueError" in failure["exception"]
    assert token not in text.getvalue()


def test_every_request_is_one_line_of_json(world: World) -> None:
    with logged() as text:
        world.http("GET", "/v1/products/erp")
    (line,) = [json.loads(one) for one in text.getvalue().splitlines()]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/products/{code}", 200)
    assert len(log.logger().handlers) == 1
