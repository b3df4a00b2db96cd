"""The SES adapter against moto and against a loopback server that misbehaves as it is told."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest

from chalicelib.mail.gateways import MailRefused, MailUncertain, Message
from chalicelib.mail.gateways.ses import SesMailer, accepted, came_back, client_config, may_have_come_back
from chalicelib.mail.rules import Attachment

from .conftest import REGION, outbox

MESSAGE = Message("mail_1", "ana@example.com", "Olá", "Olá, Ana\n", "<p>Olá, Ana</p>")


class Recorder:
    """A client that keeps the request it is given."""

    def send_email(self, **request: Any) -> dict[str, str]:
        self.request = request
        return {"MessageId": "ses-1"}


class Broken(HTTPServer):
    """Answers every request with one status and error code, or closes the connection."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.status, self.code, self.requests = 500, "InternalFailure", 0


class Answer(BaseHTTPRequestHandler):
    server: Broken

    def do_POST(self) -> None:
        self.server.requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status:
            body = b'{"message": "no"}'
            self.send_response(self.server.status)
            self.send_header("x-amzn-ErrorType", self.server.code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def broken() -> Iterator[Broken]:
    with Broken() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def mailer_for(server: Broken) -> SesMailer:
    client = boto3.client(
        "sesv2",
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=client_config(),
    )
    return SesMailer(client, sender="shop@example.com", configuration_set="mails")


def test_ses_takes_the_message(ses: SesMailer) -> None:
    message_id = ses.send(MESSAGE)
    [sent] = outbox()
    assert (sent.id, sent.subject, sent.body) == (message_id, "Olá", "<p>Olá, Ana</p>")


def test_message_carries_the_mail_id_as_tag_and_header() -> None:
    client = Recorder()
    SesMailer(client, sender="Loja <shop@example.com>", configuration_set="mails").send(MESSAGE)
    content = client.request["Content"]["Simple"]
    assert client.request["EmailTags"] == [{"Name": "mail_id", "Value": "mail_1"}]
    assert client.request["ConfigurationSetName"] == "mails"
    assert client.request["FromEmailAddress"] == "Loja <shop@example.com>"
    assert content["Headers"] == [
        {"Name": "X-Entity-Ref-ID", "Value": "mail_1"},
        {"Name": "Auto-Submitted", "Value": "auto-generated"},
    ]
    assert "ReplyToAddresses" not in client.request
    assert content["Body"]["Text"] == {"Data": "Olá, Ana\n", "Charset": "UTF-8"}


def test_a_file_goes_with_its_letter_and_none_where_there_is_none(ses: SesMailer) -> None:
    client = Recorder()
    mailer = SesMailer(client, sender="shop@example.com", configuration_set="mails")
    mailer.send(MESSAGE)
    assert "Attachments" not in client.request["Content"]["Simple"]
    file = Attachment("T-1.ics", "text/calendar; charset=utf-8; method=PUBLISH", "SUMMARY:Sessão\r\n")
    message = replace(MESSAGE, attachments=(file,))
    mailer.send(message)
    (attached,) = client.request["Content"]["Simple"]["Attachments"]
    assert attached == {
        "FileName": "T-1.ics",
        "ContentType": "text/calendar; charset=utf-8; method=PUBLISH",
        "ContentDisposition": "ATTACHMENT",
        "ContentTransferEncoding": "BASE64",
        "RawContent": "SUMMARY:Sessão\r\n".encode(),
    }
    # The SDK knows all of it.
    assert ses.send(message) == outbox()[0].id


def test_bytes_go_as_they_are(ses: SesMailer) -> None:
    client, content = Recorder(), b"%PDF-1.4 \xff\x00\r\n"
    file = Attachment("C-1.pdf", "application/pdf", base64.b64encode(content).decode(), base64=True)
    message = replace(MESSAGE, attachments=(file,))
    SesMailer(client, sender="shop@example.com", configuration_set="mails").send(message)
    (attached,) = client.request["Content"]["Simple"]["Attachments"]
    assert (attached["ContentType"], attached["RawContent"]) == ("application/pdf", content)
    assert ses.send(message) == outbox()[0].id


def test_answers_go_to_the_support_address_where_there_is_one() -> None:
    client = Recorder()
    mailer = SesMailer(
        client, sender="shop@example.com", configuration_set="mails", reply_to="support@example.com"
    )
    mailer.send(MESSAGE)
    assert client.request["ReplyToAddresses"] == ["support@example.com"]


def test_client_never_repeats_a_request_by_itself() -> None:
    client = boto3.client("sesv2", region_name=REGION, config=client_config())
    assert client.meta.config.retries["total_max_attempts"] == 1


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (429, "TooManyRequestsException", True),
        (400, "ThrottlingException", True),
        (400, "LimitExceededException", True),
        (400, "MessageRejected", True),
        (400, "AccountSuspendedException", True),
        (400, "SendingPausedException", True),
        (400, "MailFromDomainNotVerifiedException", True),
        (403, "AccessDeniedException", True),
        (400, "BadRequestException", False),
    ],
)
def test_refusal_is_certain_and_asked_once(broken: Broken, status: int, code: str, retryable: bool) -> None:
    broken.status, broken.code = status, code
    with pytest.raises(MailRefused) as refusal:
        mailer_for(broken).send(MESSAGE)
    assert (refusal.value.code, refusal.value.retryable) == (code, retryable)
    assert broken.requests == 1


