"""Reads what Stripe's API takes: form bodies with bracketed keys, and the parameters of a Checkout Session.

Stripe names one fault at a time, with the parameter in brackets.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from infra.sandbox.wire import Json

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_KNOWN = {
    "adaptive_pricing", "allow_promotion_codes", "automatic_tax", "billing_address_collection", "cancel_url",
    "client_reference_id", "consent_collection", "currency", "custom_fields", "custom_text", "customer",
    "customer_creation", "customer_email", "customer_update", "discounts", "expand", "expires_at",
    "invoice_creation", "line_items", "locale", "metadata", "mode", "name_collection", "payment_intent_data",
    "payment_method_collection", "payment_method_options", "payment_method_types", "phone_number_collection",
    "submit_type", "success_url", "tax_id_collection", "ui_mode",
}  # fmt: skip
_INTENT = {
    "amount", "confirm", "currency", "customer", "description", "metadata", "off_session", "payment_method",
    "payment_method_types",
}  # fmt: skip
_HALF_HOUR, _DAY = 1800, 86400


class Faulty(Exception):
    """A parameter that Stripe refuses, in its own words."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message, self.param, self.code = message, param, code


@dataclass(frozen=True)
class SessionForm:
    """A new Checkout Session, checked; `amount` in minor units, `expires_at` in Unix seconds."""

    amount: int
    currency: str
    success_url: str
    cancel_url: str | None
    reference: str
    customer_email: str | None
    metadata: dict[str, str]
    intent: Json
    methods: list[str]
    expires_at: int
    keep: bool
    expires_after_days: int


@dataclass(frozen=True)
class IntentForm:
    """A new PaymentIntent with a card on file, checked; `amount` in minor units."""

    amount: int
    currency: str
    customer: str
    payment_method: str
    description: str | None
    metadata: dict[str, str]


@dataclass(frozen=True)
class RefundForm:
    """A new refund, checked; `amount` in minor units, None for all that is left."""

    payment_intent: str
    amount: int | None
    metadata: dict[str, str]


def decode_form(raw: bytes) -> Json:
    """A form body as a tree; `a[0][b]=c` becomes {"a": {"0": {"b": "c"}}}. Raises Faulty."""
    tree: Json = {}
    for key, value in parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True):
        match = _KEY.fullmatch(key)
        if not match:
            raise Faulty(f"Invalid parameter name: {key}")
        _place(tree, [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])], value)
    return tree


def _place(tree: Json, steps: list[str], value: str) -> None:
    node = tree
    for step in steps[:-1]:
        node = node.setdefault(step or str(len(node)), {})
        if not isinstance(node, dict):
            raise Faulty("Invalid object", steps[0])
    node[steps[-1] or str(len(node))] = value


def read_session(form: Json, now: int) -> SessionForm:
    """The session that the form asks for. Raises Faulty."""
    _only(form, _KNOWN)
    if _required(form, "mode") != "payment":
        raise Faulty("Invalid mode: this sandbox sells by `payment` only", "mode")
    if form.get("ui_mode", "hosted_page") not in ("hosted", "hosted_page"):
        raise Faulty("Invalid ui_mode: this sandbox has hosted pages only", "ui_mode")
    amount, currency = _total(_mapping(form, "line_items"))
    cancel_url = _plain(form, "cancel_url")
    methods = list(_texts(form, "payment_method_types").values()) or ["card"]
    if "boleto" in methods and currency != "brl":
        raise Faulty("The currency provided is invalid for boleto; it must be brl.", "payment_method_types")
    return SessionForm(
        amount=amount,
        currency=currency,
        success_url=_url(_required(form, "success_url"), "success_url"),
        cancel_url=cancel_url and _url(cancel_url, "cancel_url"),
        reference=_plain(form, "client_reference_id") or "",
        customer_email=_plain(form, "customer_email"),
        metadata=_texts(form, "metadata"),
        intent=_intent(form),
        methods=methods,
        expires_at=_expiry(form, now),
        keep=_keep(form),
        expires_after_days=_voucher_days(form),
    )


def read_intent(form: Json) -> IntentForm:
    """The payment with a card on file that the form asks for. Raises Faulty."""
    _only(form, _INTENT)
    for name in ("confirm", "off_session"):
        if _required(form, name) != "true":
            raise Faulty(f"Invalid {name}: this sandbox charges cards on file at once only", name)
    return IntentForm(
        amount=_integer(_required(form, "amount"), "amount"),
        currency=_required(form, "currency").lower(),
        customer=_required(form, "customer"),
        payment_method=_required(form, "payment_method"),
        description=_plain(form, "description"),
        metadata=_texts(form, "metadata"),
    )


