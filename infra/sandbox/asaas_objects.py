"""The objects of the Asaas API v3 as it words them: customer, payment, slip and webhook event."""

import hashlib
import json
import secrets
from datetime import UTC, date, datetime, timedelta, timezone

from infra.sandbox import taxids
from infra.sandbox.boleto import Slip, make_slip
from infra.sandbox.state import Charge, Event
from infra.sandbox.wire import Json

_SAO_PAULO = timezone(timedelta(hours=-3))  # no daylight saving time since 2019
_BANK = "461"  # Asaas I.P. S.A.
_FEE = 99  # minor units that Asaas keeps of a paid slip

_UNUSED: Json = {  # what every payment has and a plain slip makes no use of
    "originalValue": None,
    "interestValue": None,
    "paymentLink": None,
    "installmentNumber": None,
    "transactionReceiptUrl": None,
    "anticipated": False,
    "anticipable": False,
    "discount": {"value": 0.0, "limitDate": None, "dueDateLimitDays": 0, "type": "FIXED"},
    "fine": {"value": 0.0, "type": "FIXED"},
    "interest": {"value": 0.0, "type": "PERCENTAGE"},
    "postalService": False,
}


def local_time(instant: int) -> datetime:
    """Unix seconds as a time in São Paulo, where Asaas keeps its books."""
    return datetime.fromtimestamp(instant, UTC).astimezone(_SAO_PAULO)


def _day(instant: int | None) -> str | None:
    return None if instant is None else local_time(instant).date().isoformat()


def digits(count: int) -> str:
    """Random digits: unlike a counter, they never repeat those of an earlier run."""
    return "".join(secrets.choice("0123456789") for _ in range(count))


def customer_object(fields: Json, now: int) -> Json:
    """A new customer from {name, cpfCnpj, email, externalReference}."""
    number = taxids.clean(fields["cpfCnpj"])
    return {
        "object": "customer",
        "id": f"cus_{digits(12)}",
        "dateCreated": _day(now),
        "name": fields["name"],
        "email": fields["email"],
        "cpfCnpj": number,
        "personType": "FISICA" if taxids.is_person(number) else "JURIDICA",
        "externalReference": fields["externalReference"],
        "country": "Brasil",
        "notificationDisabled": False,
        "deleted": False,
    }


def payment_status(charge: Charge, now: int) -> str:
    """PENDING, OVERDUE or RECEIVED; or what became of the money later."""
    if charge.status == "paid":
        return charge.details.get("told") or "RECEIVED"
    overdue = date.fromisoformat(charge.details["due_date"]) < local_time(now).date()
    return "OVERDUE" if overdue else "PENDING"


def payment_object(charge: Charge, status: str, page: str) -> Json:
    """The payment as Asaas tells it. CONFIRMED: the customer has paid, the vendor has no money yet."""
    by_pix = charge.details["paid_by"] == "pix"
    paid_on = _day(charge.paid_at)
    return {
        "object": "payment",
        "id": charge.id,
        "dateCreated": _day(charge.created),
        "customer": charge.details["customer"],
        "value": charge.shown / 100,
        "netValue": (charge.shown - _FEE) / 100,
        "description": charge.details["description"],
        "billingType": "PIX" if by_pix else "BOLETO",
        "pixTransaction": f"pix-{charge.id}" if by_pix else None,
        "canBePaidAfterDueDate": True,
        "status": status,
        "dueDate": charge.details["due_date"],
        "originalDueDate": charge.details["due_date"],
        "paymentDate": paid_on if status == "RECEIVED" else None,
        "clientPaymentDate": paid_on,
        "confirmedDate": paid_on,
        "creditDate": paid_on,
        "estimatedCreditDate": paid_on,
        "invoiceUrl": page,
        "bankSlipUrl": page,
        "invoiceNumber": charge.details["nosso_numero"],
        "nossoNumero": charge.details["nosso_numero"],
        "externalReference": charge.reference or None,
        "deleted": charge.status == "canceled",
        **_UNUSED,
    }


def slip_of(charge: Charge) -> Slip:
    """The barcode and line of the charge, as it stands now."""
    due = date.fromisoformat(charge.details["due_date"])
    free_field = charge.details["nosso_numero"].zfill(25)
    return make_slip(bank=_BANK, due=due, amount=charge.shown, free_field=free_field)


def event_of(kind: str, payment: Json, now: int) -> Event:
    """A webhook event. Its id has two halves around an ampersand; all of one kind share the first."""
    body = {
        "id": f"evt_{hashlib.md5(kind.encode(), usedforsecurity=False).hexdigest()}&{digits(12)}",
        "event": kind,
        "dateCreated": local_time(now).strftime("%Y-%m-%d %H:%M:%S"),
        "payment": payment,
    }
    return Event(str(body["id"]), "asaas", kind, payment["id"], json.dumps(body, ensure_ascii=False))
