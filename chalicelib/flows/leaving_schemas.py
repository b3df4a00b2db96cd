"""Field names of what staff says of a customer who wants to leave."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from chalicelib.cancellations.answers import Answers, Responsible
from chalicelib.cancellations.domains import tells_password
from chalicelib.cancellations.procedures import Attempt, Channel, Reach, Result
from chalicelib.cancellations.retention import Interview, Offer, OfferKind, Reason
from chalicelib.cancellations.rules import Outcome, Status
from chalicelib.edge.schema import TRIMMED, MoneyIn, Schema
from chalicelib.flows.leaving import MOST_CONTRACTS, Detail, Leave
from chalicelib.flows.leaving_decisions import Verdict
from chalicelib.flows.leaving_views import CaseFilter
from chalicelib.flows.reports_schemas import Day, RecentQuery
from chalicelib.kernel.faults import Fault


def _no_password(text: str) -> str:
    if tells_password(text):
        raise Fault("password.never")
    return text


Instant = Annotated[AwareDatetime, Field(strict=True)]
Id = Annotated[str, Field(min_length=1, max_length=64)]
Code = Annotated[str, TRIMMED, Field(min_length=1, max_length=200)]
Line = Annotated[Code, AfterValidator(_no_password)]
Domain = Annotated[str, Field(pattern=r"^[^\s/@]{1,251}\.[^\s/@.]{2,63}$")]
Text = Annotated[str, TRIMMED, Field(min_length=1, max_length=2000), AfterValidator(_no_password)]


class DetailIn(Schema):
    """What is known of one of the contracts: which line of it, and the name that it goes by."""

    subscription_id: Id
    detail: Line | None = None
    domain: Domain | None = None


class OpenIn(Schema):
    """Who wants to leave what, how he asked and when (C1)."""

    customer_id: Id
    channel: Literal["phone", "card", "chat", "broken_off"]
    subscription_ids: list[Id] = Field(min_length=1, max_length=MOST_CONTRACTS)
    requested_at: Instant | None = Field(None, description="when he asked; left out, now")
    reason_code: Reason | None = None
    notes: Text | None = None
    details: list[DetailIn] = Field([], max_length=MOST_CONTRACTS)

    @field_validator("details")
    @classmethod
    def _each_once(cls, details: list[DetailIn]) -> list[DetailIn]:
        ids = [one.subscription_id for one in details]
        for at, id in enumerate(ids):
            if id in ids[:at]:
                raise Fault("twice", id=id)
        return details

    def leave(self, now: datetime) -> Leave:
        return Leave(
            channel=self.channel,
            subscription_ids=tuple(self.subscription_ids),
            requested_at=self.requested_at or now,
            reason_code=self.reason_code,
            notes=self.notes,
            details={one.subscription_id: Detail(one.detail, one.domain) for one in self.details},
        )


class CaseQuery(RecentQuery):
    """`?customer_id=&status=&channel=&from=&to=&limit=&cursor=`."""

    customer_id: Id | None = None
    status: Status | None = None
    channel: Channel | None = None

    def wanted(self) -> CaseFilter:
        return CaseFilter(self.customer_id, self.status, self.channel)


class AttemptIn(Schema):
    """One try to reach the customer; an e-mail without an answer is written and sent now."""

    channel: Reach
    result: Result
    notes: Text | None = None

    def attempt(self, by: str, at: datetime) -> Attempt:
        return Attempt(self.channel, self.result, at, by, self.notes)


class SilentIn(Schema):
    """Nothing needs to be said."""


class InterviewIn(Schema):
    """What the customer said: always whether he uses another product, and if so which and why (C2)."""

    reason_code: Reason
    account: Text
    uses_other_product: bool = Field(strict=True)
    other_product: Line | None = Field(None, validate_default=True)
    other_product_why: Text | None = Field(None, validate_default=True)
    missing_feature: Text | None = None
    difficulty: Text | None = None
    price_wanted: MoneyIn | None = None

    @field_validator("other_product", "other_product_why")
    @classmethod
    def _told_if_used(cls, text: str | None, info: ValidationInfo) -> str | None:
        uses = info.data.get("uses_other_product")
        if uses is True and text is None:
            raise Fault("missing")
        if uses is False and text is not None:
            raise Fault("not_asked_for.other_product")
        return text

    def interview(self) -> Interview:
        said = self.model_dump(exclude={"uses_other_product", "price_wanted"})
        return Interview(**said, price_wanted=self.price_wanted.money() if self.price_wanted else None)


class OfferIn(Schema):
    """Something to stay for (C2).

    `drop_services` names what is dropped, and the price without it is worked out; `plan_change` names what
    costs `amount` a period from the next one on; `pause` says until which day.
    """

    kind: OfferKind
    detail: Text
    subscription_ids: list[Id] = Field([], max_length=MOST_CONTRACTS)
    amount: MoneyIn | None = None
    until: Day | None = None

    def offer(self) -> Offer:
        amount = self.amount.money() if self.amount else None
        return Offer(self.kind, self.detail, tuple(self.subscription_ids), amount, self.until)


class CaseOutcomeIn(Schema):
    """How it ends (C6): canceled, but for what he keeps, or reverted, with what was agreed."""

    outcome: Outcome
    reason_code: Reason | None = None
    keeps: list[Id] = Field([], max_length=MOST_CONTRACTS, description="subscriptions that go on")
    agreed: Text | None = Field(None, description="what he stays for; somebody carries it out")
    accepted: list[Annotated[int, Field(strict=True, ge=1)]] = Field(
        [], max_length=10, description="which of the offers, from 1"
    )

    def verdict(self) -> Verdict:
        return Verdict(self.outcome, self.reason_code, tuple(self.keeps), self.agreed, tuple(self.accepted))


class StepIn(Schema):
    """What there is to say of a step that was performed: never a password (C10, C11).

    Other fields are refused together with whatever else is wrong, as the step says what it asks for.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="allow", frozen=True, json_schema_extra={"additionalProperties": False}
    )

    evidence: Annotated[str, TRIMMED, Field(min_length=1, max_length=1000)] | None = None
    responsible: Responsible | None = None
    domain: Domain | None = Field(None, description="the name, where nobody has told it before")
    registrar_id: Code | None = None
    authorization_code: Code | None = None

    def answers(self) -> Answers:
        told: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        return Answers(**told, unknown=tuple(self.model_extra or ()))
