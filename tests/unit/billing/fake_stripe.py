"""A small Stripe in memory, and the adapter talking to it over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from urllib3 import Timeout

from chalicelib.billing.gateways import Gateway
from chalicelib.billing.gateways.stripe import Stripe
from tests.unit.billing.stub import PATIENT, Call, Reply, Stub, pooled, serving

Json = dict[str, Any]
SECRET = "whsec_test_secret"
SESSION = {
    "id": "cs_test_1",
    "object": "checkout.session",
    "amount_total": 14990,
    "currency": "brl",
    "client_reference_id": "pay_1",
    "metadata": {"payment_id": "pay_1"},
    "payment_intent": None,
    "payment_status": "unpaid",
    "status": "open",
    "url": "https://checkout.stripe.com/c/pay/cs_test_1",
}


def paid_intent(**charge: object) -> Json:
    """An intent that was paid, with its charge, of which this is told."""
    told = {"id": "ch_1", "created": 1795346000, "amount_refunded": 0, "disputed": False, **charge}
    return {
        "id": "pi_1",
        "amount": 14990,
        "currency": "brl",
        "status": "succeeded",
        "metadata": {"payment_id": "pay_1"},
        "payment_method_types": ["card"],
        "latest_charge": told,
    }


def paid_session(**charge: object) -> Json:
    """The session of that intent."""
    return {
        **SESSION,
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": paid_intent(**charge),
    }


@dataclass
class FakeStripe:
    """Makes sessions and remembers idempotency keys; `after` runs when the work is done."""

    sessions: list[Json] = field(default_factory=list)
    keys: dict[str, tuple[bytes, Json]] = field(default_factory=dict)
    after: Callable[[], None] = lambda: None

    def __call__(self, call: Call) -> Reply:
        key = call.headers["idempotency-key"]
        if key not in self.keys:
            self.sessions.append({**SESSION, "id": f"cs_test_{len(self.sessions) + 1}"})
            self.keys[key] = (call.body, self.sessions[-1])
        body, session = self.keys[key]
        self.after()
        if body != call.body:
            return Reply(400, {"error": {"type": "idempotency_error", "message": "other parameters"}})
        return Reply(200, session)


@contextmanager
def adapter(answer: Callable[[Call], Reply], timeout: Timeout = PATIENT) -> Iterator[tuple[Gateway, Stub]]:
    """The adapter, talking to a stub that answers so."""
    with serving(answer) as stub, pooled() as pool:
        yield Stripe(pool, stub.url, "sk_test_key", SECRET, timeout), stub
