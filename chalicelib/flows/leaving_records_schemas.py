"""Answers about the formal e-mail of a cancellation."""

from __future__ import annotations

from pydantic import Field

from chalicelib.cancellations.rules import Case
from chalicelib.edge.schema import Schema


class FormalEmailOut(Schema):
    """The formal e-mail is being written anew."""

    cancellation_id: str
    number: str = Field(description="the case's own")
    written_anew: int = Field(description="how often by now")

    @classmethod
    def of(cls, case: Case) -> FormalEmailOut:
        return cls(cancellation_id=case.id, number=case.number, written_anew=case.letters)
