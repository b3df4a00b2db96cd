"""Field names of what a customer asks for, and of where staff says that stands."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from chalicelib.edge.schema import TRIMMED, Schema
from chalicelib.flows.requesting import Request
from chalicelib.kernel.faults import Fault
from chalicelib.tickets.forms import LONGEST

Trimmed = Annotated[str, TRIMMED]


def _told_later(name: str, description: str) -> Any:
    """A field of a form: what is wrong with it is told together with all else that is."""
    return Field(None, description=description, json_schema_extra={"maxLength": LONGEST[name]})


class TicketIn(Schema):
    """One of the forms: which, and what its customer says (R2 to R5, S8)."""

    kind: Literal["cancel_contract", "review_contract", "product_request", "support"]
    reason_code: Trimmed | None = Field(None, description="see `/v1/ticket_reasons`; form A needs one")
    subject: Trimmed | None = _told_later("subject", "left out, it follows from the reason or the text")
    description: Trimmed | None = _told_later("description", "always needed")
    subscription_id: Trimmed | None = Field(None, description="one of the customer's own")
    product: Trimmed | None = _told_later("product", "which product it is about, in his words")

    def request(self) -> Request:
        return Request(
            self.kind,
            self.subject,
            self.description or "",
            reason_code=self.reason_code,
            subscription_id=self.subscription_id,
            product=self.product,
        )


class DeletionIn(Schema):
    """What a customer adds to his request that his data be deleted."""

    description: Trimmed | None = _told_later("description", "nothing need be said")

    def request(self) -> Request:
        return Request("data_deletion", None, self.description or "")


class StatusIn(Schema):
    """Where a ticket stands; it is closed for a reason only, which its customer is told."""

    status: Literal["open", "in_progress", "waiting_customer", "closed"]
    reason: Annotated[str, TRIMMED, Field(min_length=1, max_length=500)] | None = Field(
        None, validate_default=True
    )

    @field_validator("reason")
    @classmethod
    def _closed_for_a_reason(cls, reason: str | None, info: ValidationInfo) -> str | None:
        if reason is None and info.data.get("status") == "closed":
            raise Fault("value_error.reason")
        return reason
