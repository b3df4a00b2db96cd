"""What staff is shown of a customer who wants to leave: his case, its plan, and the list of cases."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import ConfigDict, Field

from chalicelib.cancellations.answers import register_of
from chalicelib.cancellations.checklist import Action, Item, Performer, Slip, Step, StepStatus
from chalicelib.cancellations.procedures import Attempt, Channel, Move, Reach, Result
from chalicelib.cancellations.retention import Interview, Offer, OfferKind, Reason, fitting
from chalicelib.cancellations.rules import Case, Outcome, Status, Transfer
from chalicelib.cancellations.whatsapp import Message
from chalicelib.edge.schema import Instant, MoneyOut, Schema
from chalicelib.flows.contracts_schemas import RescissionOut
from chalicelib.flows.leaving_views import View
from chalicelib.kernel.money import Money
from chalicelib.kernel.paging import Page
from chalicelib.kernel.terms import Ending


class LeavingItemOut(Schema):
    """One contract of a case."""

    # Within Python, the name of one field is taken.
    model_config = ConfigDict(serialize_by_alias=True)

    subscription_id: str = Field(description="or the order from which its customer has withdrawn")
    product: str
    name: str
    ending: Ending | None = Field(description="by which procedure it is ended (C10 to C13)")
    detail: str | None
    domain: str | None
    register_: str | None = Field(
        serialization_alias="register", description="where the responsibility for its name is looked up"
    )
    price: MoneyOut
    period: str | None
    ended_at: Instant | None

    @classmethod
    def of(cls, item: Item) -> LeavingItemOut:
        made = {"subscription_id", "register_", "price"}
        return cls(
            **_said(item, cls.model_fields.keys() - made),
            subscription_id=item.contract_id,
            register_=register_of(item),
            price=MoneyOut.of(item.price),
        )


class AttemptOut(Schema):
    """One try to reach the customer."""

    channel: Reach
    result: Result
    at: Instant
    by: str
    notes: str | None

    @classmethod
    def of(cls, attempt: Attempt) -> AttemptOut:
        return cls(**_said(attempt, cls.model_fields))


class InterviewOut(Schema):
    """What the customer said."""

    reason_code: Reason
    account: str
    uses_other_product: bool
    other_product: str | None
    other_product_why: str | None
    missing_feature: str | None
    difficulty: str | None
    price_wanted: MoneyOut | None

    @classmethod
    def of(cls, interview: Interview) -> InterviewOut:
        made = {"uses_other_product", "price_wanted"}
        return cls(
            **_said(interview, cls.model_fields.keys() - made),
            uses_other_product=interview.other_product is not None,
            price_wanted=_money(interview.price_wanted),
        )


class OfferOut(Schema):
    """Something to stay for."""

    kind: OfferKind
    detail: str
    subscription_ids: list[str]
    amount: MoneyOut | None = Field(description="what a period costs with it")
    until: date | None

    @classmethod
    def of(cls, offer: Offer) -> OfferOut:
        return cls(
            kind=offer.kind,
            detail=offer.detail,
            subscription_ids=list(offer.subscription_ids),
            amount=_money(offer.amount),
            until=offer.until,
        )


class StepOut(Schema):
    """One line of the checklist, and what became of it (C14)."""

    step: str
    action: Action
    actor: Performer
    subject: str = Field(description="what it is about: a contract, a payment, or the case")
    after: list[str] = Field(description="the steps before it")
    status: StepStatus
    evidence: str | None
    reason: str | None = Field(description="why it was skipped")
    by: str | None
    at: Instant | None
    not_before: Instant | None

    @classmethod
    def of(cls, step: Step) -> StepOut:
        made = {"step", "actor", "after"}
        return cls(
            **_said(step, cls.model_fields.keys() - made),
            step=step.id,
            actor=step.performer,
            after=list(step.after),
        )


class SlipOut(Schema):
    """A charge of one of the contracts that is not paid, and whether it has to be (C8)."""

    payment_id: str
    subscription_id: str
    invoice_number: str
    amount: MoneyOut
    due_date: date
    overdue: bool
    owed: bool

    @classmethod
    def of(cls, slip: Slip, today: date) -> SlipOut:
        made = {"subscription_id", "amount", "overdue"}
        return cls(
            **_said(slip, cls.model_fields.keys() - made),
            subscription_id=slip.contract_id,
            amount=MoneyOut.of(slip.amount),
            overdue=slip.is_overdue(today),
        )


class TransferOut(Schema):
    """What it takes to move a domain name."""

    subscription_id: str
    registrar_id: str
    authorization_code: str | None = Field(description="shown to IT, and forgotten once it has been used")

    @classmethod
    def of(cls, transfer: Transfer, *, with_code: bool) -> TransferOut:
        return cls(
            subscription_id=transfer.contract_id,
            registrar_id=transfer.registrar_id,
            authorization_code=transfer.authorization_code if with_code else None,
        )


class WhatsAppOut(Schema):
    """A prepared message to the customer, in his language."""

    text: str
    url: str | None = Field(description="opens it in WhatsApp; null if he has no number that is known")

    @classmethod
    def of(cls, message: Message) -> WhatsAppOut:
        return cls(text=message.text, url=message.url)


class CaseSummaryOut(Schema):
    """One case in a list."""

    id: str
    number: str
    customer_id: str
    channel: Channel
    status: Status
    requested_at: Instant
    reason_code: str | None
    waiting_until: Instant | None = Field(description="when silence decides (C7)")
    outcome: Outcome | None
    decided_at: Instant | None
    decided_by: str | None
    closed_at: Instant | None

    @classmethod
    def facts(cls, case: Case) -> dict[str, Any]:
        """The values of these fields."""
        said = _said(case, CaseSummaryOut.model_fields.keys() - {"waiting_until"})
        return {**said, "waiting_until": case.silence_at}

    @classmethod
    def row(cls, case: Case) -> CaseSummaryOut:
        return cls(**cls.facts(case))


class CaseOut(CaseSummaryOut):
    """One case with all that was said and done; until it is decided, with the plan of cancelling it."""

    created_at: Instant
    opened_by: str
    notes: str | None
    ticket_id: str | None
    items: list[LeavingItemOut]
    attempts: list[AttemptOut]
    silent_since: Instant | None = Field(description="since when he has stopped answering (C5)")
    next: list[Move] = Field(description="what to do now, first what comes first")
    whatsapp: WhatsAppOut | None = Field(description="null once it is decided")
    interview: InterviewOut | None
    fitting_offers: list[OfferKind] = Field(description="which offers suit what he said")
    offers: list[OfferOut]
    agreed: str | None
    accepted: list[OfferOut]
    plan: list[StepOut]
    slips: list[SlipOut]
    ends: list[RescissionOut] = Field(description="what the end of each contract would mean")
    transfers: list[TransferOut]
    document_url: str | None = Field(description="the PDF of record, below the address of this API")

    @classmethod
    def of(cls, view: View, today: date, *, with_codes: bool = False) -> CaseOut:
        case = view.case
        return cls(
            **cls.facts(case),
            **_said(case, ("created_at", "opened_by", "notes", "ticket_id", "silent_since", "agreed")),
            items=[LeavingItemOut.of(one) for one in view.items],
            attempts=[AttemptOut.of(one) for one in case.attempts],
            next=list(view.next),
            whatsapp=WhatsAppOut.of(view.whatsapp) if view.whatsapp else None,
            interview=InterviewOut.of(case.interview) if case.interview else None,
            fitting_offers=list(fitting(case.interview)) if case.interview else [],
            offers=[OfferOut.of(one) for one in case.offers],
            accepted=[OfferOut.of(one) for one in case.accepted],
            plan=[StepOut.of(one) for one in view.steps],
            slips=[SlipOut.of(one, today) for one in view.slips],
            ends=[RescissionOut.of(one) for one in view.ends],
            transfers=[TransferOut.of(one, with_code=with_codes) for one in case.transfers],
            document_url=f"/v1/staff/cancellations/{case.id}/document" if case.document else None,
        )


class CaseList(Schema):
    """One page of cases, newest request first."""

    data: list[CaseSummaryOut]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Case]) -> CaseList:
        return cls(data=[CaseSummaryOut.row(one) for one in page.items], next_cursor=page.next_cursor)


def _said(record: Any, names: Any) -> dict[str, Any]:
    """Those fields of a record that are shown as they are."""
    return {name: getattr(record, name) for name in names}


def _money(money: Money | None) -> MoneyOut | None:
    return MoneyOut.of(money) if money else None
