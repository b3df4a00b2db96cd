"""The client: when to ask the server, what to believe of its answer, and how to go on without it.

A technical failure is never "invalid": it falls back on the last signed answer for as long as that holds.
"""

from __future__ import annotations

import hashlib
import json
import os
import random as chance
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vigencia_client import files, http, keys, timing, tokens, verdict
from vigencia_client.cache import Answer, Cache, Memory
from vigencia_client.http import Failure, Request
from vigencia_client.keyring import Keyring
from vigencia_client.tokens import Claims, Expected, Refused
from vigencia_client.verdict import Result
from vigencia_client.version import VERSION

NONCE_BYTES = 18

CLOCK_ROLLED_BACK = "This machine's clock was set back: only the server can say."
CLOCK_WRONG = "This machine's clock is more than a day wrong: set it, or the tool stops without network."


@dataclass(frozen=True)
class _Question:
    """A key, what is wanted of it, and under which name the answer is remembered."""

    key: str
    addons: tuple[str, ...]
    expected: Expected
    id: str


@dataclass(frozen=True)
class _Held:
    """What the remembered answer says now: `settled` needs no question, `bridge` may replace an answer."""

    settled: Result | None = None
    bridge: Result | None = None
    rolled_back: bool = False


class LicenseClient:
    """Validates licence keys against one server, for one installation."""

    def __init__(
        self,
        base_url: str,
        *,
        cache_path: str | os.PathLike[str] | None,
        fingerprint: str | None = None,
        environment: str | None = None,
        public_keys: Mapping[str, Any] | None = None,
        second_url: str | None = None,
        issuer: str | None = None,
        timeout: float = 10.0,
        clock: Callable[[], float] = time.time,
        transport: http.Transport = http.transport,
        random: Callable[[], float] = chance.random,
    ) -> None:
        """Nothing is asked or read yet. ValueError for an unsafe address or unusable keys.

        `cache_path` None remembers in this process only; `public_keys` is a JWKS to believe instead of the
        published one; `second_url` is asked by `validate` when the first address is in trouble; `issuer` is
        the server's public address if `base_url` is not; `timeout` in seconds; `clock` in seconds since 1970;
        `random` in 0–1.
        """
        self._base = http.base_of(base_url)
        self._second = http.base_of(second_url) if second_url else None
        self._issuer = issuer or self._base
        self._fingerprint, self._environment = fingerprint, environment
        self._timeout, self._clock, self._send, self._random = timeout, clock, transport, random
        self._cache = Cache(Path(cache_path) if cache_path is not None else None, self._issuer)
        self._keyring = Keyring(public_keys, self._cache, self._published_keys)

    def validate(self, key: str, addons: Sequence[str] = (), *, force: bool = False) -> Result:
        """Whether the licence and all named addons may be used. Asks when it is time, or if forced."""
        try:
            question = self._question(key, addons)
        except keys.KeyMistyped as error:
            return verdict.mistyped(str(error))
        now = self._now()
        memory = self._cache.load()
        held = self._held(question, memory, now)
        if held.settled and not force:
            return held.settled
        if timing.waiting(memory.answer(question.id).retry_at, now) and not force:
            waiting = Failure("waiting", "The server could not be asked; it is too early to try again.")
            return _without_server(held, waiting)
        return self._answered("validate", question, {})

    def activate(self, key: str, addons: Sequence[str] = (), *, name: str | None = None) -> Result:
        """Bind the licence to this installation; repeating is harmless. ValueError without fingerprint."""
        self._require_fingerprint()
        try:
            question = self._question(key, addons)
        except keys.KeyMistyped as error:
            return verdict.mistyped(str(error))
        return self._answered("activate", question, {"name": name} if name else {})

    def deactivate(self, key: str) -> Result:
        """Give the installation up: a result from the server means that it is done and nothing is remembered.

        "unknown" means that it may not be done. ValueError without fingerprint.
        """
        self._require_fingerprint()
        try:
            question = self._question(key, ())
        except keys.KeyMistyped as error:
            return verdict.mistyped(str(error))
        try:
            _, claims = self._ask("deactivate", question, {})
        except Failure as failure:
            return verdict.unknown(failure.reason, failure.detail)
        self._cache.update(lambda memory: memory.without(question.id))
        return verdict.judge(claims, (), claims.iat, "server")

    def verify_file(self, content: str, *, key: str | None = None, addons: Sequence[str] = ()) -> Result:
        """Whether a licence file lets this machine work; with a key, whether it is that key's file too."""
        now = self._now()
        try:
            subject = None if key is None else keys.subject(key)
            token = files.unwrap(content)
            claims = self._keyring.verified(
                lambda trusted: tokens.signed_claims(token, trusted, tokens.FILE), now
            )
            self._check_file(claims, subject)
        except keys.KeyMistyped as error:
            return verdict.mistyped(str(error))
        except Refused as refused:
            return _not_believed("file", refused)
        memory = self._cache.load()
        at = now + memory.offset
        if timing.rolled_back(at, memory.seen, claims.iat):
            return verdict.unknown("clock_rolled_back", CLOCK_ROLLED_BACK)
        if claims.exp <= at:
            return verdict.unknown("file_expired", "The licence file has ended: get a new one.")
        self._saw(memory, at)
        return verdict.judge(claims, addons, at, "file")

    def _question(self, key: str, addons: Sequence[str]) -> _Question:
        subject = keys.subject(key)
        about = json.dumps([subject, self._fingerprint, self._environment])
        expected = Expected(self._issuer, subject, self._fingerprint)
        id = hashlib.sha256(about.encode("ascii")).hexdigest()[:32]
        return _Question(keys.written(key), tuple(addons), expected, id)

    def _held(self, question: _Question, memory: Memory, now: int) -> _Held:
        answer, at = memory.answer(question.id), now + memory.offset
        if answer.token is None:
            return _Held()
        try:
            claims = tokens.verify(answer.token, self._keyring.known(memory), question.expected)
        except Refused:
            return _Held()
        if timing.rolled_back(at, memory.seen, claims.iat):
            return _Held(rolled_back=True)
        result = verdict.judge(claims, question.addons, at, "cache")
        holds = verdict.holds(claims, at)
        if holds:
            self._saw(memory, at)
        fresh = holds and result.valid and at < min(claims.next_check_at or 0, claims.exp)
        settled = fresh or (timing.recently(answer.asked_at, now, timing.SETTLED) and holds == claims.valid)
        return _Held(result if settled else None, result if holds else None)

    def _answered(self, call: str, question: _Question, more: Mapping[str, str]) -> Result:
        try:
            token, claims = self._ask(call, question, more)
        except Failure as failure:
            self._failed(question, failure)
            # Looked at anew: the failed call may have brought a key set that no longer has the key.
            return _without_server(self._held(question, self._cache.load(), self._now()), failure)
        result = verdict.judge(claims, question.addons, claims.iat, "server")
        if self._remember(question, token, claims):
            return result
        return replace(result, reason="clock_wrong", detail=f"{result.detail} {CLOCK_WRONG}")

    def _ask(self, call: str, question: _Question, more: Mapping[str, str]) -> tuple[str, Claims]:
        """The server's answer of this moment and what it says; `Failure` unless it can be believed.

        Addons are not named: every answer lists them all, so one remembered answer serves every question.
        """
        nonce = secrets.token_urlsafe(NONCE_BYTES)
        body = {"key": question.key, "nonce": nonce, "client_version": f"python-{VERSION}", **more}
        if self._fingerprint is not None:
            body["fingerprint"] = self._fingerprint
        if self._environment is not None:
            body["environment"] = self._environment
        token = self._posted(call, json.dumps(body).encode("ascii")).get("token")
        if not isinstance(token, str):
            raise Failure("unreadable", "The server's answer has no token.")
        expected = replace(question.expected, nonce=nonce)
        try:
            claims = self._keyring.verified(
                lambda trusted: tokens.verify(token, trusted, expected), self._now()
            )
        except Refused as refused:
            raise Failure(refused.reason, _disbelief("answer", refused)) from None
        return token, claims

    def _posted(self, call: str, body: bytes) -> dict[str, Any]:
        """The answer of the server or, should it be in trouble, of its second address."""
        path = f"/v1/licenses/{call}"
        try:
            return http.call(self._send, Request("POST", self._base + path, body, self._timeout))
        except Failure as failure:
            if call != "validate" or self._second is None or failure.reason == "request_refused":
                raise
        return http.call(self._send, Request("POST", self._second + path, body, self._timeout))

    def _published_keys(self) -> dict[str, Any]:
        url = f"{self._base}/.well-known/jwks.json"
        return http.call(self._send, Request("GET", url, None, self._timeout))

    def _remember(self, question: _Question, token: str, claims: Claims) -> bool:
        """Keep a good answer for later; False if the local clock is too wrong to know how old it will be."""
        now = self._now()
        if timing.wrong(now, claims.iat):
            self._cache.update(lambda memory: replace(memory, seen=max(memory.seen, claims.iat)))
            return False
        # The server's time replaces whatever was seen: a clock that ran ahead for a while locks nobody out.
        answer = Answer(token, asked_at=now)
        self._cache.update(
            lambda memory: replace(memory, seen=claims.iat, offset=claims.iat - now).with_answer(
                question.id, answer
            )
        )
        return True

    def _failed(self, question: _Question, failure: Failure) -> None:
        now, dice = self._now(), self._random()

        def counted(memory: Memory) -> Memory:
            answer = memory.answer(question.id)
            failures = min(answer.failures + 1, timing.MAX_FAILURES)
            retry_at = now + timing.wait(failures, dice, failure.retry_after)
            return memory.with_answer(question.id, replace(answer, failures=failures, retry_at=retry_at))

        self._cache.update(counted)

    def _saw(self, memory: Memory, at: int) -> None:
        """Remember that it is this late; not at every call, for that would be a write at every call."""
        if at >= memory.seen + timing.MINUTE:
            self._cache.update(lambda latest: replace(latest, seen=max(latest.seen, at)))

    def _check_file(self, claims: Claims, subject: str | None) -> None:
        if claims.iss != self._issuer:
            raise Refused("issuer")
        if subject is not None and claims.sub != subject:
            raise Refused("subject")
        if claims.fingerprint is not None and claims.fingerprint != self._fingerprint:
            raise Refused("fingerprint")

    def _require_fingerprint(self) -> None:
        if self._fingerprint is None:
            raise ValueError("an activation needs the installation's fingerprint")

    def _now(self) -> int:
        return int(self._clock())


def _without_server(held: _Held, failure: Failure) -> Result:
    if held.bridge:
        return replace(held.bridge, reason=failure.reason)
    if held.rolled_back:
        return verdict.unknown("clock_rolled_back", f"{CLOCK_ROLLED_BACK} {failure.detail}")
    return verdict.unknown(failure.reason, failure.detail)


def _not_believed(what: str, refused: Refused) -> Result:
    return verdict.unknown(refused.reason, _disbelief(what, refused))


def _disbelief(what: str, refused: Refused) -> str:
    return f"The {what} cannot be believed ({refused.reason.replace('_', ' ')})."
