"""Idempotency records: written in the same transaction as the effect, kept for 30 days (B4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kernel.errors import Invalid
from chalicelib.storage.keys import key
from chalicelib.storage.table import Row, load
from chalicelib.storage.transaction import Transaction, retrying

KEPT = timedelta(days=30)


class IdempotencyKeyReused(Invalid):
    """The same key came with another body."""

    code = "idempotency_key_reused"
    text = {
        "en": "This Idempotency-Key was used before with another body.",
        "es": "Esta Idempotency-Key ya se usó con otro cuerpo.",
        "pt-BR": "Esta Idempotency-Key já foi usada com outro corpo.",
    }


class IdempotencyRow(Row, discriminator="idempotency"):
    """What was asked (as a hash) and the whole answer that was given."""

    request_hash = UnicodeAttribute()
    status = NumberAttribute()
    body = UnicodeAttribute()


@dataclass(frozen=True)
class Answer:
    """A stored answer to give again."""

    status: int
    body: str


class Replay(Exception):
    """The request was carried out before; its stored answer is to be given again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("carried out before")
        self.answer = answer


@dataclass(frozen=True)
class Repeatable:
    """One client request that may come again: whose, for which operation, with which key and body."""

    principal: str
    operation: str
    client_key: str
    body: bytes

    @property
    def id(self) -> str:
        """The identity from which resource ids derive, so that even a much later repeat finds them."""
        joined = "\x1f".join((self.principal, self.operation, self.client_key))
        return hashlib.sha256(joined.encode()).hexdigest()

    def replay(self) -> None:
        """Raise `Replay` when this was carried out before; `IdempotencyKeyReused` when the body differs."""
        row = load(IdempotencyRow, key("IDEM", self.id), "IDEM")
        if row is None:
            return
        if row.request_hash != self._hash():
            raise IdempotencyKeyReused()
        raise Replay(Answer(int(row.status), row.body))

    @property
    def fingerprint(self) -> str:
        """Key and body together: the same only for a true repeat."""
        return hashlib.sha256(f"{self.id}\x1f{self._hash()}".encode()).hexdigest()

    def row(self, status: int, body: str, now: datetime) -> IdempotencyRow:
        """The record to save together with the effect."""
        return IdempotencyRow(
            key("IDEM", self.id),
            "IDEM",
            request_hash=self._hash(),
            status=status,
            body=body,
            ttl=int((now + KEPT).timestamp()),
        )

    def keep(self, status: int, body: str, now: datetime) -> None:
        """Record the answer to what was carried out piece by piece; `Replay` if another one was quicker."""

        def attempt() -> None:
            # The same request at the same moment: whoever is second gives the first one's answer.
            self.replay()
            writing = Transaction()
            writing.save(self.row(status, body, now))
            writing.commit()

        retrying(attempt)

    def _hash(self) -> str:
        return hashlib.sha256(self.body).hexdigest()
