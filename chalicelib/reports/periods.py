"""The period of a report: whole days of the vendor's, the first and the last included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.kernel.clock import local_date, start_of
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.periods import add_period

MOST_DAYS = 366
LATELY = 92
DAY = timedelta(days=1)


class NotAPeriod(Fault):
    """The two days do not make a period; `code` says why."""


class ReportTooLarge(Invalid):
    """More has happened in the period than one report reads."""

    code = "report_too_large"
    text = {
        "en": "This period has more than {most} entries; choose a shorter one.",
        "es": "Este período tiene más de {most} registros; elija uno más corto.",
        "pt-BR": "Este período tem mais de {most} registros; escolha um mais curto.",
    }

    def __init__(self, most: int) -> None:
        super().__init__(errors=[FieldError("/query/to", Fault("too_many.entries", most=most))], most=most)


@dataclass(frozen=True)
class Period:
    """From the start of `first` to the end of `last` in `zone`."""

    first: date
    last: date
    zone: str

    @property
    def days(self) -> Iterator[date]:
        """Its days, in order."""
        return (self.first + at * DAY for at in range((self.last - self.first).days + 1))

    @property
    def start(self) -> datetime:
        """The first instant of it."""
        return start_of(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return start_of(self.last + DAY, self.zone)


def check_days(first: date, last: date) -> None:
    """`NotAPeriod` unless these are the first and last of 1 to 366 days."""
    if last < first:
        raise NotAPeriod("before_from")
    if last - first >= MOST_DAYS * DAY:
        raise NotAPeriod("period_too_long", most=MOST_DAYS)


def period_of(first: date | None, last: date | None, zone: str, now: datetime) -> Period:
    """The period asked for. A day left out is where the other one's month begins or ends; without both,
    it is the current month."""
    known = first or last or local_date(now, zone)
    month = known.replace(day=1)
    return Period(first or month, last or add_period(month, "P1M") - DAY, zone)


def lately(first: date | None, last: date | None, zone: str, now: datetime) -> Period:
    """The period asked for of a list. A day left out is so far from the other one that it has 92 days;
    without both, these are the last ones up to today."""
    final = last or (first + (LATELY - 1) * DAY if first else local_date(now, zone))
    return Period(first or final - (LATELY - 1) * DAY, final, zone)
