"""What is compared around one validation, each in a process of its own, as a function has on Lambda.

`python -m tests.bench.contenders NAME` reads the request's event from its first line of input, prints what it
answers, and from then on the CPU seconds of one call for every further line. What another contender would
import, and leave to the garbage collector, is not in its process.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

from chalicelib.kernel.plain import from_json, to_json
from chalicelib.licensing.answer import Asked, answer, claims
from chalicelib.licensing.decision import Decision, Question, decide
from chalicelib.licensing.keys import derive_key, hint, key_hash
from chalicelib.licensing.rules import Activation, Addon, License, standing_of
from chalicelib.licensing.signing import Signer
from chalicelib.licensing.standing import IssuedKey, Standing, place_of

BATCH = 40
TABLE, PLAIN_TABLE = "vigencia-bench", "plain"
ROUTE = "/v1/licenses/validate"
SHOP = "loja.example.com"

NOW = datetime.now(UTC)
KEY = derive_key(b"bench", "lic_bench", 0)
LICENSE = License(
    id="lic_bench",
    customer_id="cus_bench",
    order_id="ord_bench",
    product="prestaimport",
    product_name="PrestaImport",
    installation="Loja",
    domain=SHOP,
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
    activations=(Activation("act_bench", SHOP, "production", "Loja", NOW),),
)
ASKED = {"key": KEY, "addons": ["supplier-a"], "fingerprint": SHOP, "nonce": "n-1"}
PLACE = place_of(SHOP, None)
QUESTION = Question(LICENSE, ("supplier-a",), NOW, PLACE)

Call = Callable[[], Any]


class Unsigned(Signer):
    """Signs nothing: the answer's own cost."""

    def __init__(self) -> None:
        super().__init__("https://api.example.com", "", {})

    def sign(self, claims: Any, type: str = "") -> str:
        return ""


def _asked() -> tuple[Decision, Asked]:
    return decide(QUESTION), Asked(key_hash(KEY), SHOP, PLACE, "n-1")


def _bare(event: Any) -> Call:
    from chalice import Chalice

    bare = Chalice(app_name="bare")
    bare.route(ROUTE, methods=["POST"])(lambda: {"valid": True})
    return lambda: bare(event, None)


def _plain(event: Any) -> Call:
    from tests.bench import plain

    return lambda: plain.app(event, None)


def _validator(event: Any) -> Call:
    from chalicelib.validator.handler import validate

    return lambda: validate(event, None)


def _read(event: Any) -> Call:
    from chalicelib import wiring

    asked = ("dynamodb", "DynamoDB_20120810.GetItem", "1.0", {"TableName": TABLE, "Key": {}})
    validator = wiring.validator()
    return lambda: validator.aws(*asked)


def _sign(event: Any) -> Call:
    from chalicelib import wiring

    signer = wiring.validator().signer()
    signed = claims(*_asked(), signer.issuer)
    return lambda: signer.sign(signed)


def _load(event: Any) -> Call:
    text = to_json(standing_of(LICENSE))
    return lambda: from_json(text, Standing)


def _decide(event: Any) -> Call:
    return lambda: decide(Question(LICENSE, ("supplier-a",), NOW, PLACE))


def _answer(event: Any) -> Call:
    decision, asked = _asked()
    unsigned = Unsigned()
    return lambda: answer(decision, asked, unsigned, "en")


def _client(event: Any) -> Call:
    from vigencia_client import tokens

    from chalicelib import wiring

    signer = wiring.validator().signer()
    decision, asked = _asked()
    token = signer.sign(claims(decision, asked, signer.issuer))
    keys = tokens.read_keys(signer.jwks())
    expected = tokens.Expected(signer.issuer, asked.subject, SHOP, "n-1")
    return lambda: tokens.verify(token, keys, expected)


CONTENDERS: Mapping[str, Callable[[Any], Call]] = {
    "bare": _bare,
    "plain": _plain,
    "validator": _validator,
    "read": _read,
    "sign": _sign,
    "load": _load,
    "decide": _decide,
    "answer": _answer,
    "client": _client,
}


def main(name: str) -> None:
    """Serve one contender until the input ends; the application's own log goes nowhere."""
    call = CONTENDERS[name](json.loads(sys.stdin.readline()))
    out = sys.stdout
    with redirect_stdout(StringIO()) as log:
        first = call()
        print(json.dumps(first.get("body") if isinstance(first, dict) else None), file=out, flush=True)
        for _ in sys.stdin:
            start = time.process_time()
            for _ in range(BATCH):
                call()
            print((time.process_time() - start) / BATCH, file=out, flush=True)
            log.seek(0)
            log.truncate()


if __name__ == "__main__":
    main(sys.argv[1])
