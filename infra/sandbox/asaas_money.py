"""Asaas after the payment: money given back, and payments that are contested."""

from decimal import Decimal

from infra.sandbox.asaas_objects import local_time
from infra.sandbox.desk import Unable
from infra.sandbox.state import Charge
from infra.sandbox.wire import Json

# The states of a contested payment, by what happens to it.
DISPUTES = {"dispute": "CHARGEBACK_REQUESTED", "dispute_won": None, "dispute_lost": "REFUNDED"}


def given_back(charge: Charge) -> int:
    """Minor units that have gone back."""
    return sum(int(one["minor"]) for one in charge.details["refunds"])


def give_back(charge: Charge, minor: int, description: str | None, now: int) -> str:
    """Note a refund; the kind of the event that tells of it."""
    whole = given_back(charge) + minor == charge.shown
    charge.details["refunds"].append(
        {"minor": minor, "description": description, "at": local_time(now).strftime("%Y-%m-%d %H:%M:%S")}
    )
    if whole:
        charge.details["told"] = "REFUNDED"
    return "PAYMENT_REFUNDED" if whole else "PAYMENT_PARTIALLY_REFUNDED"


def refund_objects(charge: Charge) -> list[Json] | None:
    """The refunds as the payment tells of them."""
    return [
        {
            "dateCreated": one["at"],
            "status": "DONE",
            "value": float(Decimal(one["minor"]) / 100),
            "description": one["description"],
            "transactionReceiptUrl": None,
        }
        for one in charge.details["refunds"]
    ] or None


def contest(charge: Charge, act: str) -> str:
    """Open, win or lose a dispute; the kind of the event that tells of it. Raises Unable."""
    if act not in DISPUTES:
        raise Unable(f"Asaas does not know how to {act}.")
    disputed = charge.details.get("told") == DISPUTES["dispute"]
    if charge.status != "paid" or disputed == (act == "dispute"):
        raise Unable(f"Charge {charge.id} is not in a state for that.")
    charge.details["told"] = DISPUTES[act]
    kinds = {"dispute": "PAYMENT_CHARGEBACK_REQUESTED", "dispute_won": "PAYMENT_RECEIVED"}
    return kinds.get(act, "PAYMENT_REFUNDED")
