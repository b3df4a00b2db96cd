"""What `POST /v1/licenses/validate` costs inside the function, table and parameters answered from memory.

All of ours runs: Chalice, validation, PynamoDB and botocore with signing and parsing of both reads, the
decision, the signature, the log line. What the network and the table add is the same for any code.
Stages are measured in loops of their own, where they are quicker than in the midst of a request (warm
processor caches): the difference is in "everything else".
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from chalice import Chalice
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import app
from chalicelib import wiring
from chalicelib.licensing import store
from chalicelib.licensing.decision import Question, decide
from chalicelib.licensing.keys import derive_key, hint, key_hash
from chalicelib.licensing.rules import Addon, License
from tests.bench.aws import answer_with
from tests.bench.table import table
from tests.world import QUEUES, environment, http_event

ROUNDS = 25
BATCH = 60
ROUTE = "/v1/licenses/validate"

NOW = datetime.now(UTC)
KEY = derive_key(b"bench", "lic_bench", 0)
LICENSE = License(
    id="lic_bench",
    customer_id="cus_bench",
    order_id="ord_bench",
    product="prestaimport",
    product_name="PrestaImport",
    installation="Loja",
    domain="loja.example.com",
    status="active",
    expires_at=NOW + timedelta(days=300),
    grace_days=15,
    key_hint=hint(KEY),
    created_at=NOW - timedelta(days=65),
    addons=tuple(
        Addon(f"supplier-{letter}", f"Supplier {letter}", "ord_bench", NOW + timedelta(days=30), 7)
        for letter in "abc"
    ),
    version=1,
)

bare = Chalice(app_name="bare")


@bare.route(ROUTE, methods=["POST"])
def view() -> dict[str, bool]:
    """The least that a Chalice view can do."""
    return {"valid": True}


def memory() -> Callable[[str, Mapping[str, Any]], Mapping[str, Any]]:
    """A table with one licence, and a parameter store with a signing key."""
    key_row = store.key_row(key_hash(KEY), LICENSE.id)
    key_row.version = 1
    items = {row.pk: row.to_dynamodb_dict() for row in (key_row, store.row(LICENSE))}
    jwk = jwt.algorithms.OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True)
    secret = json.dumps({"active": "k1", "keys": [{**jwk, "kid": "k1"}]})

    def answer(operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation == "dynamodb.GetItem":
            return {"Item": items[asked["Key"]["pk"]["S"]]}
        return {"Parameter": {"Name": asked["Name"], "Type": "SecureString", "Value": secret}}

    return answer


def stages() -> dict[str, Callable[[], object]]:
    """What is measured: both applications as Lambda calls them, and the three stages of ours alone."""
    body = json.dumps(
        {"key": KEY, "addons": ["supplier-a"], "fingerprint": "shop-1", "nonce": "n-1"}
    ).encode()
    event = http_event("POST", ROUTE, "", {"content-type": "application/json"}, body)
    answer = json.loads(app(event, None)["body"])
    if answer["code"] != "VALID":
        raise SystemExit(f"the licence to measure with is not valid: {answer}")
    question = Question(LICENSE, ("supplier-a",), NOW)
    decision, signer, hashed = decide(question), wiring.signer(), key_hash(KEY)
    return {
        "bare": lambda: bare(event, None),
        "validate": lambda: app(event, None),
        "read": lambda: store.find_by_key_hash(hashed),
        "decide": lambda: decide(question),
        "sign": lambda: signer.sign(decision, "shop-1", "n-1"),
    }


def measured() -> dict[str, float]:
    """CPU seconds per call: the least of many interleaved batches, nearest to the truth on a busy machine."""
    calls = stages()
    least = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(BATCH):
                call()
            least[name] = min(least[name], (time.process_time() - start) / BATCH)
    return least


def report(spent: Mapping[str, float]) -> str:
    """The table of what was measured."""
    whole = spent["validate"]
    rest = whole - spent["read"] - spent["decide"] - spent["sign"]
    rows = [
        ("a bare Chalice view", spent["bare"]),
        (f"`POST {ROUTE}`", whole),
        ("… reading key and licence (PynamoDB, botocore)", spent["read"]),
        ("… deciding", spent["decide"]),
        ("… signing the token", spent["sign"]),
        ("… everything else: routing, validation, answer, log", rest),
    ]
    return table(
        ("one request in process", "× bare view", "share", "CPU µs here"),
        [
            (name, f"{part / spent['bare']:.1f}", _share(part, whole) if number else "", f"{part * 1e6:.0f}")
            for number, (name, part) in enumerate(rows)
        ],
    )


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"


def main() -> None:
    """Print the table; the application's own log goes nowhere."""
    answer_with(memory())
    os.environ.update(
        environment("vigencia-bench", "http://127.0.0.1", dict.fromkeys(QUEUES, "x"), "http://127.0.0.1")
    )
    wiring.connect()
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        spent = measured()
    print(report(spent))


if __name__ == "__main__":
    main()
