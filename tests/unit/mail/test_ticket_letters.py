"""Letters about a ticket: number and due instant, and what staff has written, as it was written (R6, V6)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kernel.errors import LOCALES
from chalicelib.mail.render import Letter, render

from .conftest import PARAMS
from .tickets import PARAGRAPHS

KINDS = ("ticket_received", "ticket_answered", "ticket_resolved", "ticket_closed")
SHAPES: list[tuple[str, dict[str, Any]]] = [
    *((kind, {}) for kind in KINDS),
    ("ticket_answered", {"asks": True}),
    ("ticket_resolved", {"paragraphs": []}),
]
DUE = {
    "es": "respuesta antes de: 24 de noviembre de 2026, 10:00 (hora de São Paulo)",
    "pt-BR": "resposta antes de: 24 de novembro de 2026, 10:00 (horário de São Paulo)",
    "en": "answer before: 24 November 2026, 10:00 (São Paulo time)",
}
ASKS = {"es": "Quedamos a la espera", "pt-BR": "Aguardamos a sua resposta", "en": "We wait for your answer"}


def _letter(kind: str, locale: str, **changes: Any) -> Letter:
    return render(kind, locale, {**PARAMS[kind], **changes})


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("kind", "changes"), SHAPES)
def test_every_shape_is_made_of_whole_paragraphs(kind: str, changes: dict[str, Any], locale: str) -> None:
    found = _letter(kind, locale, **changes)
    paragraphs = found.text.rstrip("\n").split("\n\n")
    assert found.subject.startswith("[T-000123] ")
    assert found.subject.endswith(": My plan")
    assert "None" not in found.subject + found.text
    assert all(line == line.strip() and line for part in paragraphs for line in part.split("\n"))
    assert "Ana Núñez" in paragraphs[0]
    assert paragraphs[-2].endswith("https://store.example/account")


@pytest.mark.parametrize("locale", LOCALES)
def test_an_acknowledgement_names_number_and_due_instant_where_the_customer_is(locale: str) -> None:
    letter = _letter("ticket_received", locale)
    assert DUE[locale] in letter.text
    assert ": T-000123\n" in letter.text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", ["ticket_answered", "ticket_resolved"])
def test_a_message_is_shown_line_by_line(kind: str, locale: str) -> None:
    letter = _letter(kind, locale)
    written = "\n\n".join("\n".join(lines) for lines in PARAGRAPHS)
    assert f"\n\n{written}\n\n" in letter.text
    assert "<p>\nYour plan has two users.<br>\nA third one is extra.\n</p>" in letter.html


@pytest.mark.parametrize("locale", LOCALES)
def test_a_letter_says_whether_an_answer_is_waited_for(locale: str) -> None:
    told = [ASKS[locale] in _letter("ticket_answered", locale, asks=asks).text for asks in (True, False)]
    assert told == [True, False]
    asked, said = (_letter("ticket_answered", locale, asks=asks).subject for asks in (True, False))
    assert asked != said


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_subject_cannot_begin_a_line_or_bring_markup(kind: str, locale: str) -> None:
    letter = _letter(kind, locale, subject="x\n\nhttps://evil.example\nBcc: <b>")
    assert "\n" not in letter.subject
    assert "\nhttps://evil.example" not in letter.text
    assert "<b>" not in letter.html
