"""Invoice numbers: how they are written, and how they are found in what payers and banks made of them."""

from __future__ import annotations

import re
from datetime import date

# The number as written, or with its hyphens replaced or dropped. It must stand alone: with the end of a word
# before it, or more digits behind it, it is something else.
_WRITTEN = re.compile(
    r"(?<![^\W_])A[-–—./_\s]{0,3}(20[0-9]{2})[-–—./_\s]{0,3}([0-9]{6,8})(?![0-9])", re.IGNORECASE
)


def series_of(kind: str, day: date) -> str:
    """The series that documents of a kind and a day are numbered in: `A-2026` for invoices."""
    return f"{kind}-{day.year}"


def written(series: str, number: int) -> str:
    """`written("A-2026", 123)` → `"A-2026-000123"`."""
    return f"{series}-{number:06d}"


def parted(number: str) -> tuple[str, int]:
    """The inverse of `written`."""
    series, _, position = number.rpartition("-")
    return series, int(position)


def found_in(text: str) -> tuple[str, ...]:
    """The different numbers in a text, as `written`, whether or not such invoices exist."""
    found = (written(f"A-{year}", int(number)) for year, number in _WRITTEN.findall(text))
    return tuple(dict.fromkeys(found))
