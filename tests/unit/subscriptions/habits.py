"""What customers, their banks and the mail do while a subscription goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Card companies and mail servers take their time.
ANSWER = timedelta(minutes=10)


@dataclass(frozen=True)
class Paying:
    """How an instalment is paid: the card on file is declined so often first; a slip is paid later."""

    by: str = "card"
    declines: int = 0
    after: timedelta | None = ANSWER


@dataclass(frozen=True)
class Letter:
    """What becomes of a notice: it leaves after a while, or cannot be delivered."""

    after: timedelta = ANSWER
    fails: bool = False


@dataclass(frozen=True)
class Mind:
    """He cancels so long before the cut-off (after it, if negative), and thinks better of it later."""

    cancels: timedelta | None = None
    resumes: timedelta | None = None
    contests: timedelta | None = None


@dataclass(frozen=True)
class Habits:
    """What somebody does in one period after another, over and over."""

    paying: tuple[Paying, ...] = (Paying(),)
    letters: tuple[Letter, ...] = (Letter(),)
    minds: tuple[Mind, ...] = (Mind(),)
