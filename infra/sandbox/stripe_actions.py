"""What can happen to a payment at Stripe: cards on file, vouchers, canceling, refunds, disputes."""

from datetime import UTC, datetime, timedelta, timezone

from infra.sandbox.boleto import make_slip
from infra.sandbox.desk import Unable
from infra.sandbox.state import Charge, Event, State
from infra.sandbox.stripe_forms import Faulty, IntentForm, RefundForm
from infra.sandbox.stripe_objects import (
    charge_object,
    dispute_object,
    event_of,
    intent_object,
    refund_object,
    token,
)
from infra.sandbox.wire import Json

_SAO_PAULO = timezone(timedelta(hours=-3))
_BANK = "237"
# How a card on file may behave, in the words of `error`.
DECLINES = {
    "card_declined": ("card_declined", "generic_decline", "Your card was declined."),
    "authentication_required": (
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}


def charge_with_card(state: State, form: IntentForm, now: int, skew: int, declined: bool) -> Charge:
    """A payment without the card's holder, as it came out: paid, or open with an error. Raises Faulty."""
    # Where it was kept; what it was charged for since then is of the same customer and card.
    kept = state.find_charges(
        lambda one: (
            one.provider == "stripe" and one.details.get("customer") == form.customer and one.details["keep"]
        )
    )
    card = next((one for one in kept if one.details.get("payment_method") == form.payment_method), None)
    if card is None:
        raise Faulty(f"No such PaymentMethod: '{form.payment_method}'", "payment_method", "resource_missing")
    behaviour = "card_declined" if declined else str(card.details["paid_by"])
    error = DECLINES.get(behaviour)
    charge = Charge(
        id=token("pi_", 24),
        provider="stripe",
        reference=form.metadata.get("payment_id", ""),
        amount=form.amount,
        currency=form.currency.upper(),
        created=now,
        skew=skew,
        status="open" if error else "paid",
        paid_at=None if error else now,
        expires_at=now if error else None,  # nobody has a page to pay it on
    )
    charge.details = {
        "payment_intent": charge.id,
        "latest_charge": token("ch_", 24),
        "customer": form.customer,
        "payment_method": form.payment_method,
        "keep": False,
        "card": card.details["card"],
        "customer_email": None,
        "methods": ["card"],
        "intent": {"description": form.description, "metadata": form.metadata},
        "error": error and {"code": error[0], "decline_code": error[1], "message": error[2]},
        "refunds": [],
    }
    return charge


def keep_card(charge: Charge) -> None:
    """What paying on the hosted page adds: intent, charge, card, and the customer it is kept for."""
    details = charge.details
    details["payment_intent"] = details.get("payment_intent") or token("pi_", 24)
    details["latest_charge"] = token("ch_", 24)
    details["payment_method"] = token("pm_", 24)
    if details["keep"]:
        details["customer"] = token("cus_", 14)
        details["card"] = {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030}


def issue_voucher(charge: Charge, now: int, page: str) -> None:
    """The payer has asked for the boleto: the session is complete, and not paid. Raises Unable."""
    if charge.details["methods"] != ["boleto"] or charge.details.get("voucher") or not charge.payable(now):
        raise Unable(f"Charge {charge.id} has no boleto to issue.")
    today = datetime.fromtimestamp(now, UTC).astimezone(_SAO_PAULO)
    last = (today + timedelta(days=charge.details["expires_after_days"])).replace(
        hour=23, minute=59, second=59, microsecond=0
    )
    free_field = str(int(charge.created)).zfill(25)
    slip = make_slip(bank=_BANK, due=last.date(), amount=charge.shown, free_field=free_field)
    charge.expires_at = int(last.timestamp())
    charge.details["payment_intent"] = token("pi_", 24)
    charge.details["voucher"] = {
        "expires_at": charge.expires_at,
        "hosted_voucher_url": page,
        "number": slip.line,
        "pdf": f"{page}?pdf",
    }


def give_back(charge: Charge, form: RefundForm, now: int) -> tuple[Json, list[Event]]:
    """The refund and its events. Raises Faulty."""
    details = charge.details
    left = charge.shown - sum(one["amount"] for one in details["refunds"])
    if charge.status != "paid":
        raise Faulty("This PaymentIntent does not have a successful charge to refund.", "payment_intent")
    if details["methods"] == ["boleto"]:
        raise Faulty("Boleto payments cannot be refunded.", "payment_intent")
    if details.get("dispute", {}).get("status") not in (None, "won"):
        raise Faulty("Charge has been charged back; cannot issue a refund.", None, "charge_disputed")
    if left == 0:
        raise Faulty("Charge has already been refunded.", None, "charge_already_refunded")
    amount = left if form.amount is None else form.amount
    if not 0 < amount <= left:
        raise Faulty(f"Refund amount ({amount}) is greater than unrefunded amount ({left}).", "amount")
    details["refunds"].append(
        {"id": token("re_", 24), "amount": amount, "metadata": form.metadata, "at": now}
    )
    refund = refund_object(charge, details["refunds"][-1])
    return refund, [
        event_of("refund.created", charge, refund, now),
        event_of("charge.refunded", charge, charge_object(charge), now),
    ]


def contest(charge: Charge, act: str, now: int) -> list[Event]:
    """Open, win or lose a dispute; its events. Raises Unable."""
    states = {"dispute": "needs_response", "dispute_won": "won", "dispute_lost": "lost"}
    dispute = charge.details.get("dispute")
    undecided = dispute is not None and dispute["status"] == "needs_response"
    if act not in states or charge.status != "paid" or charge.details["methods"] == ["boleto"]:
        raise Unable(f"That does not happen to charge {charge.id}.")
    if undecided == (act == "dispute"):
        raise Unable(f"Charge {charge.id} has {'a dispute already' if undecided else 'no open dispute'}.")
    charge.details["dispute"] = (
        {"id": token("du_", 24), "at": now} | (dispute or {}) | {"status": states[act]}
    )
    kinds = {
        "dispute": ("charge.dispute.created", "charge.dispute.funds_withdrawn"),
        "dispute_won": ("charge.dispute.funds_reinstated", "charge.dispute.closed"),
        "dispute_lost": ("charge.dispute.closed",),
    }
    return [event_of(kind, charge, dispute_object(charge), now) for kind in kinds[act]]


def cancel_intent(charge: Charge, now: int) -> list[Event]:
    """Close an intent that is neither paid nor closed. Raises Faulty."""
    intent = intent_object(charge, now)
    if intent["status"] in ("succeeded", "canceled"):
        message = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
        raise Faulty(message, None, "payment_intent_unexpected_state")
    charge.status = "canceled"
    return [event_of("payment_intent.canceled", charge, intent_object(charge, now), now)]
