"""Requests and answers around e-mails that came in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.edge.schema import TRIMMED, Instant, ListQuery, Schema
from chalicelib.tickets.attachments_schemas import LinkOut
from chalicelib.tickets.inbound import InboundMail, Status


class InboundMailQuery(ListQuery):
    """`?status=&limit=&cursor=`."""

    status: Status = "parked"


class InboundMailOut(Schema):
    """What became of one e-mail, and why; `sender` is what it says, and proven only if it was taken."""

    id: str
    status: Status
    reason: str | None
    sender: str
    subject: str
    customer_id: str | None
    ticket_id: str | None
    left_out: list[str]
    received_at: Instant

    @classmethod
    def of(cls, mail: InboundMail) -> InboundMailOut:
        shared = cls.model_fields.keys() - {"left_out", "received_at"}
        return cls(
            **{name: getattr(mail, name) for name in shared},
            left_out=list(mail.left_out),
            received_at=mail.created_at,
        )


class InboundMailList(Schema):
    """One page of the e-mails of which the same became, newest first."""

    data: list[InboundMailOut]
    next_cursor: str | None


class InboundMailRead(Schema):
    """One e-mail, and where it can be downloaded as it came: open it with care."""

    mail: InboundMailOut
    raw: LinkOut


class AssignMailIn(Schema):
    """The ticket to whose customer the e-mail belongs."""

    ticket_id: Annotated[str, TRIMMED, Field(min_length=1, max_length=100)]
