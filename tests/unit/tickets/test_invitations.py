"""The calendar file of a session, read back by an unfolding and unescaping reader of our own (RFC 5545)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tickets.invitations import Invitation, calendar, escaped, folded, quoted

INVITATION = Invitation(
    uid="tkt_1@example.com",
    sequence=2,
    made_at=datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC),
    starts_at=datetime(2026, 11, 30, 12, tzinfo=UTC),
    minutes=180,
    summary="Asesoría; 3h, ERP \\ caja",
    description="https://meet.example.com/abc\nPIN 1234\n[T-000001]",
    url="https://meet.example.com/abc",
    organizer="store@example.com",
    organizer_name='Vigencia "Demo", S.L.',
)
BACK = {"\\n": "\n", "\\N": "\n", "\\\\": "\\", "\\;": ";", "\\,": ","}


def read(text: str) -> list[tuple[str, str]]:
    """(name with parameters, raw value) of every content line; every line ends with CRLF and is short."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert "\r" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = text.replace("\r\n ", "").split("\r\n")[:-1]
    # The value begins at the first colon that is not within quotes.
    found = [re.fullmatch(r'((?:[^":]|"[^"]*")+):(.*)', line) for line in lines]
    assert all(found)
    return [(one[1], one[2]) for one in found if one]


def unescaped(value: str) -> str:
    return re.sub(r"\\.", lambda one: BACK[one[0]], value)


def test_it_says_when_where_and_what() -> None:
    told = read(calendar(INVITATION))
    assert [name for name, _ in told[:5]] == ["BEGIN", "VERSION", "PRODID", "METHOD", "BEGIN"]
    assert told[-2:] == [("END", "VEVENT"), ("END", "VCALENDAR")]
    values = dict(told)
    assert values["METHOD"] == "PUBLISH"
    assert (values["UID"], values["SEQUENCE"]) == ("tkt_1@example.com", "2")
    assert values["DTSTAMP"] == "20261123T120005Z"
    assert (values["DTSTART"], values["DTEND"]) == ("20261130T120000Z", "20261130T150000Z")
    assert (values["STATUS"], values["VERSION"]) == ("CONFIRMED", "2.0")
    assert unescaped(values["SUMMARY"]) == INVITATION.summary
    assert unescaped(values["DESCRIPTION"]) == INVITATION.description
    assert values["URL"] == INVITATION.url


def test_special_characters_are_escaped() -> None:
    assert escaped("a;b,c\\d\r\ne\nf\x00\x07") == "a\\;b\\,c\\\\d\\ne\\nf"


def test_the_organizer_is_named_in_quotes_that_hold() -> None:
    assert quoted('A "B"\r\n; C') == "\"A 'B' ; C\""
    assert dict(read(calendar(INVITATION)))["ORGANIZER;CN=\"Vigencia 'Demo', S.L.\""] == (
        "mailto:store@example.com"
    )


def test_one_that_is_called_off_cancels_the_same_event() -> None:
    off = replace(INVITATION, sequence=3, canceled=True)
    values = dict(read(calendar(off)))
    assert (values["METHOD"], values["STATUS"]) == ("CANCEL", "CANCELLED")
    assert (values["UID"], values["SEQUENCE"]) == ("tkt_1@example.com", "3")
    assert off.media_type == "text/calendar; charset=utf-8; method=CANCEL"


@pytest.mark.parametrize("size", [74, 75, 76, 150])
def test_a_line_is_folded_only_where_it_is_too_long(size: int) -> None:
    line = "x" * size
    assert ("\r\n " in folded(line)) == (size > 75)
    assert folded(line).replace("\r\n ", "") == line


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=300))
def test_any_text_comes_back_as_it_was_from_short_whole_lines(text: str) -> None:
    told = dict(read(calendar(replace(INVITATION, summary=text, description=text))))
    assert unescaped(told["SUMMARY"]) == text
    assert unescaped(told["DESCRIPTION"]) == text


@given(st.text(max_size=200))
def test_no_text_can_begin_a_line_of_its_own(text: str) -> None:
    names = [name for name, _ in read(calendar(INVITATION))][:-3]
    evil = replace(INVITATION, summary=text, description=f"{text}\r\nATTENDEE:mailto:x@example.com")
    assert [name for name, _ in read(calendar(evil))][:-3] == names
