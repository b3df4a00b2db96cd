"""Who says so: only what a provider can have sent is stored, whether we understand it or not (B5)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.world import SECRETS, Answer, World

ASAAS = {"asaas-access-token": SECRETS["asaas"]["webhook_token"]}


def _asaas(world: World, body: Any, headers: dict[str, str] = ASAAS) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return world.http("POST", "/v1/webhooks/asaas", raw=raw, headers=headers)


def _stripe(world: World, body: Any, *, seconds: int = 0, secret: str = "whsec_test") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    at = int(datetime.now(UTC).timestamp()) + seconds
    digest = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={at},v1={digest}"}
    return world.http("POST", "/v1/webhooks/stripe", raw=raw, headers=headers)


def _paid_event(charge_id: str, event_id: str = "evt_early") -> dict[str, Any]:
    payment = {"object": "payment", "id": charge_id, "status": "RECEIVED", "value": 1}
    return {"id": event_id, "event": "PAYMENT_RECEIVED", "payment": payment}


STRANGERS: dict[str, Callable[[World], Answer]] = {
    "asaas, no token": lambda world: _asaas(world, _paid_event("pay_1"), {}),
    "asaas, wrong token": lambda world: _asaas(world, _paid_event("pay_1"), {"asaas-access-token": "x"}),
    "asaas, empty token": lambda world: _asaas(world, _paid_event("pay_1"), {"asaas-access-token": ""}),
    "asaas, longer token": lambda world: _asaas(
        world, _paid_event("pay_1"), {"asaas-access-token": "asaas-token-and-more"}
    ),
    "stripe, no signature": lambda world: world.http("POST", "/v1/webhooks/stripe", {"id": "evt_1"}),
    "stripe, wrong secret": lambda world: _stripe(world, {"id": "evt_1"}, secret="whsec_other"),
    "stripe, signed too long ago": lambda world: _stripe(world, {"id": "evt_1"}, seconds=-305),
    "stripe, signed in the future": lambda world: _stripe(world, {"id": "evt_1"}, seconds=305),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_is_not_authentic_is_refused_and_not_stored(shared_world: World, stranger: str) -> None:
    before = shared_world.rows()
    answer = STRANGERS[stranger](shared_world)
    assert (answer.status, answer.json["code"]) == (401, "webhook_not_authentic")
    assert shared_world.rows() == before


@pytest.mark.parametrize("seconds", [-295, 295])
def test_a_signature_within_five_minutes_is_taken(shared_world: World, seconds: int) -> None:
    answer = _stripe(shared_world, {"id": f"evt_{seconds}", "type": "customer.created"}, seconds=seconds)
    assert (answer.status, answer.json) == (200, {"received": True})


def test_a_body_changed_on_the_way_is_refused(shared_world: World) -> None:
    raw = json.dumps({"id": "evt_1", "type": "checkout.session.completed"}).encode()
    at = int(datetime.now(UTC).timestamp())
    digest = hmac.new(b"whsec_test", f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"stripe-signature": f"t={at},v1={digest}"}
    changed = raw.replace(b"completed", b"complete_")
    assert shared_world.http("POST", "/v1/webhooks/stripe", raw=changed, headers=headers).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"\xff",
        {},
        {"id": 7},
        {"id": "evt_x", "event": "SOMETHING_NEW", "payment": 1},
    ],
    ids=repr,
)
def test_what_is_authentic_and_not_understood_is_stored_and_answered_200(
    shared_world: World, body: Any
) -> None:
    before = {row["id"] for row in shared_world.rows("provider_event")}
    for answer in (_asaas(shared_world, body), _asaas(shared_world, body)):
        assert (answer.status, answer.json) == (200, {"received": True})
    (event,) = [row for row in shared_world.rows("provider_event") if row["id"] not in before]
    assert event["outcome"] == "ignored"
    assert "gsi2pk" not in event


def test_an_event_is_kept_as_it_came(shared_world: World) -> None:
    raw = b'{ "id": "evt_raw",  "event": "PAYMENT_CREATED", "payment": {"id": "pay_9"}, "x": "\xc3\xa9" }'
    _asaas(shared_world, raw)
    kept = [row["raw"] for row in shared_world.rows("provider_event")]
    assert raw.decode() in kept
