"""The base of every request and answer model, and the shapes all features share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)

from chalicelib.kernel import errors
from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.errors import FieldError, Refusal
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.money import Money

# RFC 3339 in UTC with `Z`, whole seconds, as the API's conventions say.
Instant = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]

# For what people type; passwords and nonces are taken as they come.
TRIMMED = StringConstraints(strip_whitespace=True)
Currency = Literal["BRL", "CLP", "EUR", "USD"]


class Schema(BaseModel):
    """Unknown fields are refused, nothing is coerced but what JSON itself cannot tell apart."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MoneyOut(Schema):
    """`{"amount": 19900, "currency": "BRL"}`: minor units."""

    amount: int = Field(description="minor units: cents, or whole pesos for CLP")
    currency: str

    @classmethod
    def of(cls, money: Money) -> MoneyOut:
        return cls(amount=money.minor, currency=money.currency)


class MoneyIn(Schema):
    """`{"amount": 19900, "currency": "BRL"}`: minor units, more than nothing."""

    amount: int = Field(gt=0, le=10**12, strict=True)
    currency: Currency

    def money(self) -> Money:
        return Money(self.amount, self.currency)


class ReasonIn(Schema):
    """Why staff does it; kept in the audit trail."""

    reason: Annotated[str, TRIMMED, Field(min_length=1, max_length=500)]


class ListQuery(Schema):
    """`?limit=&cursor=` of every list."""

    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)


class PreviewQuery(Schema):
    """`?preview=true` answers what would be, and changes nothing (B6)."""

    preview: bool = False


class FieldProblem(BaseModel):
    """One faulty field."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable, `errors` names every faulty field.

    Some codes bring a member of their own: `past_cutoff` the `cancel_renewal_until` that has passed.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem]


def refusal_of(error: ValidationError, root: str = "") -> Refusal:
    """Pydantic's findings as ours: unreadable JSON is malformed, everything else names its fields."""
    found: Sequence[Any] = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return errors.Malformed(why=_place(found[0]["msg"]))
    return errors.Invalid(errors=[FieldError(root + _pointer(item["loc"]), _fault(item)) for item in found])


def _fault(item: Mapping[str, Any]) -> Fault:
    """One finding; a validator of ours brings its own fault."""
    facts = dict(item.get("ctx", {}))
    if isinstance(own := facts.get("error"), Fault):
        return own
    if "expected" in facts:
        # `'a', 'b' or 'c'`: a list reads the same in every language.
        facts["expected"] = facts["expected"].replace(" or ", ", ")
    return Fault(item["type"], **facts)


def _place(message: str) -> Fault:
    """Where JSON breaks off: pydantic's message ends in `at line 1 column 5`."""
    found = re.search(r"line (\d+) column (\d+)", message)
    return Fault("json_invalid", line=found[1], column=found[2]) if found else Fault("json_invalid.text")


def _pointer(location: Sequence[object]) -> str:
    return "".join(map(errors.pointer_step, location))
