"""Secrets are made once, stay as they are, and the signing key rotates without a gap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import jwt
import pytest
from moto import mock_aws

from chalicelib.kernel.methods import UnknownMethods
from chalicelib.licensing.signing import Signer
from infra import deploy, local
from infra.emulator import Emulator
from infra.keys import PUBLISHED_FOR, SecretsMissing, providers_of, put_secrets, rotate_signing_key

PREFIX = "/vigencia/test"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
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
    assert put_secrets(ssm, PREFIX, GIVEN, tuple(GIVEN)) == [
        "asaas",
        "license-secret",
        "link-secret",
        "signing-keys",
        "stripe",
    ]
    assert json.loads(stored(ssm, "asaas")) == GIVEN["asaas"]
    assert json.loads(stored(ssm, "stripe")) == GIVEN["stripe"]
    random = {stored(ssm, name) for name in ("license-secret", "link-secret")}
    assert {len(bytes.fromhex(value)) for value in random} == {32}
    assert len(random) == 2


def test_keys_are_asked_for_of_the_providers_of_ones_ways_to_pay(ssm: Any) -> None:
    assert providers_of("transfer,boleto") == ["asaas"]
    assert providers_of("card, paypal,redsys") == ["stripe", "paypal", "redsys"]
    with pytest.raises(UnknownMethods, match="barter, shells"):
        providers_of("shells,card,barter")
    assert "paypal" not in put_secrets(ssm, PREFIX, GIVEN, providers_of("boleto,card"))
    with pytest.raises(SecretsMissing, match="for: redsys"):
        put_secrets(ssm, PREFIX, {}, ["asaas", "redsys"])


def test_the_signing_key_is_an_ed25519_jwk_that_signs_what_its_public_half_verifies(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN, tuple(GIVEN))
    keys = json.loads(stored(ssm, "signing-keys"))
    (key,) = keys["keys"]
    assert keys["active"] == key["kid"]
    token = jwt.encode({"a": 1}, jwt.PyJWK(key, algorithm="EdDSA").key, algorithm="EdDSA")
    public = jwt.PyJWK({n: v for n, v in key.items() if n != "d"}, algorithm="EdDSA")
    assert jwt.decode(token, public.key, algorithms=["EdDSA"]) == {"a": 1}


def test_what_is_stored_already_stays_as_it_is(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN, tuple(GIVEN))
    before = stored(ssm, "license-secret"), stored(ssm, "signing-keys")
    assert (
        put_secrets(ssm, PREFIX, {"asaas": {"api_key": "other", "webhook_token": "other"}}, ["asaas"]) == []
    )
    assert (stored(ssm, "license-secret"), stored(ssm, "signing-keys")) == before
    assert json.loads(stored(ssm, "asaas")) == GIVEN["asaas"]


def test_incomplete_provider_keys_are_named_and_nothing_is_stored(ssm: Any) -> None:
    with pytest.raises(SecretsMissing) as refused:
        put_secrets(ssm, PREFIX, {"asaas": {"api_key": "only half"}}, tuple(GIVEN))
    assert refused.value.names == ["asaas", "stripe"]
    assert ssm.describe_parameters()["Parameters"] == []


def kids(ssm: Any) -> list[str]:
    return [key["kid"] for key in json.loads(stored(ssm, "signing-keys"))["keys"]]


def rotate(ssm: Any, at: datetime) -> str:
    """Both steps, a day between them."""
    return rotate_signing_key(ssm, PREFIX, at) + rotate_signing_key(ssm, PREFIX, at + timedelta(days=1))


def test_a_new_signing_key_is_published_before_it_signs_and_the_old_one_stays_published(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN, tuple(GIVEN))
    first = json.loads(stored(ssm, "signing-keys"))
    said = rotate_signing_key(ssm, PREFIX, NOW)
    published = json.loads(stored(ssm, "signing-keys"))
    assert published["active"] == first["active"]
    assert published["keys"][0] == first["keys"][0]
    new = published["keys"][1]["kid"]
    assert f"Published the new key {new}; {first['active']} still signs." in said
    assert "run this again after a day" in said

    said = rotate_signing_key(ssm, PREFIX, NOW)
    rotated = json.loads(stored(ssm, "signing-keys"))
    assert rotated["active"] == new
    assert rotated["keys"][1] == published["keys"][1]
    assert rotated["keys"][0] == {**first["keys"][0], "retired_at": "2026-11-22T12:00:00+00:00"}
    assert f"{new} signs from now on" in said
    assert f"after 2027-12-23 removes {first['active']}" in said


def test_a_key_is_removed_by_the_first_step_after_nothing_can_need_it(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN, tuple(GIVEN))
    (first,) = kids(ssm)
    rotate(ssm, NOW - timedelta(days=1))
    rotate_signing_key(ssm, PREFIX, NOW + PUBLISHED_FOR - timedelta(seconds=1))
    assert kids(ssm)[0] == first
    said = rotate_signing_key(ssm, PREFIX, NOW + PUBLISHED_FOR)
    assert first not in kids(ssm)
    assert f"Removed {first}" in said
    assert len(kids(ssm)) == 2


def test_a_key_outlives_the_longest_licence_file_that_it_signed() -> None:
    assert timedelta(days=366) < PUBLISHED_FOR < timedelta(days=366 * 2)


def test_each_key_ages_from_the_instant_at_which_it_stopped_signing(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN, tuple(GIVEN))
    (first,) = kids(ssm)
    rotate(ssm, NOW)
    rotate(ssm, NOW + timedelta(days=90))
    rotate(ssm, NOW + timedelta(days=400))
    second, third, fourth = kids(ssm)
    assert first not in (second, third, fourth)
    assert json.loads(stored(ssm, "signing-keys"))["active"] == fourth


def test_a_key_that_was_put_aside_by_hand_ages_too(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN, tuple(GIVEN))
    rotate(ssm, NOW)
    keys = json.loads(stored(ssm, "signing-keys"))
    del keys["keys"][0]["retired_at"]
    name = f"{PREFIX}/signing-keys"
    ssm.put_parameter(Name=name, Value=json.dumps(keys), Type="SecureString", Overwrite=True)
    rotate(ssm, NOW + timedelta(days=90))
    assert all("retired_at" in key for key in json.loads(stored(ssm, "signing-keys"))["keys"][:-1])


def test_the_key_that_signs_is_never_removed_even_when_it_had_been_retired(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN, tuple(GIVEN))
    (first,) = kids(ssm)
    rotate(ssm, NOW)
    keys = json.loads(stored(ssm, "signing-keys"))
    name = f"{PREFIX}/signing-keys"
    value = json.dumps({**keys, "active": first})
    ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    later = NOW + PUBLISHED_FOR * 2
    rotate_signing_key(ssm, PREFIX, later)
    retired, _ = json.loads(stored(ssm, "signing-keys"))["keys"]
    assert retired["kid"] == first
    assert datetime.fromisoformat(retired["retired_at"]) == later


def test_what_is_published_of_a_key_is_its_public_half_only(ssm: Any) -> None:
    put_secrets(ssm, PREFIX, GIVEN, tuple(GIVEN))
    rotate(ssm, NOW)
    published = Signer.of(json.loads(stored(ssm, "signing-keys")), "https://api.example.com").jwks()["keys"]
    assert {key["kid"] for key in published} == set(kids(ssm))
    assert all(set(key) == {"kty", "crv", "x", "kid", "use", "alg"} for key in published)


def test_a_deployments_key_rotates_without_a_bucket(ssm: Any, capsys: pytest.CaptureFixture[str]) -> None:
    put_secrets(ssm, "/vigencia/test", GIVEN, tuple(GIVEN))
    command = ["--stage", "test", "--region", "us-east-1", "--rotate-signing-key"]
    assert deploy.main(command) == 0
    assert "Published the new key" in capsys.readouterr().out
    assert len(kids(ssm)) == 2


def test_a_deployment_that_has_no_keys_yet_cannot_rotate_them(
    ssm: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["--stage", "test", "--region", "us-east-1", "--rotate-signing-key"]) == 1
    assert capsys.readouterr().err == "Not rotated: keys missing for: signing-keys\n"


def test_a_deployment_itself_needs_a_bucket(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        deploy.main(["--stage", "test", "--region", "us-east-1"])
    assert "--bucket" in capsys.readouterr().err


def test_the_running_products_key_rotates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--home", str(tmp_path), "rotate-signing-key"]
    with Emulator(tmp_path / "aws") as running:
        (tmp_path / "endpoints.json").write_text(json.dumps({"aws": running.url}))
        put_secrets(running.client("ssm"), local.SECRETS, {}, ())
        assert local.main(command) == 0
        assert "still signs" in capsys.readouterr().out
        assert local.main(command) == 0
        assert "signs from now on" in capsys.readouterr().out
    assert local.main(command) == 1
    assert "nothing is running any more" in capsys.readouterr().err
