"""What Stripe tells of a Checkout Session or a PaymentIntent: state, money back, card, voucher."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from chalicelib.billing.boleto import SlipMismatch, SlipNotValid, check_slip
from chalicelib.billing.gateways import Charged, PaymentStatus, ProviderPayment, SlipData, StoredCard
from chalicelib.billing.gateways.http import Json, dig, id_of, reading, text_of
from chalicelib.kernel.clock import local_date
from chalicelib.kernel.money import EXPONENTS, Money

ZONE = "America/Sao_Paulo"
# Marks the intents that we made ourselves, without a session: it stands in their metadata under `card`.
ON_FILE = "on_file"

INTENTS: dict[str, PaymentStatus] = {
    "succeeded": "paid",
    "canceled": "canceled",
    "processing": "pending",
    "requires_action": "pending",
    "requires_capture": "pending",
    "requires_confirmation": "pending",
    "requires_payment_method": "pending",
}
# What can no longer be paid once its session is complete: the voucher was withdrawn, or it ran out.
OVER = ("canceled", "requires_payment_method")
# Of a lost dispute the money is gone; of the other ones nothing is contested any more.
DECIDED = ("lost", "won", "warning_closed", "prevented")


def payment_of_session(session: Json, disputes: Sequence[Json] = ()) -> ProviderPayment | None:
    """None for a session in a currency that we do not sell in: the account may serve others too.

    `payment_intent` is read where the session was asked for with it; ProviderUnavailable when the session
    lacks what was agreed.
    """
    with reading("a session of Stripe"):
        status, intent = _status(session), session.get("payment_intent")
        told = (dig(session, "metadata", "payment_id"), session.get("client_reference_id"))
        return _payment(
            session["id"], session["amount_total"], session["currency"], told, status, intent, disputes
        )


def payment_of_intent(intent: Json, disputes: Sequence[Json] = ()) -> ProviderPayment | None:
    """The same for an intent that has no session."""
    with reading("an intent of Stripe"):
        status = INTENTS.get(intent["status"], "unknown")
        told = (dig(intent, "metadata", "payment_id"),)
        return _payment(intent["id"], intent["amount"], intent["currency"], told, status, intent, disputes)


def is_on_file(intent: object) -> bool:
    """Whether we made this intent ourselves, with a card on file."""
    return bool(dig(intent, "metadata", "card") == ON_FILE)


def is_boleto(intent: object) -> bool:
    """Whether the intent was paid, or is to be paid, by a voucher."""
    return bool(dig(intent, "payment_method_types") == ["boleto"])


def charged_of_voucher(session: Json) -> Charged | None:
    """The slip of a session whose payer has asked for one and not paid it yet; None before that.

    A slip that is not for this amount is not shown by us: its payer is sent to Stripe's own page of it.
    """
    voucher = dig(session, "payment_intent", "next_action", "boleto_display_details")
    if not isinstance(voucher, dict):
        return None
    with reading("a voucher of Stripe"):
        known = id_of(session["id"])
        amount = Money(whole(session["amount_total"]), str(session["currency"]).upper())
        due = local_date(datetime.fromtimestamp(whole(voucher["expires_at"]), UTC), ZONE)
        try:
            slip = check_slip(text_of(voucher["number"]), amount=amount, due=due, reference=due)
        except (SlipNotValid, SlipMismatch):
            return Charged(known, text_of(voucher["hosted_voucher_url"]), None)
        return Charged(known, None, SlipData(slip.line, slip.barcode, text_of(voucher["pdf"])))


def whole(value: object) -> int:
    """A whole number; ValueError when it is not one."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("not a whole number")
    return value


def _payment(
    found_id: object,
    minor: object,
    currency: object,
    references: Sequence[object],
    status: PaymentStatus,
    intent: object,
    disputes: Sequence[Json],
) -> ProviderPayment | None:
    code = str(currency).upper()
    if code not in EXPONENTS:
        return None
    amount, charge = whole(minor), dig(intent, "latest_charge")
    back = _gone_back(charge, disputes, amount) if status == "paid" else 0
    paid = dig(charge, "created") if status == "paid" and back < amount else None
    return ProviderPayment(
        provider_id=id_of(found_id),
        reference=next((one for one in references if isinstance(one, str) and one), None),
        amount=Money(amount, code),
        status="refunded" if back and back >= amount else status,
        paid_at=datetime.fromtimestamp(whole(paid), UTC) if paid is not None else None,
        refunded=Money(back, code) if back else None,
        disputed=any(one["status"] not in DECIDED for one in disputes),
        card=_card(intent) if status == "paid" else None,
    )


def _status(session: Json) -> PaymentStatus:
    if session["payment_status"] == "paid":
        return "paid"
    if session["status"] == "expired":
        return "canceled"
    if session["status"] == "complete" and dig(session, "payment_intent", "status") in OVER:
        return "canceled"
    return "pending" if session["payment_status"] == "unpaid" else "unknown"


def _gone_back(charge: object, disputes: Sequence[Json], amount: int) -> int:
    """Minor units, by refund and by lost dispute."""
    lost = sum(whole(one["amount"]) for one in disputes if one["status"] == "lost")
    if dig(charge, "refunded") is True:
        return amount
    return min(amount, whole(dig(charge, "amount_refunded") or 0) + lost)


def _card(intent: object) -> StoredCard | None:
    """The card, if it was kept: with the customer whom Stripe keeps it for."""
    match intent:
        case {
            "setup_future_usage": "off_session",
            "customer": str(customer),
            "payment_method": {
                "id": str(method),
                "card": {
                    "brand": str(brand),
                    "last4": str(last4),
                    "exp_month": int(month),
                    "exp_year": int(year),
                },
            },
        } if re.fullmatch(r"[0-9]{4}", last4, re.ASCII):
            return StoredCard(f"{id_of(customer)}:{id_of(method)}", brand, last4, f"{year:04d}-{month:02d}")
    return None
