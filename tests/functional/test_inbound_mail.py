"""E-mails that come in, end to end: from what SES leaves to the ticket, the task or nothing (V6)."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.flows import events
from chalicelib.flows import inbound as receiving
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.errors import Unavailable
from chalicelib.kernel.events import SYSTEM, Actor
from chalicelib.tickets import inbound, mime, rules, service
from infra.inbound import notification
from tests.functional.mailroom import ANA, JOSE, NOON, SUPPORT, Mailroom, said, ticket_of, with_files
from tests.world import forget_everything


def outcome(record: dict[str, Any]) -> tuple[str, str | None]:
    return record["status"], record.get("reason")


def test_a_customers_mail_opens_a_ticket_with_low_priority(mailroom: Mailroom) -> None:
    record = mailroom.receive(ANA, "Ajuda", "Não consigo entrar.\n\nAna")
    assert outcome(record) == ("opened", None)
    ticket = ticket_of(record)
    assert (ticket.kind, ticket.priority, ticket.channel, ticket.subject) == (
        "support",
        "low",
        "email",
        "Ajuda",
    )
    assert ticket.created_at == NOON
    assert ticket.clock is not None
    assert ticket.clock.policy.budget == timedelta(hours=48)
    (message,) = said(ticket.id)
    assert (message.author, message.text) == ("customer", "Não consigo entrar.\n\nAna")
    assert [one["id"] for one in mailroom.tickets(ANA)] == [ticket.id]
    assert mailroom.tickets(JOSE) == mailroom.tasks() == []


def test_an_answer_with_the_number_of_ones_own_ticket_joins_it(mailroom: Mailroom) -> None:
    first = ticket_of(mailroom.receive(ANA))
    answer = "Ainda não.\n\nEm ter., 1 de dez. de 2026, Suporte escreveu:\n> Tente de novo"
    record = mailroom.receive(ANA, f"Re: [{first.number}] Ajuda", answer)
    assert (outcome(record), record["ticket_id"]) == (("joined", None), first.id)
    # Both came at the same instant.
    assert sorted(one.text for one in said(first.id)) == ["Ainda não.", "Não consigo entrar."]
    assert len(mailroom.tickets(ANA)) == 1


def test_somebody_elses_number_opens_a_ticket_in_which_nothing_of_the_other_shows(mailroom: Mailroom) -> None:
    anas = ticket_of(mailroom.receive(ANA, "Segredo", "só da Ana"))
    record = mailroom.receive(JOSE, f"Re: [{anas.number}] Factura", "¿qué hay aquí?")
    ticket = ticket_of(record)
    assert outcome(record) == ("opened", None)
    assert ticket.id != anas.id
    assert (ticket.subject, len(mailroom.tickets(JOSE))) == ("Re: Factura", 1)
    shown = str(mailroom.tickets(JOSE)) + str(said(ticket.id))
    assert anas.number not in shown
    assert "Segredo" not in shown
    assert [one.text for one in said(anas.id)] == ["só da Ana"]
    assert [one["id"] for one in mailroom.tickets(ANA)] == [anas.id]


@pytest.mark.parametrize("number", ["T-000999", "T-00000000", "T-1"])
def test_a_number_that_nobody_has_opens_a_ticket(mailroom: Mailroom, number: str) -> None:
    assert outcome(mailroom.receive(ANA, f"[{number}] Ajuda")) == ("opened", None)


def test_two_numbers_join_neither(mailroom: Mailroom) -> None:
    one, two = (ticket_of(mailroom.receive(ANA)).number for _ in range(2))
    assert outcome(mailroom.receive(ANA, f"[{one}] [{two}]")) == ("opened", None)


FORGERIES: dict[str, dict[str, Any]] = {
    "DMARC failed": {"verdicts": {"dmarc": "FAIL"}},
    "nothing proven": {"verdicts": {"dmarc": "GRAY", "spf": "FAIL", "dkim": "FAIL"}},
    "only a signature, of anybody": {"verdicts": {"dmarc": "GRAY", "spf": "GRAY", "dkim": "PASS"}},
    "SPF of the forger's own domain": {
        "verdicts": {"dmarc": "GRAY"},
        "source": "ana@forger.example",
    },
    "the server read another sender": {"commonHeaders": {"from": ["x@forger.example"]}},
    "the server read two senders": {"commonHeaders": {"from": [ANA, "x@forger.example"]}},
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_sender_joins_and_opens_nothing(mailroom: Mailroom, forgery: dict[str, Any]) -> None:
    first = ticket_of(mailroom.receive(ANA))
    record = mailroom.receive(ANA, f"[{first.number}] paguem a mim", **forgery)
    assert outcome(record) == ("parked", "not_authenticated")
    assert record.get("ticket_id") is record.get("customer_id") is None
    assert len(said(first.id)) == len(mailroom.tickets(ANA)) == 1
    (task,) = mailroom.tasks()
    assert task["kind"] == "inbound_mail_parked"
    assert task["facts"]["inbound_mail_id"] == record["id"]


def test_spf_of_the_same_domain_is_enough_where_a_domain_has_no_dmarc(mailroom: Mailroom) -> None:
    record = mailroom.receive(ANA, verdicts={"dmarc": "GRAY", "dkim": "GRAY"})
    assert outcome(record) == ("opened", None)


def test_a_display_name_that_looks_like_a_customer_is_nobody(mailroom: Mailroom) -> None:
    record = mailroom.receive(f'"{ANA}" <x@forger.example>')
    assert (outcome(record), record["sender"]) == (("parked", "unknown_sender"), "x@forger.example")


def test_an_account_whose_address_nobody_confirmed_does_not_speak_for_it(mailroom: Mailroom) -> None:
    os.environ["CONFIRM_SIGN_UP"] = "email"
    forget_everything()
    mailroom.register("victim@example.com")
    assert outcome(mailroom.receive("victim@example.com")) == ("parked", "unknown_sender")


def test_a_member_of_staff_is_no_customer(mailroom: Mailroom) -> None:
    wiring.directory().sign_up("staff@example.com", "Vigencia-demo-1", {})
    wiring.directory().confirm_now("staff@example.com")
    assert outcome(mailroom.receive("staff@example.com")) == ("parked", "unknown_sender")


def automatic(**headers: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = ANA, "Estou de férias"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Volto em janeiro.")
    return mail.as_bytes()


IGNORED: dict[str, tuple[str, dict[str, Any]]] = {
    "a virus": ("virus", {"verdicts": {"virus": "FAIL"}}),
    "spam": ("spam", {"verdicts": {"spam": "FAIL", "dmarc": "FAIL"}}),
    "an automatic answer": ("auto_reply", {"raw": automatic(Auto_Submitted="auto-replied")}),
    "a list": ("auto_reply", {"raw": automatic(List_Id="<x.example>")}),
    "our own mail": ("loop", {"raw": automatic(X_Entity_Ref_ID="mail_1")}),
    "a bounce": ("bounce", {"source": ""}),
}


@pytest.mark.parametrize(("reason", "mail"), IGNORED.values(), ids=IGNORED)
def test_what_no_person_wrote_leaves_only_its_record(
    mailroom: Mailroom, reason: str, mail: dict[str, Any]
) -> None:
    assert outcome(mailroom.receive(ANA, **mail)) == ("ignored", reason)
    assert mailroom.tickets(ANA) == mailroom.tasks() == []


def test_a_mail_from_our_own_address_goes_round_no_further(mailroom: Mailroom) -> None:
    assert outcome(mailroom.receive(SUPPORT)) == ("ignored", "own_address")


def test_a_mail_that_is_too_large_is_parked_unread(mailroom: Mailroom) -> None:
    assert outcome(mailroom.receive(ANA, raw=b"x" * (mime.LARGEST + 1))) == ("parked", "too_large")


def test_a_mail_that_was_not_looked_through_for_viruses_is_parked(mailroom: Mailroom) -> None:
    record = mailroom.receive(ANA, verdicts={"virus": "PROCESSING_FAILED"})
    assert outcome(record) == ("parked", "not_scanned")


def test_a_notification_that_comes_again_changes_nothing(mailroom: Mailroom) -> None:
    told = mailroom.arrive(ANA)
    mailroom.world.work("inbound")
    before = mailroom.world.rows()
    for _ in range(2):
        mailroom.tell(told)
        mailroom.world.work("inbound")
    assert mailroom.world.rows() == before
    assert len(mailroom.tickets(ANA)) == 1


def test_a_mail_whose_files_could_not_be_stored_comes_again_and_is_taken_once(mailroom: Mailroom) -> None:
    told = mailroom.arrive(ANA, raw=with_files(("a.txt", "text/plain", b"hello")))
    receipt = wiring.inbox().receipt(json.dumps(told))
    assert receipt

    class Broken:
        def put(self, key: str, content: bytes, media_type: str) -> None:
            raise Unavailable()

    post: Any = wiring.post()
    broken: Any = Broken()
    with pytest.raises(Unavailable):
        receiving.receive(
            receipt, receiving.Post(post.inbox, broken, post.directory, post.ours, post.vendor), NOON
        )
    assert mailroom.world.rows("inbound_mail") == mailroom.tickets(ANA) == []
    mailroom.world.work("inbound")
    assert len(mailroom.tickets(ANA)) == 1


def test_two_robots_that_answer_each_other_stop_within_the_hour(mailroom: Mailroom) -> None:
    for _ in range(inbound.MOST_PER_HOUR):
        assert mailroom.receive(ANA)["status"] == "opened"
    for _ in range(3):
        assert outcome(mailroom.receive(ANA)) == ("parked", "too_many")
    assert len(mailroom.tasks()) == 1
    assert outcome(mailroom.receive(JOSE)) == ("opened", None)


def test_a_storm_of_forgeries_does_not_silence_whose_address_it_abuses(mailroom: Mailroom) -> None:
    for _ in range(inbound.MOST_PER_HOUR + 1):
        forged = mailroom.receive(ANA, verdicts={"dmarc": "FAIL"})
    assert outcome(forged) == ("parked", "too_many")
    assert outcome(mailroom.receive(ANA)) == ("opened", None)


def test_a_customers_own_mail_that_looks_like_spam_is_looked_at_by_somebody(mailroom: Mailroom) -> None:
    record = mailroom.receive(ANA, verdicts={"spam": "FAIL"})
    assert outcome(record) == ("parked", "spam")
    (task,) = mailroom.tasks()
    assert task["facts"]["inbound_mail_id"] == record["id"]


def test_an_answer_counts_from_when_it_came_however_late_it_is_read(mailroom: Mailroom) -> None:
    first = ticket_of(mailroom.receive(ANA))
    actor, asked_at = Actor("usr_eva", "staff"), NOON + timedelta(minutes=10)
    question = service.message(first.id, "staff", actor, "Qual?", asked_at)
    service.write(first.id, question, actor, asks=True, answer=lambda one: (201, ""))
    came_at = NOON + timedelta(hours=1)
    record = mailroom.receive(ANA, f"[{first.number}]", timestamp=rfc3339(came_at))
    assert outcome(record) == ("joined", None)
    clock = ticket_of(record).clock
    assert clock
    assert [(one.start, one.end) for one in clock.pauses] == [(asked_at, came_at)]
    assert said(first.id)[-1].created_at == came_at


def test_a_closed_ticket_is_not_joined(mailroom: Mailroom) -> None:
    first = ticket_of(mailroom.receive(ANA))
    service.change(first.id, lambda one: rules.closed(one, "done", NOON), "closed", SYSTEM, NOON)
    record = mailroom.receive(ANA, f"Re: [{first.number}] Ajuda")
    assert outcome(record) == ("opened", None)
    assert record["ticket_id"] != first.id


def test_files_of_a_mail_are_kept_and_others_are_named(mailroom: Mailroom) -> None:
    files = (
        ("../../erro.png", "image/png", b"\x89PNG"),
        ("fatura.pdf.exe", "application/x-msdownload", b"MZ"),
        ("notas.html", "text/html", b"<script>"),
        ("dados.csv", "application/octet-stream", b"a;b"),
    )
    record = mailroom.receive(ANA, raw=with_files(*files))
    (message,) = said(record["ticket_id"])
    kept = [(one.name, one.media_type, one.size) for one in message.attachments]
    assert kept == [("erro.png", "image/png", 4), ("dados.csv", "text/csv", 3)]
    assert message.text == "Veja os anexos.\n\n[Arquivos não aceitos: fatura.pdf.exe, notas.html]"
    bucket, s3 = mailroom.bucket("attachments"), mailroom.world.client("s3")
    for file, content in zip(message.attachments, (b"\x89PNG", b"a;b"), strict=True):
        key = f"attachments/{record['ticket_id']}/{file.id}"
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == content


def test_a_record_is_kept_for_a_year(mailroom: Mailroom) -> None:
    record = mailroom.receive(ANA)
    assert record["ttl"] == int((NOON + timedelta(days=365)).timestamp())


def test_the_worker_takes_each_mail_of_a_batch_and_logs_nothing_that_people_wrote(
    mailroom: Mailroom, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (json.dumps(mailroom.arrive(ANA, "Segredo", "nosso")) for _ in range(2))
    lost = json.dumps(notification("ses-lost", ANA, SUPPORT, NOON, {}))
    bodies = (first, "Successfully validated SNS topic", lost, first, second)
    records = [{"messageId": f"m-{at}", "body": body} for at, body in enumerate(bodies)]
    answer = events.inbound_worker({"Records": records}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-2"}]}
    assert len(mailroom.tickets(ANA)) == 2
    told = str([vars(record) for record in caplog.records])
    assert json.loads(first)["mail"]["messageId"] in told
    assert not [word for word in (ANA, "Segredo", "nosso") if word in told]


def test_a_message_of_the_topic_that_tells_of_no_mail_is_passed_over(mailroom: Mailroom) -> None:
    mailroom.tell({"notificationType": "AmazonSnsSubscriptionSucceeded"})
    assert mailroom.world.work("inbound") == 1
    assert mailroom.world.rows("inbound_mail") == []
