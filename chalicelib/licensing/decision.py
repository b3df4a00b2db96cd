"""The one decision whether a licence is valid: an ordered table of (code, predicate) (B1).

`code` is the first that applies, most serious first. If the request names addons, the answer is about
the licence and all of them; every addon is always listed with its own status.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.licensing.rules import Addon, License, usable

AddonStatus = Literal["active", "disabled", "expired", "in_grace"]

CHECK_AGAIN_AFTER = timedelta(hours=24)
TOKEN_LASTS = timedelta(days=7)
OFFLINE_GRACE = timedelta(days=14)


@dataclass(frozen=True)
class Question:
    """What is decided on: the licence as stored (None when unknown), the addons asked for, the instant."""

    license: License | None
    wanted: tuple[str, ...]
    now: datetime


@dataclass(frozen=True)
class AddonAnswer:
    """One addon's part of the answer."""

    code: str
    valid: bool
    status: AddonStatus
    expires_at: datetime | None
    in_grace: bool
    grace_until: datetime | None


@dataclass(frozen=True)
class Decision:
    """Whether the tool may work, why, and how long it may rely on this without asking again."""

    valid: bool
    code: str
    license: License | None
    addons: tuple[AddonAnswer, ...]
    checked_at: datetime
    next_check_at: datetime
    valid_until: datetime | None
    grace_until: datetime | None


def _past(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and instant <= now


def _license(question: Question) -> License:
    if question.license is None:
        raise ValueError("asked about an unknown licence")
    return question.license


def _wanted(question: Question) -> list[Addon]:
    return [addon for addon in _license(question).addons if addon.code in question.wanted]


def _addon_unknown(question: Question) -> bool:
    return not set(question.wanted) <= {addon.code for addon in _license(question).addons}


def _any_wanted(status: AddonStatus) -> Callable[[Question], bool]:
    return lambda question: any(addon_status(one, question.now) == status for one in _wanted(question))


def _license_in_grace(question: Question) -> bool:
    return _past(_license(question).expires_at, question.now)


# Every predicate may rely on those above it not having applied.
CODES: tuple[tuple[str, bool, Callable[[Question], bool]], ...] = (
    ("NOT_FOUND", False, lambda question: question.license is None),
    ("REVOKED", False, lambda question: _license(question).status == "revoked"),
    ("SUSPENDED", False, lambda question: _license(question).status == "suspended"),
    ("EXPIRED", False, lambda question: _past(_license(question).grace_until, question.now)),
    ("ADDON_UNKNOWN", False, _addon_unknown),
    ("ADDON_DISABLED", False, _any_wanted("disabled")),
    ("ADDON_EXPIRED", False, _any_wanted("expired")),
    ("IN_GRACE", True, lambda question: _license_in_grace(question) or _any_wanted("in_grace")(question)),
    ("VALID", True, lambda question: True),
)


def decide(question: Question) -> Decision:
    """The answer to a validation; pure, so that every report and tool agree."""
    code, valid = next((code, valid) for code, valid, applies in CODES if applies(question))
    license, now = question.license, question.now
    addons = tuple(_answer(addon, now, usable(license, now)) for addon in license.addons) if license else ()
    valid_until = _valid_until(question) if valid else None
    return Decision(
        valid=valid,
        code=code,
        license=license,
        addons=addons,
        checked_at=now,
        next_check_at=now + CHECK_AGAIN_AFTER,
        valid_until=valid_until,
        grace_until=min(filter(None, (valid_until, now + OFFLINE_GRACE))) if valid else None,
    )


def addon_status(addon: Addon, now: datetime) -> AddonStatus:
    """The state of one addon, whatever the others do (V10)."""
    if not addon.enabled:
        return "disabled"
    if _past(addon.grace_until, now):
        return "expired"
    return "in_grace" if _past(addon.expires_at, now) else "active"


def _answer(addon: Addon, now: datetime, license_usable: bool) -> AddonAnswer:
    status = addon_status(addon, now)
    return AddonAnswer(
        code=addon.code,
        valid=license_usable and status in ("active", "in_grace"),
        status=status,
        expires_at=addon.expires_at,
        in_grace=status == "in_grace",
        grace_until=addon.grace_until if status == "in_grace" else None,
    )


def _valid_until(question: Question) -> datetime | None:
    """The earliest end of the licence and the wanted addons, grace included; None if none ends."""
    ends = (_license(question).grace_until, *(addon.grace_until for addon in _wanted(question)))
    return min(filter(None, ends), default=None)
