"""What the mail feature asks of a mail provider: one method, and two ways of not succeeding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chalicelib.mail.rules import Attachment


@dataclass(frozen=True)
class Message:
    """A rendered e-mail to one address; `mail_id` comes back in the provider's events."""

    mail_id: str
    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


class MailRefused(Exception):
    """The provider certainly did not take the message; `code` is its reason."""

    def __init__(self, code: str, *, retryable: bool) -> None:
        super().__init__(code)
        self.code = code
        self.retryable = retryable


class MailUncertain(Exception):
    """No usable answer: the message may or may not be on its way."""


class Mailer(Protocol):
    """Sends with at most one request per call: a repeat inside could send twice."""

    def send(self, message: Message) -> str:
        """The provider's message id; `MailRefused` or `MailUncertain`."""
        ...
