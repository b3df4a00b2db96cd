"""Instants are aware UTC; a market's date becomes an instant only here."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo


def utc_now() -> datetime:
    """The only read of the system clock; everything else is given its `now`."""
    return datetime.now(UTC)


def rfc3339(instant: datetime) -> str:
    """`2026-11-22T10:00:00Z`; fractions of a second are cut, as the API shows whole seconds."""
    return f"{instant.astimezone(UTC).isoformat(timespec='seconds')[:-6]}Z"


def sortable(instant: datetime) -> str:
    """A fixed-width UTC text with microseconds, for keys that sort by time."""
    return f"{instant.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def place_in_time(instant: datetime, id: str) -> str:
    """A text that sorts by time, and is another one for each id."""
    return f"{sortable(instant)}#{id}"


def parse_instant(text: str) -> datetime:
    """RFC 3339 text to aware UTC; ValueError when it has no offset."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs an offset: {text!r}")
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def local(instant: datetime, zone: str) -> datetime:
    """The instant as clocks in a market's zone show it, with their offset."""
    return instant.astimezone(_zone(zone))


def local_date(instant: datetime, zone: str) -> date:
    """The calendar date at `instant` in a market's zone."""
    return local(instant, zone).date()


def start_of(day: date, zone: str) -> datetime:
    """The first instant of `day` in `zone`, in UTC, also where midnight does not exist."""
    # fold=0 at a missing midnight gives the offset before the change: exactly the first instant.
    return datetime(day.year, day.month, day.day, tzinfo=_zone(zone)).astimezone(UTC)


def _zone(name: str) -> tzinfo:
    # Imported here: the licence validator knows no zones, and should start without them.
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)
