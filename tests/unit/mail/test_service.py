"""Queue, deliver, confirm and sweep against a table: once each, whatever breaks in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn

import pytest
from jinja2 import UndefinedError

from chalicelib.mail import rules, service, store
from chalicelib.mail.gateways import MailRefused, MailUncertain
from chalicelib.mail.gateways.ses import SesMailer
from chalicelib.mail.rules import MAX_ATTEMPTS, UNCERTAIN, Mail
from chalicelib.storage.keys import key
from chalicelib.storage.table import collection
from chalicelib.storage.transaction import Stale, Transaction

from .conftest import NOW, Provider, a_mail, outbox, rows

LATER = NOW + UNCERTAIN


class Crash(BaseException):
    """The process ends here."""


def sweep(now: datetime) -> list[str]:
    """The ids that the sweep puts back on the queue."""
    return [mail_id for mail_id in service.overdue(now) if service.take_up(mail_id, now)]


def raising(error: BaseException) -> Callable[[], None]:
    def behave() -> NoReturn:
        raise error

    return behave


def queued(**changes: Any) -> Mail:
    mail = a_mail(**changes)
    service.queue(mail)
    return mail


def deliver(mail: Mail, provider: Provider, now: datetime = NOW) -> None:
    """Deliver in a process that may end in the middle."""
    try:
        service.deliver(mail.id, provider, now)
    except Crash:
        return


def now_is(mail: Mail) -> Mail:
    stored = store.find(mail.id)
    assert stored is not None
    return stored


def trail(mail: Mail) -> list[tuple[str, str]]:
    """Its changes of state, from the audit rows (rows of one instant have no order)."""
    found: list[Any] = list(collection(key("AUD", mail.id)))
    return sorted((row.before or "", row.after) for row in found)


def steps(*states: str) -> list[tuple[str, str]]:
    return sorted(zip(("", *states), states, strict=False))


def events(table: str) -> list[dict[str, Any]]:
    return [row for row in rows(table) if row["kind"] == "outbox"]


def due_mails(table: str) -> list[str]:
    return [row["id"] for row in rows(table) if row["kind"] == "mail" and "gsi2pk" in row]


def test_stored_mail_comes_back_as_it_was(table: str) -> None:
    mail = queued(kind="license_active", subject="lic_1")
    stored = now_is(mail)
    assert (stored.params, stored.kind, stored.created_at) == (mail.params, mail.kind, mail.created_at)
    assert stored.version is not None


def test_queued_twice_is_one_mail_and_the_first_one_stays(table: str) -> None:
    queued(to="ana@example.com")
    queued(to="other@example.com")
    assert [row["to"] for row in rows(table) if row["kind"] == "mail"] == ["ana@example.com"]
    assert trail(a_mail()) == steps("queued")


def test_queueing_again_after_it_was_sent_does_not_send_again(table: str) -> None:
    provider = Provider()
    mail = queued()
    deliver(mail, provider)
    queued()
    deliver(mail, provider)
    assert len(provider.taken) == 1


def test_customer_finds_his_mails_by_time(table: str) -> None:
    first = queued(subject="pay_1")
    second = queued(subject="pay_2", now=NOW + timedelta(minutes=1))
    queued(subject="pay_3", customer_id=None)
    page = store.page("cus_ana", 10, None)
    assert [mail.id for mail in page.items] == [second.id, first.id]


def test_delivered_mail_is_in_the_outbox_and_leaves_the_due_index(table: str, ses: SesMailer) -> None:
    mail = queued()
    assert due_mails(table) == [mail.id]
    service.deliver(mail.id, ses, NOW)
    [message] = outbox()
    assert message.destinations == {"ToAddresses": ["ana@example.com"]}
    assert message.subject == "Pagamento recebido: fatura 2026-000017"
    assert now_is(mail).status == "sent"
    assert now_is(mail).message_id == message.id
    assert due_mails(table) == []


def test_delivered_twice_is_sent_once(table: str, ses: SesMailer) -> None:
    mail = queued()
    service.deliver(mail.id, ses, NOW)
    service.deliver(mail.id, ses, NOW)
    assert len(outbox()) == 1
    assert trail(mail) == steps("queued", "sending", "sent")


def test_second_worker_does_nothing_while_the_first_one_sends(table: str) -> None:
    mail = queued()
    second = Provider()
    first = Provider(behave=lambda: deliver(mail, second))
    deliver(mail, first)
    assert (len(first.taken), len(second.taken)) == (1, 0)


def test_claim_decided_on_an_old_reading_cannot_be_committed(table: str) -> None:
    read = now_is(queued())
    deliver(read, Provider())
    claimed = rules.claim(read, NOW)
    assert claimed is not None
    late = Transaction()
    late.save(store.row(claimed))
    with pytest.raises(Stale):
        late.commit()
    assert now_is(read).status == "sent"


def test_mail_that_was_never_queued_is_an_error(table: str) -> None:
    with pytest.raises(rules.MailNotFound):
        service.deliver("mail_unknown", Provider(), NOW)


def test_faulty_parameters_leave_the_mail_queued_and_unclaimed(table: str) -> None:
    line = {"name": "PrestaImport", "quantity": 1}
    mail = queued(kind="invoice_issued", params={**a_mail("invoice_issued").params, "lines": [line]})
    provider = Provider()
    with pytest.raises(UndefinedError):
        service.deliver(mail.id, provider, NOW)
    assert provider.taken == []
    assert (now_is(mail).status, now_is(mail).attempts) == ("queued", 0)


def test_crash_after_sending_and_a_late_send_event_is_not_sent_again(table: str) -> None:
    mail = queued()
    deliver(mail, Provider(behave=raising(Crash())))
    assert now_is(mail).status == "sending"
    again = Provider()
    deliver(mail, again)  # the queue delivers the message once more
    service.confirm(mail.id, "ses-1", NOW + timedelta(minutes=20))
    assert sweep(LATER) == []
    deliver(mail, again, LATER)
    assert again.taken == []
    assert (now_is(mail).status, now_is(mail).message_id) == ("sent", "ses-1")


def test_crash_after_sending_without_any_event_is_sent_again_after_the_window(table: str) -> None:
    mail = queued()
    deliver(mail, Provider(behave=raising(Crash())))
    assert sweep(LATER - timedelta(seconds=1)) == []
    assert sweep(LATER) == [mail.id]
    again = Provider()
    deliver(mail, again, LATER)
    assert len(again.taken) == 1
    assert now_is(mail).status == "sent"
    assert events(table) == []


def test_formal_mail_of_unknown_outcome_becomes_a_task_for_staff(table: str) -> None:
    mail = queued(formal=True)
    deliver(mail, Provider(behave=raising(Crash())))
    assert sweep(LATER) == []
    assert now_is(mail).status == "failed"
    [event] = events(table)
    assert (event["name"], event["subject"]) == ("mail.undelivered", mail.id)
    assert due_mails(table) == []
    assert sweep(LATER) == []
    deliver(mail, again := Provider(), LATER)
    assert again.taken == []
    assert len(events(table)) == 1


def test_lost_answer_waits_for_the_send_event(table: str) -> None:
    mail = queued()
    service.deliver(mail.id, Provider(behave=raising(MailUncertain("ReadTimeoutError"))), NOW)
    assert now_is(mail).status == "sending"
    service.confirm(mail.id, "ses-1", NOW)
    assert now_is(mail).status == "sent"


def test_send_event_that_overtakes_the_answer_is_harmless(table: str) -> None:
    mail = queued()
    deliver(mail, Provider(behave=lambda: service.confirm(mail.id, "ses-1", NOW)))
    service.confirm(mail.id, "ses-1", LATER)
    assert now_is(mail).status == "sent"
    assert trail(mail) == steps("queued", "sending", "sent")


def test_refusal_after_its_send_event_does_not_undo_it(table: str) -> None:
    mail = queued()

    def confirmed_then_refused() -> None:
        service.confirm(mail.id, "ses-1", NOW)
        raise MailRefused("TooManyRequestsException", retryable=True)

    deliver(mail, Provider(behave=confirmed_then_refused))
    assert now_is(mail).status == "sent"


def test_send_event_between_requeue_and_repeat_stops_the_repeat(table: str) -> None:
    mail = queued()
    deliver(mail, Provider(behave=raising(Crash())))
    assert sweep(LATER) == [mail.id]
    service.confirm(mail.id, "ses-1", LATER)
    deliver(mail, again := Provider(), LATER)
    assert again.taken == []
    assert now_is(mail).status == "sent"


def test_send_event_of_somebody_elses_mail_is_ignored(table: str) -> None:
    service.confirm("mail_of_another_stage", "ses-1", NOW)
    assert rows(table) == []


def test_refused_mail_is_tried_again_later_and_not_before(table: str) -> None:
    mail = queued()
    deliver(mail, Provider(behave=raising(MailRefused("TooManyRequestsException", retryable=True))))
    assert now_is(mail).status == "queued"
    assert sweep(NOW + timedelta(minutes=14)) == []
    assert sweep(NOW + timedelta(minutes=15)) == [mail.id]
    deliver(mail, Provider(), NOW + timedelta(minutes=15))
    assert now_is(mail).status == "sent"


def test_mail_refused_every_time_is_given_up_and_staff_is_told(table: str) -> None:
    mail = queued()
    provider = Provider(behave=raising(MailRefused("SendingPausedException", retryable=True)))
    now = NOW
    for _ in range(MAX_ATTEMPTS + 3):
        for mail_id in sweep(now):
            service.deliver(mail_id, provider, now)
        now += timedelta(days=1)
    assert (len(provider.taken), now_is(mail).status) == (MAX_ATTEMPTS, "failed")
    [event] = events(table)
    assert '"why":"SendingPausedException"' in event["data"]
    assert due_mails(table) == []


def test_hopeless_mail_is_given_up_at_once(table: str) -> None:
    mail = queued()
    deliver(mail, Provider(behave=raising(MailRefused("BadRequestException", retryable=False))))
    assert now_is(mail).status == "failed"
    assert len(events(table)) == 1


def test_sender_not_verified_yet_is_mended_while_the_mail_waits(ses_client: Any, ses: SesMailer) -> None:
    mail = queued()
    unverified = SesMailer(ses_client, sender="new@example.org", configuration_set="vigencia-test")
    service.deliver(mail.id, unverified, NOW)
    assert outbox() == []
    for mail_id in sweep(NOW + timedelta(hours=1)):
        service.deliver(mail_id, ses, NOW + timedelta(hours=1))
    assert len(outbox()) == 1
    assert now_is(mail).status == "sent"


def test_every_change_has_one_audit_row_and_the_customer_sees_the_outcome_only(table: str) -> None:
    mail = queued()
    deliver(mail, Provider(behave=raising(MailUncertain("timeout"))))
    sweep(LATER)
    deliver(mail, Provider(), LATER)
    assert trail(mail) == steps("queued", "sending", "queued", "sending", "sent")
    timeline = [row["action"] for row in rows(table) if row["kind"] == "audit" and "gsi1pk" in row]
    assert timeline == ["mail.sent"]


def test_sweep_finds_mails_whose_queue_message_was_lost(table: str) -> None:
    mails = {queued(subject=f"pay_{n}").id for n in range(5)}
    assert set(sweep(NOW)) == mails
