"""Requests and answers around cancelled renewals, and a customer's timeline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chalicelib.edge.schema import TRIMMED, Instant, MoneyOut, Schema
from chalicelib.flows.renewal_cancellation import Cancellation, Result
from chalicelib.kernel.events import Change, Channel
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.money import total
from chalicelib.kernel.paging import Page
from chalicelib.subscriptions.cancelling import PastCutoff
from chalicelib.subscriptions.changes import last_day, next_installment
from chalicelib.subscriptions.rules import Subscription
from chalicelib.subscriptions.schemas import InstallmentOut, PeriodOut, SubscriptionShown
from chalicelib.subscriptions.trace import Outcome, Trace, TraceChannel

DAY = timedelta(days=1)
MOST_AT_ONCE = 20


def _unique(ids: list[str]) -> list[str]:
    if len(set(ids)) < len(ids):
        raise Fault("repeated.subscription")
    return ids


SubscriptionId = Annotated[str, Field(min_length=1, max_length=64)]
SubscriptionIds = Annotated[
    list[SubscriptionId], Field(min_length=1, max_length=MOST_AT_ONCE), AfterValidator(_unique)
]
Notes = Annotated[str, TRIMMED, Field(max_length=500)]


class NotesIn(Schema):
    """Why, in free words; kept in the audit trail. The date is always the current one (A4)."""

    notes: Notes | None = None


class CancelRenewalsIn(NotesIn):
    """Subscriptions of one customer that shall not renew; the notes stand in their traces too."""

    subscription_ids: SubscriptionIds


class StopsOut(Schema):
    """The period that will not begin, and what would have been charged for it first."""

    period: PeriodOut
    price: MoneyOut
    first_charge: MoneyOut
    charged_at: Instant

    @classmethod
    def of(cls, subscription: Subscription) -> StopsOut:
        one = next_installment(subscription)
        return cls(
            period=PeriodOut(start=one.start, end=last_day(subscription, one) + DAY),
            price=MoneyOut.of(subscription.price),
            first_charge=MoneyOut.of(one.amount),
            charged_at=subscription.cancel_renewal_until,
        )


class EffectOut(Schema):
    """What a cancelled renewal means (B6): what stops and when, and what stays owed (A2)."""

    stops: StopsOut | None = Field(description="null for what never renews by itself")
    active_through: date = Field(description="the last day of its validity")
    ends_at: Instant
    stays_owed: list[InstallmentOut]
    total_owed: MoneyOut
    can_be_undone_until: Instant | None

    @classmethod
    def of(cls, after: Subscription) -> EffectOut:
        renewed_before = after.renewal_canceled_at is not None
        owed = total((one.amount for one in after.pending), after.price.currency)
        end = after.ends_on or after.end
        return cls(
            stops=StopsOut.of(after) if renewed_before else None,
            active_through=end - DAY,
            ends_at=after.start_of(end),
            stays_owed=[InstallmentOut.showing(one) for one in after.pending],
            total_owed=MoneyOut.of(owed),
            can_be_undone_until=after.cancel_renewal_until if renewed_before else None,
        )


class CancellationOut(SubscriptionShown):
    """The subscription without its renewal, as it is or, in a preview, as it would be."""

    preview: bool = Field(description="whether nothing was changed, as was asked")
    already_canceled: bool = Field(description="whether it did not renew before either")
    effect: EffectOut

    @classmethod
    def of(cls, done: Cancellation, *, preview: bool) -> CancellationOut:
        return cls(
            **cls.facts(done.after),
            preview=preview,
            already_canceled=done.before == done.after,
            effect=EffectOut.of(done.after),
        )


class ResultOut(Schema):
    """What came of one subscription."""

    subscription_id: str
    status: Literal["canceled", "already_canceled", "refused"]
    code: str | None = Field(description="why it was refused")
    detail: str | None
    cancel_renewal_until: Instant | None
    effect: EffectOut | None

    @classmethod
    def of(cls, result: Result, locale: str) -> ResultOut:
        after, refusal = result.after, result.refusal
        until = after.cancel_renewal_until if after else None
        return cls(
            subscription_id=result.subscription_id,
            status=result.status,
            code=refusal.code if refusal else None,
            detail=refusal.message(locale) if refusal else None,
            cancel_renewal_until=refusal.until if isinstance(refusal, PastCutoff) else until,
            effect=EffectOut.of(after) if after else None,
        )


class ResultsOut(Schema):
    """One result for each subscription, in the order in which they were named; alike in a preview."""

    preview: bool
    results: list[ResultOut]

    @classmethod
    def of(cls, results: Iterable[Result], locale: str, *, preview: bool) -> ResultsOut:
        return cls(preview=preview, results=[ResultOut.of(one, locale) for one in results])


class ChangeOut(Schema):
    """One change of something of the customer's: who, when, through which channel, why (B11)."""

    kind: Literal["change"] = "change"
    at: Instant
    subject: str
    action: str
    before: str | None
    after: str
    actor: str
    channel: Channel
    reason: str | None


class CrmEntryOut(Schema):
    """The trace of one cancelled renewal, in the words of its door (A6, A7, A8)."""

    kind: Literal["crm_task"] = "crm_task"
    at: Instant
    task: str
    user: str
    outcome: Outcome
    outcome_label: str
    notes: str
    channel: TraceChannel
    subscription_id: str


class TimelineOut(Schema):
    """One page of what happened with a customer, newest first."""

    data: list[ChangeOut | CrmEntryOut]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Change | Trace]) -> TimelineOut:
        return cls(data=[_entry(one) for one in page.items], next_cursor=page.next_cursor)


def _entry(one: Change | Trace) -> ChangeOut | CrmEntryOut:
    if isinstance(one, Trace):
        said = {name: getattr(one, name) for name in CrmEntryOut.model_fields if hasattr(one, name)}
        return CrmEntryOut(at=one.created_at, **said)
    return ChangeOut(
        at=one.at,
        subject=one.subject,
        action=one.action,
        before=one.before,
        after=one.after,
        actor=one.actor.id,
        channel=one.actor.channel,
        reason=one.actor.reason,
    )
