"""What can happen to money at PayPal once it was captured: cheques clear or bounce, payers complain."""

from infra.sandbox.desk import Unable
from infra.sandbox.paypal_objects import capture_object, event_of, refund_objects, token
from infra.sandbox.state import Charge, Event
from infra.sandbox.wire import Json

ACTS = ("clear", "deny", "dispute", "dispute_won", "dispute_lost")


def take(charge: Charge, api: str, now: int) -> Event:
    """The merchant captures an approved order; what is paid `by` echeck takes some days."""
    waits = charge.details.get("paid_by") == "echeck"
    charge.details |= {"capture": token(), "changed": now, "waits": "ECHECK" if waits else ""}
    # Until the bank has paid, it is not more than approved.
    charge.status, charge.paid_at = ("approved", None) if waits else ("paid", now)
    kind = "PAYMENT.CAPTURE.PENDING" if waits else "PAYMENT.CAPTURE.COMPLETED"
    return event_of(kind, charge, capture_object(charge, api), now)


def give_back(charge: Charge, minor: int, custom_id: str | None, now: int) -> str:
    """Some of the captured money goes back; the refund's id."""
    refund = {"id": token(), "minor": minor, "custom_id": custom_id, "at": now}
    charge.details["refunds"].append(refund)
    charge.details["changed"] = now
    return str(refund["id"])


def happen(charge: Charge, act: str, api: str, now: int) -> list[Event]:
    """Let an act of ACTS happen, and give its events. Raises Unable."""
    waits = charge.details.get("waits") if charge.details["capture"] else None
    wanted = {"clear": "ECHECK", "deny": "ECHECK", "dispute": ""}.get(act, "BUYER_COMPLAINT")
    if act not in ACTS or waits != wanted:
        raise Unable(f"That does not happen to charge {charge.id}.")
    charge.details |= {"waits": "BUYER_COMPLAINT" if act == "dispute" else "", "changed": now}
    if act in ("clear", "deny"):
        return [_decided(charge, act == "clear", api, now)]
    outcome = {"dispute_won": "RESOLVED_SELLER_FAVOUR", "dispute_lost": "RESOLVED_BUYER_FAVOUR"}.get(act)
    kind = "CUSTOMER.DISPUTE.RESOLVED" if outcome else "CUSTOMER.DISPUTE.CREATED"
    events = [event_of(kind, charge, _dispute(charge, outcome), now)]
    if act == "dispute_lost":
        give_back(charge, charge.shown - sum(one["minor"] for one in charge.details["refunds"]), None, now)
        reversal = refund_objects(charge, api)[-1]
        events.append(event_of("PAYMENT.CAPTURE.REVERSED", charge, reversal, now))
    return events


def _decided(charge: Charge, cleared: bool, api: str, now: int) -> Event:
    if cleared:
        charge.status, charge.paid_at = "paid", now
    else:
        charge.status = "canceled"
    kind = "PAYMENT.CAPTURE.COMPLETED" if cleared else "PAYMENT.CAPTURE.DENIED"
    return event_of(kind, charge, capture_object(charge, api), now)


def _dispute(charge: Charge, outcome: str | None) -> Json:
    return {
        "dispute_id": f"PP-D-{charge.id[:6]}",
        "disputed_transactions": [{"seller_transaction_id": charge.details["capture"]}],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": "RESOLVED" if outcome else "OPEN",
        **({"dispute_outcome": {"outcome_code": outcome}} if outcome else {}),
    }
