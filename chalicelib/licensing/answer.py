"""What a tool is told: one answer for validate, activate and deactivate, and its token's claims (B1, B2).

Both are made here, side by side, so that a token never says more than its answer. No model library: the
validator starts without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.kernel.clock import rfc3339
from chalicelib.licensing.decision import TOKEN_LASTS, Decision
from chalicelib.licensing.details import DETAILS, MISTYPED
from chalicelib.licensing.signing import Signer
from chalicelib.licensing.standing import Place


@dataclass(frozen=True)
class Asked:
    """Who is asking: the hash of the key (None for a mistyped one), where the tool runs with the fingerprint
    as it was sent, and its nonce."""

    key_hash: str | None
    fingerprint: str | None = None
    place: Place | None = None
    nonce: str | None = None

    @property
    def subject(self) -> str:
        """The key in a token: enough of its hash for a tool to know its own; empty for a mistyped one."""
        return self.key_hash[:32] if self.key_hash else ""


def answer(decision: Decision, asked: Asked, signer: Signer, locale: str) -> dict[str, Any]:
    """The body of the answer, as `ValidateOut` in `schemas.py` describes it."""
    license = decision.license
    detail = DETAILS[decision.code] if asked.key_hash else MISTYPED
    return {
        "valid": decision.valid,
        "code": decision.code,
        "detail": detail[locale],
        "license": license
        and {"id": license.id, "status": license.status, "expires_at": _text(license.expires_at)},
        "addons": [
            {
                "code": addon.code,
                "valid": addon.valid,
                "status": addon.status,
                "expires_at": _text(addon.expires_at),
                "in_grace": addon.in_grace,
                "grace_until": _text(addon.grace_until),
            }
            for addon in decision.addons
        ],
        "checked_at": _text(decision.checked_at),
        "next_check_at": _text(decision.next_check_at),
        "valid_until": _text(decision.valid_until),
        "grace_until": _text(decision.grace_until),
        "nonce": asked.nonce,
        "token": signer.sign(claims(decision, asked, signer.issuer)),
    }


def claims(decision: Decision, asked: Asked, issuer: str) -> dict[str, Any]:
    """The claims of the token: seconds since 1970; `exp` ends its freshness, `grace_until` its use."""
    license = decision.license
    return {
        "iss": issuer,
        "sub": asked.subject,
        "iat": _seconds(decision.checked_at),
        "exp": _seconds(min(filter(None, (decision.checked_at + TOKEN_LASTS, decision.grace_until)))),
        "code": decision.code,
        "valid": decision.valid,
        "license": license and license.id,
        "expires_at": _seconds(license.expires_at if license else None),
        "addons": {
            addon.code: {
                "valid": addon.valid,
                "status": addon.status,
                "exp": _seconds(addon.expires_at),
                "grace_until": _seconds(addon.works_until),
            }
            for addon in decision.addons
        },
        "next_check_at": _seconds(decision.next_check_at),
        "valid_until": _seconds(decision.valid_until),
        "grace_until": _seconds(decision.grace_until),
        "fingerprint": asked.fingerprint,
        "environment": asked.place and asked.place.environment,
        "nonce": asked.nonce,
    }


def file_claims(decision: Decision, asked: Asked, issuer: str, until: datetime) -> dict[str, Any]:
    """The claims of a licence file: nothing to check again before its end."""
    end = _seconds(until)
    return {**claims(decision, asked, issuer), "exp": end, "grace_until": end, "next_check_at": None}


def _text(instant: datetime | None) -> str | None:
    return rfc3339(instant) if instant else None


def _seconds(instant: datetime | None) -> int | None:
    return int(instant.timestamp()) if instant else None
