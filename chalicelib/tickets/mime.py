"""Reading an e-mail as it came in: any bytes give a `Letter`, at worst one that says what is wrong (V6).

Everything in it is the sender's word, and may be a lie or an attack: whom it is from counts only together
with what the receiving server verified (`receipts`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from typing import Any, Literal

from chalicelib.tickets.plain_text import from_html, one_line, written

LARGEST = 10 * 1024 * 1024
# What the standard parser's time and memory grow with, far above what people send.
MOST_LINES, MOST_BOUNDARIES, MOST_NESTING, MOST_PARTS = 300_000, 5_000, 20, 100
LONGEST_HEADER = 8_000
# Headers of parts take the parser a time that grows with the square of their length, each time it looks.
LONGEST_PART_HEADER, PART_HEADERS = 2_000, 32_000
_PART_HEADER = re.compile(
    rb"(?:\A|[\r\n])content-[a-z-]{1,40}[ \t]*:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*"
)
LONGEST_BODY, LONGEST_TEXT, LONGEST_SUBJECT = 1_000_000, 20_000, 200

Fault = Literal["too_large", "too_complex", "unreadable", "no_sender", "several_senders", "too_long", "empty"]
Robot = Literal["bounce", "loop", "auto_reply"]
Headers = Mapping[str, Sequence[str]]

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
# Charsets of mails; Python knows many more names, some of which run for long or mean no text at all.
_CHARSET = re.compile(
    r"(us-)?ascii|utf-?8|iso-?8859-?\d{1,2}|(windows|cp)-?125\d|koi8-[ru]|gb2312|gbk|gb18030|big5|"
    r"shift_jis|euc-(jp|kr)|iso-2022-jp",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Enclosed:
    """A file in a mail, named and described as its sender chose."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """A mail that was read as far as it can be; `fault` says why it cannot be taken as it is.

    `sender` is the one address in `From`, in lower case; `robot` why no person wrote it.
    """

    fault: Fault | None = None
    sender: str | None = None
    subject: str = ""
    message_id: str = ""
    text: str = ""
    enclosed: tuple[Enclosed, ...] = ()
    robot: Robot | None = None


def read(raw: bytes) -> Letter:
    """The mail of these bytes. Never raises: the parser of the standard library does, on some inputs."""
    if len(raw) > LARGEST:
        return Letter("too_large")
    if _is_complex(raw):
        return Letter("too_complex")
    try:
        return _letter(BytesParser(EmailMessage, policy=policy.default).parsebytes(raw))
    except _TooComplex:
        return Letter("too_complex")
    except Exception:
        return Letter("unreadable")


class _TooComplex(Exception):
    """More parts, or a longer header, than anybody needs."""


def _is_complex(raw: bytes) -> bool:
    lowered = raw.lower()
    nested = lowered.count(b"multipart/") + lowered.count(b"message/")
    lines = raw.count(b"\n") + raw.count(b"\r")
    boundaries = raw.count(b"\n--") + raw.count(b"\r--")
    described = [len(found[0]) for found in _PART_HEADER.finditer(lowered)]
    return (
        lines > 2 * MOST_LINES
        or boundaries > MOST_BOUNDARIES
        or nested > MOST_NESTING
        or max(described, default=0) > LONGEST_PART_HEADER
        or sum(described) > PART_HEADERS
    )


def _letter(message: EmailMessage) -> Letter:
    headers = _headers(message)
    sender, fault = _sender(headers.get("from", ()))
    subject = one_line(_decoded(message, "subject", headers), LONGEST_SUBJECT)
    leaves = list(_leaves(message))
    text = _text([leaf for leaf in leaves if _is_body(leaf)])
    enclosed = tuple(_enclosed(leaf) for leaf in leaves if not _is_body(leaf))
    if fault is None:
        fault = "too_long" if len(text) > LONGEST_TEXT else None if text or subject or enclosed else "empty"
    return Letter(
        fault=fault,
        sender=sender,
        subject=subject,
        message_id=one_line(_first(headers, "message-id"), LONGEST_SUBJECT),
        text=text[:LONGEST_TEXT],
        enclosed=enclosed,
        robot=next((name for name, tells in ROBOTS if tells(headers)), None),
    )


def _headers(message: EmailMessage) -> Headers:
    """The top-level headers by name, unfolded, otherwise as they came."""
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        found.setdefault(name.strip().lower(), []).append(re.sub(r"[\r\n]+", "", str(value)).strip())
    return found


def _first(headers: Headers, name: str) -> str:
    value = headers.get(name, ("",))[0]
    if len(value) > LONGEST_HEADER:
        raise _TooComplex()
    return value


def _decoded(message: EmailMessage, name: str, headers: Headers) -> str:
    """A header with its encoded words read."""
    return str(message.policy.header_factory(name, _first(headers, name)))  # type: ignore[attr-defined]


def _sender(values: Sequence[str]) -> tuple[str | None, Fault | None]:
    """The one plain address that a mail says to be from.

    Two readers of the standard library must agree on it, and nothing may stand beside it: a mail that one
    program reads otherwise than another is a forger's tool.
    """
    if len(values) != 1:
        return None, "several_senders" if values else "no_sender"
    header = policy.default.header_factory("from", _first({"from": values}, "from"))
    parsed = {one.addr_spec.lower() for one in header.addresses}
    plain = {address.lower() for _, address in getaddresses(values)}
    if len(parsed) > 1 or len(plain) > 1 or len(header.addresses) > 1:
        return None, "several_senders"
    address = next(iter(parsed), "")
    if parsed != plain or len(address) > 254 or not _ADDRESS.fullmatch(address):
        return None, "no_sender"
    return address, None


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts that hold something, in order; a mail within the mail is one of them."""
    waiting: list[Any] = [message]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart":
            waiting[:0] = part.get_payload() if part.is_multipart() else []
        else:
            yield part
    if waiting:
        raise _TooComplex()


