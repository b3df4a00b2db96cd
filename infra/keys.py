"""Secrets in SSM Parameter Store: created once, never overwritten by a deployment, rotated in two steps."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# What only the vendor knows: the fields of each provider's secret.
PROVIDERS: dict[str, tuple[str, ...]] = {
    "asaas": ("api_key", "webhook_token"),
    "stripe": ("secret_key", "webhook_secret"),
}


class SecretsMissing(Exception):
    """Provider keys that are neither stored yet nor given."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"keys missing for: {', '.join(names)}")
        self.names = names


def missing_secrets(ssm: Any, prefix: str) -> set[str]:
    """The names, without prefix, that are not stored yet."""
    names = ["signing-keys", "license-secret", *PROVIDERS]
    found = ssm.get_parameters(Names=[f"{prefix}/{name}" for name in names])
    return {name.removeprefix(f"{prefix}/") for name in found["InvalidParameters"]}


def put_secrets(ssm: Any, prefix: str, given: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Store the secrets that are missing and name them; what is stored already stays as it is.

    `given` holds the providers' keys by name (see `PROVIDERS`); the rest is generated. `SecretsMissing`
    when a provider's keys are needed and not given: then nothing is stored.
    """
    missing = missing_secrets(ssm, prefix)
    unknown = [
        name for name in PROVIDERS if name in missing and set(given.get(name, ())) != set(PROVIDERS[name])
    ]
    if unknown:
        raise SecretsMissing(unknown)
    values = {name: json.dumps(dict(given[name])) for name in PROVIDERS if name in missing}
    if "signing-keys" in missing:
        key = new_signing_key()
        values["signing-keys"] = json.dumps({"active": key["kid"], "keys": [key]})
    if "license-secret" in missing:
        values["license-secret"] = secrets.token_hex(32)
    for name, value in values.items():
        ssm.put_parameter(Name=f"{prefix}/{name}", Value=value, Type="SecureString")
    return sorted(values)


def rotate_signing_key(ssm: Any, prefix: str) -> str:
    """One step of the rotation of the licence tokens' key (B2); says what it did.

    The first call publishes a new key beside the active one; the next makes it the active one. In between,
    every running function and every tool has the time to learn it. Old keys stay published.
    """
    name = f"{prefix}/signing-keys"
    stored = json.loads(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    newest = stored["keys"][-1]["kid"]
    if stored["active"] == newest:
        key = new_signing_key()
        stored["keys"].append(key)
        done = f"published {key['kid']}; {newest} still signs. Run this again after a day to make it sign."
    else:
        stored["active"] = newest
        done = f"{newest} signs from now on."
    ssm.put_parameter(Name=name, Value=json.dumps(stored), Type="SecureString", Overwrite=True)
    return done


def new_signing_key() -> dict[str, str]:
    """A private Ed25519 key as a JWK (RFC 8037) with a random `kid`."""
    key = Ed25519PrivateKey.generate()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "kid": secrets.token_hex(8),
        "d": _base64url(key.private_bytes_raw()),
        "x": _base64url(key.public_key().public_bytes_raw()),
    }


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
