"""Service levels: what the vendor promises, by which calendars, and who is told when it is at risk (R7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, get_args

from chalicelib.kernel.business import Calendar, CalendarEnds, spend
from chalicelib.kernel.errors import FieldError, Invalid, pointer_step
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.markets import MARKETS
from chalicelib.tickets.calendars import Definition
from chalicelib.tickets.policies import DEFAULT, Policies, PoliciesNotValid, read_policies
from chalicelib.tickets.rules import Kind, Priority
from chalicelib.tickets.sla import Policy

CURRENT = "current"
COUNTRY = re.compile(r"[A-Z]{2}")
# Whether it is anybody's is proven by what is sent there; this only keeps typing errors out.
EMAIL = re.compile(r"[^@\s<>,;]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
# A promise is kept within so many years, and explained by so many pieces of time: its ticket holds them all.
MOST_YEARS, MOST_SEGMENTS = 2, 1_000
USUAL: Mapping[str, Any] = {"default": {"hours": 48}}


@dataclass(frozen=True)
class Home:
    """Where the vendor is, and who is told about his requests first."""

    country: str
    zone: str
    contact: str


@dataclass(frozen=True)
class ServiceLevels:
    """`by_country` names a customer's calendar, `otherwise` that of all others.

    `policies` are as in `tickets/policies.py`; `contacts` are e-mail addresses, first who is told first.
    `versions` are those of the calendars as they were made.
    """

    calendars: tuple[Definition, ...]
    otherwise: str
    contacts: tuple[str, ...]
    by_country: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, Any] = field(default_factory=lambda: USUAL)
    versions: Mapping[str, str] = field(default_factory=dict)
    id: str = CURRENT
    version: int | None = None

    def calendar_id(self, country: str) -> str:
        """The calendar that promises to customers of a country are made by."""
        return self.by_country.get(country, self.otherwise)

    def read_policies(self) -> Policies:
        """What is promised to tickets; `PoliciesNotValid`."""
        return read_policies(self.policies, get_args(Kind), get_args(Priority))


class LevelsNotValid(Invalid):
    """Service levels with faults; `errors` names every faulty field."""

    code = "service_levels_not_valid"


def usual_levels(home: Home) -> ServiceLevels:
    """What holds until the vendor says otherwise: the laws of his own country and of the markets."""
    places = {country: market.zone for country, market in MARKETS.items()} | {home.country: home.zone}
    return ServiceLevels(
        calendars=tuple(Definition(country.lower(), zone, country) for country, zone in places.items()),
        otherwise=home.country.lower(),
        by_country={country: country.lower() for country in places},
        contacts=(home.contact,),
    )


def faults(levels: ServiceLevels) -> Iterator[FieldError]:
    """Everything wrong with them but for the calendars themselves, which tell it when they are made."""
    ids = [definition.id for definition in levels.calendars]
    for at, id in enumerate(ids):
        if id in ids[:at]:
            yield FieldError(f"/calendars/{at}/id", Fault("repeated.calendar", name=id))
    named = {"/otherwise": levels.otherwise} | {
        f"/by_country{pointer_step(country)}": id for country, id in levels.by_country.items()
    }
    for pointer, id in named.items():
        if id not in ids:
            yield FieldError(pointer, Fault("unknown.calendar", name=id))
    for country in levels.by_country:
        if not COUNTRY.fullmatch(country):
            yield FieldError(f"/by_country{pointer_step(country)}", Fault("country.code"))
    yield from _contact_faults(levels.contacts)
    try:
        levels.read_policies()
    except PoliciesNotValid as refusal:
        yield from under("/policies", refusal.errors)


def unkeepable(levels: ServiceLevels, calendars: Sequence[Calendar], now: datetime) -> Iterator[FieldError]:
    """Promises of faultless levels that a calendar with few hours puts off for years, or cuts to pieces."""
    promises = {DEFAULT: Policy(), **levels.read_policies().named}
    for name, policy in promises.items():
        for calendar in calendars:
            if not _is_keepable(policy, calendar, now):
                fault = Fault("range.promise", calendar=calendar.id, most=MOST_YEARS)
                yield FieldError(f"/policies{pointer_step(name)}", fault)


def _is_keepable(policy: Policy, calendar: Calendar, now: datetime) -> bool:
    near = replace(calendar, last_year=min(calendar.last_year, now.year + MOST_YEARS))
    try:
        return len(spend(near, policy.mode, now, policy.budget)) <= MOST_SEGMENTS
    except CalendarEnds:
        return False


def _contact_faults(contacts: tuple[str, ...]) -> Iterator[FieldError]:
    if not contacts:
        yield FieldError("/contacts", Fault("missing.contact"))
    for at, contact in enumerate(contacts):
        if not EMAIL.fullmatch(contact):
            yield FieldError(f"/contacts/{at}", Fault("email.contact", contact=contact))
        if contact in contacts[:at]:
            yield FieldError(f"/contacts/{at}", Fault("repeated.contact"))


def under(pointer: str, errors: Iterable[FieldError]) -> Iterator[FieldError]:
    """Faults of a part as faults of the whole."""
    for error in errors:
        yield FieldError(pointer + error.pointer, error.fault)
