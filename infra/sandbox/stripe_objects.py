"""The objects of Stripe's API as it words them: Checkout Session, PaymentIntent, event and error."""

import json
import secrets
import string

from infra.sandbox.state import Charge, Event
from infra.sandbox.stripe_forms import SessionForm
from infra.sandbox.wire import Json

API_VERSION = "2026-10-28.endive"


def token(prefix: str, length: int) -> str:
    """A new id of Stripe's look."""
    return prefix + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def charge_from(form: SessionForm, now: int, skew: int) -> Charge:
    """A new charge for a Checkout Session."""
    details = {
        "success_url": form.success_url,
        "cancel_url": form.cancel_url,
        "customer_email": form.customer_email,
        "metadata": form.metadata,
        "intent": form.intent,
        "methods": form.methods,
        "payment_intent": None,
        "customer": None,
        "keep": form.keep,
        "card": None,
        "expires_after_days": form.expires_after_days,
        "refunds": [],
    }
    return Charge(
        id=token("cs_test_", 58),
        provider="stripe",
        reference=form.reference,
        amount=form.amount,
        currency=form.currency.upper(),
        created=now,
        skew=skew,
        expires_at=form.expires_at,
        details=details,
    )


def session_status(charge: Charge, now: int) -> str:
    """open, complete or expired. It is complete once there is a voucher, whatever becomes of that."""
    if charge.status == "paid" or charge.details.get("voucher"):
        return "complete"
    return "open" if charge.payable(now) else "expired"


def session_object(charge: Charge, now: int, page: str) -> Json:
    """The Checkout Session as Stripe tells it: its intent appears on paying, its URL ends with it."""
    status, details = session_status(charge, now), charge.details
    return {
        "id": charge.id,
        "object": "checkout.session",
        "amount_subtotal": charge.shown,
        "amount_total": charge.shown,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": details["cancel_url"],
        "client_reference_id": charge.reference or None,
        "created": charge.created,
        "currency": charge.currency.lower(),
        "custom_fields": [],
        "customer": details["customer"],
        "customer_details": {"email": details["customer_email"]} if details["customer_email"] else None,
        "customer_email": details["customer_email"],
        "expires_at": charge.expires_at,
        "livemode": False,
        "locale": None,
        "metadata": details["metadata"],
        "mode": "payment",
        "payment_intent": details["payment_intent"],
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": details["methods"],
        "payment_status": "paid" if charge.status == "paid" else "unpaid",
        "setup_intent": None,
        "shipping_options": [],
        "status": status,
        "submit_type": None,
        "subscription": None,
        "success_url": details["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": page if status == "open" else None,
    }


def intent_status(charge: Charge, now: int) -> str:
    """succeeded, canceled, requires_action (a voucher to be paid) or requires_payment_method."""
    if charge.status in ("paid", "canceled"):
        return "succeeded" if charge.status == "paid" else "canceled"
    return (
        "requires_action"
        if charge.details.get("voucher") and charge.payable(now)
        else "requires_payment_method"
    )


def intent_object(charge: Charge, now: int) -> Json:
    """The PaymentIntent of a session or of a card on file."""
    details, status = charge.details, intent_status(charge, now)
    waiting = {"type": "boleto_display_details", "boleto_display_details": details.get("voucher")}
    return {
        "id": details["payment_intent"],
        "object": "payment_intent",
        "amount": charge.shown,
        "amount_capturable": 0,
        "amount_received": charge.shown if status == "succeeded" else 0,
        "canceled_at": None,
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "created": charge.paid_at or charge.created,
        "currency": charge.currency.lower(),
        "customer": details["customer"],
        "description": details["intent"]["description"],
        "last_payment_error": details.get("error"),
        "latest_charge": details.get("latest_charge"),
        "livemode": False,
        "metadata": details["intent"]["metadata"],
        "next_action": waiting if status == "requires_action" else None,
        "payment_method": details.get("payment_method"),
        "payment_method_types": details["methods"],
        "receipt_email": details["customer_email"],
        "setup_future_usage": "off_session" if details["keep"] else None,
        "status": status,
    }


def charge_object(charge: Charge) -> Json:
    """The Charge of a PaymentIntent."""
    details = charge.details
    back = sum(one["amount"] for one in details["refunds"])
    paid = charge.status == "paid"
    return {
        "id": details["latest_charge"],
        "object": "charge",
        "amount": charge.shown,
        "amount_captured": charge.shown if paid else 0,
        "amount_refunded": back,
        "created": charge.paid_at or charge.created,
        "currency": charge.currency.lower(),
        "customer": details["customer"],
        "disputed": "dispute" in details,
        "metadata": details["intent"]["metadata"],
        "paid": paid,
        "payment_intent": details["payment_intent"],
        "payment_method": details["payment_method"],
        "refunded": paid and back >= charge.shown,
        "status": "succeeded" if paid else "failed",
    }


def method_object(charge: Charge) -> Json:
    """The PaymentMethod that a charge was paid with."""
    details = charge.details
    kind = details["methods"][0]
    card = details["card"] or {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030}
    return {
        "id": details["payment_method"],
        "object": "payment_method",
        "customer": details["customer"],
        "type": kind,
        **({"card": card} if kind == "card" else {kind: {"tax_id": "529.982.247-25"}}),
    }


def refund_object(charge: Charge, refund: Json) -> Json:
    """A Refund."""
    return {
        "id": refund["id"],
        "object": "refund",
        "amount": refund["amount"],
        "charge": charge.details["latest_charge"],
        "created": refund["at"],
        "currency": charge.currency.lower(),
        "metadata": refund["metadata"],
        "payment_intent": charge.details["payment_intent"],
        "reason": None,
        "status": "succeeded",
    }


def dispute_object(charge: Charge) -> Json:
    """A Dispute over the whole charge."""
    dispute = charge.details["dispute"]
    return {
        "id": dispute["id"],
        "object": "dispute",
        "amount": charge.shown,
        "charge": charge.details["latest_charge"],
        "created": dispute["at"],
        "currency": charge.currency.lower(),
        "metadata": {},
        "payment_intent": charge.details["payment_intent"],
        "reason": "fraudulent",
        "status": dispute["status"],
    }


def event_of(kind: str, charge: Charge, subject: Json, now: int) -> Event:
    """A webhook event about `subject`."""
    body = {
        "id": token("evt_", 24),
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": token("req_", 14), "idempotency_key": None},
        "type": kind,
    }
    return Event(str(body["id"]), "stripe", kind, charge.id, json.dumps(body, ensure_ascii=False, indent=2))


def error_object(message: str, kind: str, param: str | None = None, code: str | None = None) -> Json:
    """An error body; the real one leaves out what it has nothing to say on."""
    fields = {"code": code, "message": message, "param": param, "type": kind}
    return {"error": {name: value for name, value in fields.items() if value is not None}}
