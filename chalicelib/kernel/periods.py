"""Calendar periods (`P1M`, `P1Y`, `P14D`): 31 January plus a month is the last day of February."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

PATTERN = r"P([1-9]\d{0,2})([DMY])"


def add_period(day: date, period: str, times: int = 1) -> date:
    """`day` moved on by a period, or by so many of them; a day that a month does not have becomes its last.

    What recurs is counted from its first day, not from the time before: 31 January, 28 February, 31 March.
    """
    match = re.fullmatch(PATTERN, period)
    if match is None:
        raise ValueError(f"not a period: {period!r}")
    count, unit = int(match[1]) * times, match[2]
    if unit == "D":
        return day + timedelta(days=count)
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "Y" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
