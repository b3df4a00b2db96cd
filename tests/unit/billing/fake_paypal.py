"""A PayPal that answers as a test tells it, and the adapter talking to it over HTTP."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from urllib3 import Timeout

from chalicelib.billing.gateways.paypal import PayPal
from tests.unit.billing.stub import PATIENT, Call, Reply, Stub, pooled, serving

Json = dict[str, Any]
WEBHOOK = "8PT597110X687430L"
ORDER_ID, CAPTURE_ID = "5O190127TN364715T", "3C679366HH908993F"
ORDERS = "/v2/checkout/orders"
ORDER_PATH, CAPTURE_PATH = f"{ORDERS}/{ORDER_ID}", f"/v2/payments/captures/{CAPTURE_ID}"
TOKEN = Reply(200, {"access_token": "A21AAtoken", "token_type": "Bearer", "expires_in": 32400})
MISSING = Reply(404, {"name": "RESOURCE_NOT_FOUND", "message": "The specified resource does not exist."})
AMOUNT = {"currency_code": "BRL", "value": "149.90"}


def order(**changes: object) -> Json:
    """The order of `pay_1`, which its payer has not approved yet."""
    part = {"custom_id": "pay_1", "invoice_id": "pay_1", "amount": AMOUNT}
    links = [
        {"rel": "self", "href": f"https://api-m.paypal.com{ORDER_PATH}"},
        {"rel": "payer-action", "href": f"https://www.paypal.com/checkoutnow?token={ORDER_ID}"},
    ]
    return {
        "id": ORDER_ID,
        "intent": "CAPTURE",
        "status": "PAYER_ACTION_REQUIRED",
        "purchase_units": [part],
        "update_time": "2026-11-22T14:59:00Z",
        "links": links,
        **changes,
    }


def capture(status: str = "COMPLETED", **changes: object) -> Json:
    """A capture of the whole amount."""
    return {
        "id": CAPTURE_ID,
        "status": status,
        "amount": AMOUNT,
        "create_time": "2026-11-22T07:00:00-08:00",
        **changes,
    }


def captured(*captures: Json, refunds: list[Json] | None = None, **changes: object) -> Json:
    """An order with these captures, by default a completed one."""
    part = {
        **order()["purchase_units"][0],
        "payments": {"captures": list(captures) or [capture()], "refunds": refunds or []},
    }
    return order(**{"status": "COMPLETED", "purchase_units": [part], **changes})


def refund(refund_id: str, value: str, status: str = "COMPLETED") -> Json:
    """A refund of some of the capture, made under our id."""
    amount = {"currency_code": "BRL", "value": value}
    return {"id": "1JU08902781691411", "status": status, "amount": amount, "custom_id": refund_id}


def no(issue: str, status: int = 422) -> Reply:
    """A refusal by PayPal."""
    details = [{"issue": issue, "description": "because"}]
    return Reply(status, {"name": "UNPROCESSABLE_ENTITY", "message": "no", "details": details})


@dataclass
class Script:
    """Answers each `METHOD /path` with its replies in turn, the last one for good; the rest with 404."""

    replies: Mapping[str, list[Reply]]
    asked: dict[str, int] = field(default_factory=dict)

    def __call__(self, call: Call) -> Reply:
        line = f"{call.method} {call.path}"
        replies = self.replies.get(line, [TOKEN if call.path == "/v1/oauth2/token" else MISSING])
        turn = self.asked.get(line, 0)
        self.asked[line] = turn + 1
        return replies[min(turn, len(replies) - 1)]


def script(**replies: object) -> Script:
    """A script by names: `get`, `post`, `capture`, `patch`, `refund`, `get_capture`, `token`; one or many."""
    lines = {
        "token": "POST /v1/oauth2/token",
        "post": f"POST {ORDERS}",
        "get": f"GET {ORDER_PATH}",
        "patch": f"PATCH {ORDER_PATH}",
        "capture": f"POST {ORDER_PATH}/capture",
        "get_capture": f"GET {CAPTURE_PATH}",
        "refund": f"POST {CAPTURE_PATH}/refund",
    }
    given = {name: value if isinstance(value, list) else [value] for name, value in replies.items()}
    return Script(
        {
            lines[name]: [one if isinstance(one, Reply) else Reply(200, one) for one in many]
            for name, many in given.items()
        }
    )


@contextmanager
def adapter(
    answer: Callable[[Call], Reply], timeout: Timeout = PATIENT, ticks: Callable[[], float] = lambda: 0.0
) -> Iterator[tuple[PayPal, Stub]]:
    """The adapter, talking to a stub that answers so."""
    with serving(answer) as stub, pooled() as pool:
        yield (
            PayPal(pool, stub.url, "client", "secret", WEBHOOK, brand="Vega", timeout=timeout, ticks=ticks),
            stub,
        )


def lines(stub: Stub) -> list[str]:
    """What was asked for, but for the access token."""
    return [f"{call.method} {call.path}" for call in stub.calls if call.path != "/v1/oauth2/token"]
