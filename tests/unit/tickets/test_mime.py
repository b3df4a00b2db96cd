"""Reading mails, honest and hostile: any bytes give a letter, at worst one that says what is wrong."""

from __future__ import annotations

import base64
import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tickets import mime
from chalicelib.tickets.mime import Enclosed, Letter, read


def mail(body: bytes = b"Hola\r\n", **headers: str) -> bytes:
    """A mail with these header lines, as they are."""
    given = {"From": "Ana <ana@example.com>", "Subject": "Ayuda", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items() if value]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def composed(text: str, html: str = "", *files: tuple[str, str, bytes]) -> bytes:
    """A mail as a program composes it."""
    made = EmailMessage()
    made["From"], made["Subject"] = "ana@example.com", "Ayuda"
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    for name, media_type, content in files:
        main, _, sub = media_type.partition("/")
        made.add_attachment(content, main, sub, filename=name)
    return made.as_bytes()


def test_a_plain_mail_is_read() -> None:
    letter = read(mail(Message_ID="<1@example.com>"))
    assert letter == Letter(
        sender="ana@example.com", subject="Ayuda", message_id="<1@example.com>", text="Hola"
    )


def test_the_plain_text_is_preferred_to_html() -> None:
    assert read(composed("Hola", "<b>otra cosa</b>")).text == "Hola"


def test_html_alone_is_reduced_to_what_it_shows() -> None:
    body = "<html><head><title>x</title></head><body><p>Hola&nbsp;Ana</p><script>alert(1)</script></body>"
    letter = read(mail(body.encode(), Content_Type="text/html; charset=utf-8"))
    assert letter.text.replace("\xa0", " ") == "Hola Ana"


def test_files_come_with_their_names_types_and_bytes() -> None:
    letter = read(composed("Hola", "", ("año.pdf", "application/pdf", b"%PDF"), ("x", "image/png", b"\x89")))
    assert letter.enclosed == (
        Enclosed("año.pdf", "application/pdf", b"%PDF"),
        Enclosed("x", "image/png", b"\x89"),
    )


def test_a_text_that_is_a_file_is_no_text() -> None:
    letter = read(composed("Hola", "", ("log.txt", "text/plain", b"error")))
    assert (letter.text, letter.enclosed[0].content) == ("Hola", b"error")


def test_encoded_words_in_a_subject_are_read_and_stay_in_one_line() -> None:
    assert read(mail(Subject="=?utf-8?q?A=C3=B1o=0D=0ABcc=3A_x=40y=2Ez?=")).subject == "Año Bcc: x@y.z"


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252"])
def test_old_charsets_are_read(charset: str) -> None:
    raw = mail("año".encode(charset), Content_Type=f"text/plain; charset={charset}")
    assert read(raw).text == "año"


@pytest.mark.parametrize(
    "charset", ["no-such", "punycode", "rot13", "utf-7", "unicode_escape", "undefined", '"', "\udcff"]
)
def test_other_charsets_are_taken_for_utf_8(charset: str) -> None:
    assert read(mail("año".encode(), Content_Type=f"text/plain; charset={charset}")).text == "año"


SENDERS: dict[str, tuple[str, str | None, str | None]] = {
    "bare": ("ana@example.com", "ana@example.com", None),
    "capitals": ("ANA@Example.COM", "ana@example.com", None),
    "spoofed name": ('"jose@example.com" <ana@example.com>', "ana@example.com", None),
    "spoofed name in an encoded word": (
        "=?utf-8?q?jose=40example=2Ecom=3E?= <ana@example.com>",
        "ana@example.com",
        None,
    ),
    "nobody": ("", None, "no_sender"),
    "no address": ("Ana", None, "no_sender"),
    "two": ("ana@example.com, jose@example.com", None, "several_senders"),
    "a group": ("team: ana@example.com, jose@example.com;", None, "several_senders"),
    "an address in an encoded word": ("=?utf-8?q?ana=40example=2Ecom?=", None, "no_sender"),
    "a quoted local part": ('"a b"@example.com', None, "no_sender"),
    "a null byte": ("ana@example.com\0", None, "no_sender"),
    "a comment": ("ana(x)@example.com", "ana@example.com", None),
    "a domain literal": ("ana@[127.0.0.1]", None, "no_sender"),
    "no ASCII": ("aná@example.com", None, "no_sender"),
}


@pytest.mark.parametrize(("header", "sender", "fault"), SENDERS.values(), ids=SENDERS)
def test_a_mail_is_from_exactly_one_plain_address(header: str, sender: str | None, fault: str | None) -> None:
    letter = read(mail(From=header))
    assert letter.sender == sender
    assert letter.fault == fault


def test_a_second_from_makes_a_mail_nobodys() -> None:
    letter = read(b"From: jose@example.com\r\n" + mail())
    assert (letter.sender, letter.fault) == (None, "several_senders")


