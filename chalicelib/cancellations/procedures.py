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
Letter = Literal["contact_attempted", "confirm_request"]
RULE_OF_THREE = 3


@dataclass(frozen=True)
class Procedure:
    """`speaks` is whether the customer is there when he asks; `calls` how often he is called in vain.

    `whatsapp_first` is whether a message is tried after a call before the next one; `letter` is what an
    e-mail to him says when he was not reached. Without a `letter`, nobody may hold him up.
    """

    speaks: bool
    calls: int
    whatsapp_first: bool
    letter: Letter | None


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


def exhausted(channel: Channel, attempts: Iterable[Attempt]) -> bool:
    """Whether he has been called as often as the procedure asks for, without reaching him."""
    in_vain = (one for one in _since_reached(attempts) if one.channel == "phone")
    return sum(1 for _ in in_vain) >= PROCEDURES[channel].calls


def next_moves(
    channel: Channel,
    attempts: Iterable[Attempt],
    *,
    silent: bool = False,
    whatsapp: bool = True,
    heard: bool = False,
) -> tuple[Move, ...]:
    """What whoever handles a case does next, first what comes first.

    `silent` is a customer who asked in a chat or a call and has stopped answering: he is called at once (C5).
    Without `whatsapp`, he is written an e-mail (C4). `heard` is one who has answered since he was called.
    """
    attempts, procedure = tuple(attempts), PROCEDURES[channel]
    if procedure.letter is None:
        return ("decide",)
    lately = _since_reached(attempts)
    if heard or (not lately and (attempts or procedure.speaks) and not silent):
        return ("interview", "decide")
    if exhausted(channel, lately):
        return ("whatsapp", "wait") if whatsapp else ("wait",)
    message: Move = "whatsapp" if whatsapp else "write"
    tried = any(one.channel != "phone" for one in lately)
    if procedure.whatsapp_first and lately and not tried:
        return (message, "call")
    return ("call",)


def _since_reached(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """The tries since he was spoken to last, all of them in vain."""
    attempts = tuple(attempts)
    last = max((at for at, one in enumerate(attempts) if one.result == "reached"), default=-1)
    return attempts[last + 1 :]
