"""Service levels: which calendar and promise a ticket has, and what can be wrong with the document (R7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.kernel.business import Opening
from chalicelib.tickets.calendars import Definition, calendar_of, hours, unusual_days, written
from chalicelib.tickets.levels import Home, faults, usual_levels

USUAL = usual_levels(Home("ES", "Europe/Madrid", "team@example.com"))


def _faulty(**changes: Any) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in faults(replace(USUAL, **changes))]


def test_the_usual_ones_are_sound() -> None:
    assert list(faults(USUAL)) == []
    assert list(faults(usual_levels(Home("MX", "America/Mexico_City", "team@example.com")))) == []


def test_a_customer_has_the_calendar_of_his_country_or_the_one_of_all_others() -> None:
    assert [USUAL.calendar_id(country) for country in ("CL", "BR", "PT")] == ["cl", "br", "es"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"contacts": ()}, [("/contacts", "missing")]),
        ({"contacts": ("a@b.co", "nobody")}, [("/contacts/1", "email")]),
        (
            {"contacts": ("a@b", "a b@c.co", "Ana <a@b.co>")},
            [(f"/contacts/{at}", "email") for at in range(3)],
        ),
        ({"contacts": ("a@b.co", "c@b.co", "a@b.co")}, [("/contacts/2", "repeated")]),
        ({"otherwise": "mars"}, [("/otherwise", "unknown")]),
        ({"by_country": {"CL": "mars"}}, [("/by_country/CL", "unknown")]),
        ({"by_country": {"Chile/South": "cl"}}, [("/by_country/Chile~1South", "country")]),
        ({"calendars": (*USUAL.calendars, USUAL.calendars[0])}, [("/calendars/3/id", "repeated")]),
        ({"policies": {"nonsense": {}, "support": {"hours": 0}}}, [("/policies/nonsense", "unknown")]),
        (
            {"otherwise": "", "contacts": (), "policies": {"default": 48}},
            [("/otherwise", "unknown"), ("/contacts", "missing"), ("/policies/default", "type")],
        ),
    ],
)
def test_every_fault_is_named(changes: dict[str, Any], named: list[tuple[str, str]]) -> None:
    assert set(named) <= set(_faulty(**changes))
    assert len(_faulty(**changes)) == len(named) + ("nonsense" in str(changes))


@pytest.mark.parametrize("text", ["", "09:00-18:00", "00:00-24:00", "08:30-13:00 14:00-18:00"])
def test_hours_are_written_as_they_are_read(text: str) -> None:
    assert written(hours(text)) == text


def test_the_unusual_days_of_a_year_are_those_that_are_not_as_their_weekday() -> None:
    definition = Definition(
        "es",
        "Europe/Madrid",
        "ES",
        own_days={"2026-08-14": "", "2026-08-15": "10:00-12:00", "2027-01-04": ""},
        half_days={"12-24": "09:00-13:00", "12-26": "09:00-13:00"},
    )
    # The second is a Sunday, and so closed anyway; 26 December is a Saturday.
    holidays = frozenset({date(2026, 12, 25), date(2026, 11, 1), date(2027, 1, 6)})
    calendar = calendar_of(definition, holidays, range(2026, 2028))
    assert list(unusual_days(calendar, 2026)) == [
        (date(2026, 8, 14), ()),
        (date(2026, 8, 15), (Opening(600, 720),)),
        (date(2026, 12, 24), (Opening(540, 780),)),
        (date(2026, 12, 25), ()),
    ]
