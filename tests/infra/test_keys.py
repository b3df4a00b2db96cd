"""Secrets are made once, stay as they are, and the signing key rotates without a gap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import jwt
import pytest
from moto import mock_aws

from infra.keys import SecretsMissing, put_secrets, rotate_signing_key

PREFIX = "/vigencia/test"
GIVEN = {
    "asaas": {"api_key": "a", "webhook_token": "b"},
    "stripe": {"secret_key": "c", "webhook_secret": "d"},
}


@pytest.fixture
def ssm() -> Iterator[Any]:
    with mock_aws():
        session = boto3.Session("key", "secret", region_name="us-east-1")
        yield session.client("ssm")


def stored(ssm: Any, name: str) -> Any:
    value = ssm.get_parameter(Name=f"{PREFIX}/{name}", WithDecryption=True)["Parameter"]
    assert value["Type"] == "SecureString"
    return value["Value"]


def test_all_secrets_are_stored_encrypted_under_the_prefix(ssm: Any) -> None:
    assert put_secrets(ssm, PREFIX, GIVEN) == ["asaas", "license-secret", "signing-keys", "stripe"]
    assert json.loads(stored(ssm, "asaas")) == GIVEN["asaas"]
    assert json.loads(stored(ssm, "stripe")) == GIVEN["stripe"]
    assert len(bytes.fromhex(stored(ssm, "license-secret"))) == 32


def test_the_signing_key_is_an_ed25519_jwk_that_signs_what_its_public_half_verifies(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN)
    keys = json.loads(stored(ssm, "signing-keys"))
    (key,) = keys["keys"]
    assert keys["active"] == key["kid"]
    token = jwt.encode({"a": 1}, jwt.PyJWK(key, algorithm="EdDSA").key, algorithm="EdDSA")
    public = jwt.PyJWK({n: v for n, v in key.items() if n != "d"}, algorithm="EdDSA")
    assert jwt.decode(token, public.key, algorithms=["EdDSA"]) == {"a": 1}


def test_what_is_stored_already_stays_as_it_is(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN)
    before = stored(ssm, "license-secret"), stored(ssm, "signing-keys")
    assert put_secrets(ssm, PREFIX, {"asaas": {"api_key": "other", "webhook_token": "other"}}) == []
    assert (stored(ssm, "license-secret"), stored(ssm, "signing-keys")) == before
    assert json.loads(stored(ssm, "asaas")) == GIVEN["asaas"]


def test_incomplete_provider_keys_are_named_and_nothing_is_stored(ssm: Any) -> None:
    with pytest.raises(SecretsMissing) as refused:
        put_secrets(ssm, PREFIX, {"asaas": {"api_key": "only half"}})
    assert refused.value.names == ["asaas", "stripe"]
    assert ssm.describe_parameters()["Parameters"] == []


def test_a_new_signing_key_is_published_before_it_signs_and_the_old_one_stays_published(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN)
    first = json.loads(stored(ssm, "signing-keys"))
    rotate_signing_key(ssm, PREFIX)
    published = json.loads(stored(ssm, "signing-keys"))
    assert published["active"] == first["active"]
    assert published["keys"][0] == first["keys"][0]
    rotate_signing_key(ssm, PREFIX)
    rotated = json.loads(stored(ssm, "signing-keys"))
    assert rotated["active"] == published["keys"][1]["kid"]
    assert rotated["keys"] == published["keys"]
