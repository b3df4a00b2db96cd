"""What a customer who wants to leave is offered to stay: checked, with the amount of it worked out (C2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.cancellations import rules, service
from chalicelib.cancellations.retention import Held, Offer, OfferKind, amount_without
from chalicelib.cancellations.rules import Case
from chalicelib.customers import store as customers
from chalicelib.flows.leaving import contract_fault
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.events import Actor
from chalicelib.kernel.faults import Fault
from chalicelib.kernel.markets import market_of
from chalicelib.kernel.money import Money
from chalicelib.kernel.periods import add_period
from chalicelib.storage.idempotency import Repeatable
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.rules import Subscription

LONGEST_PAUSE = "P6M"
# What has to be said of each kind of offer, and what may be.
NEEDS: Mapping[OfferKind, tuple[str, ...]] = {
    "training": (),
    "drop_services": ("subscription_ids",),
    "plan_change": ("subscription_ids", "amount"),
    "pause": ("until",),
    "arguments": (),
}
TAKES: Mapping[OfferKind, tuple[str, ...]] = {**NEEDS, "pause": ("until", "subscription_ids")}


@dataclass(frozen=True)
class Holding:
    """What a customer holds when he is made an offer, and which day it is where he is."""

    contracts: Mapping[str, Subscription]
    today: date

    def first(self, offer: Offer) -> Subscription | None:
        """The first contract that an offer names, if he holds it."""
        return next((self.contracts[id] for id in offer.subscription_ids if id in self.contracts), None)

    @property
    def running(self) -> Sequence[Subscription]:
        """Those of his contracts that have not ended."""
        return [one for one in self.contracts.values() if one.status != "ended"]


def make_offer(
    case_id: str,
    offer: Offer,
    actor: Actor,
    now: datetime,
    *,
    answer: service.Answer,
    repeatable: Repeatable | None = None,
) -> Case:
    """Note an offer that a customer is made. What he would pay without some services is worked out.

    `CaseNotFound`, `CaseDecided`, `TooManyOffers`; `Invalid` names every faulty field. `Replay`,
    `IdempotencyKeyReused`.
    """

    def offered(case: Case) -> Case:
        rules.check_undecided(case)
        return rules.offered(case, _worked_out(case, offer, _holding(case, now)))

    words = f"offered: {offer.kind}"
    return service.change(case_id, offered, words, actor, now, answer=answer, repeatable=repeatable)


def taken(case: Case, numbers: Sequence[int]) -> tuple[Offer, ...]:
    """The offers of a case with these numbers, counted from 1; without those that were not made."""
    return tuple(case.offers[number - 1] for number in numbers if number <= len(case.offers))


def taken_faults(case: Case, numbers: Sequence[int]) -> Iterator[FieldError]:
    """What is wrong with the numbers of offers that were accepted."""
    for at, number in enumerate(numbers):
        if number > len(case.offers):
            yield FieldError(f"/accepted/{at}", Fault("unknown_offer", number=number))
        elif number in numbers[:at]:
            yield FieldError(f"/accepted/{at}", Fault("twice", id=number))


def _holding(case: Case, now: datetime) -> Holding:
    zone = market_of(customers.get(case.customer_id).country).zone
    contracts = {one.id: one for one in subscriptions.all_of(case.customer_id)}
    return Holding(contracts, local_date(now, zone))


def _worked_out(case: Case, offer: Offer, holding: Holding) -> Offer:
    if errors := [*_faults(case, offer, holding)]:
        raise Invalid(errors=errors)
    if offer.kind != "drop_services":
        return offer
    (currency,) = {holding.contracts[id].price.currency for id in offer.subscription_ids}
    return Offer(offer.kind, offer.detail, offer.subscription_ids, _left(offer, holding, currency))


def _left(offer: Offer, holding: Holding, currency: str) -> Money:
    """What all that he holds in a currency costs without the services that the offer drops."""
    held = [Held(one.id, one.price) for one in holding.running if one.price.currency == currency]
    return amount_without(held, offer.subscription_ids, currency)


def _faults(case: Case, offer: Offer, holding: Holding) -> Iterator[FieldError]:
    yield from _field_faults(offer)
    yield from _contract_faults(case, offer, holding)
    if offer.kind == "drop_services" and {one.id for one in holding.running} <= {*offer.subscription_ids}:
        yield FieldError("/subscription_ids", Fault("nothing_left.to_keep"))
    if offer.kind == "pause" and offer.until:
        yield from _pause_faults(offer.until, holding.today)


def _field_faults(offer: Offer) -> Iterator[FieldError]:
    for name in ("subscription_ids", "amount", "until"):
        given = bool(getattr(offer, name))
        if name in NEEDS[offer.kind] and not given:
            yield FieldError(f"/{name}", Fault("missing"))
        elif given and name not in TAKES[offer.kind]:
            yield FieldError(f"/{name}", Fault("not_asked_for", step=offer.kind))


def _contract_faults(case: Case, offer: Offer, holding: Holding) -> Iterator[FieldError]:
    for at, id in enumerate(offer.subscription_ids):
        one = holding.contracts.get(id)
        if fault := contract_fault(case.customer_id, id, one, case.id) or _unfit(case, offer, id, holding):
            yield FieldError(f"/subscription_ids/{at}", fault)
        elif id in offer.subscription_ids[:at]:
            yield FieldError(f"/subscription_ids/{at}", Fault("twice", id=id))


def _unfit(case: Case, offer: Offer, id: str, holding: Holding) -> Fault | None:
    """Why an offer cannot be about one of the contracts that he holds."""
    currency, first = holding.contracts[id].price.currency, holding.first(offer)
    if offer.kind == "pause" and id not in {item.contract_id for item in case.items}:
        # Only what he wants to leave is stopped, and so can go on later.
        return Fault("not_among", id=id)
    if offer.kind == "drop_services" and first and currency != first.price.currency:
        return Fault("one_currency")
    if offer.kind == "plan_change" and offer.amount and currency != offer.amount.currency:
        return Fault("currency.of_subscription", id=id, currency=currency)
    return None


def _pause_faults(until: date, today: date) -> Iterator[FieldError]:
    last = add_period(today, LONGEST_PAUSE)
    if until <= today:
        yield FieldError("/until", Fault("past", today=today.isoformat()))
    elif until > last:
        yield FieldError("/until", Fault("too_far.pause", last=last.isoformat()))
