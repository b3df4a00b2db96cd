"""Signed answers: compact EdDSA tokens and the public key set that verifies them (B2)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib.kernel.plain import json_text

TOKEN = "vigencia-license+jwt"
FILE = "vigencia-license-file+jwt"
LINE = 64


@dataclass(frozen=True)
class Signer:
    """Private Ed25519 keys by `kid`; the active one signs, all of them are published."""

    issuer: str
    active: str
    keys: Mapping[str, Ed25519PrivateKey]

    @classmethod
    def of(cls, stored: Mapping[str, Any], issuer: str) -> Signer:
        """From `{"active": kid, "keys": [JWK with d, …]}` as the parameter store holds it."""
        keys = {jwk["kid"]: Ed25519PrivateKey.from_private_bytes(_bytes(jwk["d"])) for jwk in stored["keys"]}
        return cls(issuer, stored["active"], keys)

    def sign(self, claims: Mapping[str, Any], type: str = TOKEN) -> str:
        """The claims as a JWS in compact form (RFC 7515, RFC 8037)."""
        signed = _header(self.active, type) + b"." + _part(claims)
        return (signed + b"." + _text(self.keys[self.active].sign(signed))).decode()

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, as `/.well-known/jwks.json` serves them."""
        return {"keys": [self._public(kid) for kid in sorted(self.keys)]}

    def _public(self, kid: str) -> dict[str, str]:
        x = _text(self.keys[kid].public_key().public_bytes_raw()).decode()
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "use": "sig", "alg": "EdDSA"}


def armored(token: str) -> str:
    """A licence file: the token in lines that survive mail and editors."""
    lines = [token[at : at + LINE] for at in range(0, len(token), LINE)]
    return "\n".join(("-----BEGIN VIGENCIA LICENSE-----", *lines, "-----END VIGENCIA LICENSE-----", ""))


@cache
def _header(kid: str, type: str) -> bytes:
    return _part({"alg": "EdDSA", "kid": kid, "typ": type})


def _part(content: Mapping[str, Any]) -> bytes:
    return _text(json_text(content).encode())


def _text(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
