"""Charging a card that Stripe keeps for us, without its holder (S2, S5)."""

from __future__ import annotations

from urllib.parse import urlencode

from chalicelib.billing.gateways import Charged, ChargeRefused, ChargeRequest, ProviderUnavailable
from chalicelib.billing.gateways.http import Endpoint, Json, dig, id_of, reading, safe_id
from chalicelib.billing.gateways.stripe_forms import intent_form, refusal

INTENTS = "/v1/payment_intents"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def charge_on_file(api: Endpoint, request: ChargeRequest, token: str) -> Charged:
    """One payment per payment id, found again by any repeat: nothing is left for the payer to do.

    Raises ChargeRefused `authentication_required`, `card_declined` or `card_unknown`, with the attempt closed
    at Stripe, or ProviderUnavailable. Stripe forgets an idempotency key after a day, so that an earlier
    attempt is looked for among the customer's: a list, unlike a search, shows what was made just before.
    """
    customer, method = _parts(token)
    intent = _earlier(api, request, customer) or _pay(api, request, customer, method)
    with reading("an intent of Stripe"):
        known, status = id_of(intent["id"]), intent["status"]
    if status not in ("succeeded", "processing"):
        _close(api, known)
        raise _declined(intent.get("last_payment_error"))
    return Charged(known, None, None)


def cancel_intent(api: Endpoint, intent_id: str) -> bool:
    """Whether Stripe took the word for it: an intent that is paid, on its way or canceled stays as it is."""
    return api.send("POST", f"{INTENTS}/{intent_id}/cancel", b"", FORM).ok


def _parts(token: str) -> tuple[str, str]:
    customer, _, method = token.partition(":")
    if not (safe_id(customer) and safe_id(method)):
        raise ChargeRefused("card_unknown", "the token is not one of Stripe's")
    return customer, method


def _earlier(api: Endpoint, request: ChargeRequest, customer: str) -> Json | None:
    """The attempt that an earlier call made for this payment."""
    query = urlencode({"customer": customer, "limit": "100"})
    answer = api.send("GET", f"{INTENTS}?{query}")
    if not answer.ok:
        raise ChargeRefused("card_unknown", refusal(answer).detail)
    with reading("a list of Stripe"):
        found: list[Json] = answer.body["data"]
        return next((one for one in found if dig(one, "metadata", "payment_id") == request.payment_id), None)


def _pay(api: Endpoint, request: ChargeRequest, customer: str, method: str) -> Json:
    """The attempt, also when it failed."""
    form = urlencode(intent_form(request, customer, method)).encode()
    answer = api.send("POST", INTENTS, form, {**FORM, "Idempotency-Key": request.payment_id})
    if answer.ok:
        return answer.body
    error = answer.body.get("error")
    intent = dig(error, "payment_intent")
    if isinstance(intent, dict):
        return {**intent, "last_payment_error": error}
    refused = refusal(answer)
    raise ChargeRefused("card_unknown", refused.detail) if refused.code == "resource_missing" else refused


def _close(api: Endpoint, intent_id: str) -> None:
    """Leave nothing behind that could still be paid."""
    if cancel_intent(api, intent_id):
        return
    intent = api.get(f"{INTENTS}/{intent_id}", {})
    if dig(intent, "status") != "canceled":
        raise ProviderUnavailable("the declined payment could not be closed")


def _declined(error: object) -> ChargeRefused:
    """In two codes: whether the holder has to come himself, or that card will not do."""
    told = (dig(error, "code"), dig(error, "decline_code"))
    code = "authentication_required" if "authentication_required" in told else "card_declined"
    return ChargeRefused(code, str(dig(error, "message") or "no reason given")[:500])
