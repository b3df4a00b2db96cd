"""Banking days of Brazil, by which boletos are paid and cleared.

Neither the national holidays nor any library's calendar: Carnival and Corpus Christi are days without banks
and no holidays, Ash Wednesday and 24 December are days with banks, and 31 December closes the year.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

# Month and day; 20 November is a holiday since 2024 (Lei 14.759/2023).
FIXED = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (11, 20), (12, 25), (12, 31))
# Days from Easter Sunday: Carnival Monday and Tuesday, Good Friday, Corpus Christi.
MOVABLE = (-48, -47, -2, 60)


def is_banking_day(day: date) -> bool:
    """Whether banks clear on this day."""
    return day.weekday() < 5 and day not in _closed(day.year)


def next_banking_day(day: date) -> date:
    """The day itself, or the first banking day after it: until then a slip can be paid without interest."""
    while not is_banking_day(day):
        day += timedelta(days=1)
    return day


def add_banking_days(day: date, count: int) -> date:
    """The banking day that comes `count` banking days after `day`."""
    for _ in range(count):
        day = next_banking_day(day + timedelta(days=1))
    return day


@cache
def _closed(year: int) -> frozenset[date]:
    fixed = {date(year, month, day) for month, day in FIXED if (month, day) != (11, 20) or year >= 2024}
    return frozenset(fixed | {easter(year) + timedelta(days=days) for days in MOVABLE})


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the anonymous algorithm of 1876)."""
    golden, century, in_century = year % 19, year // 100, year % 100
    leap_centuries, century_rest = divmod(century, 4)
    moon = (19 * golden + century - leap_centuries - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    leap_years, year_rest = divmod(in_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leap_years - moon - year_rest) % 7
    correction = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)
