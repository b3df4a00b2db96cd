"""The base of every request and answer model, and the shapes all features share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from chalicelib.kernel.clock import rfc3339
from chalicelib.kernel.money import Money

# RFC 3339 in UTC with `Z`, whole seconds, as the API's conventions say.
Instant = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]

# For what people type; passwords and nonces are taken as they come.
TRIMMED = StringConstraints(strip_whitespace=True)


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


class ListQuery(Schema):
    """`?limit=&cursor=` of every list."""

    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)
