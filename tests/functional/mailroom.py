"""Mails that arrive at the support address of a world, and what tests look up afterwards."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from chalicelib import wiring
from chalicelib.kernel.events import Actor
from chalicelib.storage.transaction import Transaction
from chalicelib.tickets import service, store
from chalicelib.tickets.messages import Attachment, Message
from chalicelib.tickets.rules import Ticket
from infra.inbound import new_message_id, notification, written
from tests.functional import steps
from tests.world import ISSUER, World, bucket_of, forget_everything

SUPPORT = "support@example.com"
ANA, JOSE = "ana@example.com", "jose@example.com"
ACCOUNT = {"password": "Vigencia-demo-1", "name": "Ana Souza", "country": "BR", "locale": "pt-BR"}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Mailroom:
    """A world whose customers live in a user pool, as only they can be known by their addresses."""

    world: World

    def register(self, email: str) -> str:
        """A confirmed customer; his id."""
        answer = self.world.http("POST", "/v1/customers", {**ACCOUNT, "email": email})
        assert answer.status == 201, answer.text
        return str(answer.json["id"])

    def token(self, email: str) -> str:
        """An access token of a registered customer."""
        return self._signed(wiring.directory().user(email).sub)

    def staff(self) -> str:
        """An access token of a member of staff."""
        return self._signed(str(uuid.uuid4()), "staff")

    def _signed(self, sub: str, *groups: str) -> str:
        return self.world.keys.token(sub, *groups, client_id=os.environ["USER_POOL_CLIENT_ID"])

    def arrive(
        self,
        sender: str = ANA,
        subject: str = "Ajuda",
        text: str = "Não consigo entrar.",
        *,
        raw: bytes | None = None,
        verdicts: Mapping[str, str] = {},
        **mail: Any,
    ) -> dict[str, Any]:
        """A mail comes in; what SES tells about it, which has not been read yet."""
        content = raw if raw is not None else written(sender, SUPPORT, subject, text, None, NOON)
        told = notification(new_message_id(), sender, SUPPORT, NOON, verdicts, **mail)
        key = told["receipt"]["action"]["objectKey"]
        self.world.client("s3").put_object(Bucket=self.bucket("inbox"), Key=key, Body=content)
        self.tell(told)
        return told

    def tell(self, told: Mapping[str, Any]) -> None:
        """The notification reaches the queue, for the first time or again."""
        url = os.environ["INBOUND_QUEUE_URL"]
        self.world.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(told))

    def receive(self, *mail: Any, **facts: Any) -> dict[str, Any]:
        """A mail comes in and is read; the row of its record."""
        before = {row["pk"] for row in self.world.rows("inbound_mail")}
        self.arrive(*mail, **facts)
        assert self.world.work("inbound") == 1
        (record,) = [row for row in self.world.rows("inbound_mail") if row["pk"] not in before]
        return record

    def bucket(self, use: str) -> str:
        return bucket_of(self.world.table_name, use)

    def tickets(self, email: str) -> list[dict[str, Any]]:
        """A customer's tickets as he sees them, newest first."""
        return list(steps.read(self.world, self.token(email), "/v1/tickets")["data"])

    def tasks(self) -> list[dict[str, Any]]:
        """The open tasks of staff."""
        path = "/v1/staff/tasks?sector=staff"
        return list(steps.read(self.world, self.staff(), path)["data"])


def opened(world: World, jwks_url: str) -> Mailroom:
    """A room of a world with a user pool; whose tokens the world itself signs, so that it has staff too."""
    os.environ.update(TOKEN_ISSUER=ISSUER, JWKS_URL=jwks_url)
    forget_everything()
    return Mailroom(world)


def ticket_of(record: Mapping[str, Any]) -> Ticket:
    """The ticket that a mail went to."""
    return store.get(record["ticket_id"])


def said(ticket_id: str) -> list[Message]:
    """The conversation about a ticket, oldest first."""
    return list(reversed(store.conversation(ticket_id, 100, None).items))


def with_files(*files: tuple[str, str, bytes]) -> bytes:
    """A mail of Ana's with these files: name, media type, content of each."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = ANA, "Anexos"
    mail.set_content("Veja os anexos.")
    for name, media_type, content in files:
        main, _, sub = media_type.partition("/")
        mail.add_attachment(content, main, sub, filename=name)
    return mail.as_bytes()


def enclosed(ticket_id: str) -> str:
    """A file goes with a message of staff's about a ticket; the file's id."""
    file = Attachment("att_shown", "a.txt", "text/plain", 1)
    actor = Actor("usr_staff", "staff")
    message = service.message(ticket_id, "staff", actor, "Veja", datetime.now(UTC), attachments=(file,))
    writing = Transaction()
    writing.save(store.messages.row(message))
    writing.commit()
    return file.id
