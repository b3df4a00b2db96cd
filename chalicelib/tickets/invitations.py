"""The invitation to a session as a calendar file (RFC 5545, RFC 5546).

It is published: the date was agreed on before, so its reader has nothing to accept, and a REQUEST would make
his calendar send a reply. A later file of the same `uid` with a higher `sequence` takes the place of an
earlier one, or cancels it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Octets of a line, without its end; a line that goes on begins with a space, which counts.
LONGEST_LINE = 75
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True)
class Invitation:
    """One state of one event; `made_at` is when it came about, `organizer` an e-mail address."""

    uid: str
    sequence: int
    made_at: datetime
    starts_at: datetime
    minutes: int
    summary: str
    description: str
    url: str
    organizer: str
    organizer_name: str
    canceled: bool = False

    @property
    def method(self) -> str:
        """What its reader's calendar is to do with it."""
        return "CANCEL" if self.canceled else "PUBLISH"

    @property
    def media_type(self) -> str:
        """As its e-mail names it; the method must be the file's own (RFC 6047)."""
        return f"text/calendar; charset=utf-8; method={self.method}"


def calendar(invitation: Invitation) -> str:
    """The file's text: instants in UTC, lines folded and ended as the standard wants it."""
    return "".join(f"{folded(line)}\r\n" for line in _lines(invitation))


def _lines(invitation: Invitation) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Vigencia//Sessions//EN")
    yield from (f"METHOD:{invitation.method}", "BEGIN:VEVENT")
    yield f"UID:{escaped(invitation.uid)}"
    yield f"SEQUENCE:{invitation.sequence}"
    yield f"DTSTAMP:{_utc(invitation.made_at)}"
    yield f"DTSTART:{_utc(invitation.starts_at)}"
    yield f"DTEND:{_utc(invitation.starts_at + timedelta(minutes=invitation.minutes))}"
    yield f"STATUS:{'CANCELLED' if invitation.canceled else 'CONFIRMED'}"
    yield f"SUMMARY:{escaped(invitation.summary)}"
    yield f"DESCRIPTION:{escaped(invitation.description)}"
    yield f"LOCATION:{escaped(invitation.url)}"
    yield f"URL:{invitation.url}"
    yield f"ORGANIZER;CN={quoted(invitation.organizer_name)}:mailto:{invitation.organizer}"
    yield from ("END:VEVENT", "END:VCALENDAR")


def escaped(text: str) -> str:
    """A TEXT value (3.3.11): one line whatever it was, and without what the standard forbids."""
    return CONTROLS.sub("", text.replace("\r\n", "\n")).translate(ESCAPES)


def quoted(text: str) -> str:
    """A parameter's value in quotes (3.2), which it cannot contain itself."""
    return '"' + " ".join(CONTROLS.sub("", text).split()).replace('"', "'") + '"'


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets (3.1), none of which ends within a character."""
    pieces, size = [""], 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LONGEST_LINE:
            pieces.append("")
            size = 1
        pieces[-1] += character
        size += octets
    return "\r\n ".join(pieces)


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"
