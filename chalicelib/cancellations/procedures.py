"""How a customer who wants to leave is spoken to, by the way in which he asked: as data (C1 to C7).

The rule of three: after so many calls without an answer he is waited for, and written to; if he does not
answer within the policy's time, what he asked for is done without having spoken to him.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Channel = Literal["phone", "card", "chat", "broken_off", "form", "withdrawal"]
Reach = Literal["phone", "whatsapp", "email"]
Result = Literal["reached", "no_answer"]
Move = Literal["interview", "call", "whatsapp", "write", "wait", "decide"]
RULE_OF_THREE = 3


@dataclass(frozen=True)
class Procedure:
    """`speaks` is whether the customer is there when he asks; `calls` how often he is called in vain.

    `whatsapp_first` is whether a message is tried after a call before the next one; `letter` is the mail that
    asks him to answer, when he was not reached. Without a `letter`, nobody may hold him up.
    """

    speaks: bool
    calls: int
    whatsapp_first: bool
    letter: str | None


PROCEDURES: Mapping[Channel, Procedure] = {
    # He is on the line. Should it break, the procedure is that of `broken_off`.
    "phone": Procedure(True, RULE_OF_THREE, True, "contact_attempted"),
    "chat": Procedure(True, RULE_OF_THREE, False, "contact_attempted"),
    "card": Procedure(False, RULE_OF_THREE, False, "contact_attempted"),
    "form": Procedure(False, RULE_OF_THREE, False, "contact_attempted"),
    # What he said so far may be incomplete: he is asked to confirm it.
    "broken_off": Procedure(False, RULE_OF_THREE, True, "confirm_request"),
    "withdrawal": Procedure(False, 0, False, None),
}


@dataclass(frozen=True)
class Attempt:
    """One try to reach the customer, by `by` at `at`."""

    channel: Reach
    result: Result
    at: datetime
    by: str
    notes: str | None = None


def reached(attempts: Iterable[Attempt]) -> bool:
    """Whether he has been spoken to."""
    return any(one.result == "reached" for one in attempts)


def failed_calls(attempts: Iterable[Attempt]) -> int:
    """How often he was called in vain."""
    return sum(one.channel == "phone" and one.result == "no_answer" for one in attempts)


def exhausted(channel: Channel, attempts: Iterable[Attempt]) -> bool:
    """Whether he has been called as often as the procedure asks for, without reaching him."""
    attempts = tuple(attempts)
    return not reached(attempts) and failed_calls(attempts) >= PROCEDURES[channel].calls


def next_moves(channel: Channel, attempts: Iterable[Attempt], *, silent: bool = False) -> tuple[Move, ...]:
    """What whoever handles a case does next, first what comes first.

    `silent` is a customer who asked in a chat or a call and has stopped answering: he is called at once (C5).
    """
    attempts, procedure = tuple(attempts), PROCEDURES[channel]
    if procedure.letter is None:
        return ("decide",)
    if reached(attempts) or (procedure.speaks and not silent and not attempts):
        return ("interview", "decide")
    if exhausted(channel, attempts):
        return ("whatsapp", "wait")
    tried = any(one.channel == "whatsapp" for one in attempts)
    if procedure.whatsapp_first and attempts and not tried:
        return ("whatsapp", "call")
    return ("call",)
