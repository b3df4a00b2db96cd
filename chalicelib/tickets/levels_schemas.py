"""How service levels and their calendars are written in the API (R7)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.edge.schema import TRIMMED, Schema
from chalicelib.kernel.business import Calendar
from chalicelib.tickets.calendars import OFFICE, YEARS, Definition, unusual_days, written
from chalicelib.tickets.levels import ServiceLevels

Word = Annotated[str, TRIMMED, Field(max_length=254)]
HOURS = "opening hours such as `09:00-13:00 14:00-18:00`; nothing is closed"


class CalendarBody(Schema):
    """A business calendar: the law of a country and region, and what the company does otherwise."""

    id: Word
    zone: Word = Field(description="a time zone such as `America/Santiago`")
    country: Word = Field(description="ISO 3166-1 alpha-2; its public holidays are closed")
    region: Word | None = Field(
        None, description="a state or community with holidays of its own, such as `MD`"
    )
    carnival: bool = Field(False, strict=True, description="whether Carnival's Monday and Tuesday are closed")
    week: dict[str, str] = Field(OFFICE, description=f"`mon` to `sun`: {HOURS}")
    own_days: dict[str, str] = Field({}, description=f"by date, whatever weekday and law say: {HOURS}")
    half_days: dict[str, str] = Field({}, description="`MM-DD` of every year, if it is a business day: hours")


class ServiceLevelsIn(Schema):
    """What the vendor promises, by which calendars, and who is told when an answer is at risk; all of it."""

    calendars: list[CalendarBody] = Field(max_length=20)
    otherwise: Word = Field(description="the calendar of customers whose country is not in `by_country`")
    by_country: dict[str, Word] = Field({}, description="a calendar's id, by the customer's country")
    contacts: list[Word] = Field(max_length=20, description="e-mail addresses, in the order of escalation")
    policies: dict[str, Any] = Field(
        description="`{hours, mode: business_days|office_hours, at_risk_percent}` by `kind/priority`, `kind` "
        "or `default`; what is left out is 48 hours, business_days and 75"
    )

    def levels(self) -> ServiceLevels:
        return ServiceLevels(
            calendars=tuple(Definition(**one.model_dump()) for one in self.calendars),
            otherwise=self.otherwise,
            contacts=tuple(self.contacts),
            by_country=self.by_country,
            policies=self.policies,
        )


class ServiceLevelsOut(Schema):
    """The service levels in force; `versions` are those of the calendars, as promises name them."""

    calendars: list[CalendarBody]
    otherwise: str
    by_country: dict[str, str]
    contacts: list[str]
    policies: dict[str, Any]
    versions: dict[str, str]

    @classmethod
    def of(cls, levels: ServiceLevels) -> Self:
        return cls(
            calendars=[CalendarBody(**asdict(one)) for one in levels.calendars],
            otherwise=levels.otherwise,
            by_country=dict(levels.by_country),
            contacts=list(levels.contacts),
            policies=dict(levels.policies),
            versions=dict(levels.versions),
        )


class YearQuery(Schema):
    """`?year=`; without it, the current one."""

    year: int | None = Field(None, ge=YEARS[0], le=YEARS[-1])


class UnusualDayOut(Schema):
    """A day that is not as its weekday."""

    date: date
    hours: str = Field(description=HOURS)


class CalendarOut(Schema):
    """A calendar in force, and the days of a year on which it is not as its week says."""

    id: str
    version: str
    zone: str
    year: int
    days: list[UnusualDayOut]

    @classmethod
    def of(cls, calendar: Calendar, year: int) -> Self:
        days = [UnusualDayOut(date=day, hours=written(hours)) for day, hours in unusual_days(calendar, year)]
        return cls(id=calendar.id, version=calendar.version, zone=calendar.zone, year=year, days=days)
