"""What becomes of an e-mail that came in: a ticket, part of one, a task for staff, or nothing (V6).

A mail speaks for a customer only if the receiving server has verified its sender's address, and the address
is that of a confirmed account. The number in its subject is a wish: it joins the sender's own ticket or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.ids import derived_id
from chalicelib.tickets.mime import Letter
from chalicelib.tickets.receipts import Receipt, speaks_for
from chalicelib.tickets.rules import Ticket

Status = Literal["opened", "joined", "parked", "ignored", "assigned"]
KEPT = timedelta(days=365)
# What one address may send in an hour; two robots that answer each other stop here.
MOST_PER_HOUR = 20
_NUMBER = re.compile(r"\[T-([0-9]{6,8})\]")


@dataclass(frozen=True)
class InboundMail:
    """The record of a mail: what became of it and why; `sender` is what it says, proven or not.

    `left_out` are the names of files in it that were not taken; the mail itself is at `key`, as it came.
    """

    id: str
    status: Status
    reason: str | None
    sender: str
    subject: str
    customer_id: str | None
    ticket_id: str | None
    key: str
    left_out: tuple[str, ...]
    created_at: datetime
    version: int | None = None

    @property
    def kept_until(self) -> datetime:
        """A year later."""
        return self.created_at + KEPT


@dataclass(frozen=True)
class SenderHour:
    """How many mails an address sent within an hour."""

    id: str
    sent: int
    created_at: datetime
    version: int | None = None

    @property
    def kept_until(self) -> datetime:
        """When it has long been over."""
        return self.created_at + timedelta(days=1)


class InboundMailNotFound(NotFound):
    """No such mail came in, or it was over a year ago."""

    code = "inbound_mail_not_found"
    thing = {"en": "inbound e-mail", "es": "el correo recibido", "pt-BR": "o e-mail recebido"}


class NotParked(Conflict):
    """Only a mail that waits for a decision can be assigned."""

    code = "inbound_mail_not_parked"
    text = {
        "en": "E-mail {id} does not wait for a decision: it is {status}.",
        "es": "El correo {id} no espera ninguna decisión: su estado es {status}.",
        "pt-BR": "O e-mail {id} não espera decisão: está {status}.",
    }

    def __init__(self, mail: InboundMail) -> None:
        super().__init__(id=mail.id, status=mail.status)


@dataclass(frozen=True)
class Case:
    """A mail and what is known about it.

    `ours` are our own addresses; `customer_id` is the account of its sender's address, if he proved it;
    `ticket` the one that the subject names; `sent` how many mails he sent before it in this hour.
    """

    receipt: Receipt
    letter: Letter
    ours: frozenset[str]
    customer_id: str | None = None
    ticket: Ticket | None = None
    sent: int = 0

    @property
    def is_authentic(self) -> bool:
        """Whether it is proven to come from the address that it says."""
        sender = self.letter.sender
        return sender is not None and speaks_for(self.receipt, sender)


@dataclass(frozen=True)
class Decision:
    """What becomes of a mail; `reason` where it is not simply taken."""

    status: Status
    reason: str | None = None


# In this order: what a machine or a criminal sent is never answered, and opens no task either. A customer who
# proved his address is neither: what only looks like spam is looked at by somebody.
_REFUSED: tuple[tuple[Status, str, Callable[[Case], bool]], ...] = (
    ("ignored", "virus", lambda case: case.receipt.virus == "fail"),
    ("ignored", "spam", lambda case: case.receipt.spam == "fail" and case.customer_id is None),
    ("ignored", "own_address", lambda case: case.letter.sender in case.ours),
    ("ignored", "bounce", lambda case: case.letter.robot == "bounce" or not case.receipt.envelope_sender),
    ("ignored", "loop", lambda case: case.letter.robot == "loop"),
    ("ignored", "auto_reply", lambda case: case.letter.robot == "auto_reply"),
    ("parked", "too_many", lambda case: case.sent >= MOST_PER_HOUR),
    ("parked", "spam", lambda case: case.receipt.spam == "fail"),
    ("parked", "not_scanned", lambda case: case.receipt.virus != "pass"),
    ("parked", "", lambda case: case.letter.fault is not None),
    ("parked", "not_authenticated", lambda case: not case.is_authentic),
    ("parked", "unknown_sender", lambda case: case.customer_id is None),
)


def decide(case: Case) -> Decision:
    """What becomes of a mail. A reason that is empty above is the letter's own fault."""
    for status, reason, applies in _REFUSED:
        if applies(case):
            return Decision(status, reason or case.letter.fault)
    return Decision("opened" if joined(case) is None else "joined")


def joined(case: Case) -> Ticket | None:
    """The ticket that a mail goes on with: its sender's own, and not closed for good."""
    ticket = case.ticket
    if ticket is None or ticket.customer_id != case.customer_id or ticket.status == "closed":
        return None
    return ticket


def number_in(subject: str) -> int | None:
    """The place in its series of the one ticket that a subject names, as our letters do: `[T-000123]`."""
    found = {int(digits) for digits in _NUMBER.findall(subject)}
    return found.pop() if len(found) == 1 else None


def without_number(subject: str) -> str:
    """A subject for a new ticket: without anybody's number."""
    return " ".join(_NUMBER.sub("", subject).split())


def mail_id(message_id: str) -> str:
    """The id of the one record of a mail, by the receiving server's id of it."""
    return derived_id("inm", message_id)


def hour_id(sender: str, proven: bool, received_at: datetime) -> str:
    """The id of an address's hour; what forgers send is counted apart from what its owner does."""
    whose = "proven" if proven else "said"
    return derived_id("snh", whose, sender, received_at.strftime("%Y-%m-%dT%H"))
