"""The one decision whether a licence is valid: an ordered table of (code, predicate) (B1).

`code` is the first that applies, most serious first. If the request names addons, the answer is about
the licence and all of them; every addon is always listed with its own status. Validation, activation,
licence files and the client area all ask here.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.licensing.standing import (
    AddonStanding,
    Place,
    Seat,
    Standing,
    found,
    has_room,
    seated,
)

if TYPE_CHECKING:
    from chalicelib.licensing.rules import Activation, Addon, License

AddonStatus = Literal["active", "disabled", "expired", "in_grace", "unpaid"]

CHECK_AGAIN_AFTER = timedelta(hours=24)
# Tools that were all stopped by one outage should not all come back in one minute.
JITTER_SECONDS = 72 * 60
TOKEN_LASTS = timedelta(days=7)
OFFLINE_GRACE = timedelta(days=14)


@dataclass(frozen=True)
class Question:
    """What is decided on: the licence as stored (None when the key opens none), the addons asked for, the
    instant, and where the tool runs, if it says so. `activating`: it asks for a seat."""

    license: License | Standing | None
    wanted: tuple[str, ...]
    now: datetime
    place: Place | None = None
    activating: bool = False

    @cached_property
    def activation(self) -> Activation | Seat | None:
        """The activation of the place where the tool runs."""
        activations: tuple[Any, ...] = _license(self).activations
        return found(activations, self.place) if self.place else None

    @cached_property
    def statuses(self) -> dict[str, AddonStatus]:
        """The state of every addon, by code."""
        return {addon.code: addon_status(addon, self.now) for addon in _license(self).addons}


@dataclass(frozen=True)
class AddonAnswer:
    """One addon's part of the answer; `works_until` is its end, grace included."""

    code: str
    valid: bool
    status: AddonStatus
    expires_at: datetime | None
    in_grace: bool
    works_until: datetime | None

    @property
    def grace_until(self) -> datetime | None:
        """Until when it works although it has ended; None while it has not."""
        return self.works_until if self.in_grace else None


@dataclass(frozen=True)
class Decision:
    """Whether the tool may work, why, and how long it may rely on this without asking again."""

    valid: bool
    code: str
    license: License | Standing | None
    addons: tuple[AddonAnswer, ...]
    checked_at: datetime
    next_check_at: datetime
    valid_until: datetime | None
    grace_until: datetime | None


def _past(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and instant <= now


def _license(question: Question) -> License | Standing:
    if question.license is None:
        raise ValueError("asked about an unknown licence")
    return question.license


def _addon_unknown(question: Question) -> bool:
    return any(code not in question.statuses for code in question.wanted)


def _any_wanted(question: Question, status: AddonStatus) -> bool:
    return any(question.statuses.get(code) == status for code in question.wanted)


def _unpaid(question: Question) -> bool:
    license = _license(question)
    ended = license.unpaid_first and _past(license.grace_until, question.now)
    return ended or _any_wanted(question, "unpaid")


def _not_activated(question: Question) -> bool:
    return _homeless(question) and _roomy(question)


def _elsewhere(question: Question) -> bool:
    return _homeless(question) and not question.activating


def _too_many(question: Question) -> bool:
    if question.activation is None:
        return _homeless(question)
    return not seated(_license(question), question.activation)


def _homeless(question: Question) -> bool:
    return question.place is not None and question.activation is None


def _roomy(question: Question) -> bool:
    return question.place is not None and has_room(_license(question), question.place)


def _in_grace(question: Question) -> bool:
    return _past(_license(question).ends_at, question.now) or _any_wanted(question, "in_grace")


# Every predicate may rely on those above it not having applied.
CODES: tuple[tuple[str, bool, Callable[[Question], bool]], ...] = (
    ("NOT_FOUND", False, lambda question: question.license is None),
    ("REVOKED", False, lambda question: _license(question).status == "revoked"),
    ("SUSPENDED", False, lambda question: _license(question).status == "suspended"),
    ("UNPAID", False, _unpaid),
    ("EXPIRED", False, lambda question: _past(_license(question).grace_until, question.now)),
    ("NOT_ACTIVATED", False, _not_activated),
    ("FINGERPRINT_MISMATCH", False, _elsewhere),
    ("TOO_MANY_ACTIVATIONS", False, _too_many),
    ("ADDON_UNKNOWN", False, _addon_unknown),
    ("ADDON_DISABLED", False, lambda question: _any_wanted(question, "disabled")),
    ("ADDON_EXPIRED", False, lambda question: _any_wanted(question, "expired")),
    ("IN_GRACE", True, _in_grace),
    ("VALID", True, lambda question: True),
)


def usable(license: License, now: datetime) -> bool:
    """Whether the licence works now, wherever it is used."""
    return _verdict(Question(license, (), now))[1]


def decide(question: Question) -> Decision:
    """The answer to a validation; pure, so that every report and tool agree."""
    license, now = question.license, question.now
    code, valid = _verdict(question)
    # An addon works with its licence, whatever becomes of the other addons asked for.
    alone = valid or _verdict(replace(question, wanted=()))[1]
    valid_until = _valid_until(question) if valid else None
    return Decision(
        valid=valid,
        code=code,
        license=license,
        addons=tuple(_answer(one, question.statuses[one.code], alone) for one in license.addons)
        if license
        else (),
        checked_at=now,
        next_check_at=min(filter(None, (now + CHECK_AGAIN_AFTER + _jitter(license, now), valid_until))),
        valid_until=valid_until,
        grace_until=min(filter(None, (valid_until, now + OFFLINE_GRACE))) if valid else None,
    )


def addon_status(addon: Addon | AddonStanding, now: datetime) -> AddonStatus:
    """The state of one addon, whatever the others do (V10)."""
    ended = _past(addon.ends_at, now)
    over = ended and _past(addon.grace_until, now)
    if over and addon.unpaid_first:
        return "unpaid"
    if not addon.enabled:
        return "disabled"
    if over:
        return "expired"
    return "in_grace" if ended else "active"


def _verdict(question: Question) -> tuple[str, bool]:
    return next((code, valid) for code, valid, applies in CODES if applies(question))


def _answer(addon: Addon | AddonStanding, status: AddonStatus, license_valid: bool) -> AddonAnswer:
    return AddonAnswer(
        code=addon.code,
        valid=license_valid and status in ("active", "in_grace"),
        status=status,
        expires_at=addon.expires_at,
        in_grace=status == "in_grace",
        works_until=addon.grace_until,
    )


def _valid_until(question: Question) -> datetime | None:
    """The earliest end of the licence and the wanted addons, grace included; None if none ends."""
    license = _license(question)
    wanted = (addon.grace_until for addon in license.addons if addon.code in question.wanted)
    return min(filter(None, (license.grace_until, *wanted)), default=None)


def _jitter(license: License | Standing | None, now: datetime) -> timedelta:
    """At most `JITTER_SECONDS` either way; from the question alone, so that deciding stays repeatable."""
    seed = f"{license.id if license else ''}{now.timestamp()}"
    return timedelta(seconds=zlib.crc32(seed.encode()) % (2 * JITTER_SECONDS + 1) - JITTER_SECONDS)
