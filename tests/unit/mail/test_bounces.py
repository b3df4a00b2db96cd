"""Mails that come back, and what of a formal one is told, against a table; and a file that goes with one."""

from __future__ import annotations

import base64

from chalicelib.mail import service
from chalicelib.mail.rules import Attachment
from tests.unit.mail.conftest import NOW, Provider, rows
from tests.unit.mail.test_service import (
    LATER,
    deliver,
    due_mails,
    events,
    now_is,
    queued,
    steps,
    sweep,
    trail,
)


def test_a_mail_that_came_back_becomes_a_task_for_staff_once(table: str) -> None:
    mail = queued()
    deliver(mail, Provider())
    for _ in range(2):
        service.bounce(mail.id, "ses-1", "bounced: Permanent, NoEmail", LATER)
        service.confirm(mail.id, "ses-1", LATER)
    assert (now_is(mail).status, due_mails(table)) == ("bounced", [])
    [event] = events(table)
    assert (event["name"], event["subject"]) == ("mail.undelivered", mail.id)
    assert '"why":"bounced: Permanent, NoEmail"' in event["data"]
    assert trail(mail) == steps("queued", "sending", "sent", "bounced")


def test_a_bounce_that_overtakes_answer_and_send_event_is_not_undone_by_them(table: str) -> None:
    mail = queued(formal=True)
    deliver(mail, Provider(behave=lambda: service.bounce(mail.id, "ses-1", "bounced", NOW)))
    service.confirm(mail.id, "ses-1", LATER)
    assert now_is(mail).status == "bounced"
    assert [event["name"] for event in events(table)] == ["mail.undelivered"]
    deliver(mail, again := Provider(), LATER)
    assert (sweep(LATER), again.taken) == ([], [])


def test_a_formal_mail_tells_once_that_it_has_left(table: str) -> None:
    mail = queued(formal=True)
    deliver(mail, Provider())
    service.confirm(mail.id, "ses-1", LATER)
    [event] = events(table)
    assert (event["name"], event["subject"]) == ("mail.sent", mail.id)
    assert (f'"kind":"{mail.kind}"' in event["data"], '"subject":"pay_1"' in event["data"]) == (True, True)


def test_a_bounce_of_somebody_elses_mail_is_ignored(table: str) -> None:
    service.bounce("mail_of_another_stage", "ses-1", "bounced", NOW)
    assert rows(table) == []


def test_a_file_of_bytes_is_stored_and_sent_as_it_was(table: str) -> None:
    text = base64.b64encode(bytes(range(256))).decode()
    file = Attachment("C-000001.pdf", "application/pdf", text, base64=True)
    mail = queued(attachments=(file,))
    assert now_is(mail).attachments == (file,)
    deliver(mail, provider := Provider())
    assert provider.taken[0].attachments == (file,)
