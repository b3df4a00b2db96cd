"""What one validation costs: the validator, the plain version of the same answer, and the floor under both.

Each contender is a process of its own and really asks an AWS on loopback, which is another. The floor is what
no validation can do without: one signed read and one signature. A bare Chalice view stands beside them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from chalicelib.kernel.plain import to_json
from chalicelib.licensing.copies import SORT_KEY, copy_key
from chalicelib.licensing.rules import standing_of
from infra.keys import new_signing_key
from tests.bench.aws import CREDENTIALS
from tests.bench.contenders import ASKED, CONTENDERS, KEY, LICENSE, PLAIN_TABLE, ROUTE, TABLE
from tests.bench.peer import peer
from tests.bench.table import table
from tests.world import QUEUES, environment, http_event

ROUNDS = 40


def stored() -> dict[str, Any]:
    """The licence's item as the plain version's model has it."""
    plain = {name: one for name, one in _plain(LICENSE).items() if name not in ("keys", "moves")}
    told = {"pk": copy_key(LICENSE.keys[0].hash), "sk": SORT_KEY, **plain}
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
    """What AWS says, by table and parameter."""
    secret = json.dumps({"active": signing_key["kid"], "keys": [signing_key]})
    return {
        TABLE: {"Item": {"kind": {"S": "license_key"}, "standing": {"S": to_json(standing_of(LICENSE))}}},
        PLAIN_TABLE: {"Item": stored()},
        f"/vigencia/{TABLE}/signing-keys": {"Parameter": {"Value": secret}},
    }


class Contender:
    """One process that is measured."""

    def __init__(self, name: str, event: Any, environ: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "tests.bench.contenders", name]
        self.process: Any = subprocess.Popen(
            command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.answer = json.loads(self._said(json.dumps(event)))

    def seconds(self) -> float:
        """CPU time of one call, over one batch."""
        return float(self._said("again"))

    def _said(self, line: str) -> str:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        said: str = self.process.stdout.readline()
        return said

    def __enter__(self) -> Contender:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@contextmanager
def contenders() -> Iterator[dict[str, Contender]]:
    """All of them, warm, with the AWS they ask; SystemExit when the two versions do not answer alike."""
    key = new_signing_key()
    body = json.dumps(ASKED).encode()
    event = http_event("POST", ROUTE, "", {"content-type": "application/json"}, body)
    with peer(answers(key)) as url, ExitStack() as running:
        own = environment(TABLE, "http://127.0.0.1", dict.fromkeys(QUEUES, "x"), "http://127.0.0.1")
        aws = {**CREDENTIALS, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": url}
        environ = {**os.environ, **own, **aws, "SIGNING_KEY": json.dumps(key)}
        started = {name: running.enter_context(Contender(name, event, environ)) for name in CONTENDERS}
        told, plainly = (json.loads(started[name].answer) for name in ("validator", "plain"))
        volatile = ("token", "checked_at", "next_check_at", "grace_until")
        if told["code"] != "VALID" or any(told[name] != plainly[name] for name in told.keys() - volatile):
            raise SystemExit(f"the two versions do not answer alike for {KEY}: {told} {plainly}")
        yield started


def measured() -> dict[str, float]:
    """CPU seconds per call: the least of many interleaved batches, nearest to the truth on a busy machine."""
    with contenders() as started:
        least = dict.fromkeys(started, float("inf"))
        for _ in range(ROUNDS):
            for name, contender in started.items():
                least[name] = min(least[name], contender.seconds())
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


if __name__ == "__main__":
    print(report(measured()))
