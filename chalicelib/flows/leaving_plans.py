"""What it would take to end a customer's contracts, and what follows: shown first, then decided (B6, C8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.billing import store as billing
from chalicelib.cancellations.checklist import USUAL, Item, Slip, Step, agreement, checklist, forgiving
from chalicelib.cancellations.retention import Offer
from chalicelib.cancellations.rules import Case, Decision
from chalicelib.flows.leaving import Detail, item_of
from chalicelib.kernel.clock import local_date, start_of
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.freezing import frozen
from chalicelib.subscriptions.rescinding import Rescission, planned
from chalicelib.subscriptions.rules import Subscription


@dataclass(frozen=True)
class Plan:
    """The steps of a decision; `items` are the contracts that it is about, `dropped` ones among them.

    `ends` is what the end of each contract means that has not ended yet; `slips` are what is unpaid of them.
    """

    steps: tuple[Step, ...]
    items: tuple[Item, ...]
    slips: tuple[Slip, ...]
    ends: tuple[Rescission, ...]


def plan_of(case: Case, decision: Decision, now: datetime) -> Plan:
    """What a decision about a case leads to, as things stand. It changes nothing."""
    if decision.outcome == "canceled":
        ending = [item for item in case.items if item.contract_id not in decision.keeps]
        kept = [item for item in case.items if item.contract_id in decision.keeps]
        slips, ends = _ending(case, ending, now)
        return Plan(checklist(case.id, ending, slips, kept), case.items, slips, ends)
    dropped = _dropped(case, decision.accepted)
    slips, ends = _ending(case, dropped, now)
    gone = {item.contract_id for item in dropped}
    kept = [item for item in case.items if item.contract_id not in gone]
    until = dict(_pauses(kept, decision.accepted))
    steps = agreement(case.id, dropped, kept, decision.accepted, decision.agreed, slips, until)
    return Plan(steps, (*dropped, *kept), slips, ends)


def still_owed(case: Case) -> tuple[Slip, ...]:
    """What its customer still has to pay of what has ended, as far as he has not done so by now."""
    found = orders.find_all(slip.order_id for slip in case.slips if slip.owed)
    return tuple(slip for slip in case.slips if slip.owed and found[slip.order_id].takes_money)


def _ending(
    case: Case, items: Sequence[Item], now: datetime
) -> tuple[tuple[Slip, ...], tuple[Rescission, ...]]:
    """What is unpaid of contracts when they end now, and what else their end means.

    Where their customer has withdrawn from them, that is what their end has taken back already. What is not
    frozen yet will be by then: a case that is being opened, or a service that is dropped to keep the others.
    """
    found = {
        id: frozen(one, case.id, case.requested_at)
        for id, one in subscriptions.find_all(item.contract_id for item in items).items()
    }
    withdrawn = case.channel == "withdrawal"
    slips: list[Slip] = []
    ends: list[Rescission] = []
    for item in items:
        one = found.get(item.contract_id)
        of_item = [*(_taken_back(item, one) if withdrawn else _unpaid(one, now) if one else ())]
        zone = one.zone if one else "UTC"
        final = forgiving(of_item, [item], USUAL, local_date(now, zone))
        slips += final
        if one and one.status != "ended":
            ends.append(planned(one, None, now, forgiven_orders(final)))
    return tuple(slips), tuple(ends)


def forgiven_orders(slips: Iterable[Slip]) -> frozenset[str]:
    """The orders of slips that nobody has to pay any more."""
    return frozenset(slip.order_id for slip in slips if not slip.owed)


def _unpaid(one: Subscription, now: datetime) -> Iterator[Slip]:
    """The instalments of a contract that were asked for and are not paid; owed, as its end says."""
    owed = one.pending if one.status == "ended" else planned(one, None, now).still_owed
    asked = orders.find_all(part.order_id for part in one.installments if part.order_id)
    for part in one.installments:
        order = asked.get(part.order_id or "")
        if order and part.status == "charged" and order.takes_money:
            yield _slip(order, one.id, owed=part in owed)


def _taken_back(item: Item, one: Subscription | None) -> Iterator[Slip]:
    """What was asked for and is not any more, as its customer has withdrawn."""
    parts = [part.order_id for part in one.installments if part.order_id] if one else [item.contract_id]
    for order in orders.find_all(parts).values():
        if order.takes_money or order.status == "canceled":
            yield _slip(order, item.contract_id, owed=False)


def _slip(order: Order, contract_id: str, *, owed: bool) -> Slip:
    payment = billing.payments.get(order.payment_id)
    invoice = billing.invoices.get(order.invoice_id)
    due = payment.due_date or local_date(payment.created_at, "UTC")
    return Slip(payment.id, order.id, contract_id, invoice.number, invoice.total, due, owed)


def _dropped(case: Case, accepted: Iterable[Offer]) -> list[Item]:
    """The services that its customer does without, to keep the others; some were not asked about before."""
    ids = [id for offer in accepted if offer.kind == "drop_services" for id in offer.subscription_ids]
    known = {item.contract_id: item for item in case.items}
    found = subscriptions.find_all(id for id in ids if id not in known)
    others = {id: item_of(one, Detail()) for id, one in found.items() if one.status != "ended"}
    return [{**known, **others}[id] for id in dict.fromkeys(ids) if id in known or id in others]


def _pauses(kept: Iterable[Item], accepted: Iterable[Offer]) -> Iterator[tuple[str, datetime]]:
    """When each contract goes on that pauses; a pause that names none is one of all."""
    kept = tuple(kept)
    found = subscriptions.find_all(item.contract_id for item in kept)
    for offer in accepted:
        if offer.kind == "pause" and offer.until:
            for id in offer.subscription_ids or [item.contract_id for item in kept]:
                if id in found:
                    yield id, start_of(offer.until, found[id].zone)
