"""What of an e-mail becomes a message about a ticket: its text, and such files as are taken (V6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.kernel.events import Actor
from chalicelib.kernel.ids import derived_id
from chalicelib.tickets import service
from chalicelib.tickets.attachments import MOST_PER_MESSAGE, kept_key, media_type_of, safe_name
from chalicelib.tickets.gateways import Files
from chalicelib.tickets.messages import Attachment, Message
from chalicelib.tickets.mime import Enclosed, Letter
from chalicelib.tickets.rules import Ticket

# What is said in the customer's language about files that were not taken, below what he wrote.
LEFT_OUT = {
    "en": "[Files that were not taken: {names}]",
    "es": "[Archivos no admitidos: {names}]",
    "pt-BR": "[Arquivos não aceitos: {names}]",
}
# Stands for a text or a subject where somebody sent none.
NO_TEXT = "—"


@dataclass(frozen=True)
class Taken:
    """A mail's files as its message carries them, and the names of those that were not taken."""

    files: tuple[tuple[Attachment, Enclosed], ...]
    left_out: tuple[str, ...]

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """As the message names them."""
        return tuple(attachment for attachment, _ in self.files)


def take_files(mail_id: str, enclosed: Sequence[Enclosed]) -> Taken:
    """Which files of a mail are taken, by their media types; their ids follow from the mail's."""
    files: list[tuple[Attachment, Enclosed]] = []
    left_out = []
    for at, file in enumerate(enclosed):
        media_type = media_type_of(file.name, file.media_type)
        if media_type is None or not file.content or len(files) == MOST_PER_MESSAGE:
            left_out.append(file.name or file.media_type)
            continue
        id, name = derived_id("att", mail_id, str(at)), safe_name(file.name, media_type)
        files.append((Attachment(id, name, media_type, len(file.content)), file))
    return Taken(tuple(files), tuple(left_out))


def store_files(ticket_id: str, taken: Taken, files: Files) -> None:
    """Store the files of a message; again is harmless. Raises Unavailable."""
    for attachment, file in taken.files:
        files.put(kept_key(ticket_id, attachment.id), file.content, attachment.media_type)


def text_of(letter: Letter, left_out: tuple[str, ...], locale: str) -> str:
    """The text of a mail's message, which also says what it had besides."""
    told = [letter.text or letter.subject]
    if left_out:
        told.append(LEFT_OUT[locale].format(names=", ".join(left_out)))
    return "\n\n".join(filter(None, told)) or NO_TEXT


def said_in(
    mail_id: str, ticket: Ticket, text: str, attachments: tuple[Attachment, ...], now: datetime
) -> Message:
    """A mail as a message of the ticket's customer."""
    actor, id = Actor(ticket.customer_id, "email"), derived_id("msg", mail_id)
    return service.message(ticket.id, "customer", actor, text, now, id=id, attachments=attachments)