def _is_body(part: EmailMessage) -> bool:
    is_text = part.get_content_type() in ("text/plain", "text/html")
    return is_text and part.get_content_disposition() != "attachment" and not part.get_filename()


def _text(bodies: Sequence[EmailMessage]) -> str:
    """What was written: the plain text, or what an HTML mail shows."""
    for kind, reduced in (("text/plain", str), ("text/html", from_html)):
        found = [reduced(_content(part)) for part in bodies if part.get_content_type() == kind]
        if text := "\n\n".join(filter(None, (one.strip() for one in found))):
            return written(text)
    return ""


def _content(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    charset = str(part.get_content_charset("utf-8"))
    encoding = charset if _CHARSET.fullmatch(charset) else "utf-8"
    try:
        text = (payload if isinstance(payload, bytes) else b"").decode(encoding, "replace")
    except LookupError:
        text = (payload if isinstance(payload, bytes) else b"").decode("utf-8", "replace")
    return text[:LONGEST_BODY]


def _enclosed(part: EmailMessage) -> Enclosed:
    # A mail within the mail has no bytes of its own here; it is in the mail that is kept.
    payload = None if part.is_multipart() else part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    return Enclosed(one_line(part.get_filename() or "", LONGEST_SUBJECT), part.get_content_type(), content)


def _says(headers: Headers, name: str) -> str:
    return " ".join(headers.get(name, ())).lower()


def _bounces(headers: Headers) -> bool:
    from_daemon = re.search(r"\b(mailer-daemon|postmaster)@", _says(headers, "from"))
    empty = "<>" in (value.strip() for value in headers.get("return-path", ()))
    return bool(from_daemon) or empty or "multipart/report" in _says(headers, "content-type")


def _loops(headers: Headers) -> bool:
    """Our own mails carry this header, and no program repeats it in an answer."""
    return "mail_" in _says(headers, "x-entity-ref-id")


def _answers_by_itself(headers: Headers) -> bool:
    """RFC 3834, and what programs set that are older than it, or mean not to know it."""
    return (
        _says(headers, "auto-submitted").split(";")[0].strip() not in ("", "no")
        or _says(headers, "precedence") in ("bulk", "junk", "list", "auto_reply")
        or any(name in headers for name in ("list-id", "x-autoreply"))
        # With any other value, a person asks for no automatic answer to what he wrote himself.
        or _says(headers, "x-auto-response-suppress").strip() == "all"
    )


ROBOTS: tuple[tuple[Robot, Callable[[Headers], bool]], ...] = (
    ("bounce", _bounces),
    ("loop", _loops),
    ("auto_reply", _answers_by_itself),
)