@pytest.mark.parametrize(
    ("headers", "robot"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"Auto_Submitted": "auto-generated; x=y"}, "auto_reply"),
        ({"Auto_Submitted": "no"}, None),
        ({"Precedence": "Bulk"}, "auto_reply"),
        ({"Precedence": "first-class"}, None),
        ({"List_Id": "<news.example.com>"}, "auto_reply"),
        ({"X_Auto_Response_Suppress": "All"}, "auto_reply"),
        ({"X_Auto_Response_Suppress": "DR, OOF, AutoReply"}, None),
        ({"X_Entity_Ref_ID": "mail_01hz"}, "loop"),
        ({"X_Entity_Ref_ID": "123"}, None),
        ({"Return_Path": "<>"}, "bounce"),
        ({"Return_Path": "<ana@example.com>"}, None),
        ({"From": "Mail Delivery <MAILER-DAEMON@example.com>"}, "bounce"),
        ({"Content_Type": "multipart/report; boundary=x"}, "bounce"),
    ],
)
def test_what_no_person_wrote_is_recognised(headers: dict[str, str], robot: str | None) -> None:
    assert read(mail(b"Hola", **headers)).robot == robot


def nested(depth: int) -> bytes:
    raw = b"From: ana@example.com\n"
    for level in range(depth):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
    return raw


HOSTILE = {
    "nested parts": (nested(500), "too_complex"),
    "many parts": (
        mail(b"--b\n\nx\n" * 200, Content_Type="multipart/mixed; boundary=b"),
        "too_complex",
    ),
    "very many boundaries": (mail(b"\n--b" * 6_000), "too_complex"),
    "very many lines": (mail(b"\n" * 700_000), "too_complex"),
    "a huge header": (mail(Subject="x" * 9_000), "too_complex"),
    "a huge header of a part": (mail(Content_Type="text/plain" + ";" * 5_000), "too_complex"),
    "the same, folded": (mail(Content_Type="text/plain" + ";\r\n " * 5_000), "too_complex"),
    "the same, after a bare return": (b"From: a@b.example\rContent-Type: a" + b"\r ;" * 5_000, "too_complex"),
    "many headers of parts": (
        mail(
            b"".join(b"--b\nContent-Type: text/plain; x=%b\n\nx\n" % (b"y" * 1_900) for _ in range(20)),
            Content_Type="multipart/mixed; boundary=b",
        ),
        "too_complex",
    ),
    "too large": (b"x" * (mime.LARGEST + 1), "too_large"),
    "a long text": (mail(b"word " * 5_000), "too_long"),
    "nothing": (b"", "no_sender"),
    "no text, subject or file": (mail(b"", Subject=""), "empty"),
    "null bytes": (mail(b"\0" * 100, Subject="\0"), "empty"),
}


@pytest.mark.parametrize(("raw", "fault"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_is_refused_with_a_reason_and_soon(raw: bytes, fault: str) -> None:
    began = time.monotonic()
    assert read(raw).fault == fault
    assert time.monotonic() - began < 5


def test_a_text_that_is_cut_is_as_long_as_it_may_be() -> None:
    assert len(read(mail(b"x" * 30_000)).text) == mime.LONGEST_TEXT


def test_a_bomb_of_html_takes_no_longer_than_it_is_large() -> None:
    for unit in (b"<a ", b"<!--", b"<![", b"<a b='", b"<script>", b"&#x", b"</script ", b"<br"):
        began = time.monotonic()
        read(mail(unit * (1_000_000 // len(unit)), Content_Type="text/html"))
        assert time.monotonic() - began < 5, unit


def test_bad_base64_and_a_mail_within_the_mail_are_survived() -> None:
    raw = mail(b"!!!not base64", Content_Type="text/plain", Content_Transfer_Encoding="base64")
    assert read(raw).fault in (None, "empty")
    inner = EmailMessage()
    inner["From"] = "x@example.com"
    outer = EmailMessage()
    outer["From"] = "ana@example.com"
    outer.set_content("Reenvío")
    outer.add_attachment(inner)
    letter = read(outer.as_bytes())
    assert (letter.sender, letter.text) == ("ana@example.com", "Reenvío")
    assert [one.media_type for one in letter.enclosed] == ["message/rfc822"]


@given(st.binary(max_size=2_000))
def test_any_bytes_give_a_letter(raw: bytes) -> None:
    assert isinstance(read(raw), Letter)


PIECES = st.sampled_from(
    [
        b"From: ",
        b"ana@example.com",
        b"<",
        b">",
        b'"',
        b"(",
        b",",
        b";",
        b"=?utf-8?q?",
        b"=?utf-8?b?4pyT?=",
        b"?=",
        b"\r\n",
        b"\n",
        b"\n\n",
        b"--b",
        b"--b--",
        b"Content-Type: multipart/alternative; boundary=b\n",
        b"Content-Type: text/html; charset*=utf-8''x\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Disposition: attachment; filename*0*=utf-8''%ff; filename=x\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: x-uuencode\n",
        b"Subject: [T-000001] ",
        base64.b64encode(b"\x89PNG"),
        b"\0",
        b"\xff\xfe",
        b"<p>&#xD800;</p><!--",
    ]
)


@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_any_heap_of_pieces_of_mails_gives_a_letter_of_clean_text(raw: bytes) -> None:
    letter = read(raw)
    for text in (letter.subject, letter.text, letter.message_id, *(one.name for one in letter.enclosed)):
        text.encode()
        assert "\0" not in text
        assert "\r" not in text
    assert "\n" not in letter.subject + letter.message_id
