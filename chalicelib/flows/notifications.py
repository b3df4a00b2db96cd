"""Which e-mail follows from which event: composed here, sent by the mail feature (V1, V2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.billing import store as billing
from chalicelib.billing.failures import why
from chalicelib.billing.rules import BOLETO_ZONE
from chalicelib.customers import store as customers
from chalicelib.flows import renewals
from chalicelib.flows.letters import last_day, money, send
from chalicelib.flows.reach import Reach
from chalicelib.kernel.clock import local_date, parse_instant, rfc3339, sortable
from chalicelib.kernel.events import Event
from chalicelib.kernel.markets import market_of
from chalicelib.licensing import store as licensing
from chalicelib.orders import store as orders
from chalicelib.orders.rules import Order


def invoice_issued(event: Event, reach: Reach, now: datetime) -> None:
    """Send the invoice of a new order (V1)."""
    order = orders.get(event.subject)
    invoice = billing.invoices.get(order.invoice_id)
    payment = billing.payments.get(order.payment_id)
    lines = [
        {"name": line.description, "quantity": line.quantity, "amount": money(line.amount)}
        for line in invoice.lines
    ]
    params = {
        "number": invoice.number,
        "total": money(invoice.total),
        "lines": lines,
        "method": payment.method,
        "subscription": _subscription(order),
        "pay_url": reach.links.online(invoice),
    }
    send("invoice_issued", invoice.id, customers.get(order.customer_id), params, reach, now)


def boleto_to_pay(event: Event, reach: Reach, now: datetime) -> None:
    """Send the slip, when there is one and it has not been paid meanwhile (S4)."""
    payment = billing.payments.get(event.subject)
    if payment.status != "pending" or payment.slip is None or payment.due_date is None:
        return
    params = {
        "number": billing.invoices.get(payment.invoice_id).number,
        "amount": money(payment.amount),
        "due_date": payment.due_date.isoformat(),
        "digitable_line": payment.slip.line,
        "pdf_url": payment.slip.pdf_url,
        "pix": payment.pix,
    }
    send("boleto_to_pay", payment.id, customers.get(payment.customer_id), params, reach, now)


def transfer_to_make(event: Event, reach: Reach, now: datetime) -> None:
    """Tell where to send a bank transfer, and what to quote (V7)."""
    payment = billing.payments.get(event.subject)
    if payment.status != "pending" or payment.transfer is None:
        return
    params = {
        "number": billing.invoices.get(payment.invoice_id).number,
        "amount": money(payment.amount),
        "account": payment.transfer.account,
        "reference": payment.transfer.reference,
    }
    send("transfer_to_make", payment.id, customers.get(payment.customer_id), params, reach, now)


def order_expired(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that an order was not paid in time, and that money on its way is not lost (S7)."""
    order = orders.get(event.subject)
    payment = billing.payments.get(order.payment_id)
    if order.status != "expired" or order.expires_at is None:
        return
    params = {
        "number": billing.invoices.get(order.invoice_id).number,
        "amount": money(payment.amount),
        "due_date": (payment.due_date or local_date(order.expires_at, BOLETO_ZONE)).isoformat(),
        "subscription": _subscription(order),
        "store_url": reach.vendor.store_url,
    }
    send("order_expired", order.id, customers.get(order.customer_id), params, reach, now)


