"""What a tool is told: valid, invalid or unknown, and that no technical failure is invalid."""

from __future__ import annotations

import json
from typing import Any

import pytest
from vigencia_client.http import Response

from tests.unit.client.kit import (
    DAY,
    FINGERPRINT,
    HOUR,
    KEY,
    NOW,
    OTHER_KEY,
    OTHER_SEED,
    UNREACHABLE,
    Machine,
    addon,
    claims,
    signed,
    subject_of,
    told,
)

A = "supplier-a"


def test_the_server_is_believed_and_its_whole_answer_passed_on(machine: Machine) -> None:
    result = machine.client().validate(KEY, [A])
    assert told(result) == ("valid", "VALID", "server", None)
    assert (result.valid, result.license, result.checked_at) == (True, "lic_1", NOW)
    assert (result.next_check_at, result.grace_until) == (NOW + DAY, NOW + 14 * DAY)
    assert (result.addons[A].valid, result.addons[A].expires_at) == (True, NOW + 30 * DAY)


def test_a_mistyped_key_is_told_without_asking(machine: Machine) -> None:
    client = machine.client(fingerprint=FINGERPRINT)
    for result in (client.validate(KEY[:-1]), client.activate(KEY[:-1]), client.deactivate(KEY[:-1])):
        assert told(result) == ("invalid", "NOT_FOUND", None, "mistyped_key")
        assert KEY[4:20] not in result.detail
    assert machine.server.paths == []


@pytest.mark.parametrize("code", ["NOT_FOUND", "REVOKED", "SUSPENDED", "UNPAID", "EXPIRED", "NOT_ACTIVATED"])
def test_a_signed_refusal_is_invalid(machine: Machine, code: str) -> None:
    machine.server.refuses(code)
    result = machine.client().validate(KEY)
    assert told(result) == ("invalid", code, "server", None)
    assert result.grace_until is None


def test_a_code_of_a_later_server_is_taken_as_its_verdict_says(machine: Machine) -> None:
    machine.server.refuses("STOLEN")
    assert told(machine.client().validate(KEY))[:2] == ("invalid", "STOLEN")


def test_asking_about_a_missing_addon_does_not_cost_the_licence_its_grace(machine: Machine) -> None:
    client = machine.client()
    assert client.validate(KEY, ["b"]).state == "invalid"
    machine.server.trouble = UNREACHABLE
    machine.passes(10 * DAY)
    assert told(client.validate(KEY)) == ("valid", "VALID", "cache", "unreachable")


TROUBLES: dict[str, Any] = {
    "unreachable": UNREACHABLE,
    "timeout": TimeoutError("slow"),
    "rate_limited": Response(429, b"{}"),
    "server_error": Response(503, b"<html>"),
    "request_refused": Response(422, b'{"detail": "Some fields are not valid."}'),
    "unreadable": Response(200, b"<html>Welcome to the hotel</html>"),
    "too_large": Response(200, b" " * 300_000),
}


@pytest.mark.parametrize("reason", TROUBLES)
def test_no_technical_failure_is_invalid(machine: Machine, reason: str) -> None:
    client = machine.client()
    machine.server.trouble = TROUBLES[reason]
    assert told(client.validate(KEY)) == ("unknown", None, None, reason)
    machine.server.trouble = None
    client.validate(KEY, force=True)
    machine.passes(13 * DAY)
    machine.server.trouble = TROUBLES[reason]
    assert told(client.validate(KEY)) == ("valid", "VALID", "cache", reason)
    machine.passes(DAY)
    assert told(client.validate(KEY)) == ("unknown", None, None, reason)


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"token": null}', b'{"token": 1}', b'{"token":"","token":""}']
)
def test_an_answer_without_a_token_is_unreadable(machine: Machine, body: bytes) -> None:
    machine.server.trouble = Response(200, body)
    assert machine.client().validate(KEY).reason == "unreadable"


LIES: dict[str, dict[str, Any]] = {
    "signature": {"seed": OTHER_SEED},
    "unknown_key": {"header": {"kid": "test-9"}},
    "type": {"header": {"typ": "JWT"}},
    "nonce": {"says": {"nonce": "recorded"}},
    "subject": {"says": {"sub": subject_of(OTHER_KEY)}},
    "fingerprint": {"says": {"fingerprint": "other"}},
    "issuer": {"says": {"iss": "https://evil.example.com"}},
    "claims": {"says": {"valid": "yes"}},
}


@pytest.mark.parametrize("reason", LIES)
@pytest.mark.parametrize("valid", [True, False])
def test_a_lie_is_neither_believed_when_it_says_yes_nor_when_it_says_no(
    machine: Machine, reason: str, valid: bool
) -> None:
    if not valid:
        machine.server.refuses("REVOKED")
    for name, value in LIES[reason].items():
        setattr(machine.server, name, {**machine.server.says, **value} if name == "says" else value)
    assert told(machine.client().validate(KEY)) == ("unknown", None, None, reason)


def test_a_recorded_answer_cannot_be_replayed(machine: Machine) -> None:
    client = machine.client()
    client.validate(KEY)
    recorded = json.dumps({"token": machine.server.token()}).encode()
    machine.server.refuses("REVOKED")
    machine.server.trouble = Response(200, recorded)
    assert client.validate(KEY, force=True).reason == "nonce"
    machine.server.trouble = None
    assert client.validate(KEY, force=True).code == "REVOKED"


def test_a_refusal_ends_the_grace_of_what_was_said_before(machine: Machine) -> None:
    client = machine.client()
    client.validate(KEY)
    machine.server.refuses("REVOKED")
    machine.passes(DAY)
    assert client.validate(KEY).code == "REVOKED"
    machine.server.trouble = UNREACHABLE
    machine.passes(HOUR)
    assert told(client.validate(KEY)) == ("unknown", None, None, "unreachable")


def test_an_addon_that_ends_while_offline_ends(machine: Machine) -> None:
    machine.server.says = {"addons": {A: addon(NOW + 2 * DAY), "b": addon(None)}}
    client = machine.client()
    client.validate(KEY)
    machine.server.trouble = UNREACHABLE
    machine.passes(3 * DAY)
    assert client.validate(KEY, [A, "b"]).code == "IN_GRACE"
    assert client.validate(KEY, [A]).grace_until == NOW + 5 * DAY
    machine.passes(2 * DAY)
    result = client.validate(KEY, [A])
    assert (result.code, result.addons[A].status) == ("ADDON_EXPIRED", "expired")
    assert client.validate(KEY, ["b"]).valid
    assert client.validate(KEY).valid


def test_a_licence_in_grace_says_so(machine: Machine) -> None:
    machine.server.says = {"expires_at": NOW - DAY, "code": "IN_GRACE"}
    assert told(machine.client().validate(KEY))[:2] == ("valid", "IN_GRACE")


def test_a_token_for_ever_is_not_believed_at_all(machine: Machine) -> None:
    machine.server.says = {"grace_until": None}
    assert machine.client().validate(KEY).reason == "claims"


def test_an_answer_is_good_for_a_client_that_knows_fewer_claims(machine: Machine) -> None:
    machine.server.says = {"plan": "gold"}
    assert machine.client().validate(KEY).valid
    assert signed(claims(plan="gold")) != signed(claims())
