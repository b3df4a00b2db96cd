"""The objects of PayPal's REST API as it words them: order, capture, refund, webhook event and error."""

import json
import secrets
import string
from datetime import UTC, datetime

from infra.sandbox.state import Charge, Event
from infra.sandbox.wire import Json

_MESSAGES = {
    400: ("INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The server does not support the request payload's media type."),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, or failed business validation.",
    ),
}


def token(length: int = 17) -> str:
    """A new id of PayPal's look."""
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(length))


def error_object(status: int, issue: str = "", description: str = "") -> Json:
    """An error body."""
    name, message = _MESSAGES[status]
    details = [{"issue": issue, "description": description}] if issue else []
    return {"name": name, "message": message, "debug_id": token(13).lower(), "details": details}


def instant(seconds: int) -> str:
    """Unix seconds as PayPal writes instants."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money(minor: int, currency: str) -> Json:
    """An amount in a currency with two decimals."""
    return {"currency_code": currency, "value": f"{minor // 100}.{minor % 100:02}"}


def order_status(charge: Charge) -> str:
    """PAYER_ACTION_REQUIRED, APPROVED or COMPLETED."""
    if charge.details["capture"]:
        return "COMPLETED"
    return "APPROVED" if charge.details["payer"] else "PAYER_ACTION_REQUIRED"


def order_object(charge: Charge, api: str, page: str) -> Json:
    """The order; `api` is the API's base URL, `page` where its payer approves it."""
    details, status = charge.details, order_status(charge)
    unit = {
        "reference_id": "default",
        "amount": money(charge.shown, charge.currency),
        "payee": {"merchant_id": "SANDBOX0000MC"},
        **{name: details[name] for name in ("description", "custom_id", "invoice_id") if details[name]},
    }
    if details["capture"]:
        unit["payments"] = {"captures": [capture_object(charge, api)], "refunds": refund_objects(charge, api)}
    links = [_link(f"{api}/v2/checkout/orders/{charge.id}", "self", "GET")]
    if status == "PAYER_ACTION_REQUIRED":
        links.append(_link(page, "payer-action", "GET"))
    return {
        "id": charge.id,
        "intent": details["intent"],
        "status": status,
        "payment_source": {"paypal": {}},
        "purchase_units": [unit],
        "create_time": instant(charge.created),
        "update_time": instant(details["changed"]),
        "links": links,
        **({"payer": {"payer_id": details["payer"]}} if details["payer"] else {}),
    }


def capture_object(charge: Charge, api: str) -> Json:
    """The capture of a captured order."""
    details, capture_id = charge.details, charge.details["capture"]
    here = f"{api}/v2/payments/captures/{capture_id}"
    return {
        "id": capture_id,
        "status": _capture_status(charge),
        **({"status_details": {"reason": details["waits"]}} if details["waits"] else {}),
        "amount": money(charge.shown, charge.currency),
        "final_capture": True,
        "custom_id": details["custom_id"],
        "invoice_id": details["invoice_id"],
        "supplementary_data": {"related_ids": {"order_id": charge.id}},
        "create_time": instant(charge.paid_at or charge.created),
        "update_time": instant(details["changed"]),
        "links": [
            _link(here, "self", "GET"),
            _link(f"{here}/refund", "refund", "POST"),
            _link(f"{api}/v2/checkout/orders/{charge.id}", "up", "GET"),
        ],
    }


def refund_objects(charge: Charge, api: str) -> list[Json]:
    """The refunds of a captured order, oldest first."""
    capture = f"{api}/v2/payments/captures/{charge.details['capture']}"
    return [
        {
            "id": refund["id"],
            "status": "COMPLETED",
            "amount": money(refund["minor"], charge.currency),
            "create_time": instant(refund["at"]),
            "update_time": instant(refund["at"]),
            **({"custom_id": refund["custom_id"]} if refund["custom_id"] else {}),
            "links": [
                _link(f"{api}/v2/payments/refunds/{refund['id']}", "self", "GET"),
                _link(capture, "up", "GET"),
            ],
        }
        for refund in charge.details["refunds"]
    ]


def given_back(charge: Charge) -> int:
    """Minor units refunded so far."""
    return sum(refund["minor"] for refund in charge.details["refunds"])


def event_of(kind: str, charge: Charge, resource: Json, now: int) -> Event:
    """A webhook event about `resource`."""
    body = {
        "id": f"WH-{token()}-{token()}",
        "event_version": "1.0",
        "create_time": instant(now),
        "resource_version": "2.0",
        "event_type": kind,
        "summary": kind.replace(".", " ").capitalize(),
        "resource": resource,
    }
    return Event(str(body["id"]), "paypal", kind, charge.id, json.dumps(body, ensure_ascii=False))


def _capture_status(charge: Charge) -> str:
    if charge.status == "canceled":
        return "DECLINED"
    if charge.details["waits"]:
        return "PENDING"
    gone = given_back(charge)
    if gone == 0:
        return "COMPLETED"
    return "REFUNDED" if gone >= charge.shown else "PARTIALLY_REFUNDED"


def _link(address: str, relation: str, method: str) -> Json:
    return {"href": address, "rel": relation, "method": method}
