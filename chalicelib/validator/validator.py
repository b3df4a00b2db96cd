"""Answering one validation: parse, count, read once, decide, sign (B1, B2).

Whatever the key is (good, revoked, unknown or mistyped), the work is the same: one read, one signature.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.edge.headers import cors_headers, language_of, preflight_headers
from chalicelib.edge.problems import headers_of, problem_of, unexpected
from chalicelib.kernel.errors import Refusal
from chalicelib.kernel.limits import Limits
from chalicelib.kernel.plain import json_text
from chalicelib.licensing.answer import Asked, answer
from chalicelib.licensing.copies import SORT_KEY, copy_key, standing_in
from chalicelib.licensing.decision import Question, decide
from chalicelib.licensing.keys import known_hash
from chalicelib.licensing.signing import Signer
from chalicelib.licensing.standing import Standing, opened_by, place_of
from chalicelib.validator.request import Body, Request, asked_of, request_of

# Takes service, target, protocol version and body; see `aws.Aws.call`.
Call = Callable[[str, str, str, Mapping[str, Any]], Any]
Answered = dict[str, Any]


@dataclass(frozen=True)
class Validator:
    """Answers events of Lambda; everything it reaches is given to it."""

    aws: Call
    table_name: str
    signer: Callable[[], Signer]
    limits: Limits
    origins: frozenset[str]

    def __call__(self, event: Mapping[str, Any], now: datetime) -> Answered:
        """The answer to one event: 200 with the verdict, or a problem."""
        started = time.monotonic()
        request = request_of(event)
        origin = request.headers.get("origin")
        if request.method == "OPTIONS":
            return _reply(204, "", preflight_headers(origin, self.origins))
        locale = language_of(request.headers.get("accept-language", ""))
        media_type, headers, status = "application/problem+json", dict[str, str](), 200
        facts: dict[str, Any] = {}
        try:
            body = self._validate(request, locale, now, facts)
            media_type = "application/json"
        except Refusal as refusal:
            body = problem_of(refusal, locale, request.id)
            status, headers = body["status"], headers_of(refusal)
        except Exception:
            # Imported here: almost never needed, and half as long to import as our own code.
            import traceback

            body = unexpected(locale, request.id)
            status, facts["error"] = body["status"], traceback.format_exc()
        _log(request, status, started, facts)
        told = {"Content-Type": media_type, "Cache-Control": "no-store"}
        return _reply(status, json_text(body), {**told, **headers, **cors_headers(origin, self.origins)})

    def _validate(
        self, request: Request, locale: str, now: datetime, facts: dict[str, Any]
    ) -> dict[str, Any]:
        """The answer's body; `facts` are for the log."""
        self.limits.take_address(request.address)
        body = asked_of(request)
        asked = _asked(body)
        self.limits.take_key(asked.key_hash or body.key)
        # For a mistyped key a row is looked for that cannot be there: it must not be cheaper than others.
        license = self._standing(asked.key_hash or hashlib.sha256(body.key.encode()).hexdigest(), now)
        decision = decide(Question(license, body.addons, now, asked.place))
        facts |= {"code": decision.code, "license": license and license.id}
        return answer(decision, asked, self.signer(), locale)

    def _standing(self, key_hash: str, now: datetime) -> Standing | None:
        """The standing of the licence that a key opens: the one read, eventually consistent."""
        wanted = {"pk": {"S": copy_key(key_hash)}, "sk": {"S": SORT_KEY}}
        found = self.aws(
            "dynamodb", "DynamoDB_20120810.GetItem", "1.0", {"TableName": self.table_name, "Key": wanted}
        )
        if "Item" not in found:
            return None
        license = standing_in(found["Item"])
        return license if opened_by(license, key_hash, now) else None


def _asked(body: Body) -> Asked:
    place = place_of(body.fingerprint, body.environment) if body.fingerprint else None
    return Asked(known_hash(body.key), body.fingerprint, place, body.nonce)


def _reply(status: int, body: str, headers: Mapping[str, str]) -> Answered:
    return {"statusCode": status, "headers": dict(headers), "body": body}


def _log(request: Request, status: int, started: float, facts: Mapping[str, Any]) -> None:
    """One structured line as `edge/log.py` writes it: never the key, the fingerprint or the address."""
    line = {
        "level": "ERROR" if status >= 500 else "INFO",
        "message": "validation",
        "service": "vigencia",
        "request_id": request.id,
        "status": status,
        "milliseconds": round((time.monotonic() - started) * 1000),
        **facts,
    }
    sys.stdout.write(f"{json_text(line)}\n")
