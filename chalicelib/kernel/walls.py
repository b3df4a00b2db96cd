"""What the clocks on the walls of a zone show, and when they first show it.

Wall times are naive: a date and a time of day. Where clocks are put forward a wall time is skipped, where
they are put back it comes twice. Both ways are monotone here: a later instant never has an earlier wall time,
and a later wall time never an earlier instant. A deadline that is counted on dates needs just that.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_zone = cache(ZoneInfo)


def is_zone(name: str) -> bool:
    """Whether `name` is in the time zone database."""
    try:
        _zone(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


def shown(instant: datetime, zone: str) -> datetime:
    """The wall time at an instant; for all of an hour's second time, the end of its first."""
    local = instant.astimezone(_zone(zone))
    if not local.fold:
        return local.replace(tzinfo=None)
    first = local.replace(fold=0)
    before = first.astimezone(UTC)
    waited = _change(before, instant.astimezone(UTC), zone) - before
    return first.replace(tzinfo=None) + waited


def reached(wall: datetime, zone: str) -> datetime:
    """The first instant, in UTC, at which clocks show `wall`, or more where they skip it."""
    local = wall.replace(tzinfo=_zone(zone), fold=0)
    instant = local.astimezone(UTC)
    if instant.astimezone(_zone(zone)).replace(tzinfo=None, fold=0) == wall.replace(fold=0):
        return instant
    # A skipped time is read with the offset before the change or, with fold=1, with the one after it: two
    # instants around the change.
    return _change(local.replace(fold=1).astimezone(UTC), instant, zone)


def _change(before: datetime, after: datetime, zone: str) -> datetime:
    """The second, between two instants less than a day apart, at which the clocks are changed."""
    start, new = before.replace(microsecond=0), after.astimezone(_zone(zone)).utcoffset()

    def is_new(seconds: int) -> bool:
        return (start + timedelta(seconds=seconds)).astimezone(_zone(zone)).utcoffset() == new

    return start + timedelta(seconds=bisect_left(range(86_400), True, key=is_new))
