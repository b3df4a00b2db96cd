"""Reads what callers send to PayPal's API, and refuses it in PayPal's words."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from infra.sandbox.paypal_objects import error_object
from infra.sandbox.wire import Json, Refused, Request, json_answer

# Those with two decimals that this sandbox knows; PayPal has no Chilean pesos at all.
CURRENCIES = ("BRL", "EUR", "GBP", "MXN", "USD")
_VALUE = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,2}))?")
_LONGEST = 127


@dataclass(frozen=True)
class OrderForm:
    """A new order, checked; `amount` in minor units."""

    amount: int
    currency: str
    details: Json


def refused(status: int, issue: str = "", description: str = "") -> Refused:
    """PayPal's no."""
    return Refused(json_answer(status, error_object(status, issue, description)))


def read_json(request: Request) -> Any:
    """The JSON of a body. Raises Refused."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise refused(415)
    try:
        return json.loads(request.body)
    except ValueError:
        raise refused(400, "MALFORMED_REQUEST_JSON", "The request JSON is not well formed.") from None


def read_order(body: object) -> OrderForm:
    """The order that the body asks for. Raises Refused."""
    units = _at(body, "purchase_units")
    if _at(body, "intent") != "CAPTURE":
        raise refused(400, "INVALID_PARAMETER_VALUE", "This sandbox captures only: intent is CAPTURE.")
    if not (isinstance(units, list) and len(units) == 1):
        raise refused(400, "INVALID_ARRAY_LENGTH", "This sandbox takes orders with one purchase unit.")
    experience = _at(_at(_at(body, "payment_source"), "paypal"), "experience_context")
    texts = {name: _text(units[0], name) for name in ("description", "custom_id", "invoice_id")}
    addresses = {name: _address(experience, name) for name in ("return_url", "cancel_url")}
    minor, currency = read_amount(_at(units[0], "amount"))
    details = {**texts, **addresses, "brand": _text(experience, "brand_name"), "intent": "CAPTURE"}
    return OrderForm(minor, currency, details)


def read_amount(told: object) -> tuple[int, str]:
    """Minor units and currency. Raises Refused."""
    currency, value = _at(told, "currency_code"), _at(told, "value")
    if currency not in CURRENCIES:
        raise refused(422, "CURRENCY_NOT_SUPPORTED", "Currency code is not currently supported.")
    match = _VALUE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refused(422, "DECIMAL_PRECISION", "The value of the amount has at most two decimals.")
    minor = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if minor == 0:
        raise refused(422, "CANNOT_BE_ZERO_OR_NEGATIVE", "Must be greater than zero.")
    return minor, currency


def read_intent(patches: object) -> str:
    """The intent that a patch of an order asks for; this sandbox changes nothing else. Raises Refused."""
    wanted = patches[0] if isinstance(patches, list) and len(patches) == 1 else None
    if (_at(wanted, "op"), _at(wanted, "path")) != ("replace", "/intent"):
        raise refused(422, "NOT_PATCHABLE", "Cannot be patched.")
    intent = _at(wanted, "value")
    if intent not in ("CAPTURE", "AUTHORIZE"):
        raise refused(400, "INVALID_PARAMETER_VALUE", "The value of a field is invalid.")
    return str(intent)


def _at(node: object, name: str) -> Any:
    return node.get(name) if isinstance(node, dict) else None


def _text(node: object, name: str) -> str | None:
    value = _at(node, name)
    if value is not None and not (isinstance(value, str) and len(value) <= _LONGEST):
        raise refused(400, "INVALID_STRING_LENGTH", f"{name}: the value of a field is too long.")
    return value or None


def _address(node: object, name: str) -> str:
    value = _at(node, name)
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or re.search(r"[\x00-\x20]", value):
        raise refused(400, "INVALID_PARAMETER_SYNTAX", f"{name}: the value is not an address.")
    return str(value)
