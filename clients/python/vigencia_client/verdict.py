"""What signed claims mean for a question at a given time, and the result that a tool gets.

Pure. Every addon is judged by its own end at the present time: one that ends while offline ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from vigencia_client.tokens import AddonClaim, Claims

State = Literal["valid", "invalid", "unknown"]
Source = Literal["server", "cache", "file"]


@dataclass(frozen=True)
class Addon:
    """One addon of the licence at the time of the question; instants in seconds since 1970."""

    valid: bool
    status: str
    expires_at: int | None
    grace_until: int | None


@dataclass(frozen=True)
class Result:
    """The answer to a tool.

    `state` is "unknown" when nobody trustworthy could say; then `code` is None. `reason` says what stood in
    the way of the server's word, also when a remembered answer bridged it. Instants in seconds since 1970.
    """

    state: State
    code: str | None
    detail: str
    source: Source | None = None
    reason: str | None = None
    license: str | None = None
    expires_at: int | None = None
    addons: Mapping[str, Addon] = field(default_factory=dict)
    checked_at: int | None = None
    next_check_at: int | None = None
    grace_until: int | None = None

    @property
    def valid(self) -> bool:
        """Whether the tool may work: only a signed answer makes this true."""
        return self.state == "valid"


@dataclass(frozen=True)
class _Case:
    claims: Claims
    wanted: Sequence[Addon | None]
    at: int

    def refused(self, status: str) -> bool:
        return any(addon and not addon.valid and addon.status == status for addon in self.wanted)


# Most serious first, as the server orders them. The server's own refusal of the licence comes before all.
CODES: tuple[tuple[str, bool, Callable[[_Case], bool]], ...] = (
    ("UNPAID", False, lambda case: case.refused("unpaid")),
    ("ADDON_UNKNOWN", False, lambda case: None in case.wanted),
    ("ADDON_DISABLED", False, lambda case: case.refused("disabled")),
    ("ADDON_EXPIRED", False, lambda case: any(addon and not addon.valid for addon in case.wanted)),
    ("IN_GRACE", True, lambda case: _past(case.claims.expires_at, case.at)),
    ("IN_GRACE", True, lambda case: any(addon and addon.status == "in_grace" for addon in case.wanted)),
)

DETAILS = {
    "NOT_FOUND": "No licence has this key.",
    "REVOKED": "The licence was revoked.",
    "SUSPENDED": "The licence is suspended.",
    "UNPAID": "The licence or an addon is not paid.",
    "EXPIRED": "The licence has expired.",
    "NOT_ACTIVATED": "The licence is not activated on this installation.",
    "FINGERPRINT_MISMATCH": "The licence is activated on another installation.",
    "TOO_MANY_ACTIVATIONS": "The licence has no activation left.",
    "ADDON_UNKNOWN": "The licence does not have this addon.",
    "ADDON_DISABLED": "The addon is switched off.",
    "ADDON_EXPIRED": "The addon has expired.",
    "IN_GRACE": "Valid, but something has expired and works for a few days more.",
    "VALID": "The licence is valid.",
}


def judge(
    claims: Claims, wanted: Sequence[str], at: int, source: Source, reason: str | None = None
) -> Result:
    """What the claims say at that time about the licence and all wanted addons."""
    addons = {code: _addon_at(claim, at) for code, claim in claims.addons.items()}
    asked = [addons.get(code) for code in wanted]
    code, valid = _code(_Case(claims, asked, at))
    ends = (claims.grace_until, *(addon.grace_until for addon in asked if addon))
    return Result(
        state="valid" if valid else "invalid",
        code=code,
        detail=DETAILS.get(code, f"The server says {code}."),
        source=source,
        reason=reason,
        license=claims.license,
        expires_at=claims.expires_at,
        addons=addons,
        checked_at=claims.iat,
        next_check_at=claims.next_check_at,
        grace_until=min(end for end in ends if end is not None) if valid else None,
    )


def holds(claims: Claims, at: int) -> bool:
    """Whether a tool may go on by these claims without asking: a refusal is never carried on."""
    return claims.valid and not _past(claims.grace_until, at)


def unknown(reason: str, detail: str) -> Result:
    """Nobody trustworthy could say; the tool decides what this means to it."""
    return Result(state="unknown", code=None, detail=detail, reason=reason)


def mistyped(detail: str) -> Result:
    """The server would say the same of this key; its checksum says it without a question."""
    return Result(state="invalid", code="NOT_FOUND", detail=detail, reason="mistyped_key")


def _code(case: _Case) -> tuple[str, bool]:
    if not case.claims.valid:
        return case.claims.code, False
    found = ((code, valid) for code, valid, applies in CODES if applies(case))
    return next(found, (case.claims.code, True))


def _addon_at(claim: AddonClaim, at: int) -> Addon:
    end = claim.exp if claim.grace_until is None else claim.grace_until
    valid, status = claim.valid, claim.status
    if valid and _past(end, at):
        # An end that is not its expiry is the end of what was paid.
        valid, status = False, "expired" if _past(claim.exp, at) else "unpaid"
    elif valid and _past(claim.exp, at):
        status = "in_grace"
    return Addon(valid, status, claim.exp, end)


def _past(instant: int | None, at: int) -> bool:
    return instant is not None and instant <= at
