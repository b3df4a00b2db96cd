"""Calendars as they are written down, and what is wrong with some (R7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.business import HalfDay, Opening, OwnDay
from chalicelib.tickets.calendars import Definition, calendar_of, faults, hours

SOUND = Definition("cl", "America/Santiago", "CL")
YEARS = range(2020, 2031)


def _faulty(**changes: object) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in faults(replace(SOUND, **changes))]  # type: ignore[arg-type]


def test_opening_hours_are_read_in_order() -> None:
    assert hours("09:00-13:00 14:30-18:00") == (Opening(540, 780), Opening(870, 1080))
    assert hours("00:00-24:00") == (Opening(0, 1440),)
    # Without a break between them.
    assert hours("22:00-23:59 23:59-24:00") == (Opening(1320, 1439), Opening(1439, 1440))
    assert hours("") == hours("  ") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *(("9:00-18:00", "form"), ("09:00", "form"), ("09:00-25:00", "form"), ("24:00-24:00", "form")),
        *(("09:60-10:00", "form"), ("09:00–18:00", "form"), ("٠٩:00-18:00", "form"), ("closed", "form")),
        *(("09:00-24:01", "form"), ("18:00-09:00", "end before"), ("09:00-09:00", "end before")),
        *(("09:00-13:00 12:00-18:00", "overlap"), ("14:00-18:00 09:00-13:00", "overlap")),
    ],
)
def test_hours_that_are_none_are_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        hours(text)


@given(st.text())
def test_any_other_text_is_refused_or_read_never_worse(text: str) -> None:
    try:
        found = hours(text)
    except ValueError:
        return
    assert all(0 <= one.opens < one.closes <= 1440 for one in found)


def test_a_definition_says_all_that_a_calendar_is() -> None:
    definition = replace(
        SOUND,
        week={"mon": "09:00-13:00 14:00-18:00", "sat": "10:00-14:00", "sun": ""},
        own_days={"2026-12-24": "", "2026-12-08": "09:00-12:00"},
        half_days={"12-31": "09:00-12:00"},
    )
    assert list(faults(definition)) == []
    made = calendar_of(definition, frozenset({date(2026, 12, 25), date(2026, 12, 8)}), YEARS)
    assert (made.id, made.zone) == ("cl", "America/Santiago")
    assert made.week == (hours("09:00-13:00 14:00-18:00"), (), (), (), (), hours("10:00-14:00"), ())
    assert made.holidays == (date(2026, 12, 8), date(2026, 12, 25))
    assert made.own_days == (
        OwnDay(date(2026, 12, 8), hours("09:00-12:00")),
        OwnDay(date(2026, 12, 24), ()),
    )
    assert made.half_days == (HalfDay(12, 31, hours("09:00-12:00")),)
    assert (made.first_year, made.last_year) == (2020, 2030)


def test_offices_are_usually_open_from_monday_to_friday() -> None:
    made = calendar_of(SOUND, frozenset(), YEARS)
    assert made.week == (hours("09:00-18:00"),) * 5 + ((), ())


def test_the_order_in_which_days_are_written_makes_no_other_version() -> None:
    days = {"2026-12-24": "", "2026-12-08": "09:00-12:00"}
    one, other = (
        calendar_of(replace(SOUND, own_days=dict(items)), frozenset(), YEARS)
        for items in (days.items(), reversed(days.items()))
    )
    assert one.version == other.version


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"id": ""}, [("/id", "name")]),
        ({"id": "a/b"}, [("/id", "name")]),
        ({"own_days": {"a/b": ""}}, [("/own_days/a~1b", "day")]),
        ({"zone": "America/Chile"}, [("/zone", "zone")]),
        ({"week": {}}, [("/week", "hours")]),
        ({"week": {"sat": " "}}, [("/week", "hours")]),
        ({"week": {"lun": "09:00-18:00"}}, [("/week/lun", "day")]),
        ({"week": {"mon": "18:00-09:00"}}, [("/week/mon", "hours")]),
        ({"own_days": {"24-12-2026": ""}}, [("/own_days/24-12-2026", "day")]),
        ({"own_days": {"2026-02-29": ""}}, [("/own_days/2026-02-29", "day")]),
        ({"own_days": {"20261224": "9"}}, [("/own_days/20261224", "day"), ("/own_days/20261224", "hours")]),
        ({"half_days": {"02-29": "09:00-12:00"}}, []),
        ({"half_days": {"02-30": "09:00-12:00"}}, [("/half_days/02-30", "day")]),
        ({"half_days": {"12-24": ""}}, [("/half_days/12-24", "hours")]),
    ],
)  # fmt: skip
def test_every_fault_is_named(changes: dict[str, object], named: list[tuple[str, str]]) -> None:
    assert _faulty(**changes) == named
