"""An office clerk with a clock and a tally: business time counted minute by minute, to check the product by.

It shares nothing with the product, not even a way of thinking: there are no dates to advance and no segments.
The clerk looks at the clock on the wall at each minute of a few years and makes a mark if the minute counts.
When a budget is used up is then read from the tally. His holidays are a list written by hand.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

BEGIN, END = datetime(2025, 12, 29, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

HOLIDAYS = {
    "CL": """
        2026-01-01 2026-04-03 2026-04-04 2026-05-01 2026-05-21 2026-06-21 2026-06-29 2026-07-16
        2026-08-15 2026-09-18 2026-09-19 2026-10-12 2026-10-31 2026-11-01 2026-12-08 2026-12-25
        2027-01-01 2027-03-26 2027-03-27
    """,
    "BR-SP": """
        2026-01-01 2026-04-03 2026-04-21 2026-05-01 2026-07-09 2026-09-07 2026-10-12 2026-11-02
        2026-11-15 2026-11-20 2026-12-25 2027-01-01 2027-03-26
    """,
    "ES-CT": """
        2026-01-01 2026-01-06 2026-04-03 2026-04-06 2026-05-01 2026-06-24 2026-08-15 2026-09-11
        2026-10-12 2026-12-08 2026-12-25 2026-12-26 2027-01-01 2027-01-06 2027-03-26 2027-03-29
    """,
    "none": "",
}

# What counts, by weekday (0 is Monday), minute of the day, and whether the date is a holiday.
Sign = Callable[[int, int, bool], bool]


def five_days(weekday: int, minute: int, holiday: bool) -> bool:
    """All hours from Monday to Friday, but for holidays."""
    return weekday < 5 and not holiday


def six_days(weekday: int, minute: int, holiday: bool) -> bool:
    """All hours from Monday to Saturday, but for holidays."""
    return weekday < 6 and not holiday


def desk(weekday: int, minute: int, holiday: bool) -> bool:
    """9 to 18 from Monday to Friday, but for holidays."""
    return five_days(weekday, minute, holiday) and 540 <= minute < 1080


def siesta(weekday: int, minute: int, holiday: bool) -> bool:
    """9 to 13 and 16:30 to 20 from Monday to Friday, 10 to 14 on Saturday, but for holidays."""
    if weekday == 5:
        return not holiday and 600 <= minute < 840
    return five_days(weekday, minute, holiday) and (540 <= minute < 780 or 990 <= minute < 1200)


def always(weekday: int, minute: int, holiday: bool) -> bool:
    """Every minute."""
    return True


class Tally:
    """The marks of one clerk: how many minutes had counted by each minute since `BEGIN`."""

    def __init__(self, zone: str, holidays: str, sign: Sign, *, real: bool) -> None:
        closed = {date.fromisoformat(day) for day in HOLIDAYS[holidays].split()}
        self.marks = array("l")
        place, count, now, wanted = (
            ZoneInfo(zone),
            0,
            BEGIN,
            BEGIN.astimezone(ZoneInfo(zone)).replace(tzinfo=None),
        )

        def is_marked(wall: datetime) -> bool:
            return sign(wall.weekday(), wall.hour * 60 + wall.minute, wall.date() in closed)

        while now < END:
            wall = now.astimezone(place).replace(tzinfo=None, fold=0)
            # Minutes that the clock skips belong to the day's 24 hours, but nobody sat in the office.
            while wanted < wall:
                count += 0 if real else is_marked(wanted)
                wanted += MINUTE
            self.marks.append(count)
            # A minute that is shown a second time is no minute more of the day, but one of the office.
            count += is_marked(wall) if real or wall == wanted else 0
            wanted = max(wanted, wall + MINUTE)
            now += MINUTE

    def between(self, start: datetime, end: datetime) -> int:
        """How many minutes counted between two of them."""
        return self.marks[(end - BEGIN) // MINUTE] - self.marks[(start - BEGIN) // MINUTE]

    def due(self, start: datetime, minutes: int) -> datetime:
        """The first minute at which so many more have counted than at the start."""
        wanted = self.marks[(start - BEGIN) // MINUTE] + minutes
        return BEGIN + MINUTE * bisect_left(self.marks, wanted)
