"""Signed answers and their published keys; keys are changed with an overlap (B2)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib.licensing.decision import TOKEN_LASTS, Question, decide
from chalicelib.licensing.signing import TYPE, Signer

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ISSUER = "https://api.example.com"
UNKNOWN = decide(Question(None, (), NOW))


def _jwk(kid: str) -> dict[str, str]:
    made: dict[str, str] = jwt.algorithms.OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True)
    return {**made, "kid": kid}


K1, K2 = _jwk("k1"), _jwk("k2")


def _signer(active: str, *keys: dict[str, str]) -> Signer:
    return Signer.of({"active": active, "keys": list(keys)}, ISSUER)


def _verify(token: str, published: dict[str, Any]) -> Any:
    kid = jwt.get_unverified_header(token)["kid"]
    (jwk,) = [key for key in published["keys"] if key["kid"] == kid]
    options: Any = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(token, jwt.PyJWK(jwk).key, algorithms=["EdDSA"], issuer=ISSUER, options=options)


def test_a_token_is_verified_with_the_published_key_of_its_kid() -> None:
    signer = _signer("k1", K1)
    token = signer.sign(UNKNOWN, "host", "nonce")
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": "k1", "typ": TYPE}
    claims = _verify(token, signer.jwks())
    assert (claims["code"], claims["fingerprint"], claims["nonce"]) == ("NOT_FOUND", "host", "nonce")
    assert claims["exp"] - claims["iat"] == TOKEN_LASTS.total_seconds()
    assert claims["iat"] == NOW.timestamp()


def test_tokens_of_the_old_key_verify_while_the_new_one_signs() -> None:
    before, after = _signer("k1", K1), _signer("k2", K1, K2)
    assert _verify(before.sign(UNKNOWN, None, None), after.jwks())["valid"] is False
    assert jwt.get_unverified_header(after.sign(UNKNOWN, None, None))["kid"] == "k2"
    assert [key["kid"] for key in after.jwks()["keys"]] == ["k1", "k2"]


def test_a_token_of_one_key_does_not_verify_with_another() -> None:
    token = _signer("k1", K1).sign(UNKNOWN, None, None)
    with pytest.raises(jwt.InvalidSignatureError):
        _verify(token, _signer("k1", {**K2, "kid": "k1"}).jwks())


def test_nothing_private_is_published() -> None:
    published = json.dumps(_signer("k2", K1, K2).jwks())
    assert K1["x"] in published
    assert K1["d"] not in published
    assert K2["d"] not in published


def test_a_signer_without_its_active_key_signs_nothing() -> None:
    with pytest.raises(KeyError):
        _signer("k3", K1).sign(UNKNOWN, None, None)
