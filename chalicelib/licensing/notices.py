"""Notices about the end of a licence and of each addon, each told once.

What an outage kept from being told in time is told as what it is by then: nobody gets "in 30 days" and
"tomorrow" together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.events import Event
from chalicelib.licensing.rules import License, addon_of, with_addon


@dataclass(frozen=True)
class Notice:
    """`addon` is the code of the addon that ends, None for the licence; `days` are left, 0 at the end."""

    addon: str | None
    days: int
    expires_at: datetime


def quiet_until(start: datetime, end: datetime | None, before: datetime | None) -> datetime | None:
    """The `noticed_until` of a term from `start` to `end`: no notice in its first half.

    "30 days left" would be no news about something bought for a month.
    """
    if end is None:
        return before
    return max(filter(None, (before, start + (end - start) // 2)))


def due_notices(license: License, now: datetime) -> tuple[License, tuple[Notice, ...]]:
    """What is to be told now, the latest for each thing that ends, and the licence that remembers it."""
    told = []
    for thing, code in ((license, None), *((addon, addon.code) for addon in license.addons)):
        passed = [(at, days) for at, days in thing.open_notices() if at <= now]
        if passed and thing.expires_at:
            at, days = passed[-1]
            told.append(Notice(code, days, thing.expires_at))
            license = _noticed(license, code, at)
    return license, tuple(told)


def event_of(license: License, notice: Notice, now: datetime) -> Event:
    """`license.expiring` or `license.expired`, with what a letter about it needs."""
    data = {"days": str(notice.days), "expires_at": rfc3339(notice.expires_at)}
    if notice.addon:
        data["addon"] = notice.addon
    if notice.days:
        return Event("license.expiring", license.id, now, data)
    return Event("license.expired", license.id, now, data)


def _noticed(license: License, code: str | None, at: datetime) -> License:
    if code is None:
        return replace(license, noticed_until=at)
    return with_addon(license, replace(addon_of(license, code), noticed_until=at))
