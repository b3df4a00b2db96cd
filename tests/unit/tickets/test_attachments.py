"""Names and media types of files that strangers send."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tickets.attachments import (
    LONGEST_NAME,
    MEDIA_TYPES,
    disposition,
    media_type_of,
    safe_name,
)

TYPES = st.sampled_from(sorted(MEDIA_TYPES))


@pytest.mark.parametrize(
    ("name", "media_type", "safe"),
    [
        ("erro.png", "image/png", "erro.png"),
        ("FOTO.JPEG", "image/jpeg", "FOTO.JPEG"),
        ("invoice.pdf.exe", "application/pdf", "invoice.pdf.exe.pdf"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\temp\\a.csv", "text/csv", "a.csv"),
        (".htaccess", "text/plain", "htaccess.txt"),
        ("", "image/png", "file.png"),
        ("...", "image/png", "file.png"),
        ("a\u202egnp.exe", "image/png", "agnp.exe.png"),
        ('a"b\r\nX: y.txt', "text/plain", "a_bX_ y.txt"),
        ("an\u0303o.pdf", "application/pdf", "año.pdf"),
    ],
)
def test_a_name_means_nothing_to_a_file_system(name: str, media_type: str, safe: str) -> None:
    assert safe_name(name, media_type) == safe


@given(st.text(max_size=300), TYPES)
def test_every_name_is_short_has_an_ending_of_its_type_and_stays_as_it_is(name: str, media_type: str) -> None:
    safe = safe_name(name, media_type)
    assert len(safe) <= LONGEST_NAME
    assert safe.rpartition(".")[2].lower() in MEDIA_TYPES[media_type]
    assert not set(safe) & set('/\\<>:"|?*%;')
    assert not [char for char in safe if unicodedata.category(char).startswith("C")]
    assert safe_name(safe, media_type) == safe


@given(st.text(max_size=100), TYPES)
def test_a_disposition_is_one_line_of_ascii(name: str, media_type: str) -> None:
    header = disposition(safe_name(name, media_type))
    assert header.startswith('attachment; filename="')
    assert header.isascii()
    assert header.isprintable()


@pytest.mark.parametrize(
    ("name", "declared", "taken"),
    [
        ("a.pdf", "application/pdf", "application/pdf"),
        ("a.pdf", "APPLICATION/PDF", "application/pdf"),
        ("a.pdf", "application/octet-stream", "application/pdf"),
        ("a.exe", "application/octet-stream", None),
        ("nfe.xml", "text/xml", "application/xml"),
        ("a.html", "text/html", None),
        ("a.svg", "image/svg+xml", None),
        ("a.png", "text/html", None),
        ("mail.eml", "message/rfc822", None),
        ("", "application/octet-stream", None),
    ],
)
def test_only_what_nothing_runs_is_taken(name: str, declared: str, taken: str | None) -> None:
    assert media_type_of(name, declared) == taken


def test_nothing_that_browsers_run_is_on_the_list() -> None:
    running = ("html", "svg", "javascript", "x-ms", "octet-stream")
    assert not [one for one in MEDIA_TYPES if any(word in one for word in running)]
