"""Money taken back without us: chargebacks, reversals at PayPal, refunds made on a provider's own pages.

A provider's object tells how a charge stands at the moment of asking. So it is asked for after our own row
was read, and what it says holds only if that row has not changed since: otherwise an old answer that comes
late could undo what a newer one has brought.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.billing import reversals, rules
from chalicelib.billing import store as billing
from chalicelib.billing.gateways import Gateway, ProviderUnavailable
from chalicelib.billing.rules import Payment
from chalicelib.billing.verdicts import Sighting
from chalicelib.flows.entitlements import Cause, restore, suspend
from chalicelib.flows.refunds import gone_back
from chalicelib.flows.settlement import sighting
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.events import SYSTEM, Change, Event
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order
from chalicelib.storage.transaction import Transaction, retrying
from chalicelib.tasks import service as tasks
from chalicelib.tasks.rules import new_task


def review(payment_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    """Ask what became of money that had come in, and book it; repeating it changes nothing.

    Raises `ProviderUnavailable`: the message comes again. A payment that is contested, or of which there may
    be news, stays due until they are seen; after months in vain finance is asked to find out.
    """
    retrying(lambda: _review(payment_id, gateways, now))


def _review(payment_id: str, gateways: Mapping[str, Gateway], now: datetime) -> None:
    payment = billing.payments.get(payment_id)
    if not payment.came_in:
        return
    seen = _seen(payment, gateways[payment.provider], now)
    writing = Transaction()
    if seen:
        _book(writing, payment, seen, now)
    elif reversals.in_vain(payment, now):
        _give_up(writing, payment, now)
    elif payment.contested_at or payment.review_from:
        writing.save(billing.payments.row(rules.asked(payment, now)))
    writing.commit()


def _seen(payment: Payment, gateway: Gateway, now: datetime) -> Sighting | None:
    """How the provider shows the charge of money that came in; None where it does not."""
    try:
        found = gateway.find(payment.id, payment.provider_id)
    except ProviderUnavailable:
        if not reversals.in_vain(payment, now):
            raise
        return None
    usable = found and found.provider_id == payment.provider_id and found.status in ("paid", "refunded")
    return sighting(found) if found and usable else None


def _give_up(writing: Transaction, payment: Payment, now: datetime) -> None:
    since = sortable(payment.review_from) if payment.review_from else ""
    _ask_finance(writing, "payment_not_reviewed", f"{payment.id}:{since}", payment, None, now)
    writing.save(billing.payments.row(replace(payment, review_from=None)))


def _book(writing: Transaction, before: Payment, seen: Sighting, now: datetime) -> None:
    after = reversals.observed(before, seen, now)
    if reversals.came_back(before, seen):
        _ask_finance(writing, "payment_came_back", f"{before.id}:{seen.refunded or ''}", after, seen, now)
    if after != before:
        writing.save(billing.payments.row(after))
    if before.status == "refunded":
        return
    left_as_it_is = _change_order(writing, after, now) if after.status == "paid" else ""
    if after.taken != before.taken:
        _tell_taken(writing, before, after, seen, now)
    if after.contested_at and not before.contested_at:
        _tell_contested(writing, before, after, seen, now)
    elif before.contested_at and not after.contested_at:
        _tell_decided(writing, before, after, seen, left_as_it_is, now)


def _change_order(writing: Transaction, payment: Payment, now: datetime) -> str:
    """Suspend what the payment paid for, or restore it; the licences that it could not restore."""
    before = orders.get(payment.order_id)
    if payment.contested_at:
        after = suspend(before, Cause(writing, SYSTEM, now, "payment contested"))
    else:
        after = restore(before, Cause(writing, SYSTEM, now, "payment contested no more"))
    if after == before:
        return ""
    writing.save(orders.row(after))
    action = "suspended" if after.suspended_at else "restored"
    writing.audit(Change(after.id, after.customer_id, action, before.stage, after.stage, SYSTEM, now))
    return "" if after.suspended_at else _not_restored(before, after)


def _not_restored(before: Order, after: Order) -> str:
    pairs = zip(before.grants, after.grants, strict=True)
    return ", ".join(sorted({was.license_id for was, now in pairs if was != now}))


def _tell_taken(writing: Transaction, before: Payment, after: Payment, seen: Sighting, now: datetime) -> None:
    subject = f"{after.id}:{after.taken or ''}"
    gone_back(writing, before, after, subject, SYSTEM, now)
    _ask_finance(writing, "payment_taken_back", subject, after, seen, now)
    _audit(writing, before, after, f"{after.taken or ''} taken back", now)


def _tell_contested(
    writing: Transaction, before: Payment, after: Payment, seen: Sighting, now: datetime
) -> None:
    _ask_finance(writing, "payment_disputed", _dispute(after), after, seen, now)
    writing.emit(Event("payment.contested", after.id, now))
    _audit(writing, before, after, "payment contested", now)


def _tell_decided(
    writing: Transaction, before: Payment, after: Payment, seen: Sighting, not_restored: str, now: datetime
) -> None:
    if after.taken == before.taken:
        _ask_finance(writing, "dispute_won", _dispute(before), after, seen, now, not_restored=not_restored)
    if after.status == before.status:
        _audit(writing, before, after, "payment contested no more", now)


def _dispute(payment: Payment) -> str:
    """One dispute of a payment: it may be contested again later."""
    return f"{payment.id}:{sortable(payment.contested_at) if payment.contested_at else ''}"


def _audit(writing: Transaction, before: Payment, after: Payment, action: str, now: datetime) -> None:
    writing.audit(Change(after.id, after.customer_id, action, before.status, after.status, SYSTEM, now))


def _ask_finance(
    writing: Transaction,
    kind: str,
    subject: str,
    payment: Payment,
    seen: Sighting | None,
    now: datetime,
    **more: str,
) -> None:
    facts = {
        "payment_id": payment.id,
        "order_id": payment.order_id,
        "customer_id": payment.customer_id,
        "provider": payment.provider,
        "provider_id": payment.provider_id or "",
        "amount": str(payment.amount),
        "gone_at_provider": str(seen.refunded or "") if seen else "",
        "promised": str(payment.promised or ""),
        "taken": str(payment.taken or ""),
        **{name: value for name, value in more.items() if value},
    }
    tasks.add_once(writing, new_task("finance", kind, subject, facts, now))