def payment_failed(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that an attempt came to nothing, and where to try another way, if the order still waits (S5).

    A card on file that was declined for a subscription is charged anew by itself: when, is told too.
    """
    payment = billing.payments.get(event.subject)
    order = orders.get(payment.order_id)
    if not order.awaits(payment.id):
        return
    invoice = billing.invoices.get(payment.invoice_id)
    params = {
        "number": invoice.number,
        "amount": money(payment.amount),
        "why": why(payment),
        "retry_day": _retry_day(order),
        "pay_url": reach.links.online(invoice),
    }
    send("payment_failed", payment.id, customers.get(payment.customer_id), params, reach, now)


def payment_received(event: Event, reach: Reach, now: datetime) -> None:
    """Confirm that the money is in."""
    payment = billing.payments.get(event.data["payment_id"])
    customer = customers.get(payment.customer_id)
    zone = market_of(customer.country).zone
    params = {
        "number": billing.invoices.get(payment.invoice_id).number,
        "amount": money(payment.amount),
        "paid_date": local_date(payment.paid_at or event.at, zone).isoformat(),
        "method": payment.method,
    }
    send("payment_received", payment.id, customer, params, reach, now)


def refund_made(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that money has been given back, and whether all of the payment has by then."""
    refund = billing.refunds.get(event.subject)
    params = {
        "number": billing.invoices.get(refund.invoice_id).number,
        "amount": money(refund.amount),
        "method": billing.payments.get(refund.payment_id).method,
        "whole": event.data["whole"] == "yes",
    }
    send("refund_made", refund.id, customers.get(refund.customer_id), params, reach, now)


def payment_contested(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that a payment is contested, and what follows from it as long as it is."""
    payment = billing.payments.get(event.subject)
    if not payment.contested_at:
        return
    params = {
        "number": billing.invoices.get(payment.invoice_id).number,
        "amount": money(payment.amount),
        "method": payment.method,
        "store_url": reach.vendor.store_url,
    }
    subject = f"{payment.id}:{sortable(payment.contested_at)}"
    send("payment_contested", subject, customers.get(payment.customer_id), params, reach, now)


def license_active(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that a licence is active; the key itself is read in the client area (V11)."""
    license = licensing.get(event.subject)
    order_id = event.data["order_id"]
    if orders.get(order_id).status == "refunded":
        return
    customer = customers.get(license.customer_id)
    zone = market_of(customer.country).zone
    bought = [addon for addon in license.addons if addon.order_id == order_id]
    params = {
        "product": license.product_name,
        "key_hint": license.key_hint,
        "last_day": last_day(license.expires_at, zone),
        "addons": [{"name": one.name, "last_day": last_day(one.expires_at, zone)} for one in bought],
        "store_url": reach.vendor.store_url,
    }
    # A licence may be extended by later orders: each tells about itself once.
    send("license_active", f"{license.id}:{order_id}", customer, params, reach, now)


def license_ending(event: Event, reach: Reach, now: datetime) -> None:
    """Tell that a licence or an addon is about to end, or has ended.

    Not when it was renewed or stopped meanwhile, nor when the news is stale: the next notice comes by itself.
    """
    license = licensing.get(event.subject)
    code = event.data.get("addon")
    addon = next((one for one in license.addons if one.code == code), None)
    ending = addon or license
    end, days = ending.expires_at, int(event.data["days"])
    stopped = license.status != "active" or license.withheld or ending.withheld
    if stopped or end is None or rfc3339(end) != event.data["expires_at"]:
        return
    # A replayed sweep may stand at a later time than the clock.
    at = max(now, event.at)
    if days and (at >= end or (ending.noticed_until or at) > end - timedelta(days=days)):
        return
    customer = customers.get(license.customer_id)
    zone = market_of(customer.country).zone
    params: dict[str, Any] = {
        "product": license.product_name,
        "addon": addon.name if addon else None,
        "key_hint": license.key_hint,
        "last_day": last_day(end, zone),
        "store_url": reach.vendor.store_url,
    }
    subject = f"{license.id}:{code or ''}:{event.data['expires_at']}:{days}"
    if days:
        # What is told late, after an outage, is told as it is by then.
        params["days"] = -(-(end - at) // timedelta(days=1))
        send("license_expiring", subject, customer, params, reach, now)
    else:
        params["grace_day"] = last_day(ending.grace_until, zone) if ending.grace_days else None
        send("license_expired", subject, customer, params, reach, now)


def license_changed(event: Event, reach: Reach, now: datetime) -> None:
    """Tell the owner what staff did to his licence."""
    license = licensing.get(event.subject)
    customer = customers.get(license.customer_id)
    old_until = event.data.get("old_until")
    zone = market_of(customer.country).zone
    params = {
        "product": license.product_name,
        "key_hint": license.key_hint,
        "change": event.data["change"],
        "old_until": last_day(parse_instant(old_until), zone) if old_until else None,
        "store_url": reach.vendor.store_url,
    }
    subject = f"{license.id}:{event.data['change']}:{sortable(event.at)}"
    send("license_changed", subject, customer, params, reach, now)


def _subscription(order: Order) -> str | None:
    """Of which subscription an order that nobody placed asks for an instalment."""
    return next((item.name for item in order.items if item.subscription_id), None)


def _retry_day(order: Order) -> str | None:
    """When the card that was declined for an order is charged anew by itself."""
    found = renewals.installment_of(order)
    if found is None or found[1].retry_at is None:
        return None
    return local_date(found[1].retry_at, found[0].zone).isoformat()