@pytest.mark.parametrize("status", [500, 503, 0], ids=["500", "503", "connection closed"])
def test_anything_else_is_uncertain_and_asked_once(broken: Broken, status: int) -> None:
    broken.status = status
    with pytest.raises(MailUncertain):
        mailer_for(broken).send(MESSAGE)
    assert broken.requests == 1


def send_event(**changes: Any) -> dict[str, Any]:
    mail = {"messageId": "ses-1", "tags": {"mail_id": ["mail_1"], "ses:configuration-set": ["mails"]}}
    return {
        "source": "aws.ses",
        "detail-type": "Email Sent",
        "time": "2026-11-22T10:00:00Z",
        "detail": {"eventType": "Send", "mail": mail, "send": {}, **changes},
    }


def test_send_event_names_our_mail_and_the_providers_message() -> None:
    assert accepted(send_event()) == ("mail_1", "ses-1")


@pytest.mark.parametrize("kind", ["Bounce", "Complaint", "Delivery"])
def test_other_events_confirm_nothing(kind: str) -> None:
    assert accepted(send_event(eventType=kind)) is None


@pytest.mark.parametrize("mail", [{"messageId": "ses-1"}, {"messageId": "ses-1", "tags": {"other": ["x"]}}])
def test_send_event_of_a_mail_that_is_not_ours_confirms_nothing(mail: dict[str, Any]) -> None:
    assert accepted(send_event(mail=mail)) is None
    assert came_back(send_event(eventType="Reject", mail=mail)) is None


def bounce(kind: str, details: str = "General") -> dict[str, Any]:
    """As SES tells it, with the address and what the other side said."""
    recipient = {"emailAddress": "ana@example.com", "diagnosticCode": "550 ana@example.com unknown"}
    told = {"bounceType": kind, "bounceSubType": details, "bouncedRecipients": [recipient]}
    return send_event(eventType="Bounce", bounce=told)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (bounce("Permanent", "NoEmail"), "bounced: Permanent, NoEmail"),
        (bounce("Permanent", "OnAccountSuppressionList"), "bounced: Permanent, OnAccountSuppressionList"),
        (bounce("Undetermined", "Undetermined"), "bounced: Undetermined, Undetermined"),
        (send_event(eventType="Bounce"), "bounced: Undetermined, Undetermined"),
        (send_event(eventType="Reject", reject={"reason": "Bad content"}), "rejected: Bad content"),
    ],
)
def test_what_came_back_is_named_with_why_and_without_an_address(event: dict[str, Any], why: str) -> None:
    assert came_back(event) == ("mail_1", "ses-1", why)
    assert accepted(event) is None


@pytest.mark.parametrize(
    "event",
    [
        bounce("Transient", "MailboxFull"),
        *(send_event(eventType=kind) for kind in ("Send", "Delivery", "DeliveryDelay", "Complaint")),
        {"source": "aws.ses"},
    ],
)
def test_what_may_still_arrive_or_has_arrived_did_not_come_back(event: dict[str, Any]) -> None:
    assert came_back(event) is None
    doubtful = "bounce" in event.get("detail", {})
    why = ("mail_1", "ses-1", "bounced: Transient, MailboxFull")
    assert may_have_come_back(event) == (why if doubtful else None)
