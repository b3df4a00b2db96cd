"""What a customer is written about his contract: its renewal, its end, and what stays owed (B8, A2, B7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from chalicelib.billing import store as billing
from chalicelib.customers import store as customers
from chalicelib.customers.rules import Customer
from chalicelib.flows.attempts import PayBy, means
from chalicelib.flows.letters import last_day, money, send
from chalicelib.flows.reach import Reach, Vendor
from chalicelib.flows.renewals import notice_subject
from chalicelib.kernel.clock import local_date, parse_instant, rfc3339
from chalicelib.kernel.events import Event
from chalicelib.kernel.money import Money
from chalicelib.orders import store as orders
from chalicelib.subscriptions import changes
from chalicelib.subscriptions import store as subscriptions
from chalicelib.subscriptions.installments import Installment
from chalicelib.subscriptions.rules import Notice, Subscription, grace_until


def renewal_notice(event: Event, reach: Reach, now: datetime) -> None:
    """Announce a renewal: its price, when and how that is charged, until when it can be cancelled (B8).

    Not one that was called off meanwhile.
    """
    subscription = subscriptions.get(event.subject)
    if subscription.end.isoformat() != event.data["end"] or not _renews(subscription):
        return
    # It leaves now or later: until when it can be cancelled is no earlier than what is said here.
    announced = replace(subscription, notice=Notice(subscription.end, None, now))
    until = announced.cancel_renewal_until
    customer = customers.get(subscription.customer_id)
    params = {
        **_contract(subscription, reach),
        "last_day": subscription.last_day.isoformat(),
        "installments": _next_period(subscription, local_date(until, subscription.zone)),
        **_charged_by(customer, reach.vendor, until),
        **_renewal(announced),
    }
    send("renewal_notice", notice_subject(subscription), customer, params, reach, now)


def renewal_canceled(event: Event, reach: Reach, now: datetime) -> None:
    """Confirm that a renewal is cancelled, and say what stays: the period, and what is owed of it (A2).

    Not of one that was resumed meanwhile.
    """
    subscription = subscriptions.get(event.subject)
    since = subscription.renewal_canceled_at
    if subscription.status == "ended" or since is None or not _is(since, event.data["canceled_at"]):
        return
    params = {
        **_contract(subscription, reach),
        "last_day": subscription.last_day.isoformat(),
        "installments": _parts(subscription.pending),
        **_changeable(subscription),
    }
    subject = f"{subscription.id}:{event.data['canceled_at']}"
    send("renewal_canceled", subject, customers.get(subscription.customer_id), params, reach, now)


def renewal_resumed(event: Event, reach: Reach, now: datetime) -> None:
    """Confirm that a contract will be renewed after all; not one whose renewal was cancelled again."""
    subscription = subscriptions.get(event.subject)
    if not _renews(subscription):
        return
    params = {**_contract(subscription, reach), **_renewal(subscription)}
    subject = f"{subscription.id}:{event.data['resumed_at']}"
    send("renewal_resumed", subject, customers.get(subscription.customer_id), params, reach, now)


def subscription_past_due(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that a period has ended and the next one is not paid: how much, where, and until when it works.

    Not when it was paid or ended meanwhile.
    """
    subscription = subscriptions.get(event.subject)
    renewal = subscription.renewal
    order = orders.find(renewal.order_id) if renewal and renewal.order_id else None
    if subscription.status != "past_due" or renewal is None or order is None or order.status == "paid":
        return
    invoice = billing.invoices.get(order.invoice_id)
    params = {
        **_contract(subscription, reach),
        "last_day": subscription.last_day.isoformat(),
        "number": invoice.number,
        "amount": money(renewal.amount),
        "grace_day": last_day(grace_until(subscription, renewal), subscription.zone),
        "pay_url": reach.links.online(invoice) if order.status == "pending_payment" else None,
    }
    customer = customers.get(subscription.customer_id)
    send("subscription_past_due", notice_subject(subscription), customer, params, reach, now)


