"""Tokens: only what the server signed about this key and machine passes, in one form and one algorithm."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from vigencia_client import strict, tokens
from vigencia_client.tokens import MAX_TOKEN, Claims, Expected, Refused, read_keys

from tests.unit.client.kit import (
    JWKS,
    KEY,
    KID,
    OTHER_SEED,
    SEED,
    URL,
    addon,
    claims,
    jwk,
    signed,
    subject_of,
)

KEYS = read_keys(JWKS)
EXPECTED = Expected(URL, subject_of(KEY), None)
GOOD = signed(claims())


def _verified(token: str) -> Claims:
    return tokens.verify(token, KEYS, EXPECTED)


def _reason(token: str) -> str:
    with pytest.raises(Refused) as refused:
        _verified(token)
    return refused.value.reason


def _passes(token: str) -> bool:
    try:
        _verified(token)
    except Refused:
        return False
    return True


def test_another_library_reads_the_same_claims() -> None:
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key()
    options: Any = {"verify_exp": False, "verify_iat": False}
    said = jwt.decode(GOOD, public, algorithms=["EdDSA"], options=options)
    verified = _verified(GOOD)
    assert all(said[name] == getattr(verified, name) for name in said if name != "addons")
    assert said["addons"].keys() == verified.addons.keys()


def test_what_another_library_signs_is_read() -> None:
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    headers = {"kid": KID, "typ": tokens.ANSWER}
    assert _verified(jwt.encode(claims(), private, "EdDSA", headers)).code == "VALID"


@pytest.mark.parametrize("name", sorted(claims()))
def test_a_missing_claim_is_refused(name: str) -> None:
    said = claims()
    del said[name]
    assert _reason(signed(said)) == "claims"


@pytest.mark.parametrize(
    "payload",
    ["", "null", "[]", '"x"', "{", '{"iat": NaN}', "[" * 30_000, "\ufeff{}", json.dumps(claims()) + " {}"],
)
def test_a_signed_payload_that_is_no_object_is_refused(payload: str) -> None:
    assert _reason(signed(payload)) == "claims"


@pytest.mark.parametrize("instant", [True, -1, 1.5, "1", 10**12, 1e300, None, []])
def test_an_instant_that_is_none_is_refused(instant: Any) -> None:
    assert _reason(signed(claims(exp=instant))) == "claims"
    if instant is not None:
        assert _reason(signed(claims(addons={"a": addon(grace_until=instant)}))) == "claims"


def test_a_member_that_is_there_twice_is_refused_wherever_it_is() -> None:
    inner = json.dumps(claims()).replace('"status": "active"', '"valid": true, "status": "active"')
    assert inner.count('"valid": true, "status"') == 1
    assert _reason(signed(inner)) == "claims"
    header = f'{{"alg":"EdDSA","kid":"{KID}","typ":"{tokens.ANSWER}","kid":"{KID}"}}'
    assert _reason(signed(claims(), header)) == "malformed"


@pytest.mark.parametrize("header", ["", "null", "[]", '"EdDSA"', "{", "\x00", '{"alg":"EdDSA"}'])
def test_a_header_that_is_no_object_or_names_nothing_is_refused(header: str) -> None:
    assert not _passes(signed(claims(), header))


@pytest.mark.parametrize(
    "alg", ["none", "None", "", None, "HS256", "ES256", "RS256", "EDDSA", "Ed25519", ["EdDSA"], 0]
)
def test_any_other_algorithm_is_refused(alg: Any) -> None:
    assert _reason(signed(claims(), {"alg": alg})) == "algorithm"


@pytest.mark.parametrize("kid", ["", None, "TEST-1", "test-1 ", ["test-1"], {"a": 1}, 0, "../test-1"])
def test_any_other_kid_is_refused(kid: Any) -> None:
    assert _reason(signed(claims(), {"kid": kid})) == "unknown_key"


def test_hmac_with_the_public_key_as_secret_is_refused() -> None:
    public = strict.decode(JWKS["keys"][0]["x"])
    headers = {"kid": KID, "typ": tokens.ANSWER}
    for secret in (public, JWKS["keys"][0]["x"].encode()):
        assert _reason(jwt.encode(claims(), secret, "HS256", headers)) == "algorithm"
        head, payload, signature = jwt.encode(claims(), secret, "HS256", headers).split(".")
        assert not _passes(".".join((GOOD.split(".")[0], payload, signature)))
        assert head != GOOD.split(".")[0]


def test_a_huge_token_is_not_even_looked_at() -> None:
    assert _reason("A" * (MAX_TOKEN + 1)) == "malformed"
    assert _reason(signed(claims(license="x" * MAX_TOKEN))) == "malformed"
    assert _reason("." * MAX_TOKEN) == "malformed"


@given(st.binary(max_size=40))
def test_every_text_decodes_in_one_way_only(data: bytes) -> None:
    text = strict.encode(data)
    assert strict.decode(text) == data
    for other in (text + "=", text + "\n", " " + text, text + "A" * (1 - len(text) % 4 % 2)):
        if other != text:
            try:
                assert strict.decode(other) != data
            except ValueError:
                continue


@pytest.mark.parametrize("text", ["A", "AB", "AAB", "AA==", "A A", "+/+/", "AAAA\n", "é", "AA\u00e9A"])
def test_another_spelling_of_base64url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        strict.decode(text)


@pytest.mark.parametrize(
    "text", [b'{"a": NaN}', b"[-Infinity]", b'{"a": 1, "a": 1}', b'{"a": "\xff"}', b"[" * 99_999, b""]
)
def test_another_spelling_of_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        strict.parse(text)


@pytest.mark.parametrize(
    "jwks",
    [
        None,
        [],
        {},
        {"keys": {}},
        {"keys": []},
        {"keys": [None, 1, "x"]},
        {"keys": [{**jwk(), "kty": "EC"}]},
        {"keys": [{**jwk(), "crv": "X25519"}]},
        {"keys": [{**jwk(), "use": "enc"}]},
        {"keys": [{**jwk(), "alg": "HS256"}]},
        {"keys": [{**jwk(), "kid": 1}]},
        {"keys": [{**jwk(), "x": "AAAA"}]},
        {"keys": [{**jwk(), "x": jwk()["x"] + "="}]},
        {"keys": [jwk(), jwk(seed=OTHER_SEED)]},
    ],
)
def test_a_key_set_without_usable_keys_is_refused(jwks: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_keys(jwks)


def test_keys_of_other_kinds_are_left_out() -> None:
    rsa = {"kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB"}
    assert set(
        read_keys({"keys": [rsa, jwk(), {"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": jwk()["x"]}]})
    ) == {
        KID,
        "a",
    }
