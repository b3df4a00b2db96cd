"""What one validation costs: the validator, the plain version of the same answer, and the floor under both.

Each really asks an AWS on loopback, which is a process of its own. The floor is what no validation can do
without: one signed read and one signature. A bare Chalice view stands for the unit.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from chalice import Chalice
from vigencia_client import tokens

from chalicelib import wiring
from chalicelib.kernel.plain import from_json, to_json
from chalicelib.licensing.answer import Asked, answer, claims
from chalicelib.licensing.copies import SORT_KEY, copy_key
from chalicelib.licensing.decision import Question, decide
from chalicelib.licensing.keys import derive_key, hint, key_hash
from chalicelib.licensing.rules import Activation, Addon, License, standing_of
from chalicelib.licensing.signing import Signer
from chalicelib.licensing.standing import IssuedKey, Standing, place_of
from chalicelib.validator.handler import validate
from infra.keys import new_signing_key
from tests.bench.aws import CREDENTIALS
from tests.bench.peer import peer
from tests.bench.table import table
from tests.world import QUEUES, environment, http_event

ROUNDS = 25
BATCH = 40
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
    keys=(IssuedKey(key_hash(KEY)),),
    activations=(Activation("act_bench", "loja.example.com", "production", "Loja", NOW),),
)
ASKED: dict[str, Any] = {
    "key": KEY,
    "addons": ["supplier-a"],
    "fingerprint": "loja.example.com",
    "nonce": "n-1",
}
TABLE = "vigencia-bench"

bare = Chalice(app_name="bare")


@bare.route(ROUTE, methods=["POST"])
def view() -> dict[str, bool]:
    """The least that a Chalice view can do."""
    return {"valid": True}


def stored() -> dict[str, Any]:
    """The licence's item: as the validator reads it, and as the plain version's model would have it."""
    plain = {name: one for name, one in _plain(LICENSE).items() if name not in ("keys", "moves")}
    told = {"pk": copy_key(key_hash(KEY)), "sk": SORT_KEY, **plain}
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in told.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if is_dataclass(value):
        told = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return {name: one for name, one in told.items() if one is not None}
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f+0000") if isinstance(value, datetime) else value


def answers(signing_key: dict[str, str]) -> dict[str, Any]:
    """What AWS says, by table and parameter; the plain version's item is in a table of its own."""
    secret = json.dumps({"active": signing_key["kid"], "keys": [signing_key]})
    return {
        TABLE: {"Item": {"kind": {"S": "license_key"}, "standing": {"S": to_json(standing_of(LICENSE))}}},
        "plain": {"Item": stored()},
        f"/vigencia/{TABLE}/signing-keys": {"Parameter": {"Value": secret}},
    }


def stages() -> dict[str, Callable[[], object]]:
    """What is measured: the two versions as Lambda calls them, and the parts of the quick one alone."""
    from tests.bench import plain

    event = http_event("POST", ROUTE, "", {"content-type": "application/json"}, json.dumps(ASKED).encode())
    told, plainly = (json.loads(one["body"]) for one in (validate(event, None), plain.app(event, None)))
    volatile = ("token", "checked_at", "next_check_at", "grace_until")
    if told["code"] != "VALID" or any(told[name] != plainly[name] for name in told.keys() - volatile):
        raise SystemExit(f"the two versions do not answer alike: {told} {plainly}")
    validator = wiring.validator()
    place = place_of("loja.example.com", None)
    asked = Asked(key_hash(KEY), "loja.example.com", place, "n-1")
    decision, signer = decide(Question(LICENSE, ("supplier-a",), NOW, place)), validator.signer()
    text, signed = to_json(standing_of(LICENSE)), claims(decision, asked, signer.issuer)
    keys = tokens.read_keys(signer.jwks())
    expected = tokens.Expected(signer.issuer, asked.subject or "", ASKED["fingerprint"], ASKED["nonce"])
    read = ("dynamodb", "DynamoDB_20120810.GetItem", "1.0", {"TableName": TABLE, "Key": {}})
    return {
        "bare": lambda: bare(event, None),
        "plain": lambda: plain.app(event, None),
        "validator": lambda: validate(event, None),
        "read": lambda: validator.aws(*read),
        "sign": lambda: signer.sign(signed),
        "decide": lambda: decide(Question(LICENSE, ("supplier-a",), NOW, place)),
        "load": lambda: from_json(text, Standing),
        "client": lambda: tokens.verify(told["token"], keys, expected),
        "answer": lambda: answer(decision, asked, Unsigned(), "en"),
    }


class Unsigned(Signer):
    """Signs nothing: the answer's own cost."""

    def __init__(self) -> None:
        super().__init__("https://api.example.com", "", {})

    def sign(self, claims: Any, type: str = "") -> str:
        return ""


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


def report(spent: dict[str, float]) -> str:
    """The table: each as part of the plain version, and against the floor."""
    floor = spent["read"] + spent["sign"]
    rows = [
        ("the plain version: Chalice, PynamoDB, PyJWT", spent["plain"]),
        ("the validator", spent["validator"]),
        ("… one signed read", spent["read"]),
        ("… one signature", spent["sign"]),
        ("… the licence out of its item", spent["load"]),
        ("… deciding", spent["decide"]),
        ("… writing the answer and the claims", spent["answer"]),
        ("the floor: one signed read and one signature", floor),
        ("a bare Chalice view", spent["bare"]),
        ("the reference client verifies the token offline", spent["client"]),
    ]
    return table(
        ("one validation", "of the plain version", "× floor", "CPU µs here"),
        [
            (name, f"1/{spent['plain'] / part:.1f}", f"{part / floor:.2f}", f"{part * 1e6:.0f}")
            for name, part in rows
        ],
    )


def main() -> None:
    """Print the table; the log goes nowhere."""
    signing_key = new_signing_key()
    with peer(answers(signing_key)) as url:
        queues = dict.fromkeys(QUEUES, "x")
        os.environ.update(environment(TABLE, "http://127.0.0.1", queues, "http://127.0.0.1"))
        os.environ.update(CREDENTIALS, AWS_REGION="us-east-1", AWS_ENDPOINT_URL=url)
        os.environ.update(SIGNING_KEY=json.dumps(signing_key))
        with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            spent = measured()
    print(report(spent))


if __name__ == "__main__":
    main()
