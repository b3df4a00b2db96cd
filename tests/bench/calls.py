"""How many requests to AWS each step of a purchase sends, counted exactly, in a container that is warm.

The step is the application's own code on moto; what the tests' world does around it is not counted. A cold
container also reads each secret it needs, once.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import redirect_stdout
from typing import Any

from moto import mock_aws

from chalicelib import wiring
from chalicelib.flows import charging, delivery, documents, settlement
from tests.bench.aws import Calls
from tests.bench.table import table
from tests.world import Answer, Keys, World, published, sandbox

ORDER = {
    "items": [
        {"product": "prestaimport", "installation": {"name": "Loja", "domain": "loja.example.com"}},
        {"product": "supplier-a"},
    ],
    "payment_method": "boleto",
}


def purchase(world: World, calls: Calls) -> dict[str, Counter[str]]:
    """The requests of each step of one purchase of a licence with an addon, paid by boleto."""
    found: dict[str, Counter[str]] = {}
    _, token = world.customer(f"ana{len(world.streamed)}@example.com")
    key = {"Idempotency-Key": f"order-{len(world.streamed)}"}
    with calls.counted() as found["place an order (`POST /v1/orders`)"]:
        placed = ok(world.http("POST", "/v1/orders", ORDER, token=token, headers=key))
    payment_id = placed["payment"]["id"]
    told = new_event(world, "order.placed")
    with calls.counted() as found["relay its event to three subscribers"]:
        delivery.deliver(told, wiring.reach(), world.now)
    with calls.counted() as found["have it charged"]:
        charging.charge(payment_id, wiring.gateways(), wiring.links(), world.now)
    with calls.counted() as found["make its invoice as PDF"]:
        documents.make({"invoice_id": placed["invoice_id"]}, wiring.archive(), wiring.links())
    world.settle_down()
    world.pay(payment_id)
    event, headers = world.sandbox.signed_events()[-1]
    with calls.counted() as found["take the webhook (`POST /v1/webhooks/asaas`)"]:
        ok(world.http("POST", "/v1/webhooks/asaas", raw=event.body.encode(), headers=headers))
    stored = max(world.rows("provider_event"), key=lambda row: str(row["received_at"]))["id"]
    with calls.counted() as found["settle it"]:
        settlement.settle(stored, wiring.gateways(), world.now)
    told = new_event(world, "order.paid")
    with calls.counted() as found["relay the payment, activating the licence"]:
        delivery.deliver(told, wiring.reach(), world.now)
    world.settle_down()
    license = ok(world.http("GET", "/v1/licenses", token=token))["data"][0]
    with calls.counted() as found["validate a key (`POST /v1/licenses/validate`)"]:
        ok(world.http("POST", "/v1/licenses/validate", {"key": license["key"], "addons": ["supplier-a"]}))
    return found


def ok(answer: Answer) -> Any:
    """The body of an answer that must be a success."""
    if answer.status >= 300:
        raise SystemExit(f"{answer.status}: {answer.text}")
    return answer.json


def new_event(world: World, name: str) -> str:
    """The id of the outbox event of this name that waits for its delivery."""
    waiting = (row for row in world.rows("outbox") if row["name"] == name and "done_at" not in row)
    return str(next(waiting)["event_id"])


def counted() -> dict[str, Counter[str]]:
    """The steps of a second purchase: the first one warms everything up."""
    calls, keys, provider = Calls(), Keys(), sandbox()
    provider.start()
    with published(keys.jwks()) as jwks_url, mock_aws():
        world = World(keys, provider, endpoint=None)
        world.open("vigencia-bench", jwks_url)
        purchase(world, calls)
        found = purchase(world, calls)
    provider.stop()
    return found


def main() -> None:
    """Print the table; the application's own log goes nowhere."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        found = counted()
    print(table(("requests to AWS to", "in all", "which"), [_row(*step) for step in found.items()]))


def _row(step: str, sent: Counter[str]) -> tuple[str, str, str]:
    which = ", ".join(f"{count} × {operation}" for operation, count in sorted(sent.items()))
    return step, str(sum(sent.values())), which


if __name__ == "__main__":
    main()
