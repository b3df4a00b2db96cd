"""A case that ends, its PDF of record and its formal e-mail, and what SES tells of that."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pypdf import PdfReader

from chalicelib import wiring
from chalicelib.cancellations.rules import Case
from chalicelib.flows import documents
from chalicelib.kernel.errors import Unavailable
from chalicelib.mail import events as mail_events
from chalicelib.mail import store as mails
from chalicelib.mail.gateways import Message
from tests.functional import steps
from tests.functional.leaving import Leaver
from tests.world import Answer

FORMAL = "cancellation_confirmed"


def decided(ana: Leaver) -> Case:
    """The case of a contract that is to end."""
    case = ana.asks(ana.holds("erp"), reason_code="price", notes="He shouted")
    ana.decided(case)
    return case


def recorded(ana: Leaver) -> Case:
    """The case of a contract that has ended, with its record and its letter."""
    return ana.carried_out(decided(ana))


def at_its_letter(ana: Leaver) -> Case:
    """All is done but the record and the letter."""
    case = decided(ana)
    for _ in range(5):
        ana.world.stream()
        ana.world.work("settlements")
    steps.waiting(ana.world, "documents")
    steps.waiting(ana.world, "mails")
    assert [step.action for step in ana.read(case).plan if step.at is None] == ["send_formal_email"]
    return case


def document(ana: Leaver, case: Case) -> Answer:
    path = f"/v1/staff/cancellations/{case.id}/document"
    return ana.world.http("GET", path, token=ana.world.staff("staff"))


def anew(ana: Leaver, case: Case) -> Answer:
    path = f"/v1/staff/cancellations/{case.id}/formal_email"
    return ana.world.http("POST", path, token=ana.world.staff("staff"))


def told(kind: str, mail_id: str, **more: Any) -> None:
    """SES says what became of a mail."""
    detail = {"eventType": kind, "mail": {"messageId": "ses-1", "tags": {"mail_id": [mail_id]}}, **more}
    event = {**steps.tick(datetime.now(UTC)), "source": "aws.ses", "detail-type": "x", "detail": detail}
    mail_events.mail_events(event, None)


def bounce(mail_id: str, kind: str = "Permanent") -> None:
    told("Bounce", mail_id, bounce={"bounceType": kind, "bounceSubType": "NoEmail"})


def formals(ana: Leaver) -> list[tuple[str, str]]:
    """To whom each formal e-mail is written, and how it stands."""
    return sorted((row["to"], row["status"]) for row in ana.world.rows("mail") if row["mail_kind"] == FORMAL)


def undelivered(ana: Leaver) -> list[dict[str, str]]:
    """What somebody is told of mails that were not delivered."""
    rows = [row for row in ana.world.rows("task") if row["task_kind"] == "mail_undelivered"]
    return [json.loads(row["facts"]) for row in rows if row["status"] == "open"]


def attached(mail_id: str) -> bytes:
    found = mails.get(mail_id)
    (file,) = found.attachments
    assert (file.media_type, file.base64) == ("application/pdf", True)
    return base64.b64decode(file.text)


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@dataclass
class Archive:
    """The world's archive; `meanwhile` happens just after something was kept."""

    meanwhile: Callable[[], None] = lambda: None
    broken: bool = False

    def keep(self, key: str, content: bytes) -> bytes:
        if self.broken:
            raise Unavailable()
        kept = wiring.archive().keep(key, content)
        self.meanwhile()
        return kept

    def get(self, key: str) -> bytes:
        return wiring.archive().get(key)


@dataclass
class Failing:
    """A mailer of which every message ends the same way."""

    error: Exception

    def send(self, message: Message) -> str:
        raise self.error


def make(ana: Leaver, case: Case, archive: Any = None) -> None:
    message = {"cancellation_id": case.id}
    documents.work(message, archive or wiring.archive(), wiring.reach(), wiring.exports(), ana.world.now)
