"""Signed answers: compact JWS with EdDSA over Ed25519, verified by hand and in one way only (B2).

`verify` proves who said it and about which key and machine. Whether it still holds at a given time is
judged in `verdict`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vigencia_client import strict

ALGORITHM = "EdDSA"
ANSWER = "vigencia-license+jwt"
FILE = "vigencia-license-file+jwt"
MAX_TOKEN = 65_536
# The end of the year 9999: every instant up to here can be shown as a date.
MAX_INSTANT = 253_402_300_799

Keys = Mapping[str, Ed25519PublicKey]
T = TypeVar("T")


class Refused(Exception):
    """A token that must not be believed; `reason` is one word of a closed list (see the README)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class AddonClaim:
    """One addon as signed; instants in seconds since 1970, None where it has no end."""

    valid: bool
    status: str
    exp: int | None
    grace_until: int | None


@dataclass(frozen=True)
class Claims:
    """What the server signed; instants in seconds since 1970."""

    iss: str
    sub: str | None
    iat: int
    exp: int
    code: str
    valid: bool
    license: str | None
    expires_at: int | None
    addons: Mapping[str, AddonClaim]
    next_check_at: int | None
    valid_until: int | None
    grace_until: int | None
    fingerprint: str | None
    environment: str | None
    nonce: str | None


@dataclass(frozen=True)
class Expected:
    """What a token must be about; `nonce` is None where it was checked before (a cached answer)."""

    issuer: str
    subject: str
    fingerprint: str | None
    nonce: str | None = None


def read_keys(jwks: object) -> Keys:
    """The Ed25519 keys of a JWKS by `kid`, others left out; ValueError if there is none, or one twice."""
    listed = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(listed, list):
        raise ValueError("not a key set")
    usable = [jwk for jwk in listed if isinstance(jwk, Mapping) and _is_usable(jwk)]
    keys = {jwk["kid"]: Ed25519PublicKey.from_public_bytes(strict.decode(jwk["x"])) for jwk in usable}
    if not keys or len(keys) != len(usable):
        raise ValueError("a key set needs Ed25519 keys, each under a kid of its own")
    return keys


def verify(token: str, keys: Keys, expected: Expected) -> Claims:
    """The claims of a genuine answer about this key and machine; `Refused` for everything else."""
    claims = signed_claims(token, keys, ANSWER)
    for name, said, wanted in (
        ("issuer", claims.iss, expected.issuer),
        ("subject", claims.sub, expected.subject),
        ("fingerprint", claims.fingerprint, expected.fingerprint),
        ("nonce", claims.nonce, expected.nonce or claims.nonce),
    ):
        if said != wanted:
            raise Refused(name)
    return claims


def signed_claims(token: str, keys: Keys, typ: str) -> Claims:
    """The claims of a token of this type with a good signature by one of the keys; `Refused`."""
    parts = token.split(".") if len(token) <= MAX_TOKEN else []
    if len(parts) != 3:
        raise Refused("malformed")
    try:
        header = strict.parse_object(strict.decode(parts[0]))
        payload, signature = strict.decode(parts[1]), strict.decode(parts[2])
    except ValueError:
        raise Refused("malformed") from None
    try:
        _key(header, keys, typ).verify(signature, f"{parts[0]}.{parts[1]}".encode("ascii"))
    except InvalidSignature:
        raise Refused("signature") from None
    try:
        return _claims(strict.parse_object(payload))
    except (ValueError, KeyError):
        raise Refused("claims") from None


def _key(header: Mapping[str, Any], keys: Keys, typ: str) -> Ed25519PublicKey:
    # The algorithm is ours, never the token's choice: this only says early why the signature would not fit.
    if header.get("alg") != ALGORITHM or "crit" in header:
        raise Refused("algorithm")
    if header.get("typ") != typ:
        raise Refused("type")
    kid = header.get("kid")
    if not isinstance(kid, str) or kid not in keys:
        raise Refused("unknown_key")
    return keys[kid]


def _is_usable(jwk: Mapping[str, Any]) -> bool:
    return (
        (jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519")
        and jwk.get("alg", ALGORITHM) == ALGORITHM
        and jwk.get("use", "sig") == "sig"
        and isinstance(jwk.get("kid"), str)
        and isinstance(jwk.get("x"), str)
    )


def _claims(said: Mapping[str, Any]) -> Claims:
    claims = Claims(
        iss=_text(said["iss"]),
        sub=_maybe(_text, said["sub"]),
        iat=_instant(said["iat"]),
        exp=_instant(said["exp"]),
        code=_text(said["code"]),
        valid=_flag(said["valid"]),
        license=_maybe(_text, said["license"]),
        expires_at=_maybe(_instant, said["expires_at"]),
        addons={code: _addon(one) for code, one in _object(said["addons"]).items()},
        next_check_at=_maybe(_instant, said["next_check_at"]),
        valid_until=_maybe(_instant, said["valid_until"]),
        grace_until=_maybe(_instant, said["grace_until"]),
        fingerprint=_maybe(_text, said["fingerprint"]),
        environment=_maybe(_text, said["environment"]),
        nonce=_maybe(_text, said["nonce"]),
    )
    if claims.valid and claims.grace_until is None:
        raise ValueError("a valid answer says until when it holds")
    return claims


def _addon(said: Any) -> AddonClaim:
    one = _object(said)
    return AddonClaim(
        valid=_flag(one["valid"]),
        status=_text(one["status"]),
        exp=_maybe(_instant, one["exp"]),
        grace_until=_maybe(_instant, one["grace_until"]),
    )


def _maybe(read: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else read(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("not true or false")
    return value


def _instant(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INSTANT:
        raise ValueError("not an instant in seconds")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value
