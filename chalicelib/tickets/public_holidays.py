"""Public holidays of the world's countries and regions, from the `holidays` library.

Importing the library takes about a tenth of a second, and few calls make a calendar: import this module where
one is made, never at the start of a function. A test in `tests/architecture` keeps it that way.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import date, timedelta

import holidays

from chalicelib.kernel.banking import easter
from chalicelib.kernel.business import Calendar
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.faults import Fault
from chalicelib.tickets.calendars import YEARS, CalendarNotValid, Definition, calendar_of, faults

# Monday and Tuesday, in days from Easter Sunday.
CARNIVAL = (-48, -47)


def make_calendar(definition: Definition) -> Calendar:
    """The calendar of a definition; `CalendarNotValid` names every fault of it."""
    if errors := [*faults(definition), *_place_faults(definition.country, definition.region)]:
        raise CalendarNotValid(errors=errors)
    closed = public_holidays(definition.country, definition.region)
    return calendar_of(definition, closed | (carnival() if definition.carnival else frozenset()), YEARS)


def public_holidays(country: str, region: str | None) -> frozenset[date]:
    """The days of `YEARS` on which the law closes business, in an ISO 3166 country and one of its regions.

    Days that a holiday is moved to are holidays (`observed`): in Spain Monday for Sunday, where the region
    says so. Observances, bank holidays and optional ones are not.
    """
    with warnings.catch_warnings():
        # Some moon-bound holidays (of India) are known up to 2035 only; a newer library will know more.
        warnings.simplefilter("ignore", UserWarning)
        return frozenset(
            holidays.country_holidays(
                country, subdiv=region, years=YEARS, observed=True, categories=(holidays.PUBLIC,)
            )
        )


def carnival() -> frozenset[date]:
    """Carnival's Monday and Tuesday: companies close, the law does not say so in most of Brazil."""
    return frozenset(easter(year) + timedelta(days=days) for year in YEARS for days in CARNIVAL)


def _place_faults(country: str, region: str | None) -> Iterator[FieldError]:
    # The library knows countries also by other names; a definition has one way to say it.
    known = {code: regions for code, regions in holidays.list_supported_countries().items() if len(code) == 2}
    if country not in known:
        yield FieldError("/country", Fault("country", country=country))
    elif region is not None and region not in known[country]:
        choice = ", ".join(known[country]) or "-"
        yield FieldError("/region", Fault("region", country=country, region=region, regions=choice))