def subscription_ended(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that a contract has ended, why, and what stays owed.

    A withdrawal, and a case that ends it, have letters of their own.
    """
    subscription = subscriptions.get(event.subject)
    why = subscription.ended_because
    if why is None or why == "withdrawn" or subscription.case_id:
        return
    if why == "rescinded":
        contract_rescinded(event, reach, now)
        return
    params = {
        **_contract(subscription, reach),
        "last_day": _last_day(subscription).isoformat(),
        "because": why,
        "installments": _parts(subscription.pending),
    }
    customer = customers.get(subscription.customer_id)
    send("subscription_ended", subscription.id, customer, params, reach, now)


def contract_rescinded(event: Event, reach: Reach, now: datetime) -> None:
    """Confirm that a contract ends before its time, what is owed of it, and what is given back (A2).

    Once for each day that was agreed, whether that is ahead or there already.
    """
    subscription = subscriptions.get(event.subject)
    day = subscription.ends_on or local_date(subscription.ended_at or now, subscription.zone)
    refund = event.data.get("refund")
    params = {
        **_contract(subscription, reach),
        "effective_day": day.isoformat(),
        "dropped": _parts(one for one in subscription.installments if one.status == "canceled"),
        "installments": _parts(subscription.pending),
        "refund": money(Money.from_decimal(refund, subscription.price.currency)) if refund else None,
    }
    customer = customers.get(subscription.customer_id)
    send("contract_rescinded", f"{subscription.id}:{day.isoformat()}", customer, params, reach, now)


def withdrawal_received(event: Event, reach: Reach, now: datetime) -> None:
    """Acknowledge a withdrawal: of what, when it was received, and what follows (B7). A formal letter."""
    received = orders.withdrawals.get(event.data["withdrawal_id"])
    content = received.content
    params = {
        "number": received.id,
        "invoice": content.invoice_number,
        "lines": [
            {"name": line.name, "quantity": line.quantity, "amount": money(line.amount)}
            for line in content.lines
        ],
        "total": money(content.total),
        "received_at": rfc3339(received.created_at),
        "zone": content.zone,
        "dropped": money(content.no_longer_owed) if content.no_longer_owed else None,
        "refund": money(content.refund) if content.refund else None,
        "store_url": reach.vendor.store_url,
    }
    customer = customers.get(received.customer_id)
    send("withdrawal_received", received.id, customer, params, reach, now, formal=True)


def _renews(subscription: Subscription) -> bool:
    """Whether it is to be renewed, as it stands."""
    return subscription.auto_renew and subscription.status != "ended" and subscription.ends_on is None


def _is(instant: datetime, told: str) -> bool:
    """Whether it is the instant that an event tells, which may be cut to whole seconds."""
    return rfc3339(instant) == rfc3339(parse_instant(told))


def _contract(subscription: Subscription, reach: Reach) -> dict[str, Any]:
    return {"product": subscription.name, "store_url": reach.vendor.store_url}


def _renewal(subscription: Subscription) -> dict[str, Any]:
    """When it is renewed, for how much, and until when that can be called off."""
    facts = {"renews_day": subscription.end.isoformat(), "amount": money(subscription.price)}
    return {**facts, **_changeable(subscription)}


def _changeable(subscription: Subscription) -> dict[str, Any]:
    """Until when its owner may change his mind about its renewal, and whether by himself (A1, A5)."""
    until = rfc3339(subscription.cancel_renewal_until)
    return {"until_at": until, "zone": subscription.zone, "self_cancel": subscription.terms.self_cancel}


def _next_period(subscription: Subscription, first_day: date) -> list[dict[str, Any]]:
    """The instalments of the next period; the first one is charged as soon as that cannot be called off."""
    first, *later = changes.next_installments(subscription)
    return _parts((replace(first, due_on=first_day), *later))


def _charged_by(customer: Customer, vendor: Vendor, at: datetime) -> dict[str, Any]:
    """How he will be charged at an instant, as far as is known now."""
    how, _ = means(customer, PayBy(), vendor, at)
    return {"method": how.method, "card": how.card.last4 if how.card else None}


def _parts(those: Iterable[Installment]) -> list[dict[str, Any]]:
    return [{"day": one.due_on.isoformat(), "amount": money(one.amount)} for one in those]


def _last_day(subscription: Subscription) -> date:
    """The last day that counts of a contract that has ended: that of its period, unless it ended before."""
    last = subscription.last_day
    return min(last, local_date(subscription.ended_at, subscription.zone)) if subscription.ended_at else last
