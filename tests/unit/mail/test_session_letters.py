"""What the letters about a session say, beyond what all letters have in common (S6, S8)."""

from __future__ import annotations

import pytest

from chalicelib.mail.render import render
from tests.unit.mail import sessions

from .conftest import a_mail


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        ("es", "Comienzo: 1 de diciembre de 2026, 11:00 (hora de São Paulo)"),
        ("pt-BR", "Início: 1 de dezembro de 2026, 11:00 (horário de São Paulo)"),
        ("en", "It begins: 1 December 2026, 11:00 (São Paulo time)"),
    ],
)
def test_the_date_is_told_by_the_customers_clock_and_the_meeting_is_a_link(locale: str, line: str) -> None:
    letter = render("advisory_scheduled", locale, sessions.PARAMS["advisory_scheduled"])
    assert f"\n{line}\n" in letter.text
    assert "PIN 1234\n" in letter.text
    assert '<a href="https://meet.example/abc?a=1&amp;b=2">' in letter.html


@pytest.mark.parametrize("locale", ["es", "pt-BR", "en"])
def test_nothing_is_said_of_access_data_where_there_are_none(locale: str) -> None:
    given = {**sessions.PARAMS["advisory_scheduled"], "access": None}
    letter = render("advisory_scheduled", locale, given)
    assert "None" not in letter.text
    assert len(letter.text.splitlines()) + 1 == len(
        render("advisory_scheduled", locale, {**given, "access": "x"}).text.splitlines()
    )


def test_another_date_says_that_it_takes_the_place_of_the_one_before() -> None:
    given = sessions.PARAMS["advisory_scheduled"]
    assert render("advisory_scheduled", "es", given).subject.startswith("[T-000123] Cita confirmada: ")
    moved = render("advisory_scheduled", "es", {**given, "moved": True})
    assert moved.subject.startswith("[T-000123] Nueva cita: ")
    assert "sustituye a la anterior" in moved.text


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("es", "abra allí mismo un caso de soporte, sin coste"),
        ("pt-BR", "abra ali mesmo um caso de suporte, sem custo"),
        ("en", "open a support case for them there, free of charge"),
    ],
)
def test_who_is_asked_for_dates_is_told_where_errors_are_dealt_with(locale: str, words: str) -> None:
    letter = render("advisory_slots_wanted", locale, sessions.PARAMS["advisory_slots_wanted"])
    assert words in letter.text
    assert "60 minut" in letter.text


def test_a_date_that_was_agreed_on_is_called_off_by_name() -> None:
    given = sessions.PARAMS["advisory_other_slots_wanted"]
    off = render("advisory_other_slots_wanted", "en", given)
    assert "The session of 1 December 2026, 11:00 (São Paulo time) is called off." in off.text
    none = render("advisory_other_slots_wanted", "en", {**given, "starts_at": None, "zone": None})
    assert "any of the dates that you have proposed" in none.text
    assert "Reason: Our expert is ill\n" in none.text


def test_a_letter_has_no_file_unless_it_is_given_one() -> None:
    assert a_mail("advisory_missed", "tkt_1").attachments == ()
