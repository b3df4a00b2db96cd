"""What the team reads of an answer that is at risk or overdue, in every language (R7)."""

from __future__ import annotations

from typing import get_args

import pytest

from chalicelib.kernel.errors import LOCALES
from chalicelib.mail.render import render
from chalicelib.tickets.rules import Kind

from .conftest import PARAMS

ALERT = PARAMS["sla_alert"]


@pytest.mark.parametrize(
    ("locale", "level", "subject"),
    [
        ("en", "at_risk", "At risk: T-000123, My plan"),
        ("en", "breached", "Overdue: T-000123, My plan"),
        ("en", "escalated", "Still overdue: T-000123, My plan"),
        ("es", "at_risk", "En riesgo: T-000123, My plan"),
        ("es", "breached", "Vencido: T-000123, My plan"),
        ("es", "escalated", "Sigue vencido: T-000123, My plan"),
        ("pt-BR", "at_risk", "Em risco: T-000123, My plan"),
        ("pt-BR", "breached", "Vencido: T-000123, My plan"),
        ("pt-BR", "escalated", "Continua vencido: T-000123, My plan"),
    ],
)
def test_the_subject_says_how_it_stands(locale: str, level: str, subject: str) -> None:
    assert render("sla_alert", locale, {**ALERT, "level": level}).subject == subject


def test_each_level_says_something_of_its_own() -> None:
    for locale in LOCALES:
        told = {
            render("sla_alert", locale, {**ALERT, "level": one}).text
            for one in ("at_risk", "breached", "escalated")
        }
        assert len(told) == 3


@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_of_ticket_has_a_name_of_its_own(locale: str) -> None:
    told = [render("sla_alert", locale, {**ALERT, "ticket_kind": kind}).text for kind in get_args(Kind)]
    assert len(set(told)) == len(get_args(Kind))


def test_it_says_which_ticket_whose_and_by_when() -> None:
    text = render("sla_alert", "en", ALERT).text
    for line in (
        "Ticket: T-000123",
        "Request: review of a contract",
        "Subject: My plan",
        "Customer: Ana Núñez",
        "Reference: tkt_01",
    ):
        assert f"{line}\n" in text
    assert "Answer due: 24 November 2026, 14:00 (Madrid time)" in text


def test_what_a_customer_typed_begins_no_line_and_no_header() -> None:
    evil = "x\r\nBcc: all@example.com\n\nhttps://evil.example"
    letter = render("sla_alert", "es", {**ALERT, "subject": evil})
    assert "\n" not in letter.subject
    assert not [line for line in letter.text.splitlines() if line.startswith(("Bcc", "https"))]
    assert "href" not in letter.html
