"""Secrets in SSM Parameter Store: created once, never overwritten by a deployment, rotated in two steps."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib.billing.rules import PROVIDER_OF_METHOD
from chalicelib.kernel.methods import parse_methods

# What only the vendor knows: the fields of each provider's secret. A vendor needs those of his ways to pay.
PROVIDERS: dict[str, tuple[str, ...]] = {
    "asaas": ("api_key", "webhook_token"),
    "stripe": ("secret_key", "webhook_secret"),
    "paypal": ("client_id", "client_secret", "webhook_id"),
    "redsys": ("merchant_code", "terminal", "secret", "version"),
}
# From one of these derive the licence keys, from the other the addresses of online invoices.
RANDOM = ("license-secret", "link-secret")

# How long a key stays published after it stopped signing: a licence file counts for a year at most, a token
# for two weeks; the rest is margin.
PUBLISHED_FOR = timedelta(days=366 + 30)


class SecretsMissing(Exception):
    """Secrets that are neither stored yet nor given."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"keys missing for: {', '.join(names)}")
        self.names = names


def providers_of(methods: str) -> list[str]:
    """The providers with keys that some ways to pay need, as the template's `PaymentMethods` lists them."""
    named = {PROVIDER_OF_METHOD[method] for method in parse_methods(methods)}
    return [name for name in PROVIDERS if name in named]


def missing_secrets(ssm: Any, prefix: str, providers: Sequence[str]) -> list[str]:
    """The names, without prefix, of what is not stored yet: our own secrets, and the providers' keys."""
    names = ["signing-keys", *RANDOM, *providers]
    found = ssm.get_parameters(Names=[f"{prefix}/{name}" for name in names])
    return [name for name in names if f"{prefix}/{name}" in found["InvalidParameters"]]


def put_secrets(
    ssm: Any, prefix: str, given: Mapping[str, Mapping[str, str]], providers: Sequence[str]
) -> list[str]:
    """Store the secrets that are missing and name them; what is stored already stays as it is.

    `given` holds the providers' keys by name (see `PROVIDERS`); the rest is generated. `SecretsMissing`
    when the keys of one of `providers` are needed and not given: then nothing is stored.
    """
    missing = missing_secrets(ssm, prefix, providers)
    wanted = [name for name in providers if name in missing]
    if unknown := [name for name in wanted if not set(PROVIDERS[name]) <= set(given.get(name, ()))]:
        raise SecretsMissing(unknown)
    values = {name: json.dumps(dict(given[name])) for name in wanted}
    if "signing-keys" in missing:
        key = new_signing_key()
        values["signing-keys"] = json.dumps({"active": key["kid"], "keys": [key]})
    values |= {name: secrets.token_hex(32) for name in RANDOM if name in missing}
    for name, value in values.items():
        ssm.put_parameter(Name=f"{prefix}/{name}", Value=value, Type="SecureString")
    return sorted(values)


def rotate_signing_key(ssm: Any, prefix: str, now: datetime) -> str:
    """One step of the rotation of the licence tokens' key (B2); says what it did and what comes next.

    The first call publishes a new key beside the one that signs; the next makes it the one that signs. In
    between, every running function and every tool has the time to learn it. A key that stopped signing stays
    published for `PUBLISHED_FOR`; the first step after that removes it. `SecretsMissing` when there is none.
    """
    name = f"{prefix}/signing-keys"
    try:
        stored = json.loads(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound as error:
        raise SecretsMissing(["signing-keys"]) from error
    active = stored["active"]
    kept = [key for key in stored["keys"] if key["kid"] == active or not _outlived(key, now)]
    said = [
        f"Removed {key['kid']}: nothing that it signed can be in use any more."
        for key in stored["keys"]
        if key not in kept
    ]
    if active == kept[-1]["kid"]:
        rotated, done = _published(kept)
    else:
        rotated, done = _activated(kept, active, now)
    ssm.put_parameter(Name=name, Value=json.dumps(rotated), Type="SecureString", Overwrite=True)
    return "\n".join([*said, *done])


def _published(keys: list[dict[str, str]]) -> tuple[dict[str, Any], list[str]]:
    """The first step: a new key beside the newest, which signs."""
    key, active = new_signing_key(), keys[-1]["kid"]
    return {"active": active, "keys": [*keys, key]}, [
        f"Published the new key {key['kid']}; {active} still signs.",
        "Next: run this again after a day, when everybody has read the new key, to make it sign.",
    ]


def _activated(keys: list[dict[str, str]], former: str, now: datetime) -> tuple[dict[str, Any], list[str]]:
    """The second step: the newest key signs, and the `former` one begins to age; older ones do already."""
    newest, at = keys[-1], now.isoformat(timespec="seconds")
    aged = [
        {**key, "retired_at": at if key["kid"] == former else key.get("retired_at", at)} for key in keys[:-1]
    ]
    return {"active": newest["kid"], "keys": [*aged, newest]}, [
        f"{newest['kid']} signs from now on; running functions follow within five minutes.",
        f"{former} stays published, so that what it signed is believed until it ends.",
        f"Next: nothing. The first rotation after {(now + PUBLISHED_FOR).date()} removes {former}.",
    ]


def _outlived(key: Mapping[str, str], now: datetime) -> bool:
    """Whether a key stopped signing so long ago that no token or file of its own can be in use."""
    retired_at = key.get("retired_at")
    return retired_at is not None and datetime.fromisoformat(retired_at) + PUBLISHED_FOR <= now


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
