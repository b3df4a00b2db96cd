"""Which days the law closes business, and calendars made of it (R7)."""

from __future__ import annotations

import warnings
from datetime import date, timedelta

import pytest
from dateutil.easter import easter

from chalicelib.tickets.calendars import YEARS, CalendarNotValid, Definition
from chalicelib.tickets.public_holidays import carnival, make_calendar, public_holidays


def _days(country: str, region: str | None, year: int) -> list[str]:
    """Month and day of the holidays of one year."""
    return [f"{day:%m-%d}" for day in sorted(public_holidays(country, region)) if day.year == year]


# Written down by hand.
@pytest.mark.parametrize(
    ("country", "region", "expected"),
    [
        (
            "CL",
            None,
            "01-01 04-03 04-04 05-01 05-21 06-21 06-29 07-16 08-15 09-18 09-19 10-12 10-31 11-01 12-08 12-25",
        ),
        ("BR", None, "01-01 04-03 04-21 05-01 09-07 10-12 11-02 11-15 11-20 12-25"),
        ("BR", "SP", "01-01 04-03 04-21 05-01 07-09 09-07 10-12 11-02 11-15 11-20 12-25"),
        ("ES", None, "01-01 01-06 04-03 05-01 08-15 10-12 12-08 12-25"),
        ("ES", "MD", "01-01 01-06 04-02 04-03 05-01 05-02 08-15 10-12 11-02 12-07 12-08 12-25"),
        ("ES", "CT", "01-01 01-06 04-03 04-06 05-01 06-24 08-15 09-11 10-12 12-08 12-25 12-26"),
    ],
)
def test_the_holidays_of_2026(country: str, region: str | None, expected: str) -> None:
    assert _days(country, region, 2026) == expected.split()


def test_other_countries_are_known_too_without_a_warning() -> None:
    assert "07-04" in _days("US", "NY", 2026)
    # The fourth of July is a Saturday in 2026: offices close on the third.
    assert "07-03" in _days("US", "NY", 2026)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "08-15" in _days("IN", None, 2026)


def test_bank_holidays_and_optional_days_are_business_days() -> None:
    assert "12-31" not in _days("CL", None, 2026)
    # Carnival, Corpus Christi, Public Servants' Day, Christmas Eve.
    assert not {"02-16", "02-17", "02-18", "06-04", "10-28", "12-24"} & set(_days("BR", "SP", 2026))


def test_carnival_is_a_switch_but_where_the_state_has_it_by_law() -> None:
    tuesday, monday = date(2026, 2, 17), date(2026, 2, 16)
    usual = Definition("br", "America/Sao_Paulo", "BR", "SP")
    assert make_calendar(usual).is_business_day(tuesday)
    closed = make_calendar(Definition("br", "America/Sao_Paulo", "BR", "SP", carnival=True))
    assert not closed.is_business_day(monday)
    assert not closed.is_business_day(tuesday)
    assert closed.is_business_day(date(2026, 2, 18))
    assert closed.version != make_calendar(usual).version
    assert not make_calendar(Definition("rj", "America/Sao_Paulo", "BR", "RJ")).is_business_day(tuesday)


def test_carnival_is_47_days_before_easter() -> None:
    assert carnival() == {easter(year) - timedelta(days=days) for year in YEARS for days in (47, 48)}


def test_a_calendar_knows_the_years_it_was_made_for() -> None:
    calendar = make_calendar(Definition("cl", "America/Santiago", "CL"))
    assert (calendar.first_year, calendar.last_year) == (2020, 2099)
    assert date(2099, 12, 25) in calendar.holidays
    assert date(2020, 12, 25) in calendar.holidays


@pytest.mark.parametrize(
    ("country", "region", "faulty"),
    [
        *(
            ("XX", None, "/country"),
            ("Chile", None, "/country"),
            ("BRA", None, "/country"),
            ("", None, "/country"),
        ),
        *(
            ("cl", None, "/country"),
            ("BR", "ZZ", "/region"),
            ("ES", "Catalonia", "/region"),
            ("BR", "", "/region"),
        ),
    ],
)
def test_a_place_nobody_knows_is_refused(country: str, region: str | None, faulty: str) -> None:
    with pytest.raises(CalendarNotValid) as refused:
        make_calendar(Definition("x", "Europe/Madrid", country, region))
    assert [error.pointer for error in refused.value.errors] == [faulty]


def test_every_fault_is_named_at_once() -> None:
    wrong = Definition("", "Nowhere", "XX", week={"mon": "9-18"}, own_days={"tomorrow": ""})
    with pytest.raises(CalendarNotValid) as refused:
        make_calendar(wrong)
    named = [error.pointer for error in refused.value.errors]
    assert named == ["/id", "/zone", "/week/mon", "/own_days/tomorrow", "/country"]
