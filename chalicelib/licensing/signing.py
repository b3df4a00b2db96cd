"""Signed answers: EdDSA tokens and the public key set that verifies them (B2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib.licensing.decision import TOKEN_LASTS, Decision

TYPE = "vigencia-license+jwt"


@dataclass(frozen=True)
class Signer:
    """Private Ed25519 keys by `kid`; the active one signs, all of them are published."""

    issuer: str
    active: str
    keys: Mapping[str, Ed25519PrivateKey]

    @classmethod
    def of(cls, stored: Mapping[str, Any], issuer: str) -> Signer:
        """From `{"active": kid, "keys": [JWK with d, …]}` as the parameter store holds it."""
        keys = {jwk["kid"]: jwt.PyJWK(jwk, algorithm="EdDSA").key for jwk in stored["keys"]}
        return cls(issuer, stored["active"], keys)

    def sign(self, decision: Decision, fingerprint: str | None, nonce: str | None) -> str:
        """A compact token that says what the answer says, for a tool to keep working by offline."""
        claims = {
            "iss": self.issuer,
            "iat": _seconds(decision.checked_at),
            "exp": _seconds(decision.checked_at + TOKEN_LASTS),
            "code": decision.code,
            "valid": decision.valid,
            "license": decision.license.id if decision.license else None,
            "expires_at": _maybe(decision.license.expires_at if decision.license else None),
            "addons": {
                addon.code: {"valid": addon.valid, "status": addon.status, "exp": _maybe(addon.expires_at)}
                for addon in decision.addons
            },
            "next_check_at": _seconds(decision.next_check_at),
            "grace_until": _maybe(decision.grace_until),
            "fingerprint": fingerprint,
            "nonce": nonce,
        }
        return jwt.encode(
            claims, self.keys[self.active], algorithm="EdDSA", headers={"kid": self.active, "typ": TYPE}
        )

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, as `/.well-known/jwks.json` serves them."""
        return {"keys": [self._public(kid) for kid in sorted(self.keys)]}

    def _public(self, kid: str) -> dict[str, str]:
        jwk: dict[str, str] = jwt.algorithms.OKPAlgorithm.to_jwk(self.keys[kid].public_key(), as_dict=True)
        return {**jwk, "kid": kid, "use": "sig", "alg": "EdDSA"}


def _seconds(instant: Any) -> int:
    return int(instant.timestamp())


def _maybe(instant: Any) -> int | None:
    return None if instant is None else _seconds(instant)
