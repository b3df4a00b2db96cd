"""What the API takes and shows of tickets, and of what is said about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator

from chalicelib.edge.schema import TRIMMED, Instant, ListQuery, Schema
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.paging import Page
from chalicelib.tickets.attachments import MOST_PER_MESSAGE
from chalicelib.tickets.forms import FORMS, LONGEST
from chalicelib.tickets.messages import Author, Message
from chalicelib.tickets.rules import Kind, Priority, Session, Status, Ticket
from chalicelib.tickets.sla_schemas import PromiseOut

AttachmentId = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, TRIMMED, Field(min_length=1, max_length=LONGEST["description"])]


class SessionOut(Schema):
    """The session that was agreed on; `sequence` grows with each invitation to it (S6)."""

    starts_at: Instant
    ends_at: Instant
    minutes: int
    meeting_url: str
    access: str | None = Field(description="what else it takes to get in")
    sequence: int

    @classmethod
    def of(cls, session: Session) -> Self:
        return cls(**{name: getattr(session, name) for name in cls.model_fields})


class TicketOut(Schema):
    """One ticket as its owner sees it."""

    id: str
    number: str
    kind: str
    status: str
    priority: str
    subject: str
    channel: str
    reason_code: str | None
    subscription_id: str | None
    order_id: str | None
    product: str | None
    waits_for: str | None
    closed_for: str | None
    outcome: str | None
    created_at: Instant
    minutes: int | None = Field(description="how long the session is that was bought, if one was")
    slots: list[Instant] = Field(description="when it would suit the customer, best first")
    session: SessionOut | None
    sla: PromiseOut | None = Field(description="null while nothing is promised")

    @classmethod
    def of(cls, ticket: Ticket, now: datetime) -> Self:
        made = {"slots", "session", "sla"}
        return cls(
            **{name: getattr(ticket, name) for name in cls.model_fields.keys() - made},
            slots=list(ticket.slots),
            session=SessionOut.of(ticket.agreed) if ticket.agreed else None,
            sla=PromiseOut.of(ticket.clock, now) if ticket.clock else None,
        )


class TicketList(Schema):
    """One page of a customer's tickets."""

    data: list[TicketOut]
    next_cursor: str | None


class StaffTicketOut(TicketOut):
    """One ticket as staff sees it."""

    customer_id: str
    assignee: str | None


class StaffTicketList(Schema):
    """One page of the team's queue."""

    data: list[StaffTicketOut]
    next_cursor: str | None


class QueueQuery(ListQuery):
    """`?status=&kind=&priority=&assignee=&limit=&cursor=`; the assignee `me` is the caller.

    What is over is a queue of its own, shown for a status of it.
    """

    status: Status | None = None
    kind: Kind | None = None
    priority: Priority | None = None
    assignee: str | None = Field(None, min_length=1, max_length=64)

    def assigned_to(self, caller: str) -> str | None:
        return caller if self.assignee == "me" else self.assignee


class AssignIn(Schema):
    """Whose it is, by the id of a member of staff: left out, the caller's; null, nobody's."""

    assignee: Annotated[str, Field(pattern=r"^[\w-]{1,64}$")] | None = None

    def by(self, caller: str) -> str | None:
        return self.assignee if "assignee" in self.model_fields_set else caller


class PriorityIn(Schema):
    """How urgent it is; the promise that was given stays."""

    priority: Priority


class ResolveIn(Schema):
    """How it ended; a message is sent with it, and is the answer if there was none before.

    A product request ends in a meeting or in the steps to acquire the product (R5).
    """

    message: Text | None = None
    outcome: str | None = Field(None, json_schema_extra={"enum": list(FORMS["product_request"].outcomes)})


class ReasonsQuery(Schema):
    """`?kind=`; without it, the reasons of all forms."""

    kind: Kind | None = None


class ReasonOut(Schema):
    """A reason that a form offers."""

    kind: str
    code: str
    label: str
    required: bool = Field(description="whether one of its form's reasons must be given")


class ReasonList(Schema):
    """The reasons of the forms, in the caller's language."""

    data: list[ReasonOut]

    @classmethod
    def of(cls, kind: Kind | None, locale: str) -> Self:
        return cls(data=list(_reasons(kind, locale)))


def _reasons(wanted: Kind | None, locale: str) -> Iterator[ReasonOut]:
    for kind, form in FORMS.items():
        if wanted in (None, kind):
            for code, label in form.reasons.items():
                yield ReasonOut(kind=kind, code=code, label=label[locale], required=form.needs_reason)


# What is said


class MessageIn(Schema):
    """What a customer writes."""

    text: Text
    attachments: list[AttachmentId] = Field(
        default_factory=list, max_length=MOST_PER_MESSAGE, description="ids of files that were uploaded"
    )


class StaffMessageIn(MessageIn):
    """What staff writes: to the customer, or a note of its own (`internal`).

    A message that asks the customer for something pauses the promise; any other is an answer.
    """

    internal: bool = Field(False, strict=True)
    asks: bool = Field(False, strict=True)

    @field_validator("asks")
    @classmethod
    def _asks_somebody(cls, asks: bool, info: ValidationInfo) -> bool:
        if asks and info.data.get("internal"):
            raise Fault("value_error.note")
        return asks


class FileOut(Schema):
    """A file that goes with a message."""

    id: str
    name: str
    media_type: str
    size: int


class MessageOut(Schema):
    """One message as the customer sees it."""

    id: str
    author: Author
    text: str
    attachments: list[FileOut]
    created_at: Instant

    @classmethod
    def of(cls, message: Message) -> Self:
        own = {name: getattr(message, name) for name in cls.model_fields.keys() - {"attachments"}}
        return cls(**own, attachments=[FileOut(**asdict(file)) for file in message.attachments])


class MessageList(Schema):
    """One page of a conversation, newest first."""

    data: list[MessageOut]
    next_cursor: str | None


class StaffMessageOut(MessageOut):
    """One message or note as staff sees it."""

    author_id: str
    channel: str
    internal: bool


class StaffMessageList(Schema):
    """One page of a conversation or of notes, newest first."""

    data: list[StaffMessageOut]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Message]) -> Self:
        return cls(data=[StaffMessageOut.of(one) for one in page.items], next_cursor=page.next_cursor)