def read_refund(form: Json) -> RefundForm:
    """The refund that the form asks for. Raises Faulty."""
    _only(form, {"payment_intent", "amount", "metadata", "reason"})
    amount = _integer(_required(form, "amount"), "amount") if "amount" in form else None
    return RefundForm(_required(form, "payment_intent"), amount, _texts(form, "metadata"))


def _only(form: Json, known: set[str]) -> None:
    unknown = [name for name in form if name not in known]
    if unknown:
        raise Faulty(f"Received unknown parameter: {unknown[0]}", unknown[0], "parameter_unknown")


def _keep(form: Json) -> bool:
    """Whether the card is to be kept, for which there has to be a customer."""
    usage = _plain(_mapping(form, "payment_intent_data"), "setup_future_usage", "payment_intent_data")
    if usage not in (None, "off_session"):
        raise Faulty(f"Invalid setup_future_usage: {usage}", "payment_intent_data[setup_future_usage]")
    return usage is not None and _plain(form, "customer_creation") == "always"


def _voucher_days(form: Json) -> int:
    inside = "payment_method_options[boleto]"
    options = _mapping(_mapping(form, "payment_method_options"), "boleto", "payment_method_options")
    if "expires_after_days" not in options:
        return 3
    days = _integer(_required(options, "expires_after_days", inside), f"{inside}[expires_after_days]")
    if days > 60:
        raise Faulty("expires_after_days must be from 0 to 60.", f"{inside}[expires_after_days]")
    return days


def _total(items: Json) -> tuple[int, str]:
    """The sum of the line items in minor units, and their currency."""
    if not items:
        raise Faulty("Missing required param: line_items.", "line_items", "parameter_missing")
    lines = [_line(item, f"line_items[{number}]") for number, item in items.items()]
    currencies = {currency for _, currency in lines}
    if len(currencies) > 1:
        raise Faulty("All line items must have the same currency.", "line_items")
    return sum(amount for amount, _ in lines), currencies.pop()


def _line(item: Any, param: str) -> tuple[int, str]:
    if not isinstance(item, dict):
        raise Faulty("Invalid object", param)
    if "price" in item:
        raise Faulty(f"No such price: '{item['price']}'", f"{param}[price]", "resource_missing")
    price = _mapping(item, "price_data", param)
    inside = f"{param}[price_data]"
    currency = _required(price, "currency", inside).lower()
    if not re.fullmatch("[a-z]{3}", currency):
        raise Faulty(f"Invalid currency: {currency}", f"{inside}[currency]")
    _required(_mapping(price, "product_data", inside), "name", f"{inside}[product_data]")
    amount = _integer(_required(price, "unit_amount", inside), f"{inside}[unit_amount]")
    return amount * _integer(_required(item, "quantity", param), f"{param}[quantity]"), currency


def _intent(form: Json) -> Json:
    wanted = _mapping(form, "payment_intent_data")
    inside = "payment_intent_data"
    return {
        "description": _plain(wanted, "description", inside),
        "metadata": _texts(wanted, "metadata", inside),
    }


def _expiry(form: Json, now: int) -> int:
    if "expires_at" not in form:
        return now + _DAY
    expires_at = _integer(_required(form, "expires_at"), "expires_at")
    if not now + _HALF_HOUR <= expires_at <= now + _DAY:
        message = "The `expires_at` timestamp must be 30 minutes to 24 hours after Checkout Session creation."
        raise Faulty(message, "expires_at")
    return expires_at


def _param(name: str, parent: str) -> str:
    return f"{parent}[{name}]" if parent else name


def _required(node: Json, name: str, parent: str = "") -> str:
    param = _param(name, parent)
    if name not in node:
        raise Faulty(f"Missing required param: {param}.", param, "parameter_missing")
    value = _plain(node, name, parent)
    if not value:
        raise Faulty(f"You passed an empty string for '{param}'.", param, "parameter_invalid_empty")
    return value


def _plain(node: Json, name: str, parent: str = "") -> str | None:
    value = node.get(name)
    if value is not None and not isinstance(value, str):
        raise Faulty("Invalid string", _param(name, parent))
    return value or None


def _mapping(node: Json, name: str, parent: str = "") -> Json:
    value = node.get(name, {})
    if not isinstance(value, dict):
        raise Faulty("Invalid object", _param(name, parent))
    return value


def _texts(node: Json, name: str, parent: str = "") -> dict[str, str]:
    texts = _mapping(node, name, parent)
    for key in texts:
        _plain(texts, key, _param(name, parent))
    return texts


def _integer(text: str, param: str) -> int:
    if not re.fullmatch("[0-9]{1,12}", text):
        raise Faulty(f"Invalid integer: {text}", param, "parameter_invalid_integer")
    return int(text)


def _url(text: str, param: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or re.search(r"[\x00-\x20]", text):
        raise Faulty("Not a valid URL", param, "url_invalid")
    return text
