"""What we ask of Stripe: forms with nested keys in square brackets, and what it says when it refuses."""

from __future__ import annotations

from chalicelib.billing.gateways import ChargeRefused, ChargeRequest, ProviderUnavailable, RefundRequest
from chalicelib.billing.gateways.http import Answer, dig
from chalicelib.billing.gateways.stripe_reading import ON_FILE

LOCALES = ("es", "pt-BR", "en")


def session_form(request: ChargeRequest, boleto_days: int | None) -> dict[str, str]:
    """A Checkout Session: for a card, or for a voucher that can be paid for so many days."""
    locale = request.payer.locale
    form = {
        "mode": "payment",
        "payment_method_types[0]": "card" if boleto_days is None else "boleto",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": request.amount.currency.lower(),
        "line_items[0][price_data][unit_amount]": str(request.amount.minor),
        "line_items[0][price_data][product_data][name]": request.description[:250],
        "client_reference_id": request.payment_id,
        "metadata[payment_id]": request.payment_id,
        "payment_intent_data[metadata][payment_id]": request.payment_id,
        "customer_email": request.payer.email,
        "locale": locale if locale in LOCALES else "auto",
        "success_url": request.return_url,
        "cancel_url": request.return_url,
    }
    if boleto_days is not None:
        return form | {"payment_method_options[boleto][expires_after_days]": str(boleto_days)}
    if request.keep_card:
        # Stripe keeps cards with customers only, and makes one in the same step.
        form |= {"customer_creation": "always", "payment_intent_data[setup_future_usage]": "off_session"}
    return form


def intent_form(request: ChargeRequest, customer: str, method: str) -> dict[str, str]:
    """A payment with a card on file, made at once and without its holder."""
    return {
        "amount": str(request.amount.minor),
        "currency": request.amount.currency.lower(),
        "customer": customer,
        "payment_method": method,
        "payment_method_types[0]": "card",
        "off_session": "true",
        "confirm": "true",
        "description": request.description[:250],
        "metadata[payment_id]": request.payment_id,
        "metadata[card]": ON_FILE,
    }


def refund_form(request: RefundRequest, intent_id: str) -> dict[str, str]:
    """A refund of a part or of all; Stripe's own `reason` knows three words only, so ours is metadata."""
    return {
        "payment_intent": intent_id,
        "amount": str(request.amount.minor),
        "metadata[refund_id]": request.refund_id,
        "metadata[reason]": request.reason[:500],
    }


def refusal(answer: Answer) -> ChargeRefused:
    """Stripe answers 4xx with one `error`: a `type`, often a `code`, a `message`.

    ProviderUnavailable when the key was used for something else before: that may have taken effect.
    """
    error = answer.body.get("error")
    if dig(error, "type") == "idempotency_error":
        raise ProviderUnavailable("the idempotency key was used with another form")
    code = dig(error, "code") or dig(error, "type") or f"http_{answer.status}"
    return ChargeRefused(str(code), str(dig(error, "message") or "no reason given")[:500])
