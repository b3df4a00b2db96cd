"""The authorizer lets in what the user pool signed for our client, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from chalicelib.customers.tokens import TokenVerifier
from chalicelib.edge import auth
from chalicelib.kernel.errors import Unavailable
from tests.world import CLIENT_ID, ISSUER, Keys, World

SUB = "8c6f9c1e-54f0-4b8f-9d0a-6d6b1c3c1a11"
HOUR = timedelta(hours=1)


def _decision(header: str) -> Any:
    event = {
        "type": "TOKEN",
        "authorizationToken": header,
        "methodArn": "arn:aws:execute-api:us-east-1:000000000000:abc/api/GET/v1/me",
    }
    return auth.authorize(event, None)


def _claims(**changed: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    claims = {"sub": SUB, "iss": ISSUER, "client_id": CLIENT_ID, "token_use": "access"}
    return {**claims, "iat": int(now.timestamp()), "exp": int((now + HOUR).timestamp()), **changed}


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _with_public_key_as_secret(keys: Keys) -> str:
    """What a verifier accepts that lets the token choose the algorithm."""
    public = keys.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': keys.kid})}.{_part(_claims())}"
    digest = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _other_payload(keys: Keys) -> str:
    header, _, signature = keys.token(SUB).split(".")
    return f"{header}.{_part(_claims(**{'cognito:groups': ['finance']}))}.{signature}"


def _signed(keys: Keys, algorithm: str = "RS256", kid: str | None = "pool-key", **claims: Any) -> str:
    headers = {"kid": kid} if kid else {}
    return jwt.encode(_claims(**claims), keys.private, algorithm=algorithm, headers=headers)


def _without(keys: Keys, claim: str) -> str:
    claims = {name: value for name, value in _claims().items() if name != claim}
    return jwt.encode(claims, keys.private, algorithm="RS256", headers={"kid": keys.kid})


BAD: dict[str, Callable[[Keys], str]] = {
    "forged signature": lambda keys: Keys(kid=keys.kid).token(SUB),
    "changed payload": _other_payload,
    "expired": lambda keys: keys.token(SUB, exp=datetime.now(UTC) - timedelta(seconds=1)),
    "not yet valid": lambda keys: keys.token(SUB, nbf=datetime.now(UTC) + HOUR),
    "issued in the future": lambda keys: keys.token(SUB, iat=datetime.now(UTC) + HOUR),
    "another pool": lambda keys: keys.token(SUB, iss=f"{ISSUER}x"),
    "another client": lambda keys: keys.token(SUB, client_id="somebody-elses"),
    "an id token": lambda keys: keys.token(SUB, token_use="id"),
    "sub is no user id": lambda keys: keys.token("admin"),
    "alg none": lambda keys: jwt.encode(_claims(), "", algorithm="none", headers={"kid": keys.kid}),
    "HMAC with the public key": _with_public_key_as_secret,
    "another algorithm of the right key": lambda keys: _signed(keys, algorithm="RS512"),
    "unknown kid": lambda keys: _signed(keys, kid="somebody-elses"),
    "no kid": lambda keys: _signed(keys, kid=None),
    "no expiry": lambda keys: _without(keys, "exp"),
    "no client": lambda keys: _without(keys, "client_id"),
    "no use": lambda keys: _without(keys, "token_use"),
    "no subject": lambda keys: _without(keys, "sub"),
    "empty": lambda keys: "",
    "not a token": lambda keys: "abc",
    "two parts": lambda keys: "e30.e30",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_is_refused_with_the_text_that_the_gateway_answers_401_to(
    shared_world: World, keys: Keys, kind: str
) -> None:
    with pytest.raises(auth.Unauthorized, match=r"^Unauthorized$"):
        _decision(f"Bearer {BAD[kind](keys)}")


@pytest.mark.parametrize("scheme", ["", "Basic ", "Token ", "Bearer", "Bearer\t"])
def test_a_token_that_is_not_a_bearer_token_is_refused(shared_world: World, keys: Keys, scheme: str) -> None:
    with pytest.raises(auth.Unauthorized):
        _decision(scheme + keys.token(SUB))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_good_token_tells_who_is_calling(shared_world: World, keys: Keys, scheme: str) -> None:
    policy = _decision(f"{scheme} {keys.token(SUB)}")
    assert policy["principalId"] == SUB
    assert policy["context"]["roles"] == "customer"
    assert policy["context"]["customer_id"].startswith("cus_")
    assert {statement["Effect"] for statement in policy["policyDocument"]["Statement"]} == {"Allow"}


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["staff"], "staff"),
        (["it", "finance"], "finance,it"),
        (["staff", "strangers"], "staff"),
        (["strangers"], "customer"),
        (["customer"], "customer"),
    ],
)
def test_roles_are_the_staff_groups_or_else_customer(
    shared_world: World, keys: Keys, groups: list[str], roles: str
) -> None:
    assert _decision(f"Bearer {keys.token(SUB, *groups)}")["context"]["roles"] == roles


def test_different_users_are_different_customers(shared_world: World, keys: Keys) -> None:
    ids = {_decision(f"Bearer {keys.token(str(uuid.uuid4()))}")["context"]["customer_id"] for _ in range(20)}
    assert len(ids) == 20


def test_a_request_that_no_authorizer_has_seen_gets_nothing(shared_world: World) -> None:
    answer = shared_world.http("GET", "/v1/me", headers={"authorization": "Bearer x"})
    assert (answer.status, answer.json["code"]) == (401, "not_authenticated")


def test_while_the_pools_keys_cannot_be_had_nobody_is_told_that_his_token_is_bad(keys: Keys) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
        verifier = TokenVerifier(jwt.PyJWKClient(nowhere, timeout=2), ISSUER, CLIENT_ID)
        with pytest.raises(Unavailable):
            verifier.verify(keys.token(SUB))
