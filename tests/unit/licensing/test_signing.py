"""Signed tokens and their published keys; keys are changed with an overlap (B2)."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.licensing.signing import FILE, TOKEN, Signer, armored

ISSUER = "https://api.example.com"
SAID = {"iss": ISSUER, "code": "VALID", "valid": True, "nonce": "ñ", "addons": {}, "license": None}
BEGIN, END = "-----BEGIN VIGENCIA LICENSE-----", "-----END VIGENCIA LICENSE-----"


def _jwk(kid: str) -> dict[str, str]:
    made: dict[str, str] = jwt.algorithms.OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True)
    return {**made, "kid": kid}


K1, K2 = _jwk("k1"), _jwk("k2")


def _signer(active: str, *keys: dict[str, str]) -> Signer:
    return Signer.of({"active": active, "keys": list(keys)}, ISSUER)


def _verified(token: str, published: dict[str, Any]) -> Any:
    """What PyJWT reads in a token, with the published key of its kid."""
    kid = jwt.get_unverified_header(token)["kid"]
    (jwk,) = [key for key in published["keys"] if key["kid"] == kid]
    return jwt.decode(token, jwt.PyJWK(jwk).key, algorithms=["EdDSA"], issuer=ISSUER)


def test_a_token_is_verified_with_the_published_key_of_its_kid() -> None:
    signer = _signer("k1", K1)
    token = signer.sign(SAID)
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": "k1", "typ": "vigencia-license+jwt"}
    assert _verified(token, signer.jwks()) == SAID


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none(), max_size=5))
def test_whatever_is_said_is_read_as_it_was_said(claims: dict[str, Any]) -> None:
    said = {"nonce": claims, "iss": ISSUER}
    signer = _signer("k1", K1)
    token = signer.sign(said)
    assert _verified(token, signer.jwks()) == said
    assert "=" not in token


def test_a_licence_file_is_not_taken_for_a_token() -> None:
    signer = _signer("k1", K1)
    types = [jwt.get_unverified_header(signer.sign(SAID, kind))["typ"] for kind in (TOKEN, FILE)]
    assert types == ["vigencia-license+jwt", "vigencia-license-file+jwt"]
    assert _verified(signer.sign(SAID, FILE), signer.jwks()) == SAID


def test_tokens_of_the_old_key_verify_while_the_new_one_signs() -> None:
    before, after = _signer("k1", K1), _signer("k2", K1, K2)
    assert _verified(before.sign(SAID), after.jwks()) == SAID
    assert jwt.get_unverified_header(after.sign(SAID))["kid"] == "k2"
    assert [key["kid"] for key in after.jwks()["keys"]] == ["k1", "k2"]


def test_a_token_of_one_key_does_not_verify_with_another() -> None:
    token = _signer("k1", K1).sign(SAID)
    with pytest.raises(jwt.InvalidSignatureError):
        _verified(token, _signer("k1", {**K2, "kid": "k1"}).jwks())


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_with_one_changed_character_is_no_token(part: int) -> None:
    signer = _signer("k1", K1)
    parts = signer.sign(SAID).split(".")
    at = len(parts[part]) // 2
    other = "A" if parts[part][at] != "A" else "B"
    parts[part] = f"{parts[part][:at]}{other}{parts[part][at + 1 :]}"
    with pytest.raises((jwt.InvalidTokenError, ValueError)):
        _verified(".".join(parts), signer.jwks())


def test_what_a_key_store_says_besides_is_overlooked() -> None:
    kept = {**K1, "retired_at": "2026-11-22T10:00:00Z", "use": "sig", "comment": "x"}
    assert _signer("k2", kept, K2).jwks() == _signer("k2", K1, K2).jwks()


def test_nothing_private_is_published() -> None:
    published = _signer("k2", {**K1, "retired_at": "2026-11-22T10:00:00Z"}, K2).jwks()
    public = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA"}
    assert published["keys"] == [{**public, "kid": key["kid"], "x": key["x"]} for key in (K1, K2)]
    for key in (K1, K2):
        assert key["d"] not in json.dumps(published)


def test_a_signer_without_its_active_key_signs_nothing() -> None:
    with pytest.raises(KeyError):
        _signer("k3", K1).sign(SAID)


@given(st.integers(0, 300))
def test_a_file_is_the_token_in_lines_between_two_marks(length: int) -> None:
    token = _signer("k1", K1).sign({"iss": ISSUER, "nonce": "x" * length}, FILE)
    first, *lines, last, after = armored(token).split("\n")
    assert (first, last, after) == (BEGIN, END, "")
    assert "".join(lines) == token
    assert {len(line) for line in lines[:-1]} == {64}
    assert 0 < len(lines[-1]) <= 64
